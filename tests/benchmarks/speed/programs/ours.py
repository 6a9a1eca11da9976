"""This project, or another version of it: a `Trainer`, or a `Population` for several networks."""

from __future__ import annotations

import importlib
import importlib.util
import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import Literal

from tests.benchmarks.speed.problem import Problem
from tests.benchmarks.speed.program import CannotError, Trains, with_numpy

Threads = Literal["app", "unset", "all"]


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


def prepare(problem: Problem, threads: Threads, checkout: str = "") -> Trains:
    """A program that is ready to train.

    Args:
        threads: the threads of an operation: as in the app; unset, as a library user gets without any setting; or all,
            one per processor, which is TensorFlow's default.
        checkout: the folder of the version to measure; by default this version.
    """
    use(checkout)
    import echornn

    # earlier versions have no room `runtime`
    quiet = "echornn.runtime.quiet" if importlib.util.find_spec("echornn.runtime") else "echornn.quiet"
    importlib.import_module(quiet).import_tensorflow()
    import keras
    import tensorflow as tf

    from echornn.training.structure import tensorflow_trainers

    if threads == "all":
        tf.config.threading.set_intra_op_parallelism_threads(os.cpu_count())
    network = problem.network
    config, windows, replicas = echornn.EchoConfig(**network.fields), network.windows, network.replicas
    versions = with_numpy(TensorFlow=tf.__version__, Keras=keras.__version__)
    if threads == "app":
        shown = tensorflow_trainers()(replace(config, replicas=replicas))
        # one network has no axis of replicas in the other programs, nor in earlier versions
        side = (replicas,) if replicas > 1 else ()
        return Trains(lambda n: shown.advance(n).losses.reshape(-1, *side), windows, replicas, versions)
    if replicas == 1:
        trainer = echornn.Trainer(config)
        return Trains(lambda n: trainer.advance(n).losses, windows, 1, versions)
    population = echornn.Population(config, replicas)
    return Trains(lambda n: population.advance(n).losses, windows, replicas, versions)
