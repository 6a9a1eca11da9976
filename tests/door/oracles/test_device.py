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
