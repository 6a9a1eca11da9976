"""A run that begins with the weights of a file, and never needs the file again."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from tests.answered import Answer, answered
from tests.compiled import plain

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("shared_programs", "one_processor")]

SIZES = "--total-series-length 176 --batch-size 4 --truncated-backprop-length 3 --echo-step 2"
SMALL = ("--headless", "--num-epochs", 4, *SIZES.split())

SHAPES = {"W": (5, 4), "b": (1, 4), "W2": (4, 2), "b2": (1, 2)}

Arrays = dict[str, np.ndarray]


@pytest.fixture(autouse=True, scope="module")
def _nothing_is_compiled() -> Iterator[None]:
    with plain():
        yield


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


def drawn(seed: int) -> Arrays:
    rng = np.random.default_rng(seed)
    return {name: rng.normal(size=shape).astype(np.float32) for name, shape in SHAPES.items()}


def done(*words: object) -> Answer:
    answer = answered(*words)
    assert answer.returncode == 0, answer.stderr
    return answer


def exported(*words: object) -> Arrays:
    done("export", *words, "--weights", "out.npz")
    with np.load("out.npz") as file:
        return dict(file)


def test_a_run_keeps_its_first_weights_and_a_reset_begins_with_them_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    given = drawn(1)
    np.savez("w.npz", **given)  # type: ignore[arg-type]
    done(*SMALL, "--weights", "w.npz", "--run", "begun")
    trained = exported("begun")

    # Elsewhere, without the file and without any state to train on from
    monkeypatch.setenv("XDG_STATE_HOME", "elsewhere")
    Path("w.npz").unlink()
    run = Path("begun").rename("moved")
    (run / "keyframes.bin").unlink()
    np.testing.assert_equal(exported("moved", "--at", 0), given)
    done("do", "moved", "edit num_epochs=9; go 0; step 56")
    np.testing.assert_equal(exported("moved"), trained)
    done("do", "moved", "reset; step 1; redraw; step 1")
    np.testing.assert_equal(exported("moved", "--branch", "d", "--at", 0), given)
    assert (exported("moved", "--branch", "e", "--at", 0)["W"] != given["W"]).all()


def test_trained_networks_become_the_start_of_another_run() -> None:
    """Each of its own seed, whatever other seeds are trained; without an axis all start alike."""
    done(*SMALL, "--replicas", 3, "--run", "first")
    trained = exported("first")
    Path("out.npz").rename("trained.npz")
    done(*SMALL, "--replicas", 2, "--seed", 8, "--weights", "trained.npz", "--run", "second")
    begun = exported("second", "--at", 0)
    for name in SHAPES:
        np.testing.assert_array_equal(begun[name], trained[name][1:])

    np.savez("alike.npz", **drawn(2))  # type: ignore[arg-type]
    done(*SMALL, "--replicas", 2, "--weights", "alike.npz", "--run", "third")
    begun = exported("third", "--at", 0)
    for name, weight in drawn(2).items():
        np.testing.assert_array_equal(begun[name], [weight, weight])


@pytest.mark.parametrize(
    ("flags", "reason"),
    [
        ("--state-size 6", "W of shape (5, 4) cannot be loaded: its shape must be (7, 6)"),
        ("--cell gru", "W, W2, b, b2 cannot be loaded: the names must be ['W', 'W2', 'Wc', "),
        ("--weights seeds.npz --seed 5", "it has no network of seed 5"),
        ("--weights text.npz", "'text.npz' cannot be used: it must be a file of numpy.savez"),
        ("--weights bad.npz", "b cannot be loaded: some of its numbers are NaN or infinite"),
    ],
)
def test_weights_that_do_not_fit_are_refused_before_a_run_begins(flags: str, reason: str) -> None:
    np.savez("w.npz", **drawn(3))  # type: ignore[arg-type]
    np.savez("bad.npz", **{**drawn(3), "b": np.full((1, 4), np.inf)})  # type: ignore[arg-type]
    Path("text.npz").write_text("W = 1")
    several = {name: np.stack([array, array]) for name, array in drawn(3).items()}
    np.savez("seeds.npz", seed=[7, 8], **several)  # type: ignore[arg-type]
    words = flags.split()
    if "--weights" not in words:
        words += ["--weights", "w.npz"]
    refused = answered(*SMALL, *words, "--run", "none")
    assert refused.returncode == 2
    assert reason in refused.stderr
    assert len(refused.stderr.splitlines()) <= 2
    assert not Path("none").exists()


def test_settings_that_do_not_fit_the_file_are_refused_and_the_run_goes_on() -> None:
    np.savez("w.npz", **drawn(4))  # type: ignore[arg-type]
    done(*SMALL, "--weights", "w.npz", "--run", "begun")
    answer = answered("do", "begun", "edit num_epochs=5; step 1; edit state_size=6")
    assert "edit state_size=6: refused: weights = 'w.npz' cannot be used: W" in answer.stdout
    np.savez("other.npz", **drawn(5))  # type: ignore[arg-type]
    sizes = "edit weights= state_size=6; step 1; edit weights=other.npz state_size=4; step 1"
    done("do", "begun", sizes)
    np.testing.assert_equal(exported("begun", "--at", 0), drawn(5))
