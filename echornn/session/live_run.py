"""The run that is being trained: its trainer, its position in the tree, and the changes that can be made."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from echornn.config import EchoConfig, changes_text
from echornn.data.series import check_own_data
from echornn.history.curve import Cause
from echornn.history.windows import as_stored
from echornn.progress import PopulationProgress, Progress
from echornn.replay.pace import Pace
from echornn.replay.replay import ours
from echornn.replay.replayed_run import ReplayedRun, newest
from echornn.runs.branch_notes import NO_NOTES, BranchNotes
from echornn.runs.command_log import RecordedCommand
from echornn.runs.recorder import Recorder
from echornn.session.pictures.frame import Frame, State
from echornn.timeline.branch import Branch, Position, can_continue_under, starts_over
from echornn.timeline.moves import Undoing
from echornn.training.structure import MakeTrainer


class LiveRun(ReplayedRun):
    """The run that a session trains, and the changes that can be made to it; see `ReplayedRun`."""

    def __init__(
        self, config: EchoConfig, make_trainer: MakeTrainer, recorder: Recorder, pace: Pace, clock: Callable[[], float]
    ) -> None:
        super().__init__(config, make_trainer, recorder, pace, clock)
        self.notes = NO_NOTES
        self._extends = 0  # the branch that the recorded windows extend
        self._undoing = Undoing(clock)
        self._own: list[tuple[PopulationProgress, int, Progress]] = []

    # ---- beginning

    def take_up(self) -> None:
        """Take over the position of the run that the recorder found, its branches and losses; maybe an OSError."""
        run = self._recorder.resumed
        if run is None or run.checkpoint is None:
            return
        self.here = run.position
        self.timeline = run.timeline()
        self.notes = BranchNotes.read(run.folder).among(self._digests)
        stretches = run.tree[1]
        self._extends = stretches[-1].branch if stretches else 0

    @property
    def _digests(self) -> list[int]:
        return [self.timeline.digest(number) for number in range(len(self.timeline))]

    def note(self, notes: BranchNotes) -> None:
        self.notes = notes
        self._recorder.note(notes, self._digests)

    def load(self) -> None:
        self.trainer = self._trainers.uncompiled(self.config)

    def compile(self) -> None:
        self._trainers.compile(self.trainer)

    def begin(self) -> None:
        """Begin a new run with a new trainer, or continue the run that was taken over."""
        run = self._recorder.resumed
        if run is None or run.checkpoint is None:
            self._branch("start", None, None)
            return
        self._keyframing.take_up(ours(self.timeline, run.keyframes()))
        self.trainer.restore(run.checkpoint.state)
        if can_continue_under("back", self.owner.config, self.config):
            self._keyframe()
        else:  # the file that these networks began from cannot be read any more
            self._branch("lost", self.root, self.here)

    # ---- training

    def train(self, windows: int) -> PopulationProgress:
        """Train so many windows; this begins a new branch unless the position is the end of a branch. If a loss is NaN
        or infinite, only the windows before it count; the trainer goes back there, and trains that window next, alone.
        """
        if self.is_past:
            self._branch("back", self.position, self.here)
        elif self._extends != self.here.branch:
            self._extends = self.here.branch
            end = self.timeline.end(self.here.branch)
            self._recorder.command(RecordedCommand.returns(self.owner, end, self.timeline.trained))
        diverged_before = self.diverged
        begun = self._clock()
        progress = as_stored(self.trainer.advance(windows), self.config)
        due = self._keyframing.trained(self._clock() - begun)
        bad = np.flatnonzero(progress.diverged)
        cut = len(bad) > 0 and not diverged_before and len(progress.losses) > 1
        if cut:
            count = int(bad[0])
            progress = progress.until(count, *self.owner.epoch_and_window(self.here.window + max(count - 1, 0)))
        self.timeline.trained_in(self.here.branch, progress)
        self.here = Position(self.here.branch, self.here.window + len(progress.losses))
        self._recorder.windows(progress)
        self._any_unsaved = True
        if cut:
            self.go(self.here)
        else:
            self.shown = newest((*self.shown, progress))
            if due:
                self._keyframe()
        return progress

    # ---- changes, each of which begins a branch

    def reset(self, further: int = 0, held: bool = False) -> None:
        """Start over with the current initial weights, or with those so many ``further`` on."""
        before = self._leave()
        self._start_over(self.config, self.owner.init_index + further)
        self._change("redraw" if further else "reset", self.root, before, "anew", held)

    def regenerate(self, held: bool = False) -> None:
        before = self._leave()
        parent = self.position
        self.trainer.regenerate()
        self._change("regenerate", parent, before, "data", held)

    def edit(self, config: EchoConfig, anew: bool = False, held: bool = False) -> None:
        """Continue with this configuration; start over if ``anew``, or if fields other than live ones differ. An error
        changes nothing.
        """
        before = self._leave()
        cause: Cause = "preset" if anew else "edit"
        parent = self.root if starts_over(cause, self.config, config) else self.position
        kind = "anew" if anew else ("nudge", *sorted(self.config.changes_to(config))) if held else None
        check_own_data(config)
        has_another_rule = config.rule != self.config.rule
        if not self.config.differs_only_live(config):
            self._start(config)
        elif anew:
            self._start_over(config)
        else:
            self.trainer.edit(config)
            if has_another_rule:
                self._trainers.compile(self.trainer)
        self.config = config
        self._change(cause, parent, before, kind, held)
        if has_another_rule:  # its first window may take so long that the program is ended before
            self.save()

    def alone(self) -> None:
        before, replica = self._leave(), self.replica
        state = self.trainer.state.only([replica])
        trainer = self._trainers.make(state.config)
        trainer.restore(state)
        self.trainer, self.config = trainer, state.config
        self.shown = tuple(one.only(replica) for one in self.shown)
        self._change("alone", self.position, before)

    def _start_over(self, config: EchoConfig, init_index: int = 0) -> None:
        """Go to the beginning of the path; on the way to a position, the trainer may have other data than there."""
        self._start(config, init_index)
        if self.trainer.data_version != self.owner.data_version:
            self.trainer.restore(replace(self.trainer.state, data_version=self.owner.data_version))

    def _start(self, config: EchoConfig, init_index: int = 0) -> None:
        """Begin with this configuration, with a new trainer if the current trainer cannot train it."""
        if self.trainer.config.same_program(config):
            self.trainer.start(config, init_index)
        else:
            self.trainer = self._trainers.make(config)
            if init_index:
                self.trainer.reset(init_index)

    def _change(
        self, cause: Cause, parent: Position, before: Position, kind: object = None, held: bool = False
    ) -> None:
        """Begin a branch, which undo leads back from; quick changes of one kind by a held key are undone together."""
        self._branch(cause, parent, self._undoing.before(kind, self.timeline, before, held))

    def _branch(self, cause: Cause, parent: Position | None, before: Position | None) -> None:
        trainer = self.trainer
        position = (trainer.epoch, trainer.window, trainer.data_version, trainer.init_index)
        branch = Branch(len(self.timeline), cause, parent, before, *position, self.config)
        self.timeline.begin(branch)
        self._recorder.command(RecordedCommand.begins(branch, self.timeline.trained))
        self.here = Position(branch.number, branch.start)
        self._replay = None
        if branch.starts_over:
            self.unlike = None
        if self.may_save:  # the edit at the start is not a change by the user
            self._trainers.moved = ""
        self._extends = branch.number
        self.shown = self.shown if self.continues_its_data else ()
        self._undoing.began(cause)
        self._keyframe()

    # ---- going to a position

    def undo(self) -> None:
        """Go to before the last change, or the edit that made the loss diverge. Only if `undoable`."""
        self.go(self._undoing.undo(self.timeline, self.here))

    def redo(self) -> None:
        """Go forward again to where the last undo was made. Only if there was one."""
        self.go(self._undoing.redo())

    def go(self, position: Position) -> None:
        """Begin to go to a position of the run; the next change is undone separately."""
        super().go(position)
        self._undoing.went()

    # ---- what frames show

    @property
    def going(self) -> str:
        return f"going to window {self.here.window:,}: {self.on_the_way:,} to train again"

    @property
    def own_config(self) -> EchoConfig:
        """The configuration of the selected replica."""
        return self.config.of(self.replica)

    @property
    def place(self) -> dict[str, Any]:
        """The fields of a frame about the position in the run's tree."""
        here = self.here
        return {
            "branch": self.owner.number,
            "line": here.branch,
            "line_end": self.timeline.end(here.branch).window,
            "is_past": self.is_past,
            "trained": here.window,
            "trained_in_all": self.timeline.trained,
            "notes": self.notes,
            "undoable": self.undoable,
            "redoable": self._undoing.redoable,
            "seed_stats": self.timeline.seed_stats(here),
            "blamed": self.blamed,
            "is_unread": False,
        }

    @property
    def recorded(self) -> dict[str, Any]:
        """The fields of a frame that are known from the record alone: the losses, and the newest window's numbers."""
        owner = self.owner
        epoch, window = place_of(*owner.epoch_and_window(self.here.window), self.config)
        return self._trained_at(epoch, window, owner.data_version, owner.init_index)

    @property
    def trained(self) -> dict[str, Any]:
        """The fields of a frame about the trainer's position, with the newest windows of the selected replica."""
        trainer, replica = self.trainer, self.replica
        # those that were shown before are the same objects again
        known = {id(one): own for one, of, own in self._own if of == replica}
        owns = [known.get(id(one)) or one.of(replica) for one in self.shown]
        self._own = [(one, replica, own) for one, own in zip(self.shown, owns, strict=True)]
        owns = [one.newest for one in owns]
        epoch, window = place_of(trainer.epoch, trainer.window, self.config)
        if owns:
            epoch, window = owns[-1].epoch + 1, owns[-1].window + 1
        windows = {"progress": owns[-1] if owns else None, "tape": tuple(owns[:-1]), "device": trainer.device}
        return windows | self._trained_at(epoch, window, trainer.data_version, trainer.init_index)

    def _trained_at(self, epoch: int, window: int, data_version: int, init_index: int) -> dict[str, Any]:
        loss_stats = self.timeline.loss_stats(self.here, self.replica)
        numbers = {"epoch": epoch, "window": window, "data_version": data_version, "init_index": init_index}
        return {"loss_stats": loss_stats, **numbers}


def place_of(epoch: int, window: int, config: EchoConfig) -> tuple[int, int]:
    """A trainer's next epoch and window, both from 0, as in a frame: the epoch from 1, the windows trained in it."""
    return (epoch + 1, window) if epoch < config.num_epochs else (epoch, config.windows_per_epoch)


def first_frame(config: EchoConfig, recorder: Recorder, speed: float, at: int | None = None) -> Frame:
    """The frame before anything is loaded: where the recorded run stands, if any, and what will be done there first."""
    run = recorder.resumed
    message, position, is_unread = "loading TensorFlow", (1, 0), False
    if run is not None and run.checkpoint is not None:
        state = run.checkpoint.state
        position = place_of(state.epoch, state.window, state.config)
        first = changes_text(state.config, config) if at is None else f"window {at:,}"
        message += f", then {first}" if first else ""
        config, is_unread = state.config, run.trained > 0
    folder = "" if recorder.folder is None else str(recorder.folder)
    return Frame(State.LOADING, config, message, *position, speed=speed, is_unread=is_unread, folder=folder)
