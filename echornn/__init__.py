"""Train the Echo-RNN by truncated back-propagation through time, and other tasks; see
docs/library.md.

The names below are imported when first used, so that ``import echornn`` does not wait for
TensorFlow. When TensorFlow is imported, it prints no log lines. ``docs/architecture.md`` has the
map of this package.
"""

from __future__ import annotations  # isort: skip_file

import importlib
from typing import TYPE_CHECKING

from echornn.runtime import quiet

if TYPE_CHECKING:  # a line for each module
    from echornn.arrays.run_arrays import read as read
    from echornn.cells.cell import LINEAR as LINEAR, RELU as RELU, SIGMOID as SIGMOID, TANH as TANH
    from echornn.cells.cell import Cell as Cell, Product as Product
    from echornn.config import ConfigError as ConfigError, EchoConfig as EchoConfig
    from echornn.data import batch_of as batch_of
    from echornn.diagnosis.seed_stats import SeedStats as SeedStats
    from echornn.errors import RunError as RunError
    from echornn.machines import Machine as Machine
    from echornn.network.frameworks import (
        weights_from_keras as weights_from_keras,
        weights_from_torch as weights_from_torch,
        weights_to_keras as weights_to_keras,
        weights_to_torch as weights_to_torch,
    )
    from echornn.probes.examine import examine as examine
    from echornn.probes.sampling import sample as sample
    from echornn.progress import (
        ForwardPass as ForwardPass,
        PopulationProgress as PopulationProgress,
    )
    from echornn.progress import Progress as Progress
    from echornn.readings import Question as Question, Readings as Readings
    from echornn.run.run import Run as Run
    from echornn.run.recorder import RunRecorder as RunRecorder
    from echornn.session.pictures.frame import Frame as Frame
    from echornn.session.session import Session as Session
    from echornn.state import PopulationState as PopulationState, Snapshot as Snapshot
    from echornn.tasks.data_file import array_of as array_of
    from echornn.tasks.task import (
        Batch as Batch,
        Level as Level,
        Task as Task,
        TaskError as TaskError,
    )
    from echornn.tasks.task import (
        Numbers as Numbers,
        Symbols as Symbols,
        entropy as entropy,
        setting as setting,
    )
    from echornn.tasks.trials import Trials as Trials
    from echornn.run.branch import Position as Position
    from echornn.training.device import use_one_thread as use_one_thread
    from echornn.training.population import Population as Population
    from echornn.training.population import Trainer as Trainer

_NAMES = {
    "arrays.run_arrays": "read",
    "cells.cell": "LINEAR RELU SIGMOID TANH Cell Product",
    "config": "ConfigError EchoConfig",
    "data": "batch_of",
    "diagnosis.seed_stats": "SeedStats",
    "errors": "RunError",
    "machines": "Machine",
    "network.frameworks": "weights_from_keras weights_from_torch weights_to_keras weights_to_torch",
    "probes.examine": "examine",
    "probes.sampling": "sample",
    "progress": "ForwardPass PopulationProgress Progress",
    "readings": "Question Readings",
    "run.run": "Run",
    "run.recorder": "RunRecorder",
    "session.pictures.frame": "Frame",
    "session.session": "Session",
    "state": "PopulationState Snapshot",
    "tasks.data_file": "array_of",
    "tasks.task": "Batch Level Numbers Symbols Task TaskError entropy setting",
    "tasks.trials": "Trials",
    "run.branch": "Position",
    "training.device": "use_one_thread",
    "training.population": "Population Trainer",
}
"""The public names, by the module that has them."""

_HOME = {name: module for module, names in _NAMES.items() for name in names.split()}

__all__ = sorted(_HOME)


def __getattr__(name: str) -> object:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    home = _HOME[name]
    with quiet.collector_paused():
        if home.startswith(("training.", "probes.")):
            quiet.import_tensorflow()
        return getattr(importlib.import_module(f"{__name__}.{home}"), name)


def __dir__() -> list[str]:
    return __all__
