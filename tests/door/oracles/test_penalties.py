"""Optimizers, clipping, weight decay and the rate penalty, compared with an independent program in
double precision."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pytest

from echornn import EchoConfig, Population, batch_of
from echornn.training.penalties import mean_square
from echornn.training.programs import Programs
from tests.compiled import plain, trainer_of
from tests.door.oracles.probes.numpy_network import doubles
from tests.door.oracles.reference import numpy_bptt

pytestmark = pytest.mark.slow

Floats = npt.NDArray[Any]
Weights = dict[str, Floats]

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


class Optimizer:
    """The changes of a weight at a rate of 1, as Keras has them; for Adam the second form of Kingma
    and Ba (2015), with their epsilon behind the root."""

    def __init__(self, name: str, weight: Floats) -> None:
        self.name = name
        self.t = 0
        self.m = np.zeros_like(weight)
        self.v = np.zeros_like(weight)

    def change(self, g: Floats) -> Floats:
        self.t += 1
        match self.name:
            case "sgd":
                return g
            case "adagrad":
                self.v += g**2
                return g / np.sqrt(0.1 + self.v)
            case "rmsprop":
                self.v = 0.9 * self.v + 0.1 * g**2
                return g / np.sqrt(self.v + 1e-7)
        self.m = 0.9 * self.m + 0.1 * g
        self.v = 0.999 * self.v + 0.001 * g**2
        rate = np.sqrt(1 - 0.999**self.t) / (1 - 0.9**self.t)
        change: Floats = rate * self.m / (np.sqrt(self.v) + 1e-7)
        return change


class Trained(NamedTuple):
    """The weights after the windows, and of each window the loss without the penalty, and the norm
    of the gradient before clipping."""

    weights: Weights
    losses: list[float]
    norms: list[float]


def trained(config: EchoConfig, weights: Weights) -> Trained:
    optimizers = {name: Optimizer(config.optimizer, weight) for name, weight in weights.items()}
    batch = batch_of(config)
    data = numpy_bptt.Data(batch.x, batch.y)
    state = np.zeros((config.batch_size, config.state_size))
    losses, norms = list[float](), list[float]()
    for begin in range(0, WINDOWS * STEPS, STEPS):
        window = data.window(begin, STEPS)
        loss, gradients, states = numpy_bptt.gradients(
            weights, window, state, rate_penalty=config.rate_penalty
        )
        norm = global_norm(gradients)
        losses.append(loss)
        norms.append(norm)
        scale = 1.0
        if config.clip_norm is not None:
            scale = min(1.0, config.clip_norm / norm)
        after = {}
        for name, weight in weights.items():
            descent = scale * gradients[name]
            if name in ("W", "W2"):
                descent += config.weight_decay * weight
            after[name] = weight - config.learning_rate * optimizers[name].change(descent)
        weights = after
        if config.start_state == "carried":
            state = states[-1]
    return Trained(weights, losses, norms)


def global_norm(gradients: Mapping[str, npt.NDArray[Any]]) -> float:
    squares = [np.square(gradient).sum() for gradient in gradients.values()]
    return float(np.sqrt(sum(squares)))


EVERYTHING = {"rate_penalty": 0.3, "clip_norm": 0.4, "weight_decay": 0.02}


@pytest.mark.usefixtures("one_processor")
@pytest.mark.parametrize(
    ("changes", "replicas"),
    [
        ({"optimizer": "adagrad"}, 1),
        ({"optimizer": "rmsprop", "learning_rate": 0.01, **EVERYTHING}, 1),
        ({"optimizer": "adam", "learning_rate": 0.01}, 1),
        ({"start_state": "zero", "rule": "rtrl"}, 1),
        (EVERYTHING, 9),
    ],
    ids=str,
)
def test_weights_after_fifty_windows(
    changes: dict[str, Any], replicas: int, programs: Programs
) -> None:
    """Nine networks are trained side by side, each clipped by the norm of its own gradient. If
    windows begin with zero, rtrl has nothing to carry."""
    population = Population(replace(SGD, **changes, replicas=replicas), programs=programs)
    first = population.weights
    progress = population.advance(WINDOWS)
    for replica, config in enumerate(population.configs):
        weights = doubles({name: values[replica] for name, values in first.items()})
        expected = trained(config, weights)
        if config.clip_norm is not None:
            clipped = np.greater(expected.norms, config.clip_norm)
            assert 5 < clipped.sum() < WINDOWS - 5, "some are clipped"
        np.testing.assert_allclose(progress.losses[:, replica], expected.losses, rtol=1e-4)
        np.testing.assert_allclose(progress.grad_norms[:, replica], expected.norms, rtol=1e-4)
        for name, values in population.weights.items():
            np.testing.assert_allclose(values[replica], expected.weights[name], rtol=0, atol=2e-6)


def test_another_limit_needs_no_other_program(programs: Programs) -> None:
    trainer = trainer_of(replace(SGD, clip_norm=0.2, weight_decay=0.1), programs)
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


def test_the_rate_penalty_is_of_h_in_each_layer() -> None:
    config = EchoConfig(cell="lstm", num_layers=2, state_size=3, batch_size=2)
    states = np.random.default_rng(5).standard_normal((4, 2, 12)).astype(np.float32)
    first_h, second_h = states[:, :, 0:3], states[:, :, 6:9]  # before c of the same layer
    expected = np.mean([first_h**2, second_h**2])
    np.testing.assert_allclose(mean_square(config, states), expected, rtol=1e-6)
