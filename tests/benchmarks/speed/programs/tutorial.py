"""The tutorial's program: a graph, and a session run for each window, with TensorFlow's default threads."""

from __future__ import annotations

from tests.benchmarks.speed.problem import Problem
from tests.benchmarks.speed.programs.prepared import FEW, Trains, with_numpy


def prepare(problem: Problem) -> Trains:
    """A program that is ready to train."""
    from echornn.runtime import quiet

    quiet.import_tensorflow()
    import tensorflow as tf

    from tests.door.oracles.reference.tutorial import TutorialSession

    network = problem.network
    session = TutorialSession(problem.one, network.batch, network.steps, network.learning_rate)
    epoch = [(problem.x[0], problem.y[0])]
    return Trains(
        lambda n: session.train(epoch, n), min(FEW, network.windows), 1, with_numpy(TensorFlow=tf.__version__)
    )
