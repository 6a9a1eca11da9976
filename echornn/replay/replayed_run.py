"""A run that can go to any of its positions: it trains windows again up to there, and keeps what it leaves."""

from __future__ import annotations

from collections.abc import Callable

from echornn.config import EchoConfig
from echornn.progress import PopulationProgress
from echornn.replay.keyframing import Keyframing
from echornn.replay.pace import Pace
from echornn.replay.trainers import Trainers
from echornn.replay.travel import Travel
from echornn.runs.recorder import Recorder
from echornn.timeline.branch import Moment
from echornn.timeline.position_in_run import Position
from echornn.training.any_trainer import AnyTrainer, MakeTrainer
from echornn.training.trained_on import NO_DEVICES
from echornn.unlike_record import UnlikeRecord

ROWS_SECONDS = 0.5
"""When a run is continued, showing its newest rows may delay training by this many seconds."""


class ReplayedRun(Position):
    """A position in a run, with the trainer that is there, or on its way there.

    Attributes:
        trainer: trains the networks.
        may_save: whether `save` does anything; while False, a start that fails leaves the disk as it was.
        shown: the newest windows in full, the last one last; empty if none was trained there.

    Args:
        config: what to train.
        make_trainer: makes a trainer, which is not compiled yet.
        recorder: keeps the run on disk.
        pace: knows how long a window of the present trainer takes.
        clock: seconds that never go back.
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
        self._travel = Travel(self._keyframing, pace, clock)

    @property
    def unlike(self) -> UnlikeRecord | None:
        """The first window of the last replay whose loss differs from the record; None if none does."""
        return self._travel.unlike

    @property
    def moved(self) -> str:
        """A text that says that the networks are now trained on another device than before; empty if they are not, and
        from the next change on.
        """
        return self._trainers.moved

    @property
    def on_the_way(self) -> int:
        """Windows still to be trained again on the way to its target."""
        return self._travel.windows_left

    @property
    def arrived(self) -> bool:
        """Whether the trainer is at `here`."""
        return self._travel.arrived

    # ---- keeping a position

    def _keyframe(self) -> None:
        """Keep the state at the end of a branch: later training there begins with it. A state in the past is not kept,
        since it may differ from the one that was trained on from there.
        """
        if self.arrived and not self.is_past:
            self._keyframing.keep(self.moment, self.trainer, self.timeline.digest(self.owner.number))

    def _leave(self) -> Moment:
        """Keep what is needed to come back here; returns this position."""
        self._keyframe()
        self.save()
        return self.here

    def save(self) -> None:
        """Have everything that was trained written to the disk, with the state here."""
        if self.arrived and self.may_save:
            loss_stats = self.timeline.loss_stats(self.here)
            when = (loss_stats.solved_at, loss_stats.lost_at)
            self._recorder.save(self.trainer.state, self.here, *when, self._trainers.devices)
            self._any_unsaved = False

    def save_all(self) -> None:
        """Save as `save` does; if unsaved windows are left while it goes to a position, go on until it can save
        there.
        """
        while self._any_unsaved and not self.arrived:
            self.step(self._pace.slice_windows())
        self.save()

    # ---- going to a position

    def go(self, moment: Moment) -> None:
        """Begin to go to a position of the run; `step` takes the next steps. If it raises, everything stays as it was.

        Raises:
            ValueError: this run has no such position.
        """
        if not self.timeline.has(moment):
            raise ValueError(f"{moment} is not a position of this run")
        if self.arrived and not self.is_past and moment != self.here:
            self._leave()
        self.trainer = self._travel.set_out(self.timeline, moment, self.trainer, self._trainers.make)
        self.here = moment
        self.config = self.timeline.owner(moment).config
        line = self.timeline.branch(moment.branch).config
        if line.replicas < self.config.replicas:  # one of them goes on alone later, and its curve is shown
            self.choose(line.seed - self.config.seed)
        self._arrive()

    def step(self, windows: int) -> int:
        """Train some windows again on the way to the target; returns how many."""
        done = self._travel.step(windows)
        self.trainer = self._travel.trainer
        self._arrive()
        return done

    def _arrive(self) -> None:
        if (tape := self._travel.arrive()) is not None:
            self.shown = tape if self.is_of_a_piece else ()
            self._recorder.moved()

    def show_rows(self) -> None:
        """Train the newest windows again so that they can be shown, if a state shortly before them is kept."""
        before = Moment(self.owner.number, max(0, self.here.window - self._travel.tape_windows))
        if not self.here.window or self._keyframing.keyframes.nearest(before) is None:
            return
        trainer, state, until = self.trainer, self.trainer.state, self._clock() + ROWS_SECONDS
        self.go(self.here)
        while not self.arrived and self._clock() < until:
            begun = self._clock()
            self._pace.took(self.step(self._pace.slice_windows()), self._clock() - begun)
        if not self.arrived:
            self._travel.leave()
            self.trainer = trainer
            trainer.start(state.config, state.draw)
            trainer.restore(state)
