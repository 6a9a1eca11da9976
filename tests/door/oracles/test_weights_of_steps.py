"""Steps with weights in evaluations and files, and what is refused; losses and gradients are beside
NumPy in `test_any_task`."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.answered import answered, json_rows
from tests.compiled import plain
from tests.door.oracles import weighed_tasks

pytestmark = pytest.mark.slow


def test_held_out_losses_and_files_have_the_weights(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    file = f"{weighed_tasks.__file__}:WeighedSums"
    small = "--state-size 3 --truncated-backprop-length 2 --total-series-length 600"
    flags = f"{small} --init glorot --num-epochs 1 --headless"
    with plain():
        assert answered("--task", file, *flags.split(), "--run", "run").returncode == 0
    assert answered("export", "run", "--states", "a.npz").returncode == 0
    with np.load("a.npz") as data:
        weights, outputs, targets = data["scored"], data["outputs"], data["targets"]
    assert {*np.unique(weights)} == {0, 0.25, 3}
    likelihoods = np.take_along_axis(outputs, targets[..., np.newaxis].astype(int), axis=2)
    losses = -np.log(likelihoods[..., 0])
    (measured,) = json_rows("evaluate run")
    assert measured["loss"] == pytest.approx(np.average(losses, weights=weights), rel=1e-4)
    hits = (outputs.argmax(axis=2) == targets)[weights > 0]
    assert measured["accuracy"] == pytest.approx(hits.mean())


DRAWS = """\
from dataclasses import dataclass
import numpy as np
from echornn import Batch, Symbols, Task

@dataclass(frozen=True)
class Mine(Task):
    inputs = outputs = Symbols(2)
    weighs_steps = True

    def draw(self, rng, rows, steps):
        x = rng.integers(0, 2, (rows, steps), np.uint8)
        return Batch(x, x, np.full((rows, steps), 0.5))
"""


@pytest.mark.parametrize(
    ("written", "instead", "line"),
    [
        ("weighs_steps = True", "", "; weights need weighs_steps = True in the class"),
        ("0.5)", "-0.5)", "draw returns scored with -0.5, but weights must be 0 or more"),
        (
            "weighs_steps = True",
            "weighs_steps = scores_every_step = True",
            "a task with weighs_steps cannot have scores_every_step",
        ),
    ],
)
def test_weights_that_cannot_be_are_refused_in_a_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, written: str, instead: str, line: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("mine.py").write_text(DRAWS.replace(written, instead), encoding="utf-8")
    done = answered("--task", "mine.py:Mine", "--headless", "--run", "run")
    assert done.returncode == 2
    assert line in done.stderr
    assert not Path("run").exists()
