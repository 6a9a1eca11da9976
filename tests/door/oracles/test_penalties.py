"""Optimizers, clipping, weight decay and the rate penalty, compared with an independent program in
double precision."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from echornn import EchoConfig, Population, batch_of
from echornn.network.model import initial_weights
from echornn.training.programs import Programs
from tests.compiled import make_trainer, plain, trainer_of
from tests.door.oracles.reference import numpy_bptt

pytestmark = pytest.mark.slow

Floats = npt.NDArray[np.float64]

WINDOWS, STEPS = 50, 5

SGD = EchoConfig(
    optimizer="sgd",
    init="glorot",
    seed=3,
    learning_rate=0.3,
    num_epochs=9,
    truncated_backprop_length=STEPS,
    total_series_length=4 * 5 * 60,
    batch_size=4,
)
"""60 windows per epoch, whose gradients have norms of 0.1 to 1.4."""


def step(optimizer: str, gradient: Floats, slots: list[Floats], count: int) -> Any:
    """The change of a weight at a rate of 1, at the optimizer's step so many, counted from 1.

    As Keras has them; the second form of Kingma and Ba (2015), with their epsilon behind the root.
    """
    mean, squares = slots
    match optimizer:
        case "sgd":
            return gradient
        case "adagrad":
            squares += gradient**2
            return gradient / np.sqrt(0.1 + squares)
        case "rmsprop":
            squares[:] = 0.9 * squares + 0.1 * gradient**2
            return gradient / np.sqrt(squares + 1e-7)
    mean[:] = 0.9 * mean + 0.1 * gradient
    squares[:] = 0.999 * squares + 0.001 * gradient**2
    return np.sqrt(1 - 0.999**count) / (1 - 0.9**count) * mean / (np.sqrt(squares) + 1e-7)


def trained(config: EchoConfig) -> tuple[dict[str, Floats], list[float]]:
    """The weights after the windows, and the norms of their gradients before clipping."""
    weights = {name: value.astype(np.float64) for name, value in initial_weights(config).items()}
    slots = {name: [np.zeros_like(value) for _ in range(2)] for name, value in weights.items()}
    series = batch_of(config)
    state, norms = np.zeros((config.batch_size, config.state_size)), []
    for start in range(0, WINDOWS * STEPS, STEPS):
        x, y = series.x[:, start : start + STEPS].T, series.y[:, start : start + STEPS].T
        inputs = x[..., np.newaxis].astype(np.float64)
        _, gradient, states = numpy_bptt.gradients(weights, inputs, y, state, config.rate_penalty)
        norms.append(float(np.sqrt(sum((one**2).sum() for one in gradient.values()))))
        scale = 1 if config.clip_norm is None else min(1, config.clip_norm / norms[-1])
        for name, value in weights.items():
            decay = config.weight_decay * value if name in ("W", "W2") else 0
            descent = (scale * gradient[name] + decay).astype(np.float64)
            change = step(config.optimizer, descent, slots[name], len(norms))
            value -= config.learning_rate * change
        state = states[-1]
    return weights, norms


EVERYTHING = {"rate_penalty": 0.3, "clip_norm": 0.4, "weight_decay": 0.02}


@pytest.mark.usefixtures("one_processor")
@pytest.mark.parametrize(
    ("changes", "replicas"),
    [
        ({"clip_norm": 0.35}, 1),
        ({"optimizer": "adagrad"}, 1),
        ({"optimizer": "rmsprop", "learning_rate": 0.01, **EVERYTHING}, 1),
        ({"optimizer": "adam", "learning_rate": 0.01}, 1),
        (EVERYTHING, 9),
    ],
    ids=str,
)
def test_weights_after_fifty_windows(
    changes: dict[str, Any], replicas: int, programs: Programs
) -> None:
    """Nine networks are trained side by side, each clipped by the norm of its own gradient."""
    population = Population(replace(SGD, **changes, replicas=replicas), programs=programs)
    progress = population.advance(WINDOWS)
    for index, config in enumerate(population.configs):
        weights, norms = trained(config)
        if config.clip_norm is not None:
            assert 5 < np.sum(np.array(norms) > config.clip_norm) < WINDOWS - 5, "some are clipped"
        np.testing.assert_allclose(progress.grad_norms[:, index], norms, rtol=1e-4)
        for name, value in population.weights.items():
            np.testing.assert_allclose(value[index], weights[name], rtol=0, atol=2e-6)


def test_another_limit_needs_no_other_program() -> None:
    trainer = make_trainer(replace(SGD, clip_norm=0.2, weight_decay=0.1))
    trainer.advance(3)
    compiled = trainer.compilations
    trainer.edit(replace(trainer.config, clip_norm=1e-3, weight_decay=1e-9))
    before = trainer.weights
    norm = trainer.advance(1).grad_norms[0]
    assert trainer.compilations == compiled
    step = np.sqrt(
        sum(((value - before[name]) ** 2).sum() for name, value in trainer.weights.items())
    )
    assert norm > 0.01
    assert step == pytest.approx(1e-3 * SGD.learning_rate, rel=1e-3)


@pytest.fixture
def programs() -> Iterator[Programs]:
    with plain() as programs:
        yield programs


def test_the_rate_penalty_is_on_what_an_lstm_shows_and_not_on_its_cell(programs: Programs) -> None:
    config = replace(SGD, cell="lstm", learning_rate=1.0)
    start = trainer_of(config, programs).weights

    def mean_square(weights: dict[str, Any]) -> float:
        trainer = trainer_of(config, programs)
        trainer.load_weights(weights)
        return float(np.square(trainer.advance(1).states, dtype=np.float64).mean())

    after = []
    for penalty in (0.0, 10.0):
        trainer = trainer_of(replace(config, rate_penalty=penalty), programs)
        loss = trainer.advance(1).losses[0]
        after.append(trainer.weights)
    assert loss < 1, "the reported loss is without it"
    gradient = {name: (after[0][name] - after[1][name]).astype(np.float64) / 10 for name in start}
    length = np.sqrt(sum((one**2).sum() for one in gradient.values()))
    ends = [
        mean_square({name: start[name] + at * gradient[name] / length for name in start})
        for at in (-0.02, 0.02)
    ]
    assert (ends[1] - ends[0]) / 0.04 == pytest.approx(length, rel=0.01)
