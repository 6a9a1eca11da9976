"""Train the Echo-RNN by truncated back-propagation through time.

The map of this package; each room knows only those below it::

    session/    the loop between commands and pictures: commands, queries, what is trained and shown
    maps/       what the results of a sweep tell: tables over two fields, counts, comparisons, sentences
    replay/     how a run goes to any position: from the nearest keyframe it trains the windows up to there again
    sweeps/     networks over a grid of fields: plan, engines (processes, Dask), worker, results in a folder
    runs/       a run on disk: checkpoints, keyframes, logs of losses and commands, recorder, TensorBoard's events
    timeline/   the tree of a run's branches with all losses, in memory; where undo and redo lead in it
    diagnosis/  what losses tell: solved or not, how many seeds, what goes wrong (diagnosis), the sentence
    history/    losses in memory: any part of their curve is drawn in constant time
    probes/     what a network holds, and how its error travels: examine, and a file for each probe
    training/   the compiled loop over windows (bptt), trainer and population, optimizers, devices, programs
    network/    the forward pass and its gradient: cells, affine, product, scan, model, to_keras
    runtime/    what is set once in a process: TensorFlow's import, XLA's flags; a thread for jobs
    files/      files that survive crashes: written whole or appended to, locked, never links
    tasks/      the data, and what is known of it beforehand: the echo series, its levels
    reference/  slow, obvious twins that share no code with the rest
    config, config_error, config_text, cell_facts, seeding, progress, trainer_state, population_state, unlike_record,
    snapshot, readings, row_readings: the plain values that all use

``docs/architecture.md`` says how to add a cell, an optimizer, a field, a probe, a command and more.

The names below are imported when first used, so that ``import echornn`` does not wait for TensorFlow. When TensorFlow
is imported, it prints no log lines (`echornn.runtime.quiet`).

A run is a tree (`Timeline`) of branches (`Branch`), each of which began at a moment (`Moment`) of another::

    run = Run.read(folder)                      # changes nothing there
    timeline = run.timeline()                   # every window ever trained
    timeline.differs(2), timeline.solved_at(2)  # of branch 2
    moment = run.moment(310)                    # after 310 windows along the path to where the run stands
    timeline.losses(moment, 0)                  # float32 [310], nats: those that led there
    config = timeline.owner(moment).config      # what was trained there
    Session(config, recorder=RunRecorder.go_on(folder), at=310).run()  # goes on from there, as a new branch

A configuration with several ``replicas`` trains as many networks, with consecutive seeds: a `Population`. In a session
you can choose one of them, or let it go on alone as a branch::

    session.send(Edit({"replicas": 64}))        # commands are values: see `echornn.session.commands`
    session.frame.seed_stats.in_words()         # "41 of 64 solved (52 to 75 %), median window 1,243"
    session.send(Choose(3)), session.send(Alone())  # the fourth of them

In a session, ``Go``, ``Move``, ``Undo`` and ``Redo`` lead to any moment, and ``Resume`` trains on from there.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from echornn.runtime import collector, quiet

if TYPE_CHECKING:
    from echornn.config import ConfigError as ConfigError
    from echornn.config import EchoConfig as EchoConfig
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
    from echornn.session.frame import Frame as Frame
    from echornn.session.session import Session as Session
    from echornn.snapshot import Snapshot as Snapshot
    from echornn.snapshot import Specimen as Specimen
    from echornn.tasks.series import EchoSeries as EchoSeries
    from echornn.timeline.branch import Branch as Branch
    from echornn.timeline.branch import Moment as Moment
    from echornn.timeline.timeline import Timeline as Timeline
    from echornn.trainer_state import TrainerState as TrainerState
    from echornn.training.device import use_one_thread as use_one_thread
    from echornn.training.population import Population as Population
    from echornn.training.trainer import Trainer as Trainer

_HOME = {
    "Branch": "timeline.branch",
    "ConfigError": "config",
    "EchoConfig": "config",
    "EchoSeries": "tasks.series",
    "Frame": "session.frame",
    "LossHistory": "history.loss_history",
    "Lottery": "diagnosis.seed_stats",
    "Moment": "timeline.branch",
    "Population": "training.population",
    "PopulationProgress": "progress",
    "PopulationState": "population_state",
    "Progress": "progress",
    "Question": "readings",
    "Readings": "readings",
    "Run": "runs.run_dir",
    "RunError": "files.run_error",
    "RunRecorder": "runs.run_recorder",
    "SeedStats": "diagnosis.seed_stats",
    "Session": "session.session",
    "Snapshot": "snapshot",
    "Specimen": "snapshot",
    "Timeline": "timeline.timeline",
    "Trainer": "training.trainer",
    "TrainerState": "trainer_state",
    "examine": "probes.examine",
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
