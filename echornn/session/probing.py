"""Decides when the probes examine the network; they run on a separate thread, with pauses."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from echornn.config import EchoConfig
from echornn.progress import Floats, Progress
from echornn.readings import Kind, Question, Readings
from echornn.runtime import quiet
from echornn.runtime.background import Background
from echornn.session.mailbox import Notice
from echornn.state import Snapshot, TrainerState
from echornn.timeline.branch import Position
from echornn.training.device import require_room_for_probes


@dataclass(frozen=True, eq=False)
class WeightChange:
    """The weights at a position, or the weights before and after a window."""

    position: Position
    weights: dict[str, Floats]


class WeightRecorder:
    """Keeps the newest weights, and the last change of weights by a single window.

    Only changes by single windows count: over many windows, movements cancel out.
    """

    def __init__(self) -> None:
        self._newest: WeightChange | None = None
        self._change: WeightChange | None = None

    def is_weighed(self, here: Position) -> bool:
        """Whether the newest weights were recorded at this position, so that the change by the next window can be
        measured.
        """
        return self._newest is not None and self._newest.position == here

    def follows(self, here: Position) -> bool:
        """Whether the newest weights were recorded one window before this position."""
        return self._newest is not None and here == Position(
            self._newest.position.branch, self._newest.position.window + 1
        )

    def forget(self) -> None:
        """Forget the weights, since the next weights belong to another network."""
        self._newest = self._change = None

    def weigh(self, weights: dict[str, Floats], here: Position) -> None:
        """Record the weights at a position."""
        if self._newest is not None and self.follows(here):
            before = self._newest.weights
            self._change = WeightChange(here, {name: value - before[name] for name, value in weights.items()})
        self._newest = WeightChange(here, weights)

    def snapshot(self, state: TrainerState, here: Position, progress: Progress | None) -> Snapshot:
        """A snapshot with the weights of one window before; if these were not recorded, estimated from the last known
        change.
        """
        self.weigh(state.weights, here)
        change = self._change
        if change is None or change.position.branch != here.branch or change.position.window > here.window:
            return Snapshot(state, here.branch, here.window, progress)
        before = {name: value - change.weights[name] for name, value in state.weights.items()}
        return Snapshot(state, here.branch, here.window, progress, before, 1)


Examine = Callable[[Snapshot, Question], Readings]
"""The probing function, such as `echornn.probes.examine.examine`; it is called on a separate thread, one call at a
time.
"""

Asker = Literal["screen", "sentence"]

VITALS = Question(frozenset[Kind]({"units"}))
"""The readings on which diagnoses depend, besides the losses."""

LEAST_SECONDS: dict[Asker, float] = {"screen": 0.25, "sentence": 2.0}
"""The shortest time between two examinations for the same purpose while training runs, in seconds."""

MOST_SHARE = 0.05
"""The largest share of the time that examinations take at full speed."""

MOST_SHARE_OF_SPARE = 0.5
"""The largest share of the time that examinations take while training mostly waits for the next window to be due."""

MOST_UNITS_UNASKED = 256
"""The most units of a layer with which the readings for the diagnosis take less than a second."""

FIRST_SECONDS = 0.05
"""The first examination of a kind counts as at most this long, since it builds graphs that later ones reuse."""


def union(*questions: Question | None) -> Question | None:
    """A question that covers all of these questions: all kinds, and for each other setting the first value that is set;
    None if nothing is requested.
    """
    asked = [one for one in questions if one is not None and one.kinds]
    if not asked:
        return None
    kinds = frozenset[Kind]().union(*(one.kinds for one in asked))
    part = next((one.part for one in asked if one.part), "")
    flip = next((one.flip for one in asked if one.flip is not None), None)
    row = next((one.row for one in asked if one.row is not None), None)
    return Question(kinds, part, flip, row, next((one.held for one in asked if one.held is not None), None))


@dataclass
class StandingQuestion:
    """A question that is asked again and again until it is replaced.

    Attributes:
        question: the question; None if there is none.
        position: the last position examined for it; None if there is none.
        next_at: the time of the next examination while training runs.
        failed: the configuration for which the examination failed; it is not tried again.
    """

    question: Question | None = None
    position: Position | None = None
    next_at: float = 0.0
    failed: EchoConfig | None = None


@dataclass
class Job:
    """A running examination.

    Attributes:
        question: the question to answer.
        askers: the purposes for which it runs.
        outcome: the readings, or the error that prevented them.
    """

    question: Question
    askers: list[Asker]
    outcome: Readings | Exception | None = None


class Probing:
    """Examines the network in training, on a separate thread, whenever readings are due.

    Args:
        examine: examines a snapshot.
        send: has a function called on the training thread; used on the examining thread.
        show: changes attributes of the frame: `readings` and `unread`, or `vitals`.
        clock: a monotonic clock, in seconds.
        now: returns the position of training, and its configuration.
        vitals: whether to examine `VITALS` for the diagnosis.
    """

    def __init__(
        self,
        examine: Examine,
        send: Callable[[Notice], None],
        show: Callable[..., None],
        clock: Callable[[], float],
        now: Callable[[], tuple[Position, EchoConfig]],
        vitals: bool = False,
    ) -> None:
        self._examine = examine
        self._send = send
        self._show = show
        self._clock = clock
        self._now = now
        self._standing: dict[Asker, StandingQuestion] = {
            "screen": StandingQuestion(),
            "sentence": StandingQuestion(VITALS if vitals else None),
        }
        self._thread = Background("probing")
        self._busy = False
        self._begun = self._rests_until = -math.inf
        self._known: tuple[EchoConfig | None, frozenset[Kind]] = (None, frozenset())
        self._weighing = WeightRecorder()
        self.is_weighed = self._weighing.is_weighed
        self.follows = self._weighing.follows

    def start(self) -> None:
        """Start the examining thread before training takes the memory; if that fails, the first examination tries
        again.
        """
        with contextlib.suppress(RuntimeError):  # the first examination tries again, and shows the error
            self._thread.start()

    def end(self) -> None:
        """Stop examining, without waiting for the current examination."""
        self._thread.end()

    @property
    def asked(self) -> bool:
        """Whether there is any question."""
        return any(one.question is not None for one in self._standing.values())

    def ask(self, question: Question | None) -> None:
        """Set the question of the screen; the first answer comes as soon as possible, since the user is waiting."""
        if question == self._standing["screen"].question:
            return
        self._standing["screen"] = StandingQuestion(question)
        self._rests_until = -math.inf
        self._show(unread="")
        if question is None:
            self._show(readings=None)

    def forget(self) -> None:
        """Forget what was examined: positions that are visited again are examined again."""
        self._weighing.forget()
        for one in self._standing.values():
            one.position = None

    def seconds(self, here: Position, config: EchoConfig, still: bool) -> float | None:
        """The seconds until an examination is due; None if none is due until something changes.

        Args:
            here: the position of training.
            config: the configuration at this position.
            still: whether training is paused: then each position is examined once, without delay.
        """
        if self._busy or (not still and self.is_weighed(here)):
            return None
        wanted = [one for one in self._standing.values() if self._is_open(one, here, config)]
        if not wanted:
            return None
        ready_at = self._begun + LEAST_SECONDS["screen"]
        if not still:
            ready_at = max(ready_at, min(one.next_at for one in wanted))
            if config == self._known[0]:  # after another network, the examination need not wait
                ready_at = max(ready_at, self._rests_until)
        return max(0.0, ready_at - self._clock())

    def weigh(self, take: Callable[[], TrainerState], here: Position) -> None:
        """Record the weights at a position, before the next window is examined; see `begin`."""
        try:
            self._weighing.weigh(take().weights, here)
        except Exception as error:  # for example too little memory; training continues
            self._fail(error)

    def _is_open(self, standing: StandingQuestion, here: Position, config: EchoConfig) -> bool:
        unasked = standing is self._standing["sentence"] and config.state_size > MOST_UNITS_UNASKED
        asked = standing.question is not None and not unasked
        return asked and standing.position != here and standing.failed != config

    def begin(
        self, take: Callable[[], TrainerState], here: Position, progress: Progress | None, still: bool, flat_out: bool
    ) -> None:
        """Examine this position for all questions that are due. Errors are shown, and training continues.

        Args:
            take: copies the trainer's state; its time counts too.
            here, progress: as in `Snapshot`.
            still: as in `seconds`.
            flat_out: whether training runs at full speed.
        """
        now = self._clock()
        try:
            state = take()
            snapshot = self._weighing.snapshot(state, here, progress)
            self._hand_over(self._jobs(state.config, here, still, now), snapshot, now, flat_out)
        except Exception as error:  # for example too little memory for a copy, or for a thread
            self._fail(error)

    def _jobs(self, config: EchoConfig, here: Position, still: bool, now: float) -> list[Job]:
        jobs: list[Job] = []
        for asker, one in self._standing.items():
            if self._is_open(one, here, config) and (still or one.next_at <= now) and one.question is not None:
                one.position, one.next_at = here, now + LEAST_SECONDS[asker]
                if jobs and not jobs[0].question.part:
                    jobs[0].question = union(jobs[0].question, one.question) or one.question
                    jobs[0].askers.append(asker)
                else:
                    jobs.append(Job(one.question, [asker]))
        return jobs

    def _hand_over(self, jobs: list[Job], snapshot: Snapshot, now: float, flat_out: bool) -> None:
        def work() -> None:
            for job in jobs:
                try:
                    job.outcome = self._examine(snapshot, job.question)
                except Exception as error:  # errors of probes do not end training
                    job.outcome = error
            took = self._clock() - now
            self._send(lambda: self._read(jobs, snapshot, took, flat_out))

        self._thread.do(work)
        self._busy, self._begun = True, now

    def _fail(self, error: Exception) -> None:
        """Show in the frame that the current network cannot be examined, for all questions of the examination."""
        for asker, one in self._standing.items():
            if one.question is not None:
                one.failed = self._now()[1]
                self._tell(asker, error)

    def _read(self, jobs: list[Job], snapshot: Snapshot, took: float, flat_out: bool) -> None:
        """Show the readings of finished examinations; called on the training thread."""
        self._busy = False
        config, known = snapshot.state.config, self._known
        kinds = frozenset[Kind]().union(*(job.question.kinds for job in jobs))
        seen = known[1] if known[0] == config else frozenset[Kind]()
        counted = took if kinds <= seen else min(took, FIRST_SECONDS)
        self._known = (config, seen | kinds)
        share = MOST_SHARE if flat_out else MOST_SHARE_OF_SPARE
        self._rests_until = self._clock() + counted * (1 - share) / share
        position, trained = self._now()
        is_here = (snapshot.branch, config) == (position.branch, trained)
        for job in jobs:
            for asker in job.askers:
                if self._still_asks(asker, job):
                    self._answer(asker, job, snapshot, is_here)

    def _still_asks(self, asker: Asker, job: Job) -> bool:
        question = self._standing[asker].question
        if question is None or not question.kinds <= job.question.kinds:
            return False
        is_held = question.held == job.question.held or "fixed_points" not in question.kinds
        return is_held and question.part == job.question.part

    def _answer(self, asker: Asker, job: Job, snapshot: Snapshot, is_here: bool) -> None:
        standing = self._standing[asker]
        failed = isinstance(job.outcome, Exception)
        if failed and asker == job.askers[0]:  # the part that this question names may have caused the error
            standing.failed = snapshot.state.config
        if is_here:
            self._tell(asker, job.outcome)
        elif standing.position == Position(snapshot.branch, snapshot.window):  # readings of an earlier network
            standing.position = None

    def _tell(self, asker: Asker, outcome: Readings | Exception | None) -> None:
        readings, why = (None, why_unread(outcome)) if isinstance(outcome, Exception) else (outcome, "")
        self._show(**{"vitals": readings} if asker == "sentence" else {"readings": readings, "unread": why})


def why_unread(error: Exception) -> str:
    """The message that the network could not be examined, with the reason."""
    text = f"{error}".partition("\n")[0].strip()
    name = "" if isinstance(error, MemoryError) and text else type(error).__name__
    return f"nothing could be read: {': '.join(part for part in (name, text) if part)}"


def examine(snapshot: Snapshot, question: Question) -> Readings:
    """Examine a snapshot, if there is enough memory."""
    require_room_for_probes(snapshot.state.config)
    quiet.import_tensorflow()
    from echornn.probes.examine import examine as by_probes

    return by_probes(snapshot, question)
