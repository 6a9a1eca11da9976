"""Saves a session's run to disk while it trains, and opens a saved run to continue it."""

from __future__ import annotations

import contextlib
import math
import os
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from echornn.config import CELL, TASK, EchoConfig
from echornn.errors import RunError
from echornn.files import safe_files
from echornn.files.lock import Lock
from echornn.own.own_file import OwnFile
from echornn.run import checkpoint as checkpoints
from echornn.run import folders
from echornn.run.branch_notes import BranchNotes
from echornn.run.checkpoint import Checkpoint
from echornn.run.folders import TRACEBACK_FILE
from echornn.run.run import Run
from echornn.runtime.background import Background
from echornn.tasks.data_file import has_changed

# Between two checkpoints, so that a crash costs a second; more on a slow disk, so that saving
# takes at most 4 % of the time. Both chosen by eye
SAVE_SECONDS = 1.0
MOST_SHARE = 0.04
MOST_SECONDS_MORE = 60.0  # so that a disk that hung once does not put off the next save for long
# That closing waits for the last checkpoint if the disk hangs; more if the last one took long
SECONDS_TO_END = 10.0
# For how many seconds the disk has not answered is said in steps, so that the warning changes
# seldom
SILENT_SECONDS = (3600, 1800, 300, 60, 30, 10, 3)

# What may fail to be written
RUN, STATES, NAMES = "", "the states to go back to ", "the names of branches "


class Trouble(NamedTuple):
    """A failure to write that has not been overcome yet."""

    since: float  # in seconds since 1970
    error: Exception  # the newest

    def __str__(self) -> str:
        since = time.strftime("%H:%M:%S", time.localtime(self.since))
        reason = str(self.error) or type(self.error).__name__
        if isinstance(self.error, OSError) and self.error.strerror:
            reason = self.error.strerror
        return f"not saved since {since}: {reason}"


class PendingSave(NamedTuple):
    """What a checkpoint is to hold, once the logs are written."""

    checkpoint: Checkpoint  # without the ends of the logs
    lengths: tuple[int, ...]  # of the logs
    moves: int


class PendingNotes(NamedTuple):
    notes: BranchNotes
    digests: Sequence[int]  # of all branches


class Recorder:
    """What saves the run of a session, see `RunRecorder`; this one saves nothing."""

    folder: Path | None = None
    resumed: Run | None = None  # the run that is continued; None if it is new
    seconds_to_end = 0.0  # that closing waits for the disk
    saved = False  # whether everything that was reported is on disk
    misplaced = False  # whether the run's folder is gone, or contains another run now

    def __init__(self, why_not_saved: str = "") -> None:
        self._reason = why_not_saved

    @property
    def warning(self) -> str:
        return f"not saved: {self._reason}" if self._reason else ""

    def run_of(self, config: EchoConfig) -> Run:
        """The run that is to be trained, with this configuration if it is new."""
        return Run(config)

    def seconds_to_save(self) -> float | None: ...
    def began(self) -> None: ...
    def moved(self) -> None: ...
    def note(self, notes: BranchNotes, digests: Sequence[int]) -> None: ...
    def save(self, checkpoint: Checkpoint) -> None: ...
    def when_saved(self, call: Callable[[], None]) -> None: ...
    def failed(self, error: Exception) -> Path | None: ...
    def forget(self) -> None: ...
    def close(self) -> None: ...


class RunRecorder(Recorder):
    """Saves a run in a folder; make one with `begin` or `go_on`. A thread of its own writes to the
    disk, so that a disk that hangs delays nothing else; other methods raise none of its errors.
    """

    folder: Path

    def __init__(self, folder: Path, lock: Lock, run: Run, about: folders.About) -> None:
        super().__init__()
        assert run.logs is not None
        self.folder = folder
        self.resumed = run if run.is_stored else None
        self._run, self._logs = run, run.logs
        self._lock, self._is_unlocked = lock, False
        self._about = about
        self._faults = "; ".join((*run.notes, *_changed_files(run)))
        self._serial = 0 if run.checkpoint is None else run.checkpoint.serial + 1
        self._kept_lengths = run.logs.lengths
        self._moves = 0
        self._save_at, self.seconds_to_end = -math.inf, SECONDS_TO_END
        self._newest: PendingSave | None = None
        self._kept: PendingSave | None = None
        self._branch_notes: PendingNotes | None = None
        self._kept_notes: PendingNotes | None = None
        self._trouble: dict[str, Trouble | None] = dict.fromkeys((RUN, STATES, NAMES))
        self._failure = ""
        self._background = Background("saving")
        self._when_saved: Callable[[], None] = lambda: None

    @classmethod
    def begin(cls, folder: Path, config: EchoConfig) -> RunRecorder:
        """Record a new run in a folder that does not exist or is empty; a RunError if it cannot be
        used."""
        try:
            if os.path.lexists(folder):
                _require_room(folder)
            folder.mkdir(parents=True, exist_ok=True)
            with contextlib.ExitStack() as undo:
                lock = Lock(folder)
                undo.callback(lock.release)
                # The previous holder of the lock may have begun a run meanwhile
                _require_room(folder)
                undo.callback(folders.remove, folder)
                folders.clear(folder)
                run = Run(config)
                run.record_in(folder)
                folders.describe(folder, config)
                recorder = cls(folder, lock, run, folders.about(folder))
                undo.pop_all()
                return recorder
        except OSError as error:
            raise RunError(f"{folder} cannot hold a run: {error.strerror or error}") from error

    @classmethod
    def go_on(cls, folder: Path, allow: Callable[[Run], object] = lambda run: None) -> RunRecorder:
        """Continue the run in a folder, if ``allow``, called before any change, raises no error;
        maybe a RunError."""
        allow(Run.read(folder, quickly=True))
        try:
            with contextlib.ExitStack() as undo:
                lock = Lock(folder)
                undo.callback(lock.release)
                run = Run.read(folder)
                allow(run)
                run.record_in(folder)
                recorder = cls(folder, lock, run, run.about)
                undo.pop_all()
                return recorder
        except OSError as error:
            raise RunError(f"{folder} cannot be written to: {error.strerror or error}") from error

    def run_of(self, config: EchoConfig) -> Run:
        return self._run

    # ---- for the training thread

    @property
    def warning(self) -> str:
        """The faults found when the run was opened, until the first command; and why the run is not
        saved."""
        parts = [self._faults]
        for seconds in SILENT_SECONDS:
            if self._background.seconds >= seconds:
                parts.append(f"the disk has not answered for {seconds} s")
                break
        parts += [f"{what}{trouble}" for what, trouble in self._trouble.items() if trouble]
        lost = self._logs.lost_windows
        if lost:
            parts.append(f"{lost:,} windows are lost to the loss log")
        return "; ".join(part for part in parts if part)

    @property
    def misplaced(self) -> bool:  # type: ignore[override]
        trouble = self._trouble[RUN]
        gone = (FileNotFoundError, folders.AnotherRunError)
        return trouble is not None and isinstance(trouble.error, gone)

    @property
    def saved(self) -> bool:  # type: ignore[override]
        is_logged = self._logs.lengths == self._kept_lengths
        return is_logged and self._branch_notes is self._kept_notes

    def seconds_to_save(self) -> float | None:
        """The seconds until `save` should be called next; None while everything is saved."""
        has_moved = self._kept is not None and self._kept.moves != self._moves
        if self.saved and not has_moved:
            return None
        return max(0.0, self._save_at - time.monotonic())

    def began(self) -> None:
        """Report that a branch has begun, or goes on: faults of the folder have been read by
        now."""
        self._faults = ""

    def moved(self) -> None:
        """Report that the run is at another position, which alone makes nothing unsaved."""
        self._moves += 1

    def note(self, notes: BranchNotes, digests: Sequence[int]) -> None:
        """Save the user's notes on the branches, which have these digests."""
        self._branch_notes = PendingNotes(notes, digests)
        self._background.do(self._write)

    def save(self, checkpoint: Checkpoint) -> None:
        """Save everything reported so far, with the current state; returns without waiting for the
        disk."""
        # a state with NaN weights too: the run continues where it diverged, and a replay leads to
        # earlier positions
        checkpoint = replace(checkpoint, layout=self._logs.layout)
        self._newest = PendingSave(checkpoint, self._logs.lengths, self._moves)
        self._save_at = time.monotonic() + SAVE_SECONDS
        self._background.do(self._write)

    def when_saved(self, call: Callable[[], None]) -> None:
        """Set a function that is called, on another thread, each time the disk has answered."""
        self._when_saved = call

    def failed(self, error: Exception) -> Path | None:
        """Report that training has failed; returns the file with the traceback."""
        self._failure = "".join(traceback.format_exception(error))
        self._background.do(self._write)
        return self.folder / TRACEBACK_FILE

    def forget(self) -> None:
        """Remove the run from the disk; an OSError if it cannot be removed, if another is there
        now, or if another process goes on with it."""
        with contextlib.ExitStack() as at_end:
            if self._is_unlocked:  # another process may go on with the run since
                try:
                    at_end.callback(Lock(self.folder).release)
                except RunError as error:
                    raise OSError(str(error)) from error
            folders.require_same(self.folder, self._about)
            folders.remove(self.folder)

    def wait(self, seconds: float | None = None) -> bool:
        """Wait until the disk has answered, at most ``seconds``; returns whether everything
        reported is on disk."""
        return self._background.wait(seconds) and self.saved

    def close(self) -> None:
        """Wait for the last save, but not forever if the disk hangs.

        Afterwards nothing may be reported.
        """
        self._background.wait(self.seconds_to_end)
        self._background.end(self._unlock)

    def _unlock(self) -> None:
        self._is_unlocked = True
        self._lock.release()

    # ---- on the thread that writes

    def _write(self) -> None:
        """Write what is not on the disk yet; what fails is tried again with the next save."""
        save, notes = self._newest, self._branch_notes
        if save is not None and save is not self._kept:
            self._write_run(save)
        if notes is not None and notes is not self._kept_notes:
            with self._attempt(NAMES):
                folders.require_same(self.folder, self._about)
                notes.notes.save(self.folder, notes.digests)
                self._kept_notes = notes
        if self._failure:
            with contextlib.suppress(OSError):  # the error itself has already been shown
                folders.require_same(self.folder, self._about)
                text = self._failure.encode(errors="backslashreplace")
                safe_files.write_whole(self.folder / TRACEBACK_FILE, text)
            self._failure = ""
        self._when_saved()

    def _write_run(self, save: PendingSave) -> None:
        begun = time.monotonic()
        with self._attempt(RUN):
            self._write_save(save)
        if save is self._kept:
            with self._attempt(STATES):
                self._run.states.flush()
        seconds = time.monotonic() - begun
        self.seconds_to_end = SECONDS_TO_END + 2 * seconds
        pause = min(seconds / MOST_SHARE, seconds + MOST_SECONDS_MORE)
        self._save_at = max(self._save_at, begun + pause)

    def _write_save(self, save: PendingSave) -> None:
        folders.require_same(self.folder, self._about)
        ends = self._logs.flush(save.lengths)
        checkpoint = replace(save.checkpoint, serial=self._serial, **ends._asdict())
        checkpoints.save(self.folder, checkpoint)
        self._serial += 1
        is_first_save = self._kept is None
        if is_first_save:  # now that a checkpoint says where the logs end, see `Log.cut`
            self._logs.cut()
        self._kept, self._kept_lengths = save, save.lengths

    @contextlib.contextmanager
    def _attempt(self, what: str) -> Iterator[None]:
        """Try to write: a failure never ends the training, and is shown until the next success."""
        try:
            yield
            self._trouble[what] = None
        except Exception as error:
            before = self._trouble[what]
            since = time.time() if before is None else before.since
            self._trouble[what] = Trouble(since, error)


def _require_room(folder: Path) -> None:
    if not folder.is_dir() or not folders.is_debris(folder):
        if (folder / folders.RUN_FILE).exists():
            raise RunError(
                f"{folder} holds a run already: continue it with --resume, or name another folder"
            )
        raise RunError(f"{folder} is not empty: name another folder")


def _changed_files(run: Run) -> list[str]:
    changed: list[object] = []
    for name in (TASK, CELL):
        own = run.config.value(name)
        if isinstance(own, OwnFile) and own.has_changed:
            changed.append(own)
    changed += [value for value in run.config.fields().values() if has_changed(value)]
    return [
        f"the file of {own} has changed: this run was trained with its former text"
        for own in changed
    ]
