"""Tasks other than the echo: streams and trials, symbols and numbers, all steps scored, or some, or
by weights, one network or many."""

from __future__ import annotations

import numpy as np
import pytest

from echornn import EchoConfig, Progress, Symbols, batch_of
from echornn.tasks.adding import Adding
from echornn.tasks.flip_flop import FlipFlop
from echornn.tasks.parity import Parity
from echornn.tasks.two_coins import TwoCoins
from echornn.training.population import Population
from tests.compiled import PROGRAMS, SharedPrograms, plain
from tests.door.oracles.probes.numpy_network import doubles
from tests.door.oracles.reference import numpy_bptt
from tests.door.oracles.weighed_tasks import WeighedSums, WeighedTotals

# One processor, so that several networks are trained side by side by one program
pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("one_processor")]

CUT_IN_A_LOOP = "trials of numbers, cut in a loop"
TASKS = {
    "stream of symbols": (TwoCoins(lag=1, far_lag=4), 3, 1),
    "stream of numbers": (FlipFlop(bits=2, pulse=0.4), 3, 8),
    "trials of random length": (Parity(length=6, length_from=3), 4, 1),
    "the last step of such trials": (Parity(length=6, length_from=3, scoring="last"), 4, 8),
    CUT_IN_A_LOOP: (Adding(length=41), 7, 1),
    "weights of symbols": (WeighedSums(), 3, 8),
    "weights of numbers": (WeighedTotals(), 4, 1),
}
"""Each with the window length T, and the networks that are trained side by side."""

WINDOWS, ROWS = 22, 4


def config_of(name: str) -> EchoConfig:
    """Four epochs and a few windows; rows have an unused remainder."""
    task, length, replicas = TASKS[name]
    window = task.length or length
    return EchoConfig(
        task=task,
        num_epochs=5,
        total_series_length=ROWS * (5 * window + 2),
        truncated_backprop_length=length,
        batch_size=ROWS,
        state_size=5,
        init="glorot",  # the tutorial's saturates, so that no error would reach a cut
        learning_rate=0.05,
        seed=3,
        replicas=replicas,
    )


@pytest.mark.parametrize("name", [name for name in TASKS if name != CUT_IN_A_LOOP])
def test_losses_weights_and_the_newest_window_are_those_of_the_numpy_program(name: str) -> None:
    """Without compilation, which is quicker."""
    with plain() as programs:
        assert_is_that_of_numpy(name, programs)


def test_trials_of_numbers_cut_in_a_loop_as_compiled() -> None:
    assert_is_that_of_numpy(CUT_IN_A_LOOP, PROGRAMS)


def assert_is_that_of_numpy(name: str, programs: SharedPrograms) -> None:
    population = Population(config_of(name), programs=programs, at_once=1)
    first = population.weights
    progress = population.advance(WINDOWS)
    after = population.weights
    for replica in {0, len(population.configs) - 1}:
        config = population.configs[replica]
        epochs = []
        for epoch in range(5):
            batch = batch_of(config, epoch=epoch)
            epochs.append((batch.x, batch.y, batch.scored))
        weights = doubles({name: values[replica] for name, values in first.items()})
        windows = numpy_bptt.Windows(config.truncated_backprop_length, trial=config.trial_length)
        losses, expected = numpy_bptt.train(weights, epochs, WINDOWS, windows, config.learning_rate)
        np.testing.assert_allclose(progress.losses[:, replica], losses, rtol=2e-5, atol=2e-5)
        for key, weight in expected.items():
            np.testing.assert_allclose(after[key][replica], weight, atol=1e-4)
        assert_is_its_newest_window(config, progress.of(replica))


def assert_is_its_newest_window(config: EchoConfig, progress: Progress) -> None:
    batch = batch_of(config, epoch=progress.epoch)
    begin = progress.window * config.window_steps
    steps = slice(begin, begin + config.window_steps)
    for field in ("x", "y", "scored"):
        found, expected = getattr(progress, field), getattr(batch, field)
        np.testing.assert_array_equal(found, expected[:, steps])
        assert found.dtype == expected.dtype

    counts = progress.scored > 0
    outputs = progress.outputs[counts]  # [scored steps, outputs]
    targets = progress.y[counts]
    if isinstance(config.the_task.outputs, Symbols):
        right = outputs[np.arange(len(targets)), targets]
        losses = -np.log(right)
        share = (outputs.argmax(axis=1) != targets).mean()
        assert progress.errors[-1] == round(share * config.predictions_per_window)
    else:
        losses = np.square(outputs - targets).mean(axis=1)
        assert not progress.errors.any()
    loss = np.average(losses, weights=progress.scored[counts])
    assert progress.losses[-1] == pytest.approx(loss, rel=1e-4)
    if not config.is_stream:
        assert not progress.init_state.any()
