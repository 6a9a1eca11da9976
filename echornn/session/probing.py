"""What a session asks of the probes, and when: of the newest moment only, off the training thread, with rests."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from echornn.config import EchoConfig
from echornn.progress import Floats, Progress
from echornn.readings import Kind, Question, Readings
from echornn.runs.background import Background
from echornn.runs.branch import Moment
from echornn.session.mailbox import Command
from echornn.session.room_for_probes import MOST_UNITS_UNASKED, require_room
from echornn.specimen import Specimen
from echornn.trainer_state import TrainerState

Examine = Callable[[Specimen, Question], Readings]
"""What probes do, as `echornn.probes.examine.examine`; called on a thread of its own, one call at a time."""

Asker = Literal["screen", "sentence"]

VITALS = Question(frozenset[Kind]({"memory", "units", "weights"}))
"""What the sentence stands on, beside the losses."""

LEAST_SECONDS: dict[Asker, float] = {"screen": 0.25, "sentence": 2.0}
"""From one examination to the next of the same asker, while windows are trained."""

MOST_SHARE = 0.05
"""Of the time, while training runs at full speed, at most so much goes to examining."""

MOST_SHARE_OF_SPARE = 0.5
"""The same, while training waits for its next window most of the time."""

FIRST_SECONDS = 0.05
"""The first examination of a kind counts as at most this long: it builds graphs, which the next does not."""


def union(*questions: Question | None) -> Question | None:
    """One question for all of them: every kind, and of the rest the first that is set; None where none asks."""
    asked = [one for one in questions if one is not None and one.kinds]
    if not asked:
        return None
    kinds = frozenset[Kind]().union(*(one.kinds for one in asked))
    part = next((one.part for one in asked if one.part), "")
    flip = next((one.flip for one in asked if one.flip is not None), None)
    return Question(kinds, part, flip, next((one.row for one in asked if one.row is not None), None))


@dataclass
class Standing:
    """A question that stands until another is asked.

    Attributes:
        question: what is asked; None for nothing.
        moment: the last moment that was examined for it; None for none.
        next_at: when it may be examined next, while windows are trained.
        failed: the configuration under which nothing could be read; not tried again under it.
    """

    question: Question | None = None
    moment: Moment | None = None
    next_at: float = 0.0
    failed: EchoConfig | None = None


@dataclass(frozen=True, eq=False)
class Weighed:
    """The weights at a moment, or what the window before it changed of them."""

    moment: Moment
    weights: dict[str, Floats]


@dataclass
class Job:
    """An examination, as it was begun.

    Attributes:
        question: what is asked.
        askers: for whom.
        outcome: what was read, or why nothing.
    """

    question: Question
    askers: list[Asker]
    outcome: Readings | Exception | None = None


class Probing:
    """Told by the training thread what is asked, and asked by it when a specimen is due; examines it on its own thread.

    Args:
        examine: reads a specimen.
        send: has a command carried out by the training thread; called on the examining one.
        show: shows changed attributes of the frame: `readings` and `unread`, or `vitals`.
        clock: seconds that never go back.
        vitals: whether to ask for `VITALS` on behalf of the sentence.
    """

    def __init__(
        self,
        examine: Examine,
        send: Callable[[Command], None],
        show: Callable[..., None],
        clock: Callable[[], float],
        vitals: bool = False,
    ) -> None:
        self._examine = examine
        self._send = send
        self._show = show
        self._clock = clock
        self._standing: dict[Asker, Standing] = {
            "screen": Standing(),
            "sentence": Standing(VITALS if vitals else None),
        }
        self._thread = Background("probing")
        self._busy = False
        self._begun = self._rests_until = -math.inf
        self._known: tuple[EchoConfig | None, frozenset[Kind]] = (None, frozenset())
        self._newest: Weighed | None = None
        self._change: Weighed | None = None

    @property
    def asked(self) -> bool:
        """Whether anything is."""
        return any(one.question is not None for one in self._standing.values())

    def ask(self, question: Question | None) -> None:
        """Let this be what the screen asks, until it asks something else; a person waits for the first answer."""
        if question == self._standing["screen"].question:
            return
        self._standing["screen"] = Standing(question)
        self._rests_until = -math.inf
        self._show(unread="")
        if question is None:
            self._show(readings=None)

    def forget(self) -> None:
        """What was read is not shown any more: where one comes back to, it is read again."""
        for one in self._standing.values():
            one.moment = None

    def seconds(self, here: Moment, config: EchoConfig, still: bool) -> float | None:
        """Until a specimen is due; None where none is, until something changes.

        Args:
            here: the moment at which training stands.
            config: what is trained there.
            still: whether no window is trained now: then a moment is examined once, and without rests.
        """
        if self._busy or (not still and self.is_weighed(here)):
            return None
        wanted = [one for one in self._standing.values() if self._is_open(one, here, config)]
        if not wanted:
            return None
        ready_at = self._begun + LEAST_SECONDS["screen"]
        if not still:
            ready_at = max(ready_at, self._rests_until, min(one.next_at for one in wanted))
        return max(0.0, ready_at - self._clock())

    def is_weighed(self, here: Moment) -> bool:
        """Whether the weights of this moment are the newest known: the next window, alone, tells what one changes."""
        return self._newest is not None and self._newest.moment == here

    def follows(self, here: Moment) -> bool:
        """Whether they are those of one window before."""
        return self._newest is not None and here == Moment(self._newest.moment.branch, self._newest.moment.window + 1)

    def weigh(self, weights: dict[str, Floats], here: Moment) -> None:
        """Take note of the weights of a moment.

        What one window changes is seen from one window to the next: over many, what goes to and fro cancels out.
        """
        if self._newest is not None and self.follows(here):
            before = self._newest.weights
            self._change = Weighed(here, {name: value - before[name] for name, value in weights.items()})
        self._newest = Weighed(here, weights)

    def _is_open(self, standing: Standing, here: Moment, config: EchoConfig) -> bool:
        unasked = standing is self._standing["sentence"] and config.state_size > MOST_UNITS_UNASKED
        return standing.question is not None and standing.moment != here and standing.failed != config and not unasked

    def begin(
        self, take: Callable[[], TrainerState], here: Moment, progress: Progress | None, still: bool, flat_out: bool
    ) -> None:
        """Examine this moment, for those who wait for it.

        Args:
            take: copies the state there; what that takes counts too.
            here, progress: see `Specimen`.
            still: see `seconds`.
            flat_out: whether training takes all the time that there is.
        """
        now = self._clock()
        state = take()
        jobs: list[Job] = []
        for asker, one in self._standing.items():
            if self._is_open(one, here, state.config) and (still or one.next_at <= now) and one.question is not None:
                one.moment, one.next_at = here, now + LEAST_SECONDS[asker]
                if jobs and not jobs[0].question.part:
                    jobs[0].question = union(jobs[0].question, one.question) or one.question
                    jobs[0].askers.append(asker)
                else:
                    jobs.append(Job(one.question, [asker]))
        specimen = self._specimen(state, here, progress)
        self._busy, self._begun = True, now

        def work() -> None:
            for job in jobs:
                try:
                    job.outcome = self._examine(specimen, job.question)
                except Exception as error:  # whatever a probe raises is no end of training
                    job.outcome = error
            took = self._clock() - now
            self._send(lambda: self._read(jobs, specimen, took, flat_out))

        self._thread.do(work)

    def _specimen(self, state: TrainerState, here: Moment, progress: Progress | None) -> Specimen:
        """With the weights one window before; where that was not seen, by the last change seen on the way here."""
        self.weigh(state.weights, here)
        change = self._change
        if change is None or change.moment.branch != here.branch or change.moment.window > here.window:
            return Specimen(state, here.branch, here.window, progress)
        before = {name: value - change.weights[name] for name, value in state.weights.items()}
        return Specimen(state, here.branch, here.window, progress, before, 1)

    def _read(self, jobs: list[Job], specimen: Specimen, took: float, flat_out: bool) -> None:
        """Show what was read; on the training thread."""
        self._busy = False
        config, known = specimen.state.config, self._known
        kinds = frozenset[Kind]().union(*(job.question.kinds for job in jobs))
        seen = known[1] if known[0] == config else frozenset[Kind]()
        counted = took if kinds <= seen else min(took, FIRST_SECONDS)
        self._known = (config, seen | kinds)
        share = MOST_SHARE if flat_out else MOST_SHARE_OF_SPARE
        self._rests_until = self._clock() + counted * (1 - share) / share
        for job in jobs:
            for asker in job.askers:
                self._tell(asker, job, config)

    def _tell(self, asker: Asker, job: Job, config: EchoConfig) -> None:
        standing = self._standing[asker]
        question = standing.question
        if question is None or not question.kinds <= job.question.kinds or question.part != job.question.part:
            return  # something else is asked by now
        if isinstance(job.outcome, Exception) and asker == job.askers[0]:  # the other may have been none of its fault
            standing.failed = config
        if asker == "sentence":
            self._show(vitals=None if isinstance(job.outcome, Exception) else job.outcome)
        elif isinstance(job.outcome, Exception):
            self._show(readings=None, unread=_why(job.outcome))
        else:
            self._show(readings=job.outcome, unread="")


def _why(error: Exception) -> str:
    """Why nothing could be read, in a line."""
    text = f"{error}".partition("\n")[0].strip()
    name = "" if isinstance(error, MemoryError) and text else type(error).__name__
    return f"nothing could be read: {': '.join(part for part in (name, text) if part)}"


def examine(specimen: Specimen, question: Question) -> Readings:
    """The probes themselves, where there is room for them; TensorFlow is there by then."""
    require_room(specimen.state.config)
    from echornn.probes.examine import examine as by_probes

    return by_probes(specimen, question)
