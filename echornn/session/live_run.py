"""The run that is trained now: its trainer, its position in the tree, and the changes that can be made."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from echornn.config import EchoConfig
from echornn.history.curve import Cause
from echornn.history.kept_windows import as_kept
from echornn.progress import AnyProgress
from echornn.replay.keyframing import Keyframing, ours
from echornn.replay.pace import Pace
from echornn.replay.travel import Travel, newest
from echornn.runs.command_log import RecordedCommand
from echornn.runs.recorder import Recorder
from echornn.session.trainers import Trainers
from echornn.timeline.branch import Branch, Moment, goes_on, starts_over
from echornn.timeline.position_in_run import Position
from echornn.timeline.undoing import Undoing
from echornn.training.any_trainer import AnyTrainer, MakeTrainer
from echornn.training.trained_on import NO_DEVICES
from echornn.unlike_record import UnlikeRecord

ROWS_SECONDS = 0.5
"""When a run is continued, showing its newest rows may delay training by this many seconds."""


class LiveRun(Position):
    """The run that a session trains: its trainer, its position in the tree, and the changes that can be made there.

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
        self.shown: tuple[AnyProgress, ...] = ()
        self._recorder = recorder
        resumed = recorder.resumed
        self._trainers = Trainers(make_trainer, pace, clock, NO_DEVICES if resumed is None else resumed.devices)
        self._pace = pace
        self._clock = clock
        self._keyframing = Keyframing(recorder, clock)
        self._extends = 0
        self._any_unsaved = False
        self._travel = Travel(self._keyframing, pace, clock)
        self._undoing = Undoing(clock)

    # ---- its position

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

    @property
    def redoable(self) -> bool:
        """Whether there is an undone change that can be redone."""
        return self._undoing.redoable

    # ---- beginning and end

    def take_up(self) -> None:
        """Take over the branches of the run that the recorder found, with their losses, and its position; nothing
        trains yet.

        Raises:
            OSError: the losses could not be read.
        """
        run = self._recorder.resumed
        if run is None or run.checkpoint is None:
            return
        self.here = run.stands
        self.timeline = run.timeline()
        stretches = run.tree[1]
        self._extends = stretches[-1].branch if stretches else 0

    def load(self) -> None:
        """Make the first trainer, without compiling it."""
        self.trainer = self._trainers.uncompiled(self.config)

    def compile(self) -> None:
        """Compile the first trainer."""
        self._trainers.compile(self.trainer)

    def begin(self) -> None:
        """Begin the run with a new trainer, or continue the run that was taken over."""
        run = self._recorder.resumed
        if run is None or run.checkpoint is None:
            self._branch("start", None, None)
            return
        self._keyframing.take_up(ours(self.timeline, run.keyframes()))
        self.trainer.restore(run.checkpoint.state)
        if goes_on("back", self.owner.config, self.config):
            self._keyframe()
        else:  # the file that these networks began from cannot be read any more
            self._branch("lost", self.root, self.here)

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

    # ---- training

    def train(self, windows: int) -> AnyProgress:
        """Train on from here; as a new branch if this is not the end of one.

        If the loss of one of several windows is not finite, only those before it count, and the trainer goes back to
        the position after them: that window is then trained next, alone.
        """
        if self.is_past:
            self._branch("back", self.moment, self.here)
        elif self._extends != self.here.branch:
            self._extends = self.here.branch
            end = self.timeline.end(self.here.branch)
            self._recorder.command(RecordedCommand.returns(self.owner, end, self.timeline.trained))
        diverged_before = self.diverged
        begun = self._clock()
        progress = as_kept(self.trainer.advance(windows), self.config)
        due = self._keyframing.trained(self._clock() - begun)
        bad = np.flatnonzero(progress.diverged)
        cut = len(bad) > 0 and not diverged_before and len(progress.losses) > 1
        if cut:
            count = int(bad[0])
            progress = progress.until(count, *self.owner.position(self.here.window + max(count - 1, 0)))
        self._append(progress)
        if cut:
            self.go(self.here)
        else:
            self.shown = newest((*self.shown, progress))
            if due:
                self._keyframe()
        return progress

    def _append(self, progress: AnyProgress) -> None:
        self.timeline.trained_in(self.here.branch, progress)
        self.here = Moment(self.here.branch, self.here.window + len(progress.losses))
        self._recorder.windows(progress)
        self._any_unsaved = True

    # ---- changes, each of which begins a branch

    def reset(self, further: int = 0, held: bool = False) -> None:
        """Start over with the weights of this draw, or of a draw so many further.

        Args:
            held: whether it may be one of many changes that are undone together, as when a key is held down.
        """
        before = self._leave()
        self._start_over(self.owner.draw + further)
        self._branch("redraw" if further else "reset", self.root, self._leads_back("anew", before, held))

    def regenerate(self, held: bool = False) -> None:
        """Take new data; the epoch starts again with it, the weights stay. See `reset` for ``held``."""
        before = self._leave()
        parent = self.moment
        self.trainer.regenerate()
        self._branch("regenerate", parent, self._leads_back("data", before, held))

    def edit(self, config: EchoConfig, anew: bool = False, held: bool = False) -> None:
        """Go on with this configuration; from the start if more than live fields differ.

        If it raises, everything stays as it was.

        Args:
            anew: whether to start over, whichever fields differ.
            held: see `reset`.
        """
        before = self._leave()
        cause: Cause = "preset" if anew else "edit"
        parent = self.root if starts_over(cause, self.config, config) else self.moment
        kind = "anew" if anew else ("nudge", *sorted(self.config.changes_to(config))) if held else None
        if self.config.differs_only_live(config):
            if anew:
                self._start_over()
            self.trainer.edit(config)
        else:
            self._start(config)
        self.config = config
        self._branch(cause, parent, self._leads_back(kind, before, held))

    def alone(self) -> None:
        """Go on with only the chosen one of several replicas from here: with its weights, optimizer and carried state.

        If it raises, everything stays as it was.
        """
        before, replica = self._leave(), self.replica
        state = self.trainer.state.of(replica)
        trainer = self._trainers.make(state.config)
        trainer.restore(state)
        self.trainer, self.config = trainer, state.config
        self.shown = tuple(one.of(replica) for one in self.shown)
        self._branch("alone", self.moment, self._leads_back(None, before, False))

    def _start_over(self, draw: int = 0) -> None:
        """Go to the beginning of the path with the configuration and data of this position; a trainer that is still on
        its way may have others.
        """
        self._start(self.config, draw)
        if self.trainer.generation != self.owner.generation:
            self.trainer.restore(replace(self.trainer.state, generation=self.owner.generation))

    def _start(self, config: EchoConfig, draw: int = 0) -> None:
        """Begin with this configuration; with a new trainer if the present one cannot train it."""
        if self.trainer.config.same_program(config):
            self.trainer.start(config, draw)
        else:
            self.trainer = self._trainers.make(config)
            if draw:
                self.trainer.reset(draw)

    def _branch(self, cause: Cause, parent: Moment | None, before: Moment | None) -> None:
        trainer = self.trainer
        position = (trainer.epoch, trainer.window, trainer.generation, trainer.draw)
        branch = Branch(len(self.timeline), cause, parent, before, *position, self.config)
        self.timeline.begin(branch)
        self._recorder.command(RecordedCommand.begins(branch, self.timeline.trained))
        self.here = Moment(branch.number, branch.start)
        self._travel.leave()
        if branch.starts_over:
            self._travel.unlike = None
        if self.may_save:  # the edit at the start is not a change that was asked for
            self._trainers.moved = ""
        self._extends = branch.number
        self.shown = self.shown if self.is_of_a_piece else ()
        self._undoing.began(cause)
        self._keyframe()

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

    def _leads_back(self, kind: object, before: Moment, by_a_held_key: bool) -> Moment:
        return self._undoing.before(kind, self.timeline, before, by_a_held_key)

    # ---- going to a position

    def undo(self) -> None:
        """Go to the position before the last change; if the loss diverged, to before that, and before the edit that
        caused it. There must be something to undo on this path; see `undoable`.
        """
        self.go(self._undoing.undo(self.timeline, self.here))

    def redo(self) -> None:
        """Go forward again to where the last undo came from. There must be one; see `redoable`."""
        self.go(self._undoing.redo())

    def go(self, moment: Moment) -> None:
        """Begin to go to a position of the run; `step` takes the next steps. If it raises, everything stays as it was.

        Raises:
            ValueError: this run has no such position.
        """
        if not self.timeline.has(moment):
            raise ValueError(f"{moment} is not a moment of this run")
        if self.arrived and not self.is_past and moment != self.here:
            self._leave()
        self.trainer = self._travel.set_out(self.timeline, moment, self.trainer, self._trainers.make)
        self.here = moment
        self.config = self.timeline.owner(moment).config
        line = self.timeline.branch(moment.branch).config
        if line.replicas < self.config.replicas:  # one of them goes on alone later, and its curve is shown
            self.choose(line.seed - self.config.seed)
        self._undoing.went()
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
