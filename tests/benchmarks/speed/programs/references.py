"""The slow programs that the tests compare this project with."""

from __future__ import annotations

from tests.benchmarks.speed.problem import Problem
from tests.benchmarks.speed.program import FEW, Losses, Trains, with_numpy


def plain_numpy(problem: Problem) -> Trains:
    """The same training in NumPy, with all derivatives written out."""
    from tests.door.oracles.reference import numpy_bptt

    weights = problem.one
    epoch = [(problem.x[0], problem.y[0])]
    network = problem.network

    def train(n: int) -> Losses:
        windows = numpy_bptt.Windows(network.steps)
        losses, _ = numpy_bptt.train(weights, epoch, n, windows, network.learning_rate)
        return losses

    return Trains(train, min(FEW, network.windows), 1, with_numpy())


def tutorial(problem: Problem) -> Trains:
    """The tutorial's program: a graph, and a session run for each window, with TensorFlow's default
    threads."""
    from echornn.runtime import quiet

    quiet.import_tensorflow()
    import tensorflow as tf

    from tests.door.oracles.reference.tutorial import TutorialSession

    network = problem.network
    epoch = [(problem.x[0], problem.y[0])]
    session = TutorialSession(problem.one, network.batch, network.steps, network.learning_rate)
    versions = with_numpy(TensorFlow=tf.__version__)
    return Trains(lambda n: session.train(epoch, n), min(FEW, network.windows), 1, versions)
