"""`Frame`: everything that the screen shows of a session at one time, as plain immutable values."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from echornn.config import EchoConfig
from echornn.diagnosis.cases import Facts, Sentence, say, say_seeds
from echornn.diagnosis.loss_stats import LossStats, distinct
from echornn.diagnosis.seed_stats import SeedStats
from echornn.levels import ladder_of
from echornn.progress import Progress
from echornn.readings import Readings
from echornn.run.branch_notes import NO_NOTES, BranchNotes
from echornn.session import commands
from echornn.session.commands import Answer
from echornn.tasks.task import Level, TaskError

# Windows per second up to which they are trained one by one, so that the screen shows all
WATCHABLE_SPEED = 100.0


class State(StrEnum):
    LOADING = "loading"
    RUNNING = "running"
    PAUSED = "paused"
    FINISHED = "finished"
    FAILED = "failed"

    @property
    def stands_still(self) -> bool:
        return self is not State.RUNNING


@dataclass(frozen=True)
class Drive:
    """What is trained from now on, as the keys say that pause, resume and step."""

    running: bool = True  # whether training continues until it is paused
    windows: int = 0  # otherwise, the windows to train before training pauses; changes keep them
    to_the_end: bool = False  # whether these are the rest of the epoch

    @property
    def trains(self) -> bool:
        return self.running or self.windows > 0

    def after(self, command: commands.Command, epoch_left: int = 1) -> Drive:
        """What is trained after a command; ``epoch_left`` is the number of windows to the end of
        the epoch."""
        match command:
            case commands.Resume():
                return Drive()
            case commands.Toggle():
                return Drive(not self.trains)
            case commands.Step(windows):
                return Drive(False, self.windows + max(0, windows))
            case commands.FinishEpoch():
                return Drive(False, epoch_left, to_the_end=True)
            case commands.Pause() | commands.Go() | commands.Move() | commands.MoveEpochs():
                return Drive(False)
            case _:
                return self

    def trained(self, windows: int | None = None) -> Drive:
        """What is left when so many windows were trained; None drops all that a key has
        requested."""
        left = 0 if windows is None else max(0, self.windows - windows)
        return Drive(self.running, left, self.to_the_end and left > 0)


@dataclass(frozen=True, eq=False)
class Frame:
    """The state of a session at one time: where it stands, what was trained there, and what can be
    said of it."""

    state: State
    config: EchoConfig  # in training
    message: str = ""  # what is being loaded, or why the session failed; otherwise empty
    epoch: int = 1  # of the newest window, from 1
    window: int = 0  # its number in the epoch, from 1; 0 before the first
    trained: int = 0  # windows along the path, since weights were new
    trained_in_all: int = 0  # windows of all branches of the run
    # The branch whose configuration is in effect here; see `echornn.run.tree.Tree`
    branch: int = 0
    path_branch: int = 0  # the branch whose path the curve shows
    path_end: int = 0  # windows along that path
    is_past: bool = False  # whether later windows of that path were trained too
    replica: int = 0  # index from 0 of the replica to which its windows and readings belong
    seed_stats: SeedStats | None = None  # the results of all replicas; None for a single network
    # The newest window with its data; None if none was trained since a start
    progress: Progress | None = None
    # Measured windows per second over about the last second; 0 while nothing trains
    rate: float = 0.0
    speed: float = math.inf  # the set windows per second; infinity is full speed
    device: str = ""  # cpu or gpu; empty while loading
    data_version: int = 0  # how many times new data was requested
    init_index: int = 0  # the number of the initial weights, from 0; each redraw increases it
    # Windows shown before progress, oldest first; at high speed with gaps
    recent: tuple[Progress, ...] = ()
    loss_stats: LossStats = field(default_factory=LossStats)  # the losses since the last start
    undoable: int = 0  # how many changes can be undone one after the other
    redoable: bool = False
    # To the last change or move, if it failed; None after the next that succeeds
    refused: Answer | None = None
    # The last probe readings that were asked for, perhaps of an earlier position
    readings: Readings | None = None
    why_no_readings: str = ""  # after an error of the probes
    branch_notes: BranchNotes = (
        NO_NOTES  # the user's names of branches, and which are pinned or hidden
    )
    warning: str = ""  # a problem while training continues, such as a diverged loss or a full disk
    # What is being compiled, to be trained next, if it is not `config`
    coming: EchoConfig | None = None
    start: Drive = field(default_factory=Drive)  # what is trained first after loading
    losses_are_loading: bool = False  # whether the record has windows whose losses are not read yet
    folder: str = ""  # the folder of the run; empty if it is not saved
    # The last command that was carried out before this frame was made; see `Session.send`
    answered: int = 0
    seconds: int = 0  # for how many whole seconds ``message`` has been loading
    # The changes that were made to this network before, as the new values of each
    tried: tuple[Mapping[str, Any], ...] = ()

    @property
    def is_new(self) -> bool:
        """Whether nothing was trained, and nothing is recorded."""
        return not (self.trained or self.window or self.losses_are_loading)

    def is_at_the_end_of(self, config: EchoConfig) -> bool:
        """Whether nothing is left to train here under a configuration, even while it is still
        loading."""
        if self.is_past or not self.config.differs_only_live(config):
            return False
        return self.epoch >= config.num_epochs and self.window == config.windows_per_epoch

    @property
    def own_config(self) -> EchoConfig:
        return self.config.of(self.replica)

    @property
    def ladder(self) -> tuple[Level, ...]:
        """The ladder of the task, without levels of the same loss; empty if there is none."""
        try:
            return tuple(distinct(ladder_of(self.own_config)))
        except TaskError:  # of a user's own task; training says so
            return ()

    @property
    def loss(self) -> float:
        """The loss of the newest window in nats; NaN before the first window of an epoch."""
        if self.progress is not None:
            return float(self.progress.losses[-1])
        recent = self.loss_stats.recent
        if self.window and recent.size:
            return float(recent[-1])
        return math.nan

    @property
    def has_diverged(self) -> bool:
        """Whether training has failed: the newest loss of every network is NaN or infinite."""
        if self.seed_stats is not None:
            return bool(self.seed_stats.diverged.all())
        recent = self.loss_stats.recent
        return bool(recent.size) and not math.isfinite(recent[-1])

    @property
    def accuracy(self) -> float:
        """The share of right predictions in the newest window, 0 to 1; NaN before the first, and of
        numbers."""
        if self.progress is None:
            return math.nan
        return self.config.accuracy(float(self.progress.errors[-1]))

    @property
    def sentence(self) -> Sentence:
        """The line above the curve: what the run is, with a key that helps; see
        `echornn.diagnosis.cases`."""
        if self.seed_stats is not None:
            return say_seeds(self.seed_stats, self.own_config, self.tried)
        facts = Facts(
            self.own_config,
            self.loss_stats,
            newest=self.progress if self.state.stands_still else None,
            undoable=self.undoable > 0,
            losses_are_loading=self.losses_are_loading,
            tried=self.tried,
        )
        return say(facts)
