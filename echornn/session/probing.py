"""Decides when the probes examine the network; they run on a separate thread, with pauses."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

from echornn.config import EchoConfig
from echornn.progress import Floats, Progress
from echornn.readings import Kind, Question, Readings
from echornn.runtime import quiet
from echornn.runtime.background import Background
from echornn.session.exchange import Exchange
from echornn.session.live_run import LiveRun
from echornn.session.pictures.frame import WATCHABLE_SPEED
from echornn.state import Snapshot, TrainerState
from echornn.timeline.branch import Position
from echornn.training.device import require_room_for_probes

Examine = Callable[[Snapshot, Question], Readings]
"""The probing function; it is called on a separate thread, one call at a time."""

HELD_OUT = Question(frozenset[Kind]({"held_out"}))  # whose losses are drawn on the curve
LEAST_SECONDS = 0.25  # between two examinations, while training runs
# Of the time: at full speed, and while training mostly waits
MOST_SHARE, MOST_SHARE_OF_SPARE = 0.05, 0.5
HELD_OUT_SHARE = 0.02
# As which the first examination of a kind counts: it builds graphs that later ones reuse
FIRST_SECONDS = 0.05


class WeightRecorder:
    """The newest weights, and their last change by a single window: over many windows, movements
    cancel out."""

    def __init__(self) -> None:
        self.newest: tuple[Position, dict[str, Floats]] | None = None
        self.change: tuple[Position, dict[str, Floats]] | None = None

    def weigh(self, weights: dict[str, Floats], here: Position) -> None:
        if self.newest is not None and self.follows(here):
            before = self.newest[1]
            self.change = here, {name: value - before[name] for name, value in weights.items()}
        self.newest = here, weights

    def follows(self, here: Position) -> bool:
        return self.newest is not None and here == (
            self.newest[0].branch,
            self.newest[0].window + 1,
        )

    def snapshot(self, state: TrainerState, here: Position, progress: Progress | None) -> Snapshot:
        """A snapshot with the weights of one window before, by the last change that is known."""
        self.weigh(state.weights, here)
        if (
            self.change is None
            or self.change[0].branch != here.branch
            or self.change[0].window > here.window
        ):
            return Snapshot(state, here.branch, here.window, progress)
        before = {name: value - self.change[1][name] for name, value in state.weights.items()}
        return Snapshot(state, here.branch, here.window, progress, before, 1)


@dataclass
class StandingQuestion:
    question: Question | None
    # Shows the readings, or the reason why there are none
    show: Callable[[Readings | None, str], None]
    position: Position | None = None  # the last position examined for it
    next_at: float = 0.0
    failed: EchoConfig | None = None  # the configuration for which it failed; it is not tried again

    def is_open(self, here: Position, config: EchoConfig) -> bool:
        return self.position != here and self.failed != config


class Probing:
    """Examines the network in training, on a separate thread: what the screen asks for, held-out
    data apart."""

    def __init__(
        self, live: LiveRun, examine: Examine, exchange: Exchange, clock: Callable[[], float]
    ) -> None:
        self._live, self._examine, self._exchange, self._clock = live, examine, exchange, clock
        # Why the loss on held-out data could not be measured; empty if it could, or is not needed
        self.why_not_held_out = ""
        self._screen = StandingQuestion(None, self._show_readings)
        self._held_out = StandingQuestion(None, self._measured)
        self._all = self._screen, self._held_out
        self._thread = Background("probing")
        self._busy = False
        self._begun = self._rests_until = -math.inf
        self._known: tuple[EchoConfig | None, frozenset[Kind]] = (None, frozenset())
        self._weights = WeightRecorder()

    @property
    def _standing(self) -> list[StandingQuestion]:
        return [one for one in self._all if one.question is not None]

    def end(self) -> None:
        self._thread.end()

    def ask(self, question: Question | None) -> None:
        """Set the question of the screen; the user waits for the first answer.

        Held-out data is asked for apart.
        """
        kinds = frozenset[Kind]() if question is None else question.kinds
        others = (
            replace(question, kinds=kinds - HELD_OUT.kinds)
            if question and kinds - HELD_OUT.kinds
            else None
        )
        if self._set(self._held_out, HELD_OUT if kinds & HELD_OUT.kinds else None):
            self.why_not_held_out = ""
        if self._set(self._screen, others):
            self._exchange.change(
                **{"unread": ""} if others is not None else {"unread": "", "readings": None}
            )

    def _set(self, standing: StandingQuestion, question: Question | None) -> bool:
        """Whether this question is another than before."""
        if question == standing.question:
            return False
        standing.question, standing.position, standing.next_at, standing.failed = (
            question,
            None,
            0.0,
            None,
        )
        self._rests_until = -math.inf
        return True

    def forget(self) -> None:
        """Forget what was examined: positions that are visited again are examined again."""
        self._weights = WeightRecorder()
        for one in self._all:
            one.position = None

    def is_weighed(self, here: Position) -> bool:
        """Whether the next window is to be trained alone, so that its change of the weights is
        known."""
        return (
            bool(self._standing)
            and self._weights.newest is not None
            and self._weights.newest[0] == here
        )

    def seconds(self, still: bool) -> float | None:
        """The seconds until an examination is due, if one is: once a position, where training
        stands ``still``."""
        if not self._standing or self._busy:
            return None
        here, config = self._live.position, self._live.own_config
        wanted = [one for one in self._standing if one.is_open(here, config)]
        if not wanted or (not still and self.is_weighed(here)):
            return None
        ready_at = self._begun + LEAST_SECONDS
        if not still:
            ready_at = max(ready_at, min(one.next_at for one in wanted))
            if config == self._known[0]:  # after another network, the examination need not wait
                ready_at = max(ready_at, self._rests_until)
        return max(0.0, ready_at - self._clock())

    def begin(self, still: bool, speed: float) -> None:
        """Examine this position for all questions that are due; errors are shown, and training goes
        on."""
        live, here, now = self._live, self._live.position, self._clock()
        try:
            state = live.trainer.state.of(live.replica)
            # fast windows are trained many at a time: of the next, trained alone, the change of the
            # weights is known
            if not still and speed > 1 / LEAST_SECONDS and not self._weights.follows(here):
                self._weights.weigh(state.weights, here)
                return
            newest = live.shown[-1].of(live.replica) if live.shown else None
            snapshot = self._weights.snapshot(state, here, newest)
            due: list[tuple[StandingQuestion, Question]] = []
            # the run's first seed, so that all of its networks are measured on the same data
            data_seed = live.timeline.branch(0).config.seed
            for one in self._standing:
                if (
                    one.question
                    and one.is_open(here, state.config)
                    and (still or one.next_at <= now)
                ):
                    one.position, one.next_at = here, now + LEAST_SECONDS
                    due.append((one, replace(one.question, data_seed=data_seed)))
            share = MOST_SHARE if speed > WATCHABLE_SPEED else MOST_SHARE_OF_SPARE
            self._thread.do(lambda: self._work(due, snapshot, now, share))
            self._busy, self._begun = True, now
        except Exception as error:  # for example too little memory for a copy, or for a thread
            for one in self._standing:
                one.failed = live.own_config
                one.show(None, reason_of(error))

    def _work(
        self,
        due: list[tuple[StandingQuestion, Question]],
        snapshot: Snapshot,
        begun: float,
        share: float,
    ) -> None:
        outcomes: list[Readings | Exception] = []
        for _, question in due:
            try:
                outcomes.append(self._examine(snapshot, question))
            except Exception as error:  # errors of probes do not end training
                outcomes.append(error)
        took, config = self._clock() - begun, snapshot.state.config

        def read() -> None:
            self._busy = False
            kinds = frozenset[Kind]().union(*(question.kinds for _, question in due))
            seen = self._known[1] if self._known[0] == config else frozenset[Kind]()
            counted = took if kinds <= seen else min(took, FIRST_SECONDS)
            self._known = (config, seen | kinds)
            self._rests_until = self._clock() + counted * (1 - share) / share
            if kinds & HELD_OUT.kinds:  # other examinations, as of a sample, do not put it off
                self._held_out.next_at = max(
                    self._held_out.next_at, begun + counted / HELD_OUT_SHARE
                )
            of_these = Position(snapshot.branch, snapshot.window)
            is_here = (snapshot.branch, config) == (
                self._live.position.branch,
                self._live.own_config,
            )
            for (standing, of), outcome in zip(due, outcomes, strict=True):
                asked = standing.question
                if (
                    asked is None
                    or not asked.kinds <= of.kinds
                    or (asked.part, asked.held) != (of.part, of.held)
                ):
                    continue
                if not is_here:  # these were readings of an earlier network
                    standing.position = None if standing.position == of_these else standing.position
                elif isinstance(outcome, Exception):
                    standing.failed = config
                    standing.show(None, reason_of(outcome))
                else:
                    standing.show(outcome, "")

        self._exchange.notify(read)

    def _show_readings(self, readings: Readings | None, reason: str) -> None:
        unread = f"nothing could be read: {reason}" if reason else ""
        self._exchange.change(readings=readings, unread=unread)

    def _measured(self, readings: Readings | None, reason: str) -> None:
        self.why_not_held_out = f"no loss on held-out data: {reason}" if reason else ""
        if readings is not None and readings.held_out is not None:
            place = Position(readings.branch, readings.window)
            self._live.timeline.measure(place, readings.config.seed, readings.held_out.loss)
            self._exchange.change()  # a frame with which it is drawn


def reason_of(error: Exception) -> str:
    text = f"{error}".partition("\n")[0].strip()
    name = "" if isinstance(error, MemoryError) and text else type(error).__name__
    return ": ".join(part for part in (name, text) if part)


def examine(snapshot: Snapshot, question: Question) -> Readings:
    require_room_for_probes(snapshot.state.config)
    quiet.import_tensorflow()
    from echornn.probes.examine import examine as by_probes

    return by_probes(snapshot, question)
