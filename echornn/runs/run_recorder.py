"""`RunRecorder`: saves a session's run to disk while it trains; also opens a saved run to continue it."""

from __future__ import annotations

import contextlib
import math
import os
import time
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from echornn.config import CELL, TASK, EchoConfig
from echornn.errors import RunError
from echornn.files import own_files
from echornn.files.append_log import NO_LOG, AppendLog
from echornn.files.lock import Lock
from echornn.history.windows import LOST, stored_windows
from echornn.own import OwnFile
from echornn.progress import PopulationProgress
from echornn.runs import about, checkpoint, run_dir, run_files
from echornn.runs.about import AnotherRunError
from echornn.runs.branch_notes import BranchNotes
from echornn.runs.checkpoint import Checkpoint
from echornn.runs.command_log import RecordedCommand, SolvedLog
from echornn.runs.keyframes import Keyframe, KeyframeLog
from echornn.runs.loss_layout import OF_ONE
from echornn.runs.recorder import Recorder
from echornn.runs.run_dir import COMMAND_FILE, LOSS_FILE, Run
from echornn.runs.run_files import KEYFRAME_FILE, SOLVED_FILE, TRACEBACK_FILE
from echornn.runs.truncate_logs import truncate_logs
from echornn.runtime.background import Background
from echornn.state import PopulationState
from echornn.timeline.branch import Position
from echornn.training.structure import NO_DEVICES, Devices

SAVE_SECONDS = 1.0
"""Seconds between two checkpoints."""

MOST_OF_THE_TIME = 0.04
"""The largest share of the time that saving may take: on a slow disk, checkpoints are further apart."""

MOST_SECONDS_APART = 60.0
"""The longest time between two checkpoints, besides the time that the disk needs for one."""

SECONDS_TO_END = 10.0
"""Seconds that closing waits for the last checkpoint if the disk hangs; more if the checkpoint is large."""

BYTES_A_SECOND = 8 << 20
"""What a slow disk writes in a second."""

HANGING_SECONDS = (3, 10, 30, 60, 300, 1800, 3600)
"""The numbers of seconds after which a warning says that the disk does not answer."""


@dataclass(frozen=True)
class Trouble:
    """A failure to write that has not been overcome yet: when it began, in seconds since 1970, and the newest error."""

    since: float
    error: Exception

    def __str__(self) -> str:
        """A sentence for users: since when nothing is saved, and why."""
        since = time.strftime("%H:%M:%S", time.localtime(self.since))
        said = self.error.strerror if isinstance(self.error, OSError) else None
        return f"not saved since {since}: {said or str(self.error) or type(self.error).__name__}"


@dataclass(frozen=True, eq=False)
class Unsaved:
    """The contents of one save.

    Attributes:
        checkpoint: the checkpoint, without the ends of the logs.
        reports: the number of reports that it includes.
        moves: how many times the run's position had changed.
        losses, commands, solved: the lengths of the logs at the time of this save.
    """

    checkpoint: Checkpoint
    reports: int
    moves: int
    losses: int
    commands: int
    solved: int


class RunRecorder(Recorder):
    """Records a run in a folder. Make one with `begin` or `go_on`.

    A separate thread writes to the disk, so that a disk that hangs delays nothing else. At most one save is running; if
    several are requested meanwhile, only the newest is made.
    """

    def __init__(
        self,
        folder: Path,
        lock: Lock,
        config: EchoConfig,
        resumed: Run | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__()
        self.folder = folder
        self.resumed = resumed
        self._folder = folder
        self._lock = lock
        self._clock = clock
        self._notes = "; ".join((*resumed.notes, *_on_its_files(resumed))) if resumed else ""
        self._told = 0
        self._moves = 0
        self._save_at = -math.inf
        self._seconds = 0.0
        self._newest: Unsaved | None = None
        self._kept: Unsaved | None = None
        self._trouble: Trouble | None = None
        self._keyframe_trouble: Trouble | None = None
        self._note_trouble: Trouble | None = None
        self._branch_notes: tuple[BranchNotes, Sequence[int]] | None = None
        self._kept_notes: tuple[BranchNotes, Sequence[int]] | None = None
        self._failure = ""
        self._background = Background("saving", clock)
        self._when_saved: Callable[[], None] = lambda: None
        self._identity = resumed.identity if resumed else about.read(folder).identity
        ends = truncate_logs(resumed) if resumed else (NO_LOG,) * 3
        self._losses = AppendLog(folder / LOSS_FILE, ends[0], LOST)
        self._layout = resumed.layout if resumed else OF_ONE
        self._commands = AppendLog(folder / COMMAND_FILE, ends[1])
        extends = resumed.extends if resumed else None
        # the run's position may be on another branch
        self._config = config = extends.config if extends else config
        solved = (extends.number, resumed.solved_at(extends.number)) if resumed and extends else ()
        self._solved = SolvedLog(folder / SOLVED_FILE, ends[2], *solved)
        self._keyframes = KeyframeLog(folder / KEYFRAME_FILE)
        self._serial = resumed.checkpoint.serial + 1 if resumed and resumed.checkpoint else 0

    @classmethod
    def begin(cls, folder: Path, config: EchoConfig) -> RunRecorder:
        """Record a new run in a folder that does not exist or is empty.

        Raises:
            RunError: the folder cannot be used.
        """
        try:
            if os.path.lexists(folder):
                _require_room(folder)
            folder.mkdir(parents=True, exist_ok=True)
            lock = Lock(folder)
            try:
                _require_room(folder)  # the previous holder of the lock may have begun a run meanwhile
                return cls._begun(folder, lock, config)
            except (RunError, OSError):
                lock.release()
                raise
        except OSError as error:
            raise RunError(f"{folder} cannot hold a run: {error.strerror or error}") from error

    @classmethod
    def _begun(cls, folder: Path, lock: Lock, config: EchoConfig) -> RunRecorder:
        """Write the files of a new run in place of debris; if one cannot be written, none is left."""
        try:
            run_files.clear(folder)
            for name in (LOSS_FILE, COMMAND_FILE):
                own_files.write_whole(folder / name, b"")
            about.write(folder, config)
            return cls(folder, lock, config)
        except (RunError, OSError):
            with contextlib.suppress(OSError):
                run_files.remove(folder)
            raise

    @classmethod
    def go_on(cls, folder: Path, allow: Callable[[Run], object] = lambda run: None) -> RunRecorder:
        """Continue recording in the folder of a run, from its newest checkpoint.

        Args:
            allow: called before anything is changed; if it raises an error, the run is unchanged.

        Raises:
            RunError: the folder has no run that can continue, or another process writes there.
        """
        allow(run_dir.glance(folder))
        try:
            lock = Lock(folder)
            try:
                run = run_dir.read(folder)
                allow(run)
                return cls(folder, lock, run.config, run)
            except BaseException:
                lock.release()
                raise
        except OSError as error:
            raise RunError(f"{folder} cannot be written to: {error.strerror or error}") from error

    @property
    def warning(self) -> str:
        """A message on faults found when the run was opened, until the first command; and on why the run is not saved,
        if it is not.
        """
        written = self._losses.end.length
        lost = self._layout.windows(written + self._losses.lost_bytes) - self._layout.windows(written)
        hanging = max((most for most in HANGING_SECONDS if most <= self._background.seconds), default=0)
        parts = [
            self._notes,
            f"the disk has not answered for {hanging} s" if hanging else "",
            f"{self._trouble or ''}",
            f"the states to go back to {trouble}" if (trouble := self._keyframe_trouble) else "",
            f"the names of branches {trouble}" if (trouble := self._note_trouble) else "",
            f"{lost:,} windows are lost to the loss log" if lost else "",
        ]
        return "; ".join(part for part in parts if part)

    @property
    def misplaced(self) -> Literal["", "gone", "replaced"]:
        match self._trouble:
            case Trouble(error=FileNotFoundError()):
                return "gone"
            case Trouble(error=AnotherRunError()):
                return "replaced"
        return ""

    @property
    def saved(self) -> bool:
        kept = 0 if self._kept is None else self._kept.reports
        return self._told == kept and self._branch_notes is self._kept_notes

    def command(self, command: RecordedCommand) -> None:
        self._notes = ""
        self._layout = self._layout.since(command.at, command.config.replicas)
        self._config = command.config
        self._commands.append(command.as_line())
        self._solved.command(command)
        self._told += 1

    def windows(self, progress: PopulationProgress) -> None:
        self._losses.append(stored_windows(progress, self._config).tobytes())
        if self._config.replicas > 1:  # the log of losses says exactly when a lone network was solved
            self._solved.windows(progress)
        self._told += 1

    def seconds_to_save(self) -> float | None:
        stands_there = self._kept is None or self._kept.moves == self._moves
        return None if self.saved and stands_there else max(0.0, self._save_at - self._clock())

    def keyframe(self, keyframe: Keyframe) -> None:
        self._keyframes.add(keyframe)

    def all_keyframes(self, keyframes: Sequence[Keyframe]) -> None:
        self._keyframes.replace(keyframes)

    def moved(self) -> None:
        self._moves += 1

    def note(self, notes: BranchNotes, digests: Sequence[int]) -> None:
        self._branch_notes = notes, digests
        newest = self._newest
        self._background.do(lambda: self._bring(newest))

    def save(
        self,
        state: PopulationState,
        position: Position | None = None,
        solved_at: int | None = None,
        lost_at: int | None = None,
        devices: Devices = NO_DEVICES,
    ) -> None:
        # a state with NaN weights too: the run continues where it diverged, and a replay leads to earlier positions
        kept = Checkpoint(
            0, state, NO_LOG, NO_LOG, solved_at or 0, position, self._layout, NO_LOG, lost_at or 0, devices
        )
        ends = (self._losses.length, self._commands.length, self._solved.length)
        save = self._newest = Unsaved(kept, self._told, self._moves, *ends)
        self._save_at = self._clock() + SAVE_SECONDS
        self._background.do(lambda: self._bring(save))

    def when_saved(self, call: Callable[[], None]) -> None:
        self._when_saved = call

    def failed(self, error: Exception) -> Path | None:
        self._failure = "".join(traceback.format_exception(error))
        newest = self._newest
        self._background.do(lambda: self._bring(newest))
        return self._folder / TRACEBACK_FILE

    def forget(self) -> None:
        about.require_identity(self._folder, self._identity)
        run_files.remove(self._folder)

    @property
    def seconds_to_end(self) -> float:
        newest = self._newest
        size = 0 if newest is None else Keyframe(Position(0, 0), newest.checkpoint.state).size
        return SECONDS_TO_END + max(size / BYTES_A_SECOND, 2 * self._seconds)

    def wait(self, seconds: float | None = None) -> bool:
        """Wait until the disk has answered, at most ``seconds``; returns whether everything reported is on disk."""
        return self._background.wait(seconds) and self.saved

    def close(self) -> None:
        self._background.wait(self.seconds_to_end)
        self._background.end(self._lock.release)

    # ---- on the thread that writes

    def _bring(self, save: Unsaved | None) -> None:
        """Write a save, if it is not on the disk yet, notes on branches, and the traceback of an error in training."""
        if save is not None and save is not self._kept:
            begun = self._clock()
            self._keep(save)
            seconds = self._seconds = self._clock() - begun
            self._save_at = max(self._save_at, begun + min(seconds / MOST_OF_THE_TIME, seconds + MOST_SECONDS_APART))
        self._keep_notes()
        if self._failure:
            with contextlib.suppress(OSError):  # the error itself has already been shown
                about.require_identity(self._folder, self._identity)
                text = self._failure.encode(errors="backslashreplace")
                own_files.write_whole(self._folder / TRACEBACK_FILE, text)
            self._failure = ""
        self._when_saved()

    def _keep(self, save: Unsaved) -> None:
        try:
            about.require_identity(self._folder, self._identity)
            self._losses.flush(save.losses)
            self._commands.flush(save.commands)
            self._solved.flush(save.solved)
            losses, commands, solved = self._losses.end, self._commands.end, self._solved.end
            kept = replace(save.checkpoint, serial=self._serial, losses=losses, commands=commands, solved=solved)
            checkpoint.save(self._folder, kept)
            self._serial += 1
            self._trouble, self._kept = None, save
        except Exception as error:  # an error of the disk must never end the training
            self._trouble = _after(self._trouble, error)
            return
        try:
            self._keyframes.flush()
            self._keyframe_trouble = None
        except OSError as error:
            self._keyframe_trouble = _after(self._keyframe_trouble, error)

    def _keep_notes(self) -> None:
        """Write the notes on branches, if there are new ones; if that fails, the next call tries again."""
        newest = self._branch_notes
        if newest is None or newest is self._kept_notes:
            return
        notes, digests = newest
        try:
            about.require_identity(self._folder, self._identity)
            notes.save(self._folder, digests)
            self._kept_notes, self._note_trouble = newest, None
        except OSError as error:
            self._note_trouble = _after(self._note_trouble, error)


def _after(before: Trouble | None, error: Exception) -> Trouble:
    return Trouble(time.time() if before is None else before.since, error)


def _require_room(folder: Path) -> None:
    if not folder.is_dir() or not about.is_debris(folder):
        if (folder / run_files.RUN_FILE).exists():
            raise RunError(f"{folder} holds a run already: continue it with --resume, or name another folder")
        raise RunError(f"{folder} is not empty: name another folder")


def _on_its_files(run: Run) -> list[str]:
    """A note for each of the user's own files that has changed since."""
    files = (run.config.value(name) for name in (TASK, CELL))
    changed = (own for own in files if isinstance(own, OwnFile) and own.has_changed)
    return [f"the file of {own} has changed: this run was trained with its former text" for own in changed]
