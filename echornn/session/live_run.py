"""The run that is being trained: its trainer, its position in the tree, changes to it, and going to
any position."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from echornn.config import EchoConfig
from echornn.data import check_own_data
from echornn.history.curve import Cause
from echornn.history.windows import as_stored
from echornn.progress import PopulationProgress
from echornn.run import moves
from echornn.run.branch import Branch, Position, can_continue_under, starts_over
from echornn.run.branch_notes import NO_NOTES, BranchNotes
from echornn.run.checkpoint import Checkpoint
from echornn.run.losses import Losses
from echornn.run.recorder import Recorder
from echornn.run.replay import Replay, can_train_again
from echornn.run.run import Run
from echornn.run.tree import Tree
from echornn.session.keyframing import Keyframing
from echornn.session.newest_rows import MOST_WINDOWS, NewestRows
from echornn.session.pace import Pace
from echornn.session.pictures.frame import Drive
from echornn.session.trainers import Trainers
from echornn.session.undoing import ANEW, NEW_DATA, ChangeKind, Undoing
from echornn.state import PopulationState, UnlikeRecord
from echornn.training.structure import NO_DEVICES, AnyTrainer, MakeTrainer, structure

ROWS_SECONDS, FINISHED_ROWS_SECONDS = 0.5, 4.0
"""How long showing the newest rows of a run may delay its going on; the second number if all epochs
are trained."""

# For training windows one by one after going back, so that their rows can be shown
RECENT_SECONDS = 0.05


class LiveRun:
    """The current position in a growing run, and a trainer that is there or on its way. A position
    left is stored.

    Attributes:
        run: what was trained so far.
        path_position: where the path that is shown stands; on the way to another, the target.
        config: at this position.
        drive: what is trained from here on.
        may_save: while False, a start that fails leaves the disk unchanged.
        unlike: the first window of the last replay that differs from the record.
        diverges_next: whether the loss of the next window is NaN or infinite: the trainer went back
            before it.
        rows: the newest windows with their data.
        branch_notes: the user's, on the branches.
    """

    trainer: AnyTrainer

    def __init__(
        self,
        config: EchoConfig,
        make_trainer: MakeTrainer,
        recorder: Recorder,
        pace: Pace,
        clock: Callable[[], float],
    ) -> None:
        self.run = Run(config)
        self.path_position = Position(0, 0)
        self.config = config
        self.drive = Drive()
        self.may_save = True
        self.unlike: UnlikeRecord | None = None
        self.diverges_next = False
        self.rows = NewestRows()
        self.branch_notes = NO_NOTES
        devices = NO_DEVICES if recorder.resumed is None else recorder.resumed.devices
        self.trainers = Trainers(make_trainer, devices, pace, clock)
        self._recorder, self._pace, self._clock = recorder, pace, clock
        self._chosen = 0
        self._any_unsaved = False
        self._undoing = Undoing()
        self._keyframing = Keyframing(clock)
        self._replay: Replay | None = None

    # ---- beginning

    def take_up(self) -> None:
        """Take over the run that the recorder saves: of one that is continued its position, its
        branches and losses."""
        self.run = self._recorder.run_of(self.config)
        if len(self.tree):
            self.path_position = self.run.position
            self.branch_notes = BranchNotes.read(self.run.folder).among(self.tree.digests)

    def begin(self) -> None:
        """Begin a new run with a new trainer, or continue the run that was taken over."""
        self.run.states.take_up(self.run.keyframes())
        if not len(self.tree):
            self._branch("start", None, None)
            return
        assert self.run.checkpoint is not None
        self.trainer.restore(self.run.checkpoint.state)
        if can_continue_under("back", self.owner.config, self.config):
            self._keyframe()
        else:  # the file that these networks began from cannot be read any more
            self._branch("lost", Position(self.owner.number, 0), self.path_position)

    # ---- the position

    @property
    def tree(self) -> Tree:
        return self.run.tree

    @property
    def losses(self) -> Losses:
        return self.run.losses

    @property
    def replica(self) -> int:
        """The index (from 0) of the selected replica among those that are trained here."""
        return self._chosen if self._chosen < self.config.replicas else 0

    def choose(self, replica: int) -> None:
        """Select the replica to show, at most the last; no effect with a single network."""
        if self.config.replicas > 1:
            self._chosen = min(max(0, replica), self.config.replicas - 1)

    @property
    def own_config(self) -> EchoConfig:
        return self.config.of(self.replica)

    @property
    def is_past(self) -> bool:
        return self.path_position.window < self.tree.end(self.path_position.branch).window

    @property
    def owner(self) -> Branch:
        """The branch whose configuration is in effect at this position."""
        return self.tree.owner(self.path_position)

    @property
    def position(self) -> Position:
        """Here, on its owner."""
        return Position(self.owner.number, self.path_position.window)

    @property
    def epoch_left(self) -> int:
        """The windows to the end of the epoch."""
        _, window = self.owner.epoch_and_window(self.path_position.window)
        return self.config.windows_per_epoch - window

    @property
    def diverged(self) -> bool:
        return bool(len(self.losses)) and self.losses.diverged(self.path_position)

    @property
    def before_it_diverged(self) -> int | None:
        if not len(self.losses):
            return None
        return moves.before_it_diverged(self.losses, self.path_position)

    @property
    def can_redo(self) -> bool:
        return bool(self._undoing.undone)

    # ---- training

    def train(self, windows: int) -> PopulationProgress:
        """Train so many windows; this begins a new branch unless the position is the end of a
        branch. If a loss is NaN or infinite, only the windows before it count; the trainer goes
        back there, and trains that window next, alone.
        """
        if self.is_past:
            self._branch("back", self.position, self.path_position)
        elif self.tree.growing != self.path_position.branch:
            self.run.go_on(self.path_position.branch)
            self._recorder.began()
        diverged_before = self.diverged
        begun = self._clock()
        progress = as_stored(self.trainer.advance(windows), self.config)
        self._keyframing.trained_for(self._clock() - begun)
        bad = np.flatnonzero(progress.diverged)
        self.diverges_next = bool(len(bad)) and not diverged_before and len(progress.losses) > 1
        if self.diverges_next:
            progress = self._until(progress, int(bad[0]))
        self.run.append(progress)
        self.path_position = Position(
            self.path_position.branch, self.path_position.window + len(progress.losses)
        )
        self._any_unsaved = True
        if self.diverges_next:
            self.go(self.path_position)  # the trainer is behind the windows that do not count
            return progress
        self.rows.add(progress)
        if self._keyframing.is_due:
            self._keyframe()
        return progress

    def _until(self, progress: PopulationProgress, windows: int) -> PopulationProgress:
        last = self.path_position.window + max(windows - 1, 0)
        return progress.until(windows, *self.owner.epoch_and_window(last))

    # ---- changes, each of which begins a branch

    def reset(self, further: int = 0, held: bool = False) -> None:
        """Start over with the current initial weights, or with those so many ``further`` on."""
        before = self._leave()
        root = Position(self.owner.number, 0)
        self._start_over(self.config, self.owner.init_index + further)
        self._change("redraw" if further else "reset", root, before, ANEW, held)

    def regenerate(self, held: bool = False) -> None:
        before = self._leave()
        self.trainer.regenerate()
        self._change("regenerate", self.position, before, NEW_DATA, held)

    def edit(self, config: EchoConfig, anew: bool = False, held: bool = False) -> None:
        """Continue with this configuration; start over if ``anew``, or if not only live fields
        differ."""
        before = self._leave()
        cause: Cause = "preset" if anew else "edit"
        parent = self.position
        if starts_over(cause, self.config, config):
            parent = Position(parent.branch, 0)
        kind: ChangeKind | None = None
        if anew:
            kind = ANEW
        elif held:
            kind = ("fields", *sorted(self.config.changes_to(config)))
        check_own_data(config)
        has_another_program = structure(config) != structure(self.config)
        if not self.config.differs_only_live(config):
            self._start(config)
        elif anew:
            self._start_over(config)
        elif has_another_program:
            self._edit_program(config)
        else:
            self.trainer.edit(config)
        self.config = config
        self._change(cause, parent, before, kind, held)
        # Its first window may take so long that the program is ended before
        if has_another_program:
            self.save()

    def alone(self) -> None:
        """Continue with the selected replica only."""
        before = self._leave()
        replica = self.replica
        state = self.trainer.state.only([replica])
        trainer = self.trainers.compiled(state.config)
        trainer.restore(state)
        self.trainer, self.config = trainer, state.config
        self.rows.only(replica)
        self._change("alone", self.position, before)

    def _edit_program(self, config: EchoConfig) -> None:
        """Edit the trainer, whose program is another with this configuration. If that cannot be
        compiled, the trainer is as it was: nothing may be trained that is not on record."""
        before = self.trainer.state
        self.trainer.edit(config)
        try:
            self.trainers.compile(self.trainer)
        except Exception:
            self.trainer.edit(before.config)
            # What an edit drops: when the task was solved, the influence of rtrl
            self.trainer.restore(before)
            raise

    def _start_over(self, config: EchoConfig, init_index: int = 0) -> None:
        """Go to the beginning of the path; on the way to a position, the trainer may have other
        data than there."""
        self._start(config, init_index)
        if self.trainer.data_version != self.owner.data_version:
            self.trainer.restore(replace(self.trainer.state, data_version=self.owner.data_version))

    def _start(self, config: EchoConfig, init_index: int = 0) -> None:
        """Begin with this configuration, with a new trainer if the current trainer cannot train
        it."""
        if self.trainer.config.same_program(config):
            self.trainer.start(config, init_index)
            return
        self.trainer = self.trainers.compiled(config)
        if init_index:
            self.trainer.reset(init_index)

    def _change(
        self,
        cause: Cause,
        parent: Position,
        before: Position,
        kind: ChangeKind | None = None,
        held: bool = False,
    ) -> None:
        """Begin a branch, which undo leads back from."""
        was_trained = before.window != self.tree.branch(before.branch).start
        never_ran = kind in (ANEW, NEW_DATA) and not was_trained
        before = self._undoing.changes(kind, before, self._clock(), held, never_ran)
        self._branch(cause, parent, before)

    def _branch(self, cause: Cause, parent: Position | None, before: Position | None) -> None:
        trainer = self.trainer
        place = (trainer.epoch, trainer.window, trainer.data_version, trainer.init_index)
        branch = Branch(len(self.tree), cause, parent, before, *place, self.config)
        self.run.begin(branch)
        self._recorder.began()
        self.path_position = Position(branch.number, branch.start)
        self._replay = None
        if branch.starts_over:
            self.unlike = None
        if self.may_save:  # the edit at the start is not a change by the user
            self.trainers.note = ""
        self._drop_rows_of_other_data()
        if cause != "back":
            self._undoing.undone.clear()
        self._keyframe()

    def _drop_rows_of_other_data(self) -> None:
        """Drop the rows before this position unless their data and task go on in those after it."""
        owner = self.owner
        if self.path_position.window != owner.start or owner.cause == "alone":
            return
        before = self.tree.config_before(owner)
        has_same_task = before is not None and before.same_task(owner.config)
        if owner.cause not in ("back", "edit") or not has_same_task:
            self.rows.replace(())

    # ---- storing a position

    def _keyframe(self) -> None:
        """Store the state, if this is the end of a branch.

        One before may differ from that which was trained on.
        """
        if self.arrived and not self.is_past:
            self._keyframing.keep(self.run, self.trainer, self.position)

    def _leave(self) -> Position:
        self._keyframe()
        self.save()
        return self.path_position

    def save(self) -> None:
        if not self.arrived or not self.may_save:
            return
        stats = self.losses.stats(self.path_position)
        checkpoint = Checkpoint(
            0,
            self.trainer.state,
            solved_at=stats.solved_at or 0,
            lost_at=stats.lost_at or 0,
            position=self.path_position,
            devices=self.trainers.devices,
            speed=self._pace.chosen,
        )
        self._recorder.save(checkpoint)
        self._any_unsaved = False

    def save_all(self) -> None:
        """Save like `save`; if windows are unsaved on the way to a position, first continue until
        it can save there."""
        while self._any_unsaved and not self.arrived:
            self.step(self._pace.slice_windows())
        self.save()

    def note(self, notes: BranchNotes) -> None:
        self.branch_notes = notes
        self._recorder.note(notes, self.tree.digests)

    # ---- going to a position

    def undo(self) -> None:
        """Go to before the last change, or the edit that made the loss diverge.

        Only if there is one.
        """
        position = self.path_position
        target = moves.before_the_change(self.losses, position)
        assert target is not None
        self.go(target)
        self._undoing.undone.append(position)

    def redo(self) -> None:
        """Go forward again to where the last undo was made. Only if there was one."""
        self.go(self._undoing.undone[-1])
        self._undoing.undone.pop()  # only now: it may not be possible to go there

    @property
    def arrived(self) -> bool:
        return self._replay is None

    @property
    def going(self) -> str:
        left = 0 if self._replay is None else self._replay.windows_left
        return f"going to window {self.path_position.window:,}: {left:,} to train again"

    def go(self, position: Position) -> None:
        """Set out for a position of the run; `step` takes the next steps.

        After an error, everything is as it was.
        """
        if not self.tree.has(position):
            raise ValueError(f"{position} is not a position of this run")
        if self.arrived and not self.is_past and position != self.path_position:
            self._leave()
        before = self.trainer.state
        try:
            replay = Replay(
                self.losses,
                self.run.states,
                self.trainer,
                position,
                self._recent_windows,
                self.trainers.compiled,
            )
        except Exception:  # perhaps after the trainer has left, as edits on the path can fail
            put_back(self.trainer, before)
            raise
        self._replay, self.trainer, self.unlike = replay, replay.trainer, None
        self._keyframing.leave()
        self.path_position = position
        self.config = self.tree.owner(position).config
        line = self.tree.branch(position.branch).config
        # one replica continues alone later on the path, and its curve is shown
        if line.replicas < self.config.replicas:
            self.choose(line.seed - self.config.seed)
        self._undoing.went(position)
        self._arrive()

    @property
    def _recent_windows(self) -> int:
        """The number of windows that can be trained one by one, for their rows, without a
        noticeable wait."""
        return max(1, min(MOST_WINDOWS, int(RECENT_SECONDS / self._pace.seconds_of_one)))

    def step(self, windows: int) -> int:
        """Train some windows again on the way to the target; returns how many."""
        replay, begun = self._replay, self._clock()
        assert replay is not None
        done = replay.advance(windows)
        self.trainer, self.unlike = replay.trainer, replay.unlike
        self._keyframing.went_on_for(self._clock() - begun)
        # a state that differs from the record must not become a keyframe
        near = replay.before_recent if replay.unlike is None else None
        if near is not None and self._keyframing.is_due_near:
            self._keyframing.keep(self.run, self.trainer, near)
        self._arrive()
        return done

    def _arrive(self) -> None:
        if self._replay is not None and not self._replay.windows_left:
            self.rows.replace(self._replay.recent)
            self._replay = None
            self._drop_rows_of_other_data()
            self._recorder.moved()

    def show_rows(self, is_stopping: Callable[[], bool]) -> None:
        """Train the newest windows again, so that their rows can be shown, if a state shortly
        before is stored."""
        before = Position(
            self.owner.number, max(0, self.path_position.window - self._recent_windows)
        )
        if not self.path_position.window or self.run.states.nearest(before) is None:
            return
        if not can_train_again(self.tree.spans(self.path_position)):
            return
        seconds = FINISHED_ROWS_SECONDS if self.trainer.finished else ROWS_SECONDS
        trainer, state, until = self.trainer, self.trainer.state, self._clock() + seconds
        self.go(self.path_position)
        while not self.arrived and self._clock() < until and not is_stopping():
            begun = self._clock()
            self._pace.took(self.step(self._pace.slice_windows()), self._clock() - begun)
        if not self.arrived:
            self._replay = None
            self.trainer = trainer
            put_back(trainer, state)


def put_back(trainer: AnyTrainer, state: PopulationState) -> None:
    """Continue from a state of the same program, perhaps of another configuration."""
    trainer.start(state.config, state.init_index)
    trainer.restore(state)
