"""A run that can go to any of its positions; it first stores the state at the position that it leaves."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from echornn.config import EchoConfig
from echornn.progress import PopulationProgress
from echornn.replay.pace import Pace
from echornn.replay.replay import Replay
from echornn.runs.keyframes import Keyframe, Keyframes
from echornn.runs.recorder import Recorder
from echornn.state import UnlikeRecord
from echornn.timeline import moves
from echornn.timeline.branch import Branch, Position
from echornn.timeline.timeline import Timeline
from echornn.training.structure import NO_DEVICES, AnyTrainer, Devices, MakeTrainer, moved, program_of

ROWS_SECONDS, FINISHED_ROWS_SECONDS = 0.5, 4.0
"""How long showing the newest rows of a run may delay its going on; the second number if all epochs are trained."""

TAPE_WINDOWS, TAPE_BYTES = 32, 32 << 20  # of windows before the newest that are stored with their data, for the rows
TAPE_SECONDS = 0.05  # for training windows one by one after going back, so that their rows can be shown
NEAR_SECONDS = 0.03  # on the way to a position, above which a keyframe is kept there, so that others nearby are close

KEYFRAME_SECONDS = 0.08  # of training between two keyframes; going to a position takes about this long at most
KEYFRAME_SHARE = 0.02  # of the time, which keyframes may take; those of a large network are further apart
KEYFRAME_BYTES_A_SECOND = 4 << 20  # of training, since keyframes are written to the disk too


def newest(shown: tuple[PopulationProgress, ...]) -> tuple[PopulationProgress, ...]:
    """The windows to store with their data: the newest window, and as many earlier windows as the limits allow."""
    last = shown[-1]
    size = sum(array.nbytes for array in (last.losses, last.errors, last.x, last.y, last.outputs, last.states))
    return shown[-max(1, min(1 + TAPE_WINDOWS, TAPE_BYTES // max(1, size))) :]


class Keyframing:
    """Keeps states of a run while it trains, and passes them to the recorder."""

    def __init__(self, recorder: Recorder, clock: Callable[[], float]) -> None:
        self.keyframes = Keyframes()
        self._recorder, self._clock = recorder, clock
        self._trained, self._apart = 0.0, KEYFRAME_SECONDS

    def take_up(self, keyframes: Iterable[Keyframe]) -> None:
        """Add the keyframes of a run on disk."""
        for keyframe in keyframes:
            self.keyframes.add(keyframe)
        self._recorder.all_keyframes(self.keyframes.all())

    def trained(self, seconds: float) -> bool:
        """Add ``seconds`` of training; returns whether a keyframe is due."""
        self._trained += seconds
        return self._trained >= self._apart

    def keep(self, position: Position, trainer: AnyTrainer, digest: int) -> None:
        """Keep the trainer's state, if its weights are finite, at a position of the branch with this digest."""
        begun, size = self._clock(), 0
        state = trainer.state
        if state.is_finite:
            keyframe = Keyframe(position, state, digest)
            size, thinned = keyframe.size, self.keyframes.thinned
            if self.keyframes.add(keyframe):
                self._recorder.keyframe(keyframe)
            if self.keyframes.thinned != thinned:
                self._recorder.all_keyframes(self.keyframes.all())
        share = (self._clock() - begun) / KEYFRAME_SHARE
        self._apart = max(KEYFRAME_SECONDS, share, size / KEYFRAME_BYTES_A_SECOND)
        self._trained = 0.0


class Trainers:
    """Makes a run's trainers, one after the other, and tells the pace how long their calls take."""

    def __init__(self, make_trainer: MakeTrainer, pace: Pace, clock: Callable[[], float], devices: Devices) -> None:
        self.devices = devices
        self.moved = ""  # a message that a trainer is on another device than before
        self._make_trainer, self._pace, self._clock = make_trainer, pace, clock

    def uncompiled(self, config: EchoConfig) -> AnyTrainer:
        trainer = self._make_trainer(config)
        self.moved = moved(config, trainer.device, self.devices) or self.moved
        self.devices = {**self.devices, program_of(config): trainer.device}
        return trainer

    def make(self, config: EchoConfig) -> AnyTrainer:
        trainer = self.uncompiled(config)
        self.compile(trainer)
        return trainer

    def compile(self, trainer: AnyTrainer) -> None:
        trainer.compile()
        begun = self._clock()
        trainer.compile()  # this takes as long as a call that trains nothing
        self._pace.forget(self._clock() - begun)


class ReplayedRun:
    """The current position in a growing run, with a trainer that is there or on its way there."""

    def __init__(
        self, config: EchoConfig, make_trainer: MakeTrainer, recorder: Recorder, pace: Pace, clock: Callable[[], float]
    ) -> None:
        self.timeline = Timeline()
        self.here = Position(0, 0)  # or the target, on the way to another position
        self.config = config  # at this position
        self.trainer: AnyTrainer
        self.may_save = True  # while False, a start that fails leaves the disk unchanged
        self.unlike: UnlikeRecord | None = None  # the first window of the last replay that differs from the record
        self.shown: tuple[PopulationProgress, ...] = ()  # the newest windows with their data, newest last
        resumed = recorder.resumed
        self._recorder = recorder
        self._trainers = Trainers(make_trainer, pace, clock, NO_DEVICES if resumed is None else resumed.devices)
        self._pace, self._clock = pace, clock
        self._keyframing = Keyframing(recorder, clock)
        self._chosen = 0
        self._any_unsaved = False
        self._replay: Replay | None = None
        self._seconds = 0.0

    # ---- the position

    @property
    def replica(self) -> int:
        """The index (from 0) of the selected replica among those that are trained here."""
        return self._chosen if self._chosen < self.config.replicas else 0

    def choose(self, replica: int) -> None:
        """Select the replica to show, at most the last; no effect with a single network."""
        if self.config.replicas > 1:
            self._chosen = min(max(0, replica), self.config.replicas - 1)

    @property
    def is_past(self) -> bool:
        return self.here.window < self.timeline.end(self.here.branch).window

    @property
    def owner(self) -> Branch:
        """The branch whose configuration is in effect at this position."""
        return self.timeline.owner(self.here)

    @property
    def position(self) -> Position:
        """This position, with the number of its owner."""
        return Position(self.owner.number, self.here.window)

    @property
    def root(self) -> Position:
        """The beginning of the path to this position, with the number of its owner."""
        return Position(self.owner.number, 0)

    @property
    def epoch_left(self) -> int:
        return self.config.windows_per_epoch - self.owner.epoch_and_window(self.here.window)[1]

    @property
    def continues_its_data(self) -> bool:
        """Whether the windows before this position have the same data and task as those after it."""
        owner = self.owner
        if self.here.window != owner.start or owner.cause == "alone":
            return True
        before = self.timeline.parent_config(owner)
        return owner.cause in ("back", "edit") and before is not None and before.same_task(owner.config)

    @property
    def diverged(self) -> bool:
        return bool(len(self.timeline)) and self.timeline.diverged(self.here)

    @property
    def before_it_diverged(self) -> int | None:
        return moves.before_it_diverged(self.timeline, self.here) if len(self.timeline) else None

    @property
    def undoable(self) -> int:
        return moves.undoable(self.timeline, self.here)

    @property
    def blamed(self) -> tuple[str, ...]:
        return moves.blamed(self.timeline, self.here)

    @property
    def moved(self) -> str:
        return self._trainers.moved

    @property
    def arrived(self) -> bool:
        return self._replay is None

    @property
    def on_the_way(self) -> int:
        return 0 if self._replay is None else self._replay.windows_left

    # ---- storing a position

    def _keyframe(self) -> None:
        """Store the state, if this is the end of a branch. One before may differ from that which was trained on."""
        if self.arrived and not self.is_past:
            self._keyframing.keep(self.position, self.trainer, self.timeline.digest(self.owner.number))

    def _leave(self) -> Position:
        """Store what is needed to come back here."""
        self._keyframe()
        self.save()
        return self.here

    def save(self) -> None:
        if self.arrived and self.may_save:
            stats, devices = self.timeline.loss_stats(self.here), self._trainers.devices
            self._recorder.save(self.trainer.state, self.here, stats.solved_at, stats.lost_at, devices)
            self._any_unsaved = False

    def save_all(self) -> None:
        """Save like `save`; if windows are unsaved on the way to a position, first continue until it can save there."""
        while self._any_unsaved and not self.arrived:
            self.step(self._pace.slice_windows())
        self.save()

    # ---- going to a position

    @property
    def _tape_windows(self) -> int:
        """The number of windows that can be trained one by one, for their rows, without a noticeable wait."""
        return max(1, min(TAPE_WINDOWS, int(TAPE_SECONDS / self._pace.seconds_of_one)))

    def go(self, position: Position) -> None:
        """Set out for a position of the run; `step` takes the next steps. After an error, everything is as it was."""
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

    def show_rows(self, is_stopping: Callable[[], bool]) -> None:
        """Train the newest windows again, so that their rows can be shown, if a state shortly before is stored."""
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
