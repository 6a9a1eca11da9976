"""The choice of the device: by measurement, with a message."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
import tensorflow as tf

from echornn import EchoConfig
from echornn.training import device
from echornn.training.device import faster
from echornn.training.programs import Programs
from echornn.training.structure import program_of

pytestmark = pytest.mark.slow

EXHAUSTED = tf.errors.ResourceExhaustedError(None, None, "OOM when allocating")


def failing_on(device_that_fails: str, error: Exception) -> Callable[[str, int], None]:
    def train(device: str, n: int) -> None:
        if device == device_that_fails:
            raise error
        sum(range(n * 100))

    return train


@pytest.mark.parametrize("error", [EXHAUSTED, tf.errors.InternalError(None, None, "no ptxas"), MemoryError()])
@pytest.mark.parametrize(("fails", "chosen"), [("/GPU:0", "/CPU:0"), ("/CPU:0", "/GPU:0")])
def test_a_device_that_cannot_train_this_leaves_it_to_the_other(fails: str, chosen: str, error: Exception) -> None:
    assert faster("/CPU:0", "/GPU:0", failing_on(fails, error)) == chosen


def test_the_device_of_a_structure_is_chosen_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A trainer made again, to go back or for another seed, uses the device of the first; other structures are
    measured.
    """
    fastest = iter(["/GPU:0", "/CPU:0", "/GPU:0", "/CPU:0"])
    monkeypatch.setattr(tf.config, "list_physical_devices", lambda kind: ["a gpu"] if kind == "GPU" else [])
    monkeypatch.setattr(device, "take_memory_as_needed", lambda gpus: None)
    monkeypatch.setattr(device, "faster", lambda one, other, train: next(fastest))
    programs, config = Programs(), EchoConfig()

    def chosen(config: EchoConfig, replicas: int = 1) -> str:
        return programs.place(config, replicas, lambda device, n: None)

    same = (config, replace(config, learning_rate=0.1), replace(config, seed=8, init="glorot"))
    assert [chosen(one) for one in (*same, *same)] == ["/GPU:0"] * 6
    assert [chosen(replace(config, state_size=9)) for _ in range(3)] == ["/CPU:0"] * 3
    assert [chosen(config, 64) for _ in range(3)] == ["/GPU:0"] * 3
    assert chosen(replace(config, device="cpu")) == "/CPU:0"
    assert chosen(config) == "/GPU:0"
    assert next(fastest) == "/CPU:0", "three structures were measured"


@pytest.mark.parametrize(
    ("gpus", "before", "fails", "chosen", "tried"),
    [
        (1, "cpu", "", "/CPU:0", []),
        (1, "gpu", "", "/GPU:0", [("/GPU:0", 1)]),
        (1, "gpu", "/GPU:0", "/CPU:0", None),
        (0, "gpu", "", "/CPU:0", []),
        (0, "cpu", "", "/CPU:0", []),
    ],
)
def test_what_was_trained_before_is_trained_there_again_without_a_measurement(
    gpus: int,
    before: str,
    fails: str,
    chosen: str,
    tried: list[tuple[str, int]] | None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """For a recorded program; if its device is gone or unusable, another device is used."""
    monkeypatch.setattr(tf.config, "list_physical_devices", lambda kind: ["a gpu"] * gpus if kind == "GPU" else [])
    monkeypatch.setattr(device, "take_memory_as_needed", lambda gpus: None)
    calls: list[tuple[str, int]] = []
    can = failing_on(fails, EXHAUSTED)

    def train(device: str, n: int) -> None:
        calls.append((device, n))
        can(device, n)

    config = EchoConfig()
    programs = Programs({program_of(config): before, program_of(replace(config, replicas=64)): before})
    assert programs.place(replace(config, learning_rate=0.1, seed=9), 1, train) == chosen
    if tried is not None:
        assert calls == tried
    assert programs.place(config, 64, train) == chosen
    assert programs.place(replace(config, device="cpu"), 1, train) == "/CPU:0"
