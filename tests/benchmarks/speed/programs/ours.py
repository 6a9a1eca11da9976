"""This project, or another version of it: a `Trainer`, or a `Population` for several networks."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from pathlib import Path

from tests.benchmarks.speed.problem import Problem
from tests.benchmarks.speed.program import CannotError, Losses, Trains, with_numpy


def use(checkout: str) -> None:
    """Import this project from the folder ``checkout``, if given.

    Raises:
        CannotError: it was imported from another folder.
    """
    if checkout:
        sys.path.insert(0, checkout)
        import echornn

        if Path(checkout).resolve() not in Path(echornn.__file__).resolve().parents:
            raise CannotError(f"there is no echornn in {checkout}")


def prepare(problem: Problem, checkout: str = "") -> Trains:
    """A program that is ready to train, of the version in the folder ``checkout``, by default of
    this one."""
    use(checkout)
    import echornn

    quiet = "echornn.runtime.quiet"
    if not importlib.util.find_spec("echornn.runtime"):  # in earlier versions
        quiet = "echornn.quiet"
    importlib.import_module(quiet).import_tensorflow()
    import keras
    import tensorflow as tf

    from echornn.training.structure import tensorflow_trainers

    network = problem.network
    replicas = network.replicas
    trainer = tensorflow_trainers()(echornn.EchoConfig(**network.fields, replicas=replicas))
    # one network has no axis of replicas in the other programs, nor in earlier versions
    shape = (-1, replicas) if replicas > 1 else (-1,)
    versions = with_numpy(TensorFlow=tf.__version__, Keras=keras.__version__)

    def train(n: int) -> Losses:
        return trainer.advance(n).losses.reshape(shape)

    return Trains(train, network.windows, replicas, versions)
