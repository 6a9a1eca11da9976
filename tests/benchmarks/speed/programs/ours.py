"""This project, or another version of it: a `Trainer`, or a `Population` where there are several networks."""

from __future__ import annotations

import sys
from pathlib import Path

from tests.benchmarks.speed.problem import Problem
from tests.benchmarks.speed.programs.prepared import CannotError, Trains, with_numpy


def use(checkout: str) -> None:
    """Import this project from that folder, where one is given.

    Raises:
        CannotError: it came from elsewhere.
    """
    if checkout:
        sys.path.insert(0, checkout)
        import echornn

        if Path(checkout).resolve() not in Path(echornn.__file__).resolve().parents:
            raise CannotError(f"there is no echornn in {checkout}")


def prepare(problem: Problem, as_the_app: bool, checkout: str = "") -> Trains:
    """Ready to train.

    Args:
        as_the_app: set the process up as the app, the command line and sweeps do; else as ``import echornn`` leaves it.
        checkout: the folder of the version to be measured; unset, this one.
    """
    use(checkout)
    import echornn

    if as_the_app:
        echornn.use_one_thread()
    import keras
    import tensorflow as tf

    network = problem.network
    config, windows, replicas = echornn.EchoConfig(**network.fields), network.windows, network.replicas
    versions = with_numpy(TensorFlow=tf.__version__, Keras=keras.__version__)
    if replicas == 1:
        trainer = echornn.Trainer(config)
        return Trains(lambda n: trainer.advance(n).losses, windows, 1, versions)
    population = echornn.Population(config, replicas)
    return Trains(lambda n: population.advance(n).losses, windows, replicas, versions)
