"""Decides when the probes examine the network; they run on a separate thread, with pauses."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import NamedTuple

from echornn.config import EchoConfig
from echornn.data import held_out_config
from echornn.progress import Floats, Progress
from echornn.readings import Kind, Question, Readings
from echornn.run.branch import Position
from echornn.runtime import quiet
from echornn.runtime.background import Background
from echornn.runtime.waiting import Say, silent
from echornn.session.exchange import Exchange
from echornn.session.live_run import LiveRun
from echornn.session.pictures.frame import WATCHABLE_SPEED
from echornn.state import PopulationState, Snapshot, TrainerState
from echornn.training.memory import require_room_for_held_out, require_room_for_probes

Examine = Callable[[Snapshot, Question], Readings]
"""The probing function; it is called on a separate thread, one call at a time."""

NO_KINDS = frozenset[Kind]()
HELD_OUT = Question(frozenset[Kind]({"held_out"}))  # whose losses are drawn on the curve
LEAST_SECONDS = 0.25  # between two examinations, while training runs
# Of the time, that examinations may take: at full speed, and while training mostly waits. These
# shares are chosen by eye: training at full speed shall not be slower for being watched
MOST_SHARE = 0.05
MOST_SHARE_OF_SPARE = 0.5
HELD_OUT_SHARE = 0.02  # of the time, for held-out data, whose curve may be coarse
# As which the first examination of a kind counts: it builds graphs that later ones reuse
FIRST_SECONDS = 0.05


class PlacedWeights(NamedTuple):
    position: Position
    weights: dict[str, Floats]


class WeightRecorder:
    """The newest weights, and their last change by a single window: over many windows, movements
    cancel out."""

    def __init__(self) -> None:
        self._newest: PlacedWeights | None = None
        self._change: PlacedWeights | None = None  # by the last window before its position

    def is_at(self, position: Position) -> bool:
        return self._newest is not None and self._newest.position == position

    def add(self, weights: dict[str, Floats], position: Position) -> None:
        if self._newest is not None and self.is_at(window_before(position)):
            before = self._newest.weights
            change = {name: value - before[name] for name, value in weights.items()}
            self._change = PlacedWeights(position, change)
        self._newest = PlacedWeights(position, weights)

    def snapshot(
        self, state: TrainerState, position: Position, progress: Progress | None
    ) -> Snapshot:
        """A snapshot with the weights of one window before, by the last change that is known."""
        self.add(state.weights, position)
        snapshot = Snapshot(state, *position, progress)
        if self._change is None:
            return snapshot
        (branch, window), change = self._change
        if branch != position.branch or window > position.window:
            return snapshot
        before = {name: value - change[name] for name, value in state.weights.items()}
        return replace(snapshot, before=before, windows_since=1)


def window_before(position: Position) -> Position:
    return Position(position.branch, position.window - 1)


@dataclass
class StandingQuestion:
    question: Question | None
    # Shows the readings, or the reason why there are none
    show: Callable[[Readings | None, str], None]
    position: Position | None = None  # the last position examined for it
    next_at: float = 0.0
    failed: EchoConfig | None = None  # the configuration for which it failed; it is not tried again

    def ask(self, question: Question | None) -> bool:
        """Ask this instead; returns whether it is another question than before."""
        if question == self.question:
            return False
        self.question = question
        self.position = None
        self.next_at = 0.0
        self.failed = None
        return True

    def is_open(self, position: Position, config: EchoConfig) -> bool:
        return self.position != position and self.failed != config

    def needs(self, question: Question) -> bool:
        """Whether readings for a question that was asked before are still wanted, if of another
        input, say."""
        needed = self.question
        if needed is None or not needed.kinds <= question.kinds:
            return False
        if (needed.distance, needed.beside) != (question.distance, question.beside):
            return False
        return (needed.part, needed.held) == (question.part, question.held)


@dataclass(frozen=True)
class Examination:
    """An examination of one position, and what it came to."""

    snapshot: Snapshot
    due: list[tuple[StandingQuestion, Question]]
    begun: float
    share: float  # of the time, that examinations may take
    seconds: float = 0.0  # that it took
    # For each question, once it is over
    outcomes: tuple[Readings | Exception, ...] = ()

    @property
    def config(self) -> EchoConfig:
        return self.snapshot.state.config

    @property
    def kinds(self) -> frozenset[Kind]:
        return NO_KINDS.union(*(question.kinds for _, question in self.due))


class Probing:
    """Examines the network in training, on a separate thread: what the screen asks for, held-out
    data apart."""

    def __init__(
        self, live: LiveRun, examine: Examine, exchange: Exchange, clock: Callable[[], float]
    ) -> None:
        self._live = live
        self._examine = examine
        self._exchange = exchange
        self._clock = clock
        # Why the loss on held-out data could not be measured; empty if it could, or is not needed
        self.why_not_held_out = ""
        self._screen = StandingQuestion(None, self._show_readings)
        self._held_out = StandingQuestion(None, self._measured)
        self._thread = Background("probing")
        self._busy = False
        self._begun = -math.inf
        self._rests_until = -math.inf
        # The network examined last, and for which kinds: their graphs are built
        self._examined: EchoConfig | None = None
        self._examined_kinds = NO_KINDS
        self._weights = WeightRecorder()
        # The networks that were examined last, and at which position with which settings
        self._population: tuple[object, PopulationState | None] = (None, None)

    @property
    def _standing(self) -> list[StandingQuestion]:
        both = self._screen, self._held_out
        return [standing for standing in both if standing.question is not None]

    def end(self) -> None:
        self._thread.end()

    # ---- for the training thread

    def ask(self, question: Question | None) -> None:
        """Set the question of the screen; the user waits for the first answer.

        Held-out data is asked for apart.
        """
        screen = held_out = None
        if question is not None:
            kinds = question.kinds - HELD_OUT.kinds
            screen = replace(question, kinds=kinds) if kinds else None
            held_out = HELD_OUT if kinds != question.kinds else None
        if self._held_out.ask(held_out):
            self.why_not_held_out = ""
            self._rests_until = -math.inf
        if self._screen.ask(screen):
            readings = self._exchange.frame.readings if screen else None
            self._exchange.change(readings=readings, why_no_readings="")
            self._rests_until = -math.inf

    def forget(self) -> None:
        """Forget what was examined: positions that are visited again are examined again."""
        self._weights = WeightRecorder()
        self._population = (None, None)
        self._screen.position = None
        self._held_out.position = None

    def trains_next_alone(self, position: Position) -> bool:
        """Whether the next window is to be trained alone, so that how it changes the weights is
        known."""
        return self._weights.is_at(position) and bool(self._standing)

    def seconds_to_next(self, still: bool) -> float | None:
        """The seconds until an examination is due, if one is: once a position, where training
        stands ``still``."""
        if not self._standing or self._busy:
            return None
        position, config = self._live.position, self._live.own_config
        wanted = [standing for standing in self._standing if standing.is_open(position, config)]
        if not wanted or (not still and self.trains_next_alone(position)):
            return None
        ready_at = self._begun + LEAST_SECONDS
        if not still:
            ready_at = max(ready_at, min(standing.next_at for standing in wanted))
            if config == self._examined:  # after another network, the examination need not wait
                ready_at = max(ready_at, self._rests_until)
        return max(0.0, ready_at - self._clock())

    def begin(self, still: bool, speed: float) -> None:
        """Examine this position for all questions that are due; errors are shown, and training goes
        on."""
        try:
            self._begin(still, speed)
        except Exception as error:  # for example too little memory for a copy, or for a thread
            for standing in self._standing:
                standing.failed = self._live.own_config
                standing.show(None, reason_of(error))

    def _begin(self, still: bool, speed: float) -> None:
        live, position, now = self._live, self._live.position, self._clock()
        population = self._population_at(position)
        state = population.of(live.replica)
        # fast windows are trained many at a time: of the next, trained alone, the change of the
        # weights is known
        is_fast = not still and speed > 1 / LEAST_SECONDS
        if is_fast and not self._weights.is_at(window_before(position)):
            self._weights.add(state.weights, position)
            return
        shown = live.rows.windows
        newest = shown[-1].of(live.replica) if shown else None
        snapshot = self._weights.snapshot(state, position, newest)
        if len(population.configs) > 1:
            snapshot = replace(snapshot, population=population, beside=self._beside(population))
        due = self._take_due(position, state.config, now, still)
        share = MOST_SHARE if speed > WATCHABLE_SPEED else MOST_SHARE_OF_SPARE
        examination = Examination(snapshot, due, now, share)
        self._thread.do(lambda: self._work(examination))
        self._busy = True
        self._begun = now

    def _population_at(self, position: Position) -> PopulationState:
        """The networks here: the same object again as long as neither position nor settings change,
        so that what was measured of all of them is kept when another one is chosen."""
        place = position, self._live.config
        before, population = self._population
        if population is None or before != place:
            population = self._live.trainer.state
            self._population = place, population
        return population

    def _beside(self, population: PopulationState) -> Snapshot | None:
        """The network that is to be read beside the chosen one."""
        question = self._screen.question
        if question is None or question.beside is None:
            return None
        replica = min(question.beside, len(population.configs) - 1)
        shown = self._live.rows.windows
        newest = shown[-1].of(replica) if shown else None
        return Snapshot(population.of(replica), *self._live.position, newest)

    def _take_due(
        self, position: Position, config: EchoConfig, now: float, still: bool
    ) -> list[tuple[StandingQuestion, Question]]:
        """The questions that are due here, which are not due again at this position."""
        # the run's first seed, so that all of its networks are measured on the same data
        data_seed = self._live.tree.branch(0).config.seed
        due = []
        for standing in (self._screen, self._held_out):
            is_due = still or standing.next_at <= now
            if standing.question and is_due and standing.is_open(position, config):
                standing.position = position
                standing.next_at = now + LEAST_SECONDS
                due.append((standing, replace(standing.question, data_seed=data_seed)))
        return due

    # ---- on the thread "probing", which only asks the probes

    def _work(self, examination: Examination) -> None:
        outcomes: list[Readings | Exception] = []
        for _, question in examination.due:
            try:
                outcomes.append(self._examine(examination.snapshot, question))
            except Exception as error:  # errors of probes do not end training
                outcomes.append(error)
        seconds = self._clock() - examination.begun
        examination = replace(examination, outcomes=tuple(outcomes), seconds=seconds)
        self._exchange.notify(lambda: self._take(examination))

    # ---- back on the training thread

    def _take(self, examination: Examination) -> None:
        self._busy = False
        self._rest_after(examination)
        live, config, snapshot = self._live, examination.config, examination.snapshot
        is_here = (snapshot.branch, config) == (live.position.branch, live.own_config)
        for (standing, question), outcome in zip(
            examination.due, examination.outcomes, strict=True
        ):
            if not standing.needs(question):
                continue
            if not is_here:  # these were readings of an earlier network
                if standing.position == (snapshot.branch, snapshot.window):
                    standing.position = None
            elif isinstance(outcome, Exception):
                standing.failed = config
                standing.show(None, reason_of(outcome))
            else:
                standing.show(outcome, "")

    def _rest_after(self, examination: Examination) -> None:
        """Let training have its share of the time before the next examination."""
        if examination.config != self._examined:
            self._examined = examination.config
            self._examined_kinds = NO_KINDS
        seconds, share = examination.seconds, examination.share
        if not examination.kinds <= self._examined_kinds:
            seconds = min(seconds, FIRST_SECONDS)
            self._examined_kinds |= examination.kinds
        self._rests_until = self._clock() + seconds * (1 - share) / share
        # other examinations, as of a sample, do not put off held-out data
        if examination.kinds & HELD_OUT.kinds:
            rests_until = examination.begun + seconds / HELD_OUT_SHARE
            self._held_out.next_at = max(self._held_out.next_at, rests_until)

    def _show_readings(self, readings: Readings | None, reason: str) -> None:
        error = f"nothing could be read: {reason}" if reason else ""
        self._exchange.change(readings=readings, why_no_readings=error)

    def _measured(self, readings: Readings | None, reason: str) -> None:
        self.why_not_held_out = f"no loss on held-out data: {reason}" if reason else ""
        if readings is not None and readings.held_out is not None:
            place = Position(readings.branch, readings.window)
            self._live.losses.measure(place, readings.config.seed, readings.held_out.loss)
            self._exchange.change()  # a frame with which it is drawn


def reason_of(error: Exception) -> str:
    text = f"{error}".partition("\n")[0].strip()
    if not text:
        return type(error).__name__
    if isinstance(error, MemoryError):  # whose text says more than its name
        return text
    return f"{type(error).__name__}: {text}"


def examine(snapshot: Snapshot, question: Question, say: Say = silent) -> Readings:
    config = snapshot.state.config
    require_room_for_probes(config)
    for size in question.sizes:  # that somebody typed while it trains
        require_room_for_held_out(held_out_config(config, dict(size)))
    quiet.import_tensorflow(say=say)
    from echornn.probes.examine import examine as by_probes

    return by_probes(snapshot, question, say)
