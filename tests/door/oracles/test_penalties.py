"""Optimizers, clipping, weight decay and the rate penalty, compared with an independent program in
double precision."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
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


def step(optimizer: str, gradient: npt.NDArray[Any], slots: list[Floats], count: int) -> Any:
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
    batch = batch_of(config)
    data = numpy_bptt.Data(batch.x, batch.y)
    state = np.zeros((config.batch_size, config.state_size))
    norms: list[float] = []
    for begin in range(0, WINDOWS * STEPS, STEPS):
        window = data.window(begin, STEPS)
        _, gradients, states = numpy_bptt.gradients(
            weights, window, state, rate_penalty=config.rate_penalty
        )
        norms.append(global_norm(gradients))
        scale = 1.0
        if config.clip_norm is not None:
            scale = min(1.0, config.clip_norm / norms[-1])
        for name, weight in weights.items():
            descent = scale * gradients[name]
            if name in ("W", "W2"):
                descent += config.weight_decay * weight
            change = step(config.optimizer, descent, slots[name], len(norms))
            weight -= config.learning_rate * change
        state = states[-1]
    return weights, norms


def global_norm(gradients: Mapping[str, npt.NDArray[Any]]) -> float:
    return float(np.sqrt(sum(np.square(gradient).sum() for gradient in gradients.values())))


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
    compilations = trainer.compilations
    before = trainer.weights
    trainer.edit(replace(trainer.config, clip_norm=1e-3, weight_decay=1e-9))
    assert trainer.advance(1).grad_norms[0] > 0.01
    assert trainer.compilations == compilations
    changes = {name: value - before[name] for name, value in trainer.weights.items()}
    assert global_norm(changes) == pytest.approx(1e-3 * SGD.learning_rate, rel=1e-3)


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

    without = trainer_of(config, programs)
    without.advance(1)
    punished = trainer_of(replace(config, rate_penalty=10.0), programs)
    assert punished.advance(1).losses[0] < 1, "the reported loss is without it"
    after = punished.weights
    gradients = {
        name: (weight - after[name]).astype(np.float64) / 10
        for name, weight in without.weights.items()
    }
    norm = global_norm(gradients)
    uphill = {name: start[name] + 0.02 * gradients[name] / norm for name in start}
    downhill = {name: start[name] - 0.02 * gradients[name] / norm for name in start}
    slope = (mean_square(uphill) - mean_square(downhill)) / 0.04
    assert slope == pytest.approx(norm, rel=0.01)
