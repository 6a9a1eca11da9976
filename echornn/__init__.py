"""Train the Echo-RNN by truncated back-propagation through time.

The map of this package; each folder may import only those below it::

    arrays/     a stored run as plain arrays: losses, branches, weights and readings; see `read`
    session/    the loop that carries out commands and makes pictures for the screen
    maps/       tables of a sweep's results over two fields: counts, comparisons, sentences
    replay/     goes to any position of a run: from the nearest keyframe it trains the windows up to there again
    sweeps/     trains networks over a grid of fields: plan, engines (processes, Dask), worker, results in a folder
    runs/       a run on disk: checkpoints, keyframes, logs of losses and commands, recorder
    timeline/   the tree of a run's branches with all losses, in memory; where undo and redo lead in it
    diagnosis/  judges losses: solved or not, how many seeds, what goes wrong, and the sentence that says so
    history/    losses in memory, from which any part of the curve is drawn in constant time
    probes/     measures what a network remembers, and how far back its gradient reaches; a file for each probe
    training/   the compiled loop over windows (bptt), trainer and population, optimizers, devices, programs
    network/    the forward pass and its gradient: affine, product, layer, recorded_steps, scan, model, to_keras
    cells/      the recurrent cells: a file for each, a table of them, and cells in the user's own files (own/)
    rules/      the learning rules: the facts about each, and a table of them; training/rules/ computes them
    runtime/    settings of a process: TensorFlow's import, XLA's flags, a thread for jobs
    files/      files that survive crashes: written whole or appended to, locked, never links
    data/       the data of an epoch, and the loss levels that are known before training
    tasks/      what can be learned: a file for each task, a table of them, and tasks in the user's own files (own/)
    own/        a file of the user's own: its text, the errors in it, the process that checks it first
    reference/  slow, simple programs that share no code with the rest, to test it
    config, config_fields, config_ranges, config_windows, config_error, config_text, limits, seeding, progress,
    trainer_state, population_state, unlike_record, snapshot, readings, row_readings, weight_readings, plane_readings,
    fixed_point_readings: plain values that all folders use

``docs/architecture.md`` says how to add a cell, an optimizer, a field, a probe, a command and more.

The names below are imported when first used, so that ``import echornn`` does not wait for TensorFlow. When TensorFlow
is imported, it prints no log lines (`echornn.runtime.quiet`).

`read` opens a stored run as plain arrays::

    run = read("newest")
    run.path().loss                             # float32 [windows, networks], nats
    run.weights(), run.branches                 # the weights at its position; the facts about each branch

A run is a tree (`Timeline`) of branches (`Branch`). Each branch begins at a position (`Position`) of another::

    run = Run.read(folder)                      # does not change the folder
    timeline = run.timeline()                   # every window ever trained
    timeline.differs(2), timeline.solved_at(2)  # of branch 2
    position = run.position_at(310)             # after 310 windows along the path to the run's current position
    timeline.losses(position, 0)                # float32 [310], nats: the windows on that path
    config = timeline.owner(position).config    # the configuration that trained the last of them
    Session(config, recorder=RunRecorder.go_on(folder), at=310).run()  # continues from there, as a new branch

A configuration with several ``replicas`` trains that many networks with consecutive seeds: a `Population`. In a session
you can select one of them, or continue it alone as a branch::

    session.send(Edit({"replicas": 64}))        # commands are values: see `echornn.session.commands`
    session.frame.seed_stats.in_words()         # "41 of 64 solved (52 to 75 %), median window 1,243"
    session.send(Choose(3)), session.send(Alone())  # the fourth network

In a session, ``Go``, ``Move``, ``Undo`` and ``Redo`` lead to any position, and ``Resume`` trains on from there.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from echornn.runtime import collector, quiet

if TYPE_CHECKING:
    from echornn.arrays.branch_facts import BranchFacts as BranchFacts
    from echornn.arrays.network_facts import NetworkFacts as NetworkFacts
    from echornn.arrays.run_arrays import RunArrays as RunArrays
    from echornn.arrays.run_arrays import read as read
    from echornn.arrays.run_windows import RunWindows as RunWindows
    from echornn.cells.cell import LINEAR as LINEAR
    from echornn.cells.cell import RELU as RELU
    from echornn.cells.cell import SIGMOID as SIGMOID
    from echornn.cells.cell import TANH as TANH
    from echornn.cells.cell import Cell as Cell
    from echornn.cells.cell import CellError as CellError
    from echornn.cells.cell import Product as Product
    from echornn.config import ConfigError as ConfigError
    from echornn.config import EchoConfig as EchoConfig
    from echornn.data.series import EchoSeries as EchoSeries
    from echornn.diagnosis.seed_stats import Lottery as Lottery
    from echornn.diagnosis.seed_stats import SeedStats as SeedStats
    from echornn.files.run_error import RunError as RunError
    from echornn.history.loss_history import LossHistory as LossHistory
    from echornn.population_state import PopulationState as PopulationState
    from echornn.probes.examine import examine as examine
    from echornn.progress import PopulationProgress as PopulationProgress
    from echornn.progress import Progress as Progress
    from echornn.readings import Question as Question
    from echornn.readings import Readings as Readings
    from echornn.runs.run_dir import Run as Run
    from echornn.runs.run_recorder import RunRecorder as RunRecorder
    from echornn.session.pictures.frame import Frame as Frame
    from echornn.session.session import Session as Session
    from echornn.snapshot import Snapshot as Snapshot
    from echornn.snapshot import Specimen as Specimen
    from echornn.tasks.settings import setting as setting
    from echornn.tasks.task import Batch as Batch
    from echornn.tasks.task import Level as Level
    from echornn.tasks.task import Numbers as Numbers
    from echornn.tasks.task import Symbols as Symbols
    from echornn.tasks.task import Task as Task
    from echornn.tasks.task import TaskError as TaskError
    from echornn.tasks.task import entropy as entropy
    from echornn.timeline.branch import Branch as Branch
    from echornn.timeline.branch import Moment as Moment
    from echornn.timeline.branch import Position as Position
    from echornn.timeline.timeline import Timeline as Timeline
    from echornn.trainer_state import TrainerState as TrainerState
    from echornn.training.device import use_one_thread as use_one_thread
    from echornn.training.population import Population as Population
    from echornn.training.trainer import Trainer as Trainer

_HOME = {
    "Batch": "tasks.task",
    "Branch": "timeline.branch",
    "BranchFacts": "arrays.branch_facts",
    "Cell": "cells.cell",
    "CellError": "cells.cell",
    "ConfigError": "config",
    "EchoConfig": "config",
    "EchoSeries": "data.series",
    "Frame": "session.pictures.frame",
    "LINEAR": "cells.cell",
    "Level": "tasks.task",
    "LossHistory": "history.loss_history",
    "Lottery": "diagnosis.seed_stats",
    "Moment": "timeline.branch",
    "NetworkFacts": "arrays.network_facts",
    "Numbers": "tasks.task",
    "Population": "training.population",
    "PopulationProgress": "progress",
    "PopulationState": "population_state",
    "Position": "timeline.branch",
    "Product": "cells.cell",
    "Progress": "progress",
    "Question": "readings",
    "RELU": "cells.cell",
    "Readings": "readings",
    "Run": "runs.run_dir",
    "RunArrays": "arrays.run_arrays",
    "RunError": "files.run_error",
    "RunRecorder": "runs.run_recorder",
    "RunWindows": "arrays.run_windows",
    "SIGMOID": "cells.cell",
    "SeedStats": "diagnosis.seed_stats",
    "Session": "session.session",
    "Snapshot": "snapshot",
    "Specimen": "snapshot",
    "Symbols": "tasks.task",
    "TANH": "cells.cell",
    "Task": "tasks.task",
    "TaskError": "tasks.task",
    "Timeline": "timeline.timeline",
    "Trainer": "training.trainer",
    "TrainerState": "trainer_state",
    "entropy": "tasks.task",
    "examine": "probes.examine",
    "read": "arrays.run_arrays",
    "setting": "tasks.settings",
    "use_one_thread": "training.device",
}

__all__ = sorted(_HOME)


def __getattr__(name: str) -> object:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    home = _HOME[name]
    with collector.paused():
        if home.startswith(("training.", "probes.")):
            quiet.import_tensorflow()
        return getattr(importlib.import_module(f"{__name__}.{home}"), name)


def __dir__() -> list[str]:
    return __all__
