"""The same training in NumPy, with all derivatives written out."""

from __future__ import annotations

from tests.benchmarks.speed.problem import Problem
from tests.benchmarks.speed.programs.prepared import FEW, Losses, Trains, with_numpy
from tests.door.oracles.reference import numpy_bptt


def prepare(problem: Problem) -> Trains:
    """A program that is ready to train."""
    weights, epoch, network = problem.one, [(problem.x[0], problem.y[0])], problem.network

    def train(n: int) -> Losses:
        return numpy_bptt.train(weights, epoch, n, network.steps, learning_rate=network.learning_rate)[0]

    return Trains(train, min(FEW, network.windows), 1, with_numpy())
