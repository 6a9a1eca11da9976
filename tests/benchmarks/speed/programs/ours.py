"""This project, or another version of it: a `Trainer`, or a `Population` for several networks."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from dataclasses import replace
from pathlib import Path

from tests.benchmarks.speed.problem import Problem
from tests.benchmarks.speed.program import CannotError, Trains, with_numpy


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

    # earlier versions have no room `runtime`
    quiet = (
        "echornn.runtime.quiet" if importlib.util.find_spec("echornn.runtime") else "echornn.quiet"
    )
    importlib.import_module(quiet).import_tensorflow()
    import keras
    import tensorflow as tf

    from echornn.training.structure import tensorflow_trainers

    network = problem.network
    config, windows, replicas = (
        echornn.EchoConfig(**network.fields),
        network.windows,
        network.replicas,
    )
    versions = with_numpy(TensorFlow=tf.__version__, Keras=keras.__version__)
    shown = tensorflow_trainers()(replace(config, replicas=replicas))
    # one network has no axis of replicas in the other programs, nor in earlier versions
    side = (replicas,) if replicas > 1 else ()
    return Trains(lambda n: shown.advance(n).losses.reshape(-1, *side), windows, replicas, versions)
