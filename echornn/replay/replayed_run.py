"""A run that can go to any of its positions: it trains the windows before a position again, and first stores the state
at the position that it leaves.
"""

from __future__ import annotations

from collections.abc import Callable

from echornn.config import EchoConfig
from echornn.progress import PopulationProgress
from echornn.replay.keyframing import Keyframing
from echornn.replay.pace import Pace
from echornn.replay.replay import Replay, Trainers
from echornn.runs.recorder import Recorder
from echornn.state import UnlikeRecord
from echornn.timeline.branch import Position
from echornn.timeline.current_position import CurrentPosition
from echornn.training.any_trainer import AnyTrainer, MakeTrainer
from echornn.training.structure import NO_DEVICES

ROWS_SECONDS = 0.5
"""When a run is continued, showing its newest rows may delay training by this many seconds."""

FINISHED_ROWS_SECONDS = 4.0
"""The same if all epochs are trained: then nothing but the first picture is delayed."""


TAPE_WINDOWS = 32
"""The most windows before the newest that are stored with their data, for the rows on the screen."""

TAPE_BYTES = 32 << 20
"""The most bytes of all windows that are stored with their data; the newest window is always stored."""

TAPE_SECONDS = 0.05
"""After going back, the seconds for which windows are trained one by one so that their rows can be shown."""

NEAR_SECONDS = 0.03
"""The seconds above which a keyframe is stored at a position, so that positions nearby are reached quickly. None is
stored if losses differ from the record.
"""


def newest(shown: tuple[PopulationProgress, ...]) -> tuple[PopulationProgress, ...]:
    """The windows to store with their data: the newest window, and as many earlier windows as the limits allow."""
    if not shown:
        return ()
    last = shown[-1]
    size = sum(array.nbytes for array in (last.losses, last.errors, last.x, last.y, last.outputs, last.states))
    fitting = TAPE_BYTES // max(1, size)
    return shown[-max(1, min(1 + TAPE_WINDOWS, fitting)) :]


class ReplayedRun(CurrentPosition):
    """The current position of a run, with a trainer that is at this position or on its way to it.

    Attributes:
        trainer: the trainer of the networks.
        may_save: whether `save` has an effect; while False, a start that fails leaves the disk unchanged.
        unlike: the first window of the last replay whose loss differs from the record; None if there is none.
        shown: the newest windows with their data, newest last; empty if none was trained here.

    Args:
        config: the configuration to train.
        make_trainer: makes a trainer without compiling it.
        recorder: saves the run to disk.
        pace: measures the time of the current trainer's windows.
        clock: a monotonic clock, in seconds.
    """

    def __init__(
        self, config: EchoConfig, make_trainer: MakeTrainer, recorder: Recorder, pace: Pace, clock: Callable[[], float]
    ) -> None:
        super().__init__(config)
        self.trainer: AnyTrainer
        self.may_save = True
        self.shown: tuple[PopulationProgress, ...] = ()
        self._recorder = recorder
        resumed = recorder.resumed
        self._trainers = Trainers(make_trainer, pace, clock, NO_DEVICES if resumed is None else resumed.devices)
        self._pace = pace
        self._clock = clock
        self._keyframing = Keyframing(recorder, clock)
        self._any_unsaved = False
        self.unlike: UnlikeRecord | None = None
        self._replay: Replay | None = None
        self._seconds = 0.0

    @property
    def moved(self) -> str:
        """A message that the networks now train on another device than before; empty if they do not, and after the next
        change.
        """
        return self._trainers.moved

    @property
    def on_the_way(self) -> int:
        """The number of windows that still have to be trained again on the way to the target."""
        return 0 if self._replay is None else self._replay.windows_left

    @property
    def _tape_windows(self) -> int:
        """The number of windows that can be trained one by one, for their rows, without a noticeable wait."""
        return max(1, min(TAPE_WINDOWS, int(TAPE_SECONDS / self._pace.seconds_of_one)))

    @property
    def arrived(self) -> bool:
        """Whether the trainer has reached the position `here`."""
        return self._replay is None

    # ---- storing a position

    def _keyframe(self) -> None:
        """Store the state at the end of a branch, since later training there begins with it. A state before the end is
        not stored, since it may differ from the one that was trained on.
        """
        if self.arrived and not self.is_past:
            self._keyframing.keep(self.position, self.trainer, self.timeline.digest(self.owner.number))

    def _leave(self) -> Position:
        """Store what is needed to come back to this position; returns the position."""
        self._keyframe()
        self.save()
        return self.here

    def save(self) -> None:
        """Save everything that was trained, with the state at this position."""
        if self.arrived and self.may_save:
            loss_stats = self.timeline.loss_stats(self.here)
            when = (loss_stats.solved_at, loss_stats.lost_at)
            self._recorder.save(self.trainer.state, self.here, *when, self._trainers.devices)
            self._any_unsaved = False

    def save_all(self) -> None:
        """Save like `save`; if the session is on its way and windows are unsaved, first continue until it can save
        there.
        """
        while self._any_unsaved and not self.arrived:
            self.step(self._pace.slice_windows())
        self.save()

    # ---- going to a position

    def go(self, position: Position) -> None:
        """Set out for a position of the run; `step` takes the next steps. If this raises an error, everything stays as
        it was.

        Raises:
            ValueError: this run has no such position.
        """
        if not self.timeline.has(position):
            raise ValueError(f"{position} is not a position of this run")
        if self.arrived and not self.is_past and position != self.here:
            self._leave()
        begin = (self.timeline, self._keyframing.keyframes, self.trainer, position, self._tape_windows)
        self._replay = Replay(*begin, self._trainers.make)
        self.trainer, self.unlike, self._seconds = self._replay.trainer, None, 0.0
        self.here = position
        self.config = self.timeline.owner(position).config
        line = self.timeline.branch(position.branch).config
        # one replica continues alone later on the path, and its curve is shown
        if line.replicas < self.config.replicas:
            self.choose(line.seed - self.config.seed)
        self._arrive()

    def step(self, windows: int) -> int:
        """Train some windows again on the way to the target; returns how many."""
        replay, begun = self._replay, self._clock()
        assert replay is not None
        done = replay.advance(windows)
        self.trainer, self.unlike = replay.trainer, replay.unlike
        self._seconds += self._clock() - begun
        # a state that differs from the record must not become a keyframe
        near = replay.at_tape if replay.unlike is None else None
        if near is not None and self._seconds > NEAR_SECONDS:
            self._keyframing.keep(near, replay.trainer, self.timeline.digest(near.branch))
            self._seconds = 0.0
        self._arrive()
        return done

    def _arrive(self) -> None:
        if self._replay is not None and self._replay.arrived:
            tape, self._replay = tuple(self._replay.tape), None
            self.shown = tape if self.continues_its_data else ()
            self._recorder.moved()

    def show_rows(self, is_stopping: Callable[[], bool] = lambda: False) -> None:
        """Train the newest windows again so that their rows can be shown, if a state shortly before them is stored.

        Args:
            is_stopping: whether the session is to end, so that no more work is begun.
        """
        before = Position(self.owner.number, max(0, self.here.window - self._tape_windows))
        if not self.here.window or self._keyframing.keyframes.nearest(before) is None:
            return
        seconds = FINISHED_ROWS_SECONDS if self.trainer.finished else ROWS_SECONDS
        trainer, state, until = self.trainer, self.trainer.state, self._clock() + seconds
        self.go(self.here)
        while not self.arrived and self._clock() < until and not is_stopping():
            begun = self._clock()
            self._pace.took(self.step(self._pace.slice_windows()), self._clock() - begun)
        if not self.arrived:
            self._replay = None
            self.trainer = trainer
            trainer.start(state.config, state.init_index)
            trainer.restore(state)
