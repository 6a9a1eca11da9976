"""A frame: everything that the screen shows of a session at one moment, as plain values that nobody changes."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from enum import StrEnum
from itertools import takewhile

from echornn.config import EchoConfig
from echornn.data.ladders import ladder_of
from echornn.diagnosis.diagnosis import Diagnosis, Kind
from echornn.diagnosis.judge import diagnosis, passed
from echornn.diagnosis.loss_stats import LossStats
from echornn.diagnosis.seed_stats import SeedStats
from echornn.diagnosis.seeds_words import seeds_sentence
from echornn.diagnosis.sentence import Sentence
from echornn.diagnosis.words import said
from echornn.progress import Progress
from echornn.readings import Readings
from echornn.session.commands import Answer
from echornn.session.drive import Start
from echornn.tasks.task import Level

NEAR_WINDOWS = 1_000
"""Vitals up to this many windows old still describe the network; so do those from the last half of the path."""


class State(StrEnum):
    """What a session is doing."""

    LOADING = "loading"
    RUNNING = "running"
    PAUSED = "paused"
    FINISHED = "finished"
    FAILED = "failed"

    @property
    def stands_still(self) -> bool:
        """Whether no window is trained now."""
        return self is not State.RUNNING


@dataclass(frozen=True, eq=False)
class Frame:
    """One moment of a session.

    Attributes:
        state: what the session does.
        config: the configuration that it trains.
        message: what it is loading, or why it failed; else empty.
        epoch, window: the newest window's epoch and its number in it, both from 1; window 0 is before the first.
        trained: windows along the path since the weights were initialised.
        trained_in_all: windows trained in the whole run, in all of its branches.
        branch: the branch that sets the configuration at this position; see `echornn.timeline.timeline.Timeline`.
        line, line_end: the branch whose path the curve shows, and the number of windows along it.
        is_past: whether more windows were trained on that line after this position.
        replica: the chosen one of several, from 0; `progress`, `tape` and `readings` belong to it.
        seed_stats: how far all replicas have come; None for one network.
        progress: the newest windows; None if no window was trained since the start, a reset or new data.
        rate: windows a second, measured over the last second or so; 0 while nothing trains.
        speed: windows a second that were asked for; infinity is full speed.
        device: the device that trains, cpu or gpu; empty while loading.
        generation: how often the data was regenerated.
        draw: which of the seed's random starts the weights came from, from 0.
        tape: windows shown before `progress`, oldest first; at high speeds most windows between them are missing.
        loss_stats: what the losses since the last start show.
        undoable: the number of changes that can be undone, one after the other.
        redoable: whether there is an undone change that can be redone.
        blamed: fields of the edit under which the loss became non-finite; undo goes back to before it. Empty if no edit
            did it, and from the next command on.
        refused: the answer to the last change or look, if it failed; None after the next one that succeeds.
        readings: what the probes read last, if anything was asked of them; they may be of an earlier position than this
            one.
        unread: why nothing could be read; empty if it could.
        vitals: the last readings of `echornn.session.probing.VITALS`, for the sentence: of this branch, at this
            position or before it; None if unknown or not asked for.
        warning: what a person should know while training goes on: the loss has diverged, the disk is full; else empty.
        coming: the configuration that is being compiled, to be trained next; None if there is none, or it is `config`
            itself.
        start: what is trained first when loading ends, after the keys that were pressed meanwhile.
        is_unread: whether the record has windows whose losses are not read yet.
        folder: where the run is kept; empty if nowhere.
        answered: the commands up to this number were carried out before this frame was made; see
            `echornn.session.session.Session.send`.
    """

    state: State
    config: EchoConfig
    message: str = ""
    epoch: int = 1
    window: int = 0
    trained: int = 0
    trained_in_all: int = 0
    branch: int = 0
    line: int = 0
    line_end: int = 0
    is_past: bool = False
    replica: int = 0
    seed_stats: SeedStats | None = None
    progress: Progress | None = None
    rate: float = 0.0
    speed: float = math.inf
    device: str = ""
    generation: int = 0
    draw: int = 0
    tape: tuple[Progress, ...] = ()
    loss_stats: LossStats = field(default_factory=LossStats)
    undoable: int = 0
    redoable: bool = False
    blamed: tuple[str, ...] = ()
    refused: Answer | None = None
    readings: Readings | None = None
    unread: str = ""
    vitals: Readings | None = None
    warning: str = ""
    coming: EchoConfig | None = None
    start: Start = field(default_factory=Start)
    is_unread: bool = False
    folder: str = ""
    answered: int = 0

    @property
    def is_new(self) -> bool:
        """Whether nothing was trained before, and nothing is on record."""
        return not (self.trained or self.window or self.is_unread)

    def is_at_the_end_of(self, config: EchoConfig) -> bool:
        """Whether nothing is left to train here for this configuration, even while it is still loading."""
        trains_on = self.config.differs_only_live(config) and not self.is_past
        return trains_on and self.window == config.windows_per_epoch and self.epoch >= config.num_epochs

    @property
    def own_config(self) -> EchoConfig:
        """The configuration of the chosen replica; for a single network, `config`."""
        return self.config.of(self.replica)

    @property
    def ladder(self) -> tuple[Level, ...]:
        """The rungs of the task's ladder."""
        return ladder_of(self.own_config)

    @property
    def loss(self) -> float:
        """Loss of the newest window in nats, even if only its loss is known; NaN before the first window of an
        epoch.
        """
        if self.progress is not None:
            return float(self.progress.losses[-1])
        return float(self.loss_stats.recent[-1]) if self.loss_stats.recent.size and self.window else math.nan

    @property
    def accuracy(self) -> float:
        """Share of right predictions in the newest window, 0 to 1; NaN before the first, and if the network says
        numbers.
        """
        return math.nan if self.progress is None else self.config.accuracy(float(self.progress.errors[-1]))

    @property
    def diagnosis(self) -> Diagnosis:
        """How training is going; see `echornn.diagnosis.judge.diagnosis`."""
        if self.is_unread:
            return Diagnosis(Kind.UNREAD, self.own_config)
        undoable = self.undoable > 0
        it = diagnosis(self.own_config, self.loss_stats, self.progress, undoable, self.blamed, self._near_vitals)
        return replace(it, finished=True) if self.is_at_the_end_of(self.config) else it

    @property
    def passed(self) -> Diagnosis | None:
        """What was remarkable in the newest windows that are shown without a gap; see
        `echornn.diagnosis.judge.passed`.
        """
        shown = (*self.tape, self.progress) if self.progress is not None else self.tape
        one_by_one = list(takewhile(lambda one: len(one.losses) == 1, reversed(shown)))
        return passed(self.own_config, self.loss_stats, one_by_one[::-1])

    @property
    def lottery(self) -> SeedStats | None:
        """The former name of `seed_stats`."""
        return self.seed_stats

    @property
    def sentence(self) -> Sentence:
        """`diagnosis` as a plain sentence; for several replicas: how many solved the task, and what keeps the others
        from it.
        """
        if self.seed_stats is not None:
            undoable, finished = self.undoable > 0 and bool(self.blamed), self.is_at_the_end_of(self.config)
            return seeds_sentence(self.seed_stats, self.own_config, undoable, finished)
        return said(self.diagnosis)

    @property
    def _near_vitals(self) -> Readings | None:
        """The vitals, unless they are too old."""
        vitals = self.vitals
        if vitals is None or vitals.config != self.own_config:
            return None
        return vitals if 0 <= self.trained - vitals.window <= max(NEAR_WINDOWS, self.trained // 2) else None
