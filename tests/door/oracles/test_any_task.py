"""Tasks other than the echo: streams and trials, symbols and numbers, all steps scored or some, one network or many."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from dataclasses import replace

import numpy as np
import pytest

from echornn import EchoConfig, Symbols
from echornn.data.series import batch_of
from echornn.network.model import initial_weights
from echornn.tasks.adding import Adding
from echornn.tasks.copy_memory import CopyMemory
from echornn.tasks.flip_flop import FlipFlop
from echornn.tasks.temporal_order import TemporalOrder
from echornn.tasks.two_coins import TwoCoins
from echornn.training.population import Population
from tests.compiled import PROGRAMS, plain
from tests.door.oracles.reference import task_bptt

pytestmark = pytest.mark.slow

TASKS = {
    "stream of symbols": (TwoCoins(lag=1, far_lag=4), 6),
    "stream of numbers": (FlipFlop(bits=2, pulse=0.4), 6),
    "trials of symbols, all scored": (CopyMemory(blank=3, items=1, symbols=3), 5),
    "trials of symbols, cut": (TemporalOrder(marks=2, length=11), 4),
    "trials of numbers, cut in a loop": (Adding(length=35), 7),
}
"""Each with the window length T."""

WINDOWS, ROWS, SEVERAL = 50, 4, 8


def config_of(name: str) -> EchoConfig:
    """Four epochs and a few windows; rows have an unused remainder."""
    task, length = TASKS[name]
    return EchoConfig(
        task=task,
        num_epochs=5,
        total_series_length=ROWS * (14 * (task.length or length) + 3),
        truncated_backprop_length=length,
        batch_size=ROWS,
        state_size=5,
        learning_rate=0.05,
        seed=3,
    )


@pytest.fixture(scope="module", params=[*TASKS])
def config(request: pytest.FixtureRequest) -> Iterator[EchoConfig]:
    yield config_of(request.param)
    gc.collect()


@pytest.fixture(autouse=True)
def _by_one_call(one_processor: None) -> None:
    """Several networks are trained side by side by one program."""


Make = Callable[[EchoConfig], Population]

COMPILED = "trials of numbers, cut in a loop"
"""What is compiled, as in use; all else runs without a compiler, which is quicker here."""


@pytest.fixture(scope="module")
def make(config: EchoConfig) -> Iterator[Make]:
    """Of every second task one network, of the others several side by side."""
    name = next(name for name in TASKS if config_of(name) == config)
    replicas = (1, SEVERAL)[[*TASKS].index(name) % 2]
    context = nullcontext(PROGRAMS) if name == COMPILED else plain()
    with context as programs:
        yield lambda config: Population(replace(config, replicas=replicas), programs=programs, at_once=1)


def test_losses_are_those_of_the_numpy_program(config: EchoConfig, make: Make) -> None:
    population = make(config)
    progress = population.advance(WINDOWS)
    weights = population.weights
    for replica in {0, population.replicas - 1}:
        one = config.of(0) if replica == 0 else replace(config, seed=config.seed + replica)
        batches = [batch_of(one, 0, epoch) for epoch in range(5)]
        epochs = [task_bptt.DrawnData(batch.x, batch.y, batch.scored) for batch in batches]
        forms = (one.the_task.inputs, one.the_task.outputs)
        read, said = (form.count if isinstance(form, Symbols) else None for form in forms)
        shape = task_bptt.TaskShape(read, said, one.trial_length)
        theirs, after = task_bptt.train(
            shape, initial_weights(one), epochs, WINDOWS, one.truncated_backprop_length, one.learning_rate
        )
        np.testing.assert_allclose(progress.losses[:, replica], theirs, rtol=2e-5, atol=2e-5)
        for name, value in weights.items():
            np.testing.assert_allclose(value[replica], after[name], atol=1e-4)


def test_the_last_window_is_shown_with_its_errors_and_its_loss(config: EchoConfig, make: Make) -> None:
    population = make(config)
    shown = population.advance(17).of(population.replicas - 1)
    one = replace(config, seed=config.seed + population.replicas - 1)
    batch, steps = batch_of(one, 0, shown.epoch), one.window_steps
    begin = shown.window * steps
    for array, whole in ((shown.x, batch.x), (shown.y, batch.y), (shown.scored, batch.scored)):
        np.testing.assert_array_equal(array, whole[:, begin : begin + steps])
        assert array.dtype == whole.dtype
    loss = shown.losses[-1]
    if isinstance(one.the_task.outputs, Symbols):
        right = np.take_along_axis(shown.outputs, shown.y[..., np.newaxis].astype(int), axis=-1)[..., 0]
        assert loss == pytest.approx(-np.log(right[shown.scored]).mean(), rel=1e-4)
        share = (shown.outputs.argmax(axis=-1) != shown.y)[shown.scored].mean()
        assert shown.errors[-1] == round(share * one.predictions_per_window)
    else:
        assert loss == pytest.approx(((shown.outputs - shown.y)[shown.scored] ** 2).mean(), rel=1e-4)
        assert not shown.errors.any()
    if not one.is_stream:
        assert not shown.init_state.any()


def test_in_any_pieces_and_after_a_restart_it_comes_to_the_same_bits(config: EchoConfig, make: Make) -> None:
    population = make(config)
    whole = population.advance(WINDOWS)
    population.reset()
    first = population.advance(19)
    state = population.state
    second = population.advance(WINDOWS - 19)
    np.testing.assert_array_equal(np.concatenate([first.losses, second.losses]), whole.losses)
    np.testing.assert_array_equal(second.outputs, whole.outputs)
    del population
    gc.collect()
    resumed = make(config)
    resumed.restore(state)
    again = resumed.advance(WINDOWS - 19)
    for name in ("losses", "errors", "x", "y", "scored", "outputs", "states", "init_state"):
        np.testing.assert_array_equal(getattr(again, name), getattr(second, name))
    assert resumed.advance(10**6).losses.shape[0] == 5 * config.windows_per_epoch - WINDOWS
    assert resumed.finished
