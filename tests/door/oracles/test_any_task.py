"""Tasks other than the echo: streams and trials, symbols and numbers, all steps scored or some, one
network or many."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import replace

import numpy as np
import pytest

from echornn import EchoConfig, Progress, Symbols
from echornn.data import batch_of
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

WINDOWS, ROWS = 50, 4


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


# So that several networks are trained side by side by one program
@pytest.mark.usefixtures("one_processor")
@pytest.mark.parametrize("name", TASKS)
def test_losses_weights_and_the_newest_window_are_those_of_the_numpy_program(name: str) -> None:
    """Of every second task one network, of the others several. One is compiled, as in use; without
    it is quicker."""
    config, replicas = config_of(name), (1, 8)[[*TASKS].index(name) % 2]
    with (
        nullcontext(PROGRAMS) if name == "trials of numbers, cut in a loop" else plain() as programs
    ):
        population = Population(replace(config, replicas=replicas), programs=programs, at_once=1)
        progress = population.advance(WINDOWS)
    for replica in {0, replicas - 1}:
        one = replace(config, seed=config.seed + replica)
        batches = [batch_of(one, 0, epoch) for epoch in range(5)]
        epochs = [task_bptt.DrawnData(batch.x, batch.y, batch.scored) for batch in batches]
        forms = (one.the_task.inputs, one.the_task.outputs)
        read, said = (form.count if isinstance(form, Symbols) else None for form in forms)
        shape = task_bptt.TaskShape(read, said, one.trial_length)
        theirs, after = task_bptt.train(
            shape,
            initial_weights(one),
            epochs,
            WINDOWS,
            one.truncated_backprop_length,
            one.learning_rate,
        )
        np.testing.assert_allclose(progress.losses[:, replica], theirs, rtol=2e-5, atol=2e-5)
        for weight, value in population.weights.items():
            np.testing.assert_allclose(value[replica], after[weight], atol=1e-4)
        assert_is_its_newest_window(one, progress.of(replica))


def assert_is_its_newest_window(one: EchoConfig, shown: Progress) -> None:
    batch, steps = batch_of(one, 0, shown.epoch), one.window_steps
    begin = shown.window * steps
    for array, whole in ((shown.x, batch.x), (shown.y, batch.y), (shown.scored, batch.scored)):
        np.testing.assert_array_equal(array, whole[:, begin : begin + steps])
        assert array.dtype == whole.dtype
    loss = shown.losses[-1]
    if isinstance(one.the_task.outputs, Symbols):
        right = np.take_along_axis(shown.outputs, shown.y[..., np.newaxis].astype(int), axis=-1)[
            ..., 0
        ]
        assert loss == pytest.approx(-np.log(right[shown.scored]).mean(), rel=1e-4)
        share = (shown.outputs.argmax(axis=-1) != shown.y)[shown.scored].mean()
        assert shown.errors[-1] == round(share * one.predictions_per_window)
    else:
        assert loss == pytest.approx(
            ((shown.outputs - shown.y)[shown.scored] ** 2).mean(), rel=1e-4
        )
        assert not shown.errors.any()
    if not one.is_stream:
        assert not shown.init_state.any()
