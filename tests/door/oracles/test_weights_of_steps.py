"""Steps with weights: the loss is the mean by weights, and so is its gradient; wrong answers count
alike."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from echornn import Batch, EchoConfig, Task, batch_of
from echornn.training.population import Population
from tests.answered import answered, json_rows
from tests.compiled import plain
from tests.door.oracles import weighed_tasks
from tests.door.oracles.probes.numpy_network import AnyWeights, Array, Weights, doubles
from tests.door.oracles.weighed_tasks import WeighedSums, WeighedTotals

pytestmark = pytest.mark.slow

D = 1e-5
SUMS, TOTALS = WeighedSums(), WeighedTotals()


def config_of(task: Task, **changes: Any) -> EchoConfig:
    sizes = {"state_size": 3, "batch_size": 4, "total_series_length": 4 * 24, "seed": 3}
    return EchoConfig(
        task=task,
        truncated_backprop_length=task.length or 3,
        init="glorot",
        optimizer="sgd",
        **(sizes | changes),
    )


def outputs_by_hand(weights: Weights, x: Array) -> Array:
    """The logits, or numbers, [rows, steps, outputs], of numbers from a state of zeros."""
    h = np.zeros((len(x), len(weights["W2"])))
    outputs = []
    for t in range(x.shape[1]):
        h = np.tanh(np.hstack([x[:, t], h]) @ weights["W"] + weights["b"])
        outputs.append(h @ weights["W2"] + weights["b2"])
    return np.stack(outputs, axis=1)


def losses_by_hand(outputs: Array, y: Any) -> Array:
    """Of each step, [rows, steps]."""
    if y.ndim == 3:
        losses: Array = ((outputs - y) ** 2).mean(axis=2)
        return losses
    likelihoods = np.exp(outputs) / np.exp(outputs).sum(axis=2, keepdims=True)
    of_targets = np.take_along_axis(likelihoods, y[..., None].astype(int), axis=2)
    return np.asarray(-np.log(of_targets[..., 0]))


def loss_by_hand(weights: Weights, batch: Batch, end: int) -> float:
    """The mean by weights over the steps before the end."""
    x = batch.x[:, :end] if batch.x.ndim == 3 else batch.x[:, :end, None]
    losses = losses_by_hand(outputs_by_hand(weights, x), batch.y[:, :end])
    return float(np.average(losses, weights=batch.scored[:, :end]))


def slopes(weights: AnyWeights, *window: Any) -> dict[str, Array]:
    """The gradient of `loss_by_hand` by central differences."""
    shifted = doubles(weights)
    gradient = {name: np.zeros_like(weight) for name, weight in shifted.items()}
    for name, weight in shifted.items():
        for place in np.ndindex(weight.shape):
            weight[place] += D
            up = loss_by_hand(shifted, *window)
            weight[place] -= 2 * D
            gradient[name][place] = (up - loss_by_hand(shifted, *window)) / (2 * D)
            weight[place] += D
    return gradient


def of_replica(weights: Mapping[str, Any], replica: int) -> dict[str, Array]:
    return doubles({name: values[replica] for name, values in weights.items()})


@pytest.mark.usefixtures("one_processor")
@pytest.mark.parametrize(("task", "replicas"), [(SUMS, 8), (TOTALS, 1)])
def test_loss_gradient_and_errors_of_a_window_are_those_of_numpy(task: Task, replicas: int) -> None:
    """Alone and side by side."""
    config = config_of(task, replicas=replicas, learning_rate=1.0)
    with plain() as programs:
        population = Population(config, programs=programs, at_once=1)
        before = population.weights
        progress = population.advance(1)
    steps = config.window_steps
    for replica in {0, replicas - 1}:
        weights, after = of_replica(before, replica), of_replica(population.weights, replica)
        batch = batch_of(population.configs[replica])
        loss = loss_by_hand(weights, batch, steps)
        assert progress.losses[0, replica] == pytest.approx(loss, rel=1e-5)
        for name, slope in slopes(weights, batch, steps).items():
            np.testing.assert_allclose(weights[name] - after[name], slope, atol=2e-6)
        if task is SUMS:
            answers = outputs_by_hand(weights, batch.x[:, :steps, None]).argmax(axis=2)
            counts = batch.scored[:, :steps] > 0
            share = (answers != batch.y[:, :steps])[counts].mean()
            assert progress.errors[0, replica] == round(share * 4 * steps)


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
    losses = losses_by_hand(np.log(outputs), targets)
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
