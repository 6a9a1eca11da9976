"""The probes on networks of other tasks, compared with finite differences in NumPy and with
hand-made networks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from echornn.config import EchoConfig
from echornn.network.shapes import carried_size, weight_shapes
from echornn.probes.examine import examine
from echornn.probes.series import Series, targets_for
from echornn.progress import Floats, Progress
from echornn.readings import Kind, Question, Readings
from echornn.state import Snapshot, TrainerState
from echornn.tasks.adding import Adding
from echornn.tasks.copy_memory import CopyMemory
from echornn.tasks.flip_flop import FlipFlop
from echornn.tasks.task import Batch, Numbers, Task, draw_rows
from echornn.tasks.temporal_order import TemporalOrder
from echornn.tasks.two_coins import TwoCoins
from tests.door.oracles.probes.snapshots import random_weights, snapshot_of

pytestmark = pytest.mark.slow

D = 1e-5

ALL: tuple[Kind, ...] = (
    "memory",
    "units",
    "gradient",
    "effects",
    "reliance",
    "connectivity",
    "weights",
    "lyapunov",
)

TASKS: dict[str, tuple[Task, int]] = {
    "two_coins": (TwoCoins(), 6),
    "flip_flop": (FlipFlop(bits=2), 6),
    "adding": (Adding(length=9), 4),
    "whole_adding": (Adding(length=9), 9),
    "copy_memory": (CopyMemory(blank=4, items=2, symbols=3), 8),
    "temporal_order": (TemporalOrder(marks=2, length=10), 4),
}


def config_of(name: str, **changes: Any) -> EchoConfig:
    task, window = TASKS[name]
    sizes = {"state_size": 3, "batch_size": 2, "total_series_length": 400, **changes}
    return EchoConfig(task=task, truncated_backprop_length=window, **sizes)


def read(config: EchoConfig, weights: dict[str, Floats], *kinds: Kind) -> Readings:
    return examine(with_window(config, weights), Question(frozenset(kinds), flip=(1, 2)))


def with_window(config: EchoConfig, weights: dict[str, Floats]) -> Snapshot:
    """A snapshot whose newest window has data of the task."""
    rng = np.random.default_rng(5)
    drawn = draw_rows(config.the_task, rng, config.batch_size, config.window_steps)
    first = np.zeros((config.batch_size, carried_size(config)), np.float32)
    nothing = np.zeros(0, np.float32)
    progress = Progress(
        nothing, np.zeros(0, np.int32), 0, 3, drawn.x, drawn.y, nothing, nothing, first
    )
    return Snapshot(TrainerState(config, 0, 4, 0, 0, weights, first, ()), 0, 4, progress)


def losses_at(
    config: EchoConfig, weights: dict[str, Any], series: Series, moves: dict[int, Any]
) -> Any:
    """The loss of each target and row, [targets, rows], in float64; at the steps of ``moves`` other
    weights are used, or a state after the step is changed.
    """
    w = {name: np.asarray(value, np.float64) for name, value in weights.items()}
    form, says, rows = config.the_task.inputs, config.the_task.outputs, series.x.shape[1]
    state = np.resize(carried_of(config), (rows, config.state_size)).astype(np.float64)
    losses = []
    first = len(series.x) - len(series.y)
    for t, x in enumerate(series.x):
        if isinstance(form, Numbers):
            entered = x.astype(np.float64)
        else:
            entered = x[:, None] * 1.0 if form.count == 2 else np.eye(form.count)[x]
        used = {**w, **moves.get(t, {})}
        state = np.tanh(np.hstack([entered, state]) @ used["W"] + used["b"]) + used.get(
            "state", 0.0
        )
        if t >= first:
            out, y = state @ w["W2"] + w["b2"], series.y[t - first]
            if isinstance(says, Numbers):
                losses.append(((out - y) ** 2).mean(axis=1))
            else:
                losses.append(np.log(np.exp(out).sum(axis=1)) - out[np.arange(rows), y])
    return np.array(losses)


@pytest.mark.parametrize("name", ["flip_flop", "adding", "copy_memory", "temporal_order"])
def test_the_gradient_by_lag_is_that_of_the_tasks_own_loss(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Errors of scored steps only, and of trials none beyond the first step."""
    config, series, weights, found = few_targets(name, monkeypatch)
    scored = np.ones(series.y.shape[:2], bool) if series.scored is None else series.scored
    first = len(series.x) - len(series.y)
    by_step: dict[int, Any] = {}
    for step in range(len(series.x)):
        slopes = []
        for unit in np.eye(3):
            up, down = (
                losses_at(config, weights, series, {step: {"state": sign * D * unit}})
                for sign in (1, -1)
            )
            slopes.append((up - down) / (2 * D))
        by_step[step] = np.linalg.norm(slopes, axis=0)
    for lag, size in enumerate(found.by_lag.tolist()):
        there = [
            (t, by_step[first + t - lag][t][scored[t]])
            for t in range(len(series.y))
            if first + t - lag >= 0
        ]
        assert size == pytest.approx(
            np.concatenate([one for _, one in there]).mean(), rel=3e-3, abs=1e-7
        )
    assert len(found.by_lag) == series.steps_back


@pytest.mark.parametrize("name", ["adding", "whole_adding", "copy_memory"])
def test_the_bias_of_trials_is_where_training_cuts(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An error goes back to the last multiple of T, counted from the trial's beginning."""
    config, series, weights, found = few_targets(name, monkeypatch)
    assert series.scored is not None
    first, length = len(series.x) - len(series.y), config.truncated_backprop_length
    groups = series.groups

    def slopes(last: int, steps: list[int]) -> Any:
        """The gradient of the losses of one target by the weights of some steps, [weights,
        groups]."""
        found = []
        for name in ("W", "b"):
            for place in np.ndindex(weights[name].shape):
                both = []
                for sign in (1, -1):
                    moved = np.asarray(weights[name], np.float64).copy()
                    moved[place] += sign * D
                    at = losses_at(
                        config, weights, series, {step: {name: moved} for step in steps}
                    )[last]
                    both.append(
                        np.where(series.scored[last], at, 0).reshape(groups, -1).sum(axis=1)
                    )
                found.append((both[0] - both[1]) / (2 * D))
        return np.array(found)

    whole = sum(slopes(last, list(range(first + last + 1))) for last in range(len(series.y)))
    kept = sum(
        slopes(last, list(range((first + last) // length * length, first + last + 1)))
        for last in range(len(series.y))
    )

    def size(of_groups: Any) -> float:
        products = of_groups.T @ of_groups
        pairs = products.sum() - np.trace(products)
        return float(np.sqrt(max(0.0, pairs)))

    assert found.complete
    assert found.bias_of_windows == pytest.approx(size(whole - kept) / size(whole), abs=2e-3)


def few_targets(name: str, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A network, and the readings of its gradient with few rows, since finite differences are
    slow."""
    monkeypatch.setattr("echornn.probes.series.MOST_ROWS", 64)
    monkeypatch.setattr("echornn.probes.series.MOST_TARGETS", 128)
    config = config_of(name)
    series = targets_for.__wrapped__(config)
    monkeypatch.setattr("echornn.probes.prepared.targets_for", lambda _: series)
    weights = random_weights(config, 0.6)
    state = TrainerState(config, 0, 1, 0, 0, weights, carried_of(config), ())
    found = examine(Snapshot(state, 0, 1, None), Question(frozenset({"gradient"})))
    assert found.gradient is not None
    return config, series, weights, found.gradient


def carried_of(config: EchoConfig) -> Floats:
    """The states with which the rows of a stream begin; zero for trials."""
    shape = (config.batch_size, carried_size(config))
    return np.random.default_rng(8).normal(0, 0.5 * config.is_stream, shape).astype(np.float32)


def test_a_shift_register_of_two_channels_holds_both() -> None:
    """Four units: two hold the last two numbers of the first channel, the others those of the
    second."""
    config = EchoConfig(task=FlipFlop(bits=2), state_size=4, total_series_length=400)
    weights = {name: np.zeros(shape, np.float32) for name, shape in weight_shapes(config).items()}
    weights["W"][0, 0] = weights["W"][1, 2] = 0.01
    weights["W"][2 + 0, 1] = weights["W"][2 + 2, 3] = 1
    readings = examine(snapshot_of(weights, config), Question(frozenset({"memory", "units"})))
    memory, units = readings.memory, readings.units
    assert memory is not None
    assert units is not None
    np.testing.assert_allclose(memory.channels[:2], 1, atol=1e-3)
    np.testing.assert_allclose(memory.channels[2:], 0, atol=0.02)
    assert memory.total == pytest.approx(4, abs=0.1)
    assert units.best_lag.tolist() == [0, 1, 0, 1]
    assert units.best_channel.tolist() == [0, 0, 1, 1]
    np.testing.assert_allclose(units.correlation, 1, atol=1e-3)


@dataclass(frozen=True)
class WithConstants(Task):
    """A sign, and channels that never change."""

    inputs, outputs = Numbers(3), Numbers(1)

    def draw(self, rng: np.random.Generator, rows: int, steps: int) -> Batch:
        x = np.stack(
            [
                rng.choice([-1, 1], (rows, steps)),
                np.full((rows, steps), 0.3),
                np.zeros((rows, steps)),
            ],
            axis=2,
        )
        return Batch(x, x[..., :1])


def test_channels_that_never_change_do_not_count_in_the_memory() -> None:
    config = EchoConfig(task=WithConstants(), state_size=2, total_series_length=400)
    weights = {name: np.zeros(shape, np.float32) for name, shape in weight_shapes(config).items()}
    weights["W"][0, 0] = weights["W"][1, 1] = 0.01
    weights["W"][3, 1] = 1
    memory = examine(snapshot_of(weights, config), Question(frozenset({"memory"}))).memory
    assert memory is not None
    np.testing.assert_allclose(memory.by_lag[:3], [1, 1, 0], atol=0.02)
    assert memory.total == pytest.approx(2, abs=0.1)


def test_a_trials_memory_is_of_what_differs_between_trials() -> None:
    """A network that only counts the steps holds no input; one that keeps the newest value holds
    it."""
    config = config_of("adding", state_size=2)
    weights = {name: np.zeros(shape, np.float32) for name, shape in weight_shapes(config).items()}
    weights["b"][0, 0] = 0.1
    weights["W"][2, 0] = 1
    weights["W"][0, 1] = 0.01
    readings = examine(snapshot_of(weights, config), Question(frozenset({"memory", "units"})))
    assert readings.memory is not None
    assert readings.units is not None
    assert len(readings.memory.by_lag) == 9
    np.testing.assert_allclose(readings.memory.channels[0, 0], 1, atol=1e-3)
    np.testing.assert_allclose(readings.memory.channels[1:], 0, atol=0.02)
    assert readings.units.correlation[0] == 0
    assert np.isfinite(readings.units.spread).all()


@pytest.mark.parametrize("name", ["flip_flop", "adding", "copy_memory"])
def test_every_probe_reads_a_network_of_every_task(name: str) -> None:
    config = config_of(name)
    weights = random_weights(config)
    found = read(config, weights, *ALL, "flip")
    assert found.memory is not None
    assert found.gradient is not None
    assert found.effects is not None
    assert found.connectivity is not None
    assert found.reliance is not None
    assert found.weights is not None
    assert found.flip is not None
    assert found.lyapunov is not None
    for one in (
        found.memory.by_lag,
        found.gradient.by_lag,
        found.effects.strength,
        found.connectivity.strength,
    ):
        assert np.isfinite(one).all()
    assert found.effects.strength.shape == (2, config.window_steps, config.window_steps)
    assert found.reliance.moved[0] > 0
    for key, array in found.weights.weights.items():
        assert (len(found.weights.rows[key]), len(found.weights.columns[key])) == array.shape
    is_numbers = isinstance(config.the_task.outputs, Numbers)
    assert found.weights.columns["W2"][0] == ("output 1" if is_numbers else "class 0")


def test_effects_of_numbers_are_those_of_raising_them() -> None:
    config = config_of("adding")
    weights = random_weights(config)
    one = with_window(config, weights)
    assert one.progress is not None
    found = examine(one, Question(frozenset({"effects"}))).effects
    assert found is not None
    x = np.swapaxes(one.progress.x, 0, 1).astype(np.float64)

    def outputs(x: Any) -> Any:
        state = np.zeros((2, 3))
        says = []
        for now in x:
            state = np.tanh(np.hstack([now, state]) @ weights["W"] + weights["b"])
            says.append((state @ weights["W2"] + weights["b2"])[:, 0])
        return np.array(says)

    for step in range(len(x)):
        raised = x.copy()
        raised[step] += 0.1
        expected = np.abs(outputs(raised) - outputs(x))
        np.testing.assert_allclose(found.strength[:, :, step], expected.T, atol=1e-5)
    assert not found.turned.any()
