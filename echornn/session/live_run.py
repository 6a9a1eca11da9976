"""The run that is being trained: its trainer, its position in the tree, changes to it, and going to
any position."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from echornn.config import EchoConfig, changes_text
from echornn.data.series import check_own_data
from echornn.history.curve import Cause
from echornn.history.windows import as_stored, stored_windows
from echornn.progress import PopulationProgress, Progress
from echornn.runs.folders import NO_NOTES, BranchNotes
from echornn.runs.recorder import Recorder
from echornn.runs.replay import Replay, ours
from echornn.runs.run_dir import RecordedCommand
from echornn.runs.states import Checkpoint, Keyframe, Keyframes
from echornn.session.pace import Pace
from echornn.session.pictures.frame import Drive, Frame, State
from echornn.state import PopulationState, UnlikeRecord
from echornn.timeline import moves
from echornn.timeline.branch import Branch, Position, can_continue_under, starts_over
from echornn.timeline.timeline import Timeline
from echornn.training.structure import (
    NO_DEVICES,
    AnyTrainer,
    MakeTrainer,
    device_note,
    program_key,
    structure,
)

ROWS_SECONDS, FINISHED_ROWS_SECONDS = 0.5, 4.0
"""How long showing the newest rows of a run may delay its going on; the second number if all epochs
are trained."""

# Of windows before the newest that are stored with their data, for the rows
TAPE_WINDOWS, TAPE_BYTES = 32, 32 << 20
# For training windows one by one after going back, so that their rows can be shown
TAPE_SECONDS = 0.05
# On the way to a position, above which a keyframe is kept there, so that others nearby are close
NEAR_SECONDS = 0.03

# Of training between two keyframes; going to a position takes about this long at most
KEYFRAME_SECONDS = 0.08
# Of the time, which keyframes may take; those of a large network are further apart
KEYFRAME_SHARE = 0.02
KEYFRAME_BYTES_A_SECOND = 4 << 20  # of training, since keyframes are written to the disk too

# Between changes of one kind that are undone together, as by a key that is held down
HELD_SECONDS = 1.0


class LiveRun:
    """The current position in a growing run, and a trainer that is there or on its way.

    A position left is stored.
    """

    def __init__(
        self,
        config: EchoConfig,
        make_trainer: MakeTrainer,
        recorder: Recorder,
        pace: Pace,
        clock: Callable[[], float],
    ) -> None:
        self.timeline = Timeline()
        self.here = Position(0, 0)  # or the target, on the way to another position
        self.config = config  # at this position
        self.drive = Drive()  # what is trained from here on
        self.trainer: AnyTrainer
        self.may_save = True  # while False, a start that fails leaves the disk unchanged
        # The first window of the last replay that differs from the record
        self.unlike: UnlikeRecord | None = None
        # Whether the loss of the next window is NaN or infinite: the trainer went back before it
        self.diverges_next = False
        # The newest windows with their data, newest last
        self.shown: tuple[PopulationProgress, ...] = ()
        self.notes = NO_NOTES
        self.device_note = ""  # a message that a trainer is on another device than before
        self._devices = NO_DEVICES if recorder.resumed is None else recorder.resumed.devices
        self._make_trainer, self._recorder, self._pace, self._clock = (
            make_trainer,
            recorder,
            pace,
            clock,
        )
        self._chosen = 0
        self._own: dict[tuple[PopulationProgress, int], Progress] = {}
        self._extends = 0  # the branch that the recorded windows extend
        self._any_unsaved = False
        self._undone: list[Position] = []  # where undos were made, to which a redo leads
        # Kind and time of the last change; its undo
        self._held: tuple[object, float, Position] = None, 0.0, self.here
        self._replay: Replay | None = None
        self._keyframes = Keyframes()
        # Of training since the last keyframe, and to the next
        self._seconds, self._apart = 0.0, KEYFRAME_SECONDS
        self._on_the_way = 0.0  # seconds since `go`, or since the keyframe there

    # ---- beginning

    def take_up(self) -> None:
        """Take over the position of the run that the recorder found, its branches and losses; maybe
        an OSError."""
        run = self._recorder.resumed
        if run is None or run.checkpoint is None:
            return
        self.here = run.position
        self.timeline = run.timeline()
        self.notes = BranchNotes.read(run.folder).among(self._digests)
        stretches = run.tree[1]
        self._extends = stretches[-1].branch if stretches else 0

    def begin(self) -> None:
        """Begin a new run with a new trainer, or continue the run that was taken over."""
        run = self._recorder.resumed
        if run is None or run.checkpoint is None:
            self._branch("start", None, None)
            return
        for keyframe in ours(self.timeline, run.keyframes()):
            self._keyframes.add(keyframe)
        self._recorder.all_keyframes(self._keyframes.all())
        self.trainer.restore(run.checkpoint.state)
        if can_continue_under("back", self.owner.config, self.config):
            self._keyframe()
        else:  # the file that these networks began from cannot be read any more
            self._branch("lost", Position(self.owner.number, 0), self.here)

    def make(self, config: EchoConfig) -> AnyTrainer:
        trainer = self._make_trainer(config)
        self.device_note = device_note(config, trainer.device, self._devices) or self.device_note
        self._devices = {**self._devices, program_key(config): trainer.device}
        return trainer

    def _compiled(self, config: EchoConfig) -> AnyTrainer:
        trainer = self.make(config)
        self.compile(trainer)
        return trainer

    def compile(self, trainer: AnyTrainer) -> None:
        trainer.compile()
        begun = self._clock()
        trainer.compile()  # this takes as long as a call that trains nothing
        self._pace.forget(self._clock() - begun)

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
    def own_config(self) -> EchoConfig:
        return self.config.of(self.replica)

    @property
    def is_past(self) -> bool:
        return self.here.window < self.timeline.end(self.here.branch).window

    @property
    def owner(self) -> Branch:
        """The branch whose configuration is in effect at this position."""
        return self.timeline.owner(self.here)

    @property
    def position(self) -> Position:
        """Here, on its owner."""
        return Position(self.owner.number, self.here.window)

    @property
    def epoch_left(self) -> int:
        return self.config.windows_per_epoch - self.owner.epoch_and_window(self.here.window)[1]

    @property
    def diverged(self) -> bool:
        return bool(len(self.timeline)) and self.timeline.diverged(self.here)

    @property
    def before_it_diverged(self) -> int | None:
        return moves.before_it_diverged(self.timeline, self.here) if len(self.timeline) else None

    def _continuing_its_data(
        self, shown: tuple[PopulationProgress, ...]
    ) -> tuple[PopulationProgress, ...]:
        """The windows before this position if they have the same data and task as those after it;
        otherwise none."""
        owner = self.owner
        if self.here.window != owner.start or owner.cause == "alone":
            return shown
        before = self.timeline.parent_config(owner)
        is_same = (
            owner.cause in ("back", "edit")
            and before is not None
            and before.same_task(owner.config)
        )
        return shown if is_same else ()

    # ---- training

    def train(self, windows: int) -> PopulationProgress:
        """Train so many windows; this begins a new branch unless the position is the end of a
        branch. If a loss is NaN or infinite, only the windows before it count; the trainer goes
        back there, and trains that window next, alone.
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
        self._seconds += self._clock() - begun
        bad = np.flatnonzero(progress.diverged)
        self.diverges_next = bool(len(bad)) and not diverged_before and len(progress.losses) > 1
        if self.diverges_next:
            count = int(bad[0])
            progress = progress.until(
                count, *self.owner.epoch_and_window(self.here.window + max(count - 1, 0))
            )
        stored, norms = stored_windows(progress, self.config)
        self.timeline.append(self.here.branch, stored, progress.solved_at, norms)
        self.here = Position(self.here.branch, self.here.window + len(progress.losses))
        self._recorder.windows(progress)
        self._any_unsaved = True
        if self.diverges_next:
            self.go(self.here)
        else:
            arrays = (
                progress.losses,
                progress.errors,
                progress.x,
                progress.y,
                progress.outputs,
                progress.states,
            )
            most = TAPE_BYTES // max(1, sum(array.nbytes for array in arrays))
            self.shown = (*self.shown, progress)[-max(1, min(1 + TAPE_WINDOWS, most)) :]
            if self._seconds >= self._apart:
                self._keyframe()
        return progress

    # ---- changes, each of which begins a branch

    def reset(self, further: int = 0, held: bool = False) -> None:
        """Start over with the current initial weights, or with those so many ``further`` on."""
        before, root = self._leave(), Position(self.owner.number, 0)
        self._start_over(self.config, self.owner.init_index + further)
        self._change("redraw" if further else "reset", root, before, "anew", held)

    def regenerate(self, held: bool = False) -> None:
        before = self._leave()
        self.trainer.regenerate()
        self._change("regenerate", self.position, before, "data", held)

    def edit(self, config: EchoConfig, anew: bool = False, held: bool = False) -> None:
        """Continue with this configuration; start over if ``anew``, or if not only live fields
        differ."""
        before = self._leave()
        cause: Cause = "preset" if anew else "edit"
        parent = Position(
            self.owner.number, 0 if starts_over(cause, self.config, config) else self.here.window
        )
        kind = (
            "anew" if anew else ("nudge", *sorted(self.config.changes_to(config))) if held else None
        )
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
        before, replica = self._leave(), self.replica
        state = self.trainer.state.only([replica])
        trainer = self._compiled(state.config)
        trainer.restore(state)
        self.trainer, self.config = trainer, state.config
        self.shown = tuple(one.only(replica) for one in self.shown)
        self._change("alone", self.position, before)

    def _edit_program(self, config: EchoConfig) -> None:
        """Edit the trainer, whose program is another with this configuration. If that cannot be
        compiled, the trainer is as it was: nothing may be trained that is not on record."""
        before = self.trainer.state
        self.trainer.edit(config)
        try:
            self.compile(self.trainer)
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
        else:
            self.trainer = self._compiled(config)
            if init_index:
                self.trainer.reset(init_index)

    def _change(
        self,
        cause: Cause,
        parent: Position,
        before: Position,
        kind: object = None,
        held: bool = False,
    ) -> None:
        """Begin a branch, which undo leads back from; quick changes of one kind by a held key are
        undone together."""
        now, (last, at, undone) = self._clock(), self._held
        never_ran = (
            kind in ("anew", "data") and before.window == self.timeline.branch(before.branch).start
        )
        if kind is not None and kind == last and (never_ran or (held and now - at < HELD_SECONDS)):
            before = undone
        self._held = kind, now, before
        self._branch(cause, parent, before)

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
            self.device_note = ""
        self._extends = branch.number
        self.shown = self._continuing_its_data(self.shown)
        if cause != "back":
            self._undone.clear()
        self._keyframe()

    # ---- storing a position

    def _keyframe(self) -> None:
        """Store the state, if this is the end of a branch.

        One before may differ from that which was trained on.
        """
        if self.arrived and not self.is_past:
            self._keep(self.position)

    def _keep(self, position: Position) -> None:
        begun, size = self._clock(), 0
        state = self.trainer.state
        if state.is_finite:
            keyframe = Keyframe(position, state, self.timeline.digest(position.branch))
            size, thinned = keyframe.size, self._keyframes.thinned
            if self._keyframes.add(keyframe):
                self._recorder.keyframe(keyframe)
            if self._keyframes.thinned != thinned:
                self._recorder.all_keyframes(self._keyframes.all())
        share = (self._clock() - begun) / KEYFRAME_SHARE
        self._seconds, self._apart = (
            0.0,
            max(KEYFRAME_SECONDS, share, size / KEYFRAME_BYTES_A_SECOND),
        )

    def _leave(self) -> Position:
        self._keyframe()
        self.save()
        return self.here

    def save(self) -> None:
        if self.arrived and self.may_save:
            stats = self.timeline.loss_stats(self.here)
            solved, lost = stats.solved_at or 0, stats.lost_at or 0
            kept = Checkpoint(
                0, self.trainer.state, solved_at=solved, lost_at=lost, position=self.here
            )
            self._recorder.save(replace(kept, devices=self._devices))
            self._any_unsaved = False

    def save_all(self) -> None:
        """Save like `save`; if windows are unsaved on the way to a position, first continue until
        it can save there."""
        while self._any_unsaved and not self.arrived:
            self.step(self._pace.slice_windows())
        self.save()

    def note(self, notes: BranchNotes) -> None:
        self.notes = notes
        self._recorder.note(notes, self._digests)

    @property
    def _digests(self) -> list[int]:
        return [self.timeline.digest(number) for number in range(len(self.timeline))]

    # ---- going to a position

    def undo(self) -> None:
        """Go to before the last change, or the edit that made the loss diverge.

        Only if there is one.
        """
        here, target = self.here, moves.before_the_change(self.timeline, self.here)
        assert target is not None
        self.go(target)
        self._undone.append(here)

    def redo(self) -> None:
        """Go forward again to where the last undo was made. Only if there was one."""
        self.go(self._undone[-1])
        self._undone.pop()

    @property
    def arrived(self) -> bool:
        return self._replay is None

    @property
    def going(self) -> str:
        left = 0 if self._replay is None else self._replay.windows_left
        return f"going to window {self.here.window:,}: {left:,} to train again"

    def go(self, position: Position) -> None:
        """Set out for a position of the run; `step` takes the next steps.

        After an error, everything is as it was.
        """
        if not self.timeline.has(position):
            raise ValueError(f"{position} is not a position of this run")
        if self.arrived and not self.is_past and position != self.here:
            self._leave()
        before = self.trainer.state
        try:
            replay = Replay(
                self.timeline,
                self._keyframes,
                self.trainer,
                position,
                self._tape_windows,
                self._compiled,
            )
        except Exception:  # perhaps after the trainer has left, as edits on the path can fail
            put_back(self.trainer, before)
            raise
        self._replay, self.trainer, self.unlike, self._on_the_way = (
            replay,
            replay.trainer,
            None,
            0.0,
        )
        self.here = position
        self.config = self.timeline.owner(position).config
        line = self.timeline.branch(position.branch).config
        # one replica continues alone later on the path, and its curve is shown
        if line.replicas < self.config.replicas:
            self.choose(line.seed - self.config.seed)
        self._held = None, 0.0, position  # the next change is undone separately
        self._arrive()

    @property
    def _tape_windows(self) -> int:
        """The number of windows that can be trained one by one, for their rows, without a
        noticeable wait."""
        return max(1, min(TAPE_WINDOWS, int(TAPE_SECONDS / self._pace.seconds_of_one)))

    def step(self, windows: int) -> int:
        """Train some windows again on the way to the target; returns how many."""
        replay, begun = self._replay, self._clock()
        assert replay is not None
        done = replay.advance(windows)
        self.trainer, self.unlike = replay.trainer, replay.unlike
        self._on_the_way += self._clock() - begun
        # a state that differs from the record must not become a keyframe
        near = replay.at_tape if replay.unlike is None else None
        if near is not None and self._on_the_way > NEAR_SECONDS:
            self._keep(near)
            self._on_the_way = 0.0
        self._arrive()
        return done

    def _arrive(self) -> None:
        if self._replay is not None and not self._replay.windows_left:
            tape, self._replay = tuple(self._replay.tape), None
            self.shown = self._continuing_its_data(tape)
            self._recorder.moved()

    def show_rows(self, is_stopping: Callable[[], bool]) -> None:
        """Train the newest windows again, so that their rows can be shown, if a state shortly
        before is stored."""
        before = Position(self.owner.number, max(0, self.here.window - self._tape_windows))
        if not self.here.window or self._keyframes.nearest(before) is None:
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
            put_back(trainer, state)

    # ---- what frames show

    @property
    def place_fields(self) -> dict[str, Any]:
        here, timeline = self.here, self.timeline
        return {
            "branch": self.owner.number,
            "line": here.branch,
            "line_end": timeline.end(here.branch).window,
            "is_past": self.is_past,
            "trained": here.window,
            "trained_in_all": timeline.trained,
            "notes": self.notes,
            "undoable": moves.undoable(timeline, here),
            "redoable": bool(self._undone),
            "seed_stats": timeline.seed_stats(here),
            "tried": timeline.changes_tried(here),
            "is_unread": False,
        }

    @property
    def recorded_fields(self) -> dict[str, Any]:
        """The fields of a frame that are known from the record alone: the losses, and the newest
        window's numbers."""
        owner = self.owner
        return self._fields_of(
            owner, *epoch_shown(*owner.epoch_and_window(self.here.window), self.config)
        )

    @property
    def trained_fields(self) -> dict[str, Any]:
        """The fields of a frame about the trainer's position, with the newest windows of the
        selected replica."""
        trainer, replica, known = self.trainer, self.replica, self._own
        # those that were shown before are the same objects again
        self._own = {
            (one, replica): known.get((one, replica)) or one.of(replica) for one in self.shown
        }
        shown = tuple(one.newest for one in self._own.values())
        epoch, window = epoch_shown(trainer.epoch, trainer.window, self.config)
        if shown:
            epoch, window = shown[-1].epoch + 1, shown[-1].window + 1
        windows = {
            "progress": shown[-1] if shown else None,
            "tape": shown[:-1],
            "device": trainer.device,
        }
        return windows | self._fields_of(trainer, epoch, window)

    def _fields_of(self, of: Branch | AnyTrainer, epoch: int, window: int) -> dict[str, Any]:
        loss_stats = self.timeline.loss_stats(self.here, self.replica)
        numbers = {
            "epoch": epoch,
            "window": window,
            "data_version": of.data_version,
            "init_index": of.init_index,
        }
        return {"loss_stats": loss_stats, **numbers}


def put_back(trainer: AnyTrainer, state: PopulationState) -> None:
    """Continue from a state of the same program, perhaps of another configuration."""
    trainer.start(state.config, state.init_index)
    trainer.restore(state)


def epoch_shown(epoch: int, window: int, config: EchoConfig) -> tuple[int, int]:
    """A trainer's next epoch and window, both from 0, as in a frame: the epoch from 1, the windows
    trained in it."""
    return (epoch + 1, window) if epoch < config.num_epochs else (epoch, config.windows_per_epoch)


def first_frame(
    config: EchoConfig, recorder: Recorder, speed: float, at: int | None = None
) -> Frame:
    """The frame before anything is loaded: where the recorded run stands, if any, and what will be
    done there first."""
    run = recorder.resumed
    message, position, is_unread = "loading TensorFlow", (1, 0), False
    if run is not None and run.checkpoint is not None:
        state = run.checkpoint.state
        position = epoch_shown(state.epoch, state.window, state.config)
        first = changes_text(state.config, config) if at is None else f"window {at:,}"
        message += f", then {first}" if first else ""
        config, is_unread = state.config, run.trained > 0
    folder = "" if recorder.folder is None else str(recorder.folder)
    return Frame(
        State.LOADING, config, message, *position, speed=speed, is_unread=is_unread, folder=folder
    )
