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

import numpy as np
import numpy.typing as npt

from echornn.config import CELL, TASK, EchoConfig
from echornn.errors import RunError
from echornn.files import own_files
from echornn.files.own_files import NO_LOG, AppendLog, Lock, LogEnd, end_of
from echornn.history.windows import LOST, stored_windows
from echornn.own import OwnFile
from echornn.progress import PopulationProgress
from echornn.runs import folders, states
from echornn.runs.folders import (
    COMMAND_FILE,
    KEYFRAME_FILE,
    LOSS_FILE,
    NORM_FILE,
    SOLVED_FILE,
    TRACEBACK_FILE,
    BranchNotes,
)
from echornn.runs.run_dir import SOLVED, RecordedCommand, Run
from echornn.runs.states import OF_ONE, Checkpoint, Keyframe, KeyframeLog
from echornn.runtime.background import Background
from echornn.tasks.data_file import has_changed

# Between two checkpoints; more on a slow disk, so that saving takes at most 4 % of the time
SAVE_SECONDS = 1.0
# That closing waits for the last checkpoint if the disk hangs; more if the last one took long
SECONDS_TO_END = 10.0
# What may fail to be written
RUN, STATES, NAMES = "", "the states to go back to ", "the names of branches "


class Trouble(NamedTuple):
    """A failure to write that has not been overcome yet."""

    since: float  # in seconds since 1970
    error: Exception  # the newest

    def __str__(self) -> str:
        since = time.strftime("%H:%M:%S", time.localtime(self.since))
        reason = self.error.strerror if isinstance(self.error, OSError) else None
        return f"not saved since {since}: {reason or str(self.error) or type(self.error).__name__}"


class PendingSave(NamedTuple):
    checkpoint: Checkpoint  # without the ends of the logs
    lengths: tuple[int, ...]  # of the logs
    reports: int  # that it includes
    moves: int


class Recorder:
    """What a session tells about its run, on the training thread, see `RunRecorder`; this one saves
    nothing."""

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

    def seconds_to_save(self) -> float | None: ...
    def command(self, command: RecordedCommand) -> None: ...
    def windows(self, progress: PopulationProgress) -> None: ...
    def keyframe(self, keyframe: Keyframe) -> None: ...
    def all_keyframes(self, keyframes: Sequence[Keyframe]) -> None: ...
    def moved(self) -> None: ...
    def note(self, notes: BranchNotes, digests: Sequence[int]) -> None: ...
    def save(self, checkpoint: Checkpoint) -> None: ...
    def when_saved(self, call: Callable[[], None]) -> None: ...
    def failed(self, error: Exception) -> Path | None: ...
    def forget(self) -> None: ...
    def close(self) -> None: ...


class RunRecorder(Recorder):
    """Records a run in a folder; make one with `begin` or `go_on`. A thread of its own writes to
    the disk, so that a disk that hangs delays nothing else; other methods raise none of its errors.
    """

    folder: Path

    def __init__(
        self, folder: Path, lock: Lock, config: EchoConfig, resumed: Run | None = None
    ) -> None:
        super().__init__()
        self.folder = folder
        self.resumed = resumed
        self._lock, self._is_unlocked = lock, False
        self._about = resumed.about if resumed else folders.about(folder)
        self._notes = "; ".join((*resumed.notes, *_changed_files(resumed))) if resumed else ""
        ends = _cut_back(resumed) if resumed else [NO_LOG] * len(LOGS)
        self._logs = [
            AppendLog(folder / name, end, filler)
            for (name, filler), end in zip(LOGS, ends, strict=True)
        ]
        self._losses, self._commands, self._solved, self._norms = self._logs
        self._keyframes = KeyframeLog(folder / KEYFRAME_FILE)
        self._layout = resumed.layout if resumed else OF_ONE
        self._serial = resumed.checkpoint.serial + 1 if resumed and resumed.checkpoint else 0
        # what trained last, which need not be where the run stands: branch, configuration, windows
        # in the solved log
        self._branch, self._config = 0, config
        self._solved_at: npt.NDArray[np.int64] | int = 0
        if resumed and resumed.tree.stretches:
            self._branch = resumed.tree.stretches[-1].branch
            self._config = resumed.tree.branches[self._branch].config
            self._solved_at = resumed.solved_at(self._branch)
        self._reports = self._moves = 0
        self._save_at, self.seconds_to_end = -math.inf, SECONDS_TO_END
        self._newest: PendingSave | None = None
        self._kept: PendingSave | None = None
        self._branch_notes: tuple[BranchNotes, Sequence[int]] | None = None
        self._kept_notes: tuple[BranchNotes, Sequence[int]] | None = None
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
                for name in (LOSS_FILE, COMMAND_FILE):
                    own_files.write_whole(folder / name, b"")
                folders.describe(folder, config)
                recorder = cls(folder, lock, config)
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
                recorder = cls(folder, lock, run.config, run)
                undo.pop_all()
                return recorder
        except OSError as error:
            raise RunError(f"{folder} cannot be written to: {error.strerror or error}") from error

    @property
    def warning(self) -> str:
        """The faults found when the run was opened, until the first command; and why the run is not
        saved."""
        written = self._losses.end.length
        lost = self._layout.windows(written + self._losses.lost_bytes) - self._layout.windows(
            written
        )
        hanging = max(
            most for most in (0, 3, 10, 30, 60, 300, 1800, 3600) if most <= self._background.seconds
        )
        parts = [
            self._notes,
            f"the disk has not answered for {hanging} s" if hanging else "",
            *(f"{what}{trouble}" for what, trouble in self._trouble.items() if trouble),
            f"{lost:,} windows are lost to the loss log" if lost else "",
        ]
        return "; ".join(part for part in parts if part)

    @property
    def misplaced(self) -> bool:  # type: ignore[override]
        trouble = self._trouble[RUN]
        return trouble is not None and isinstance(
            trouble.error, (FileNotFoundError, folders.AnotherRunError)
        )

    @property
    def saved(self) -> bool:  # type: ignore[override]
        kept = 0 if self._kept is None else self._kept.reports
        return self._reports == kept and self._branch_notes is self._kept_notes

    def seconds_to_save(self) -> float | None:
        """The seconds until `save` should be called next; None while everything is saved."""
        stands_there = self._kept is None or self._kept.moves == self._moves
        return None if self.saved and stands_there else max(0.0, self._save_at - time.monotonic())

    def command(self, command: RecordedCommand) -> None:
        self._notes = ""
        self._layout = self._layout.since(command.at, command.config.replicas)
        self._branch, self._config, self._solved_at = command.branch or 0, command.config, 0
        self._commands.append(command.as_line())
        self._reports += 1

    def windows(self, progress: PopulationProgress) -> None:
        for log, windows in zip(
            (self._losses, self._norms), stored_windows(progress, self._config), strict=True
        ):
            log.append(windows.tobytes())
        solved_at = progress.solved_at
        new = np.flatnonzero(solved_at != self._solved_at)
        # The losses say exactly when a lone network was solved
        if new.size and self._config.replicas > 1:
            # Their order must not depend on the sizes of pieces
            new = new[np.argsort(solved_at[new], kind="stable")]
            records = np.empty(new.size, SOLVED)
            records["branch"], records["replica"], records["window"] = (
                self._branch,
                new,
                solved_at[new],
            )
            self._solved.append(records.tobytes())
        self._solved_at = solved_at
        self._reports += 1

    def keyframe(self, keyframe: Keyframe) -> None:
        self._keyframes.add(keyframe)

    def all_keyframes(self, keyframes: Sequence[Keyframe]) -> None:
        self._keyframes.replace(keyframes)

    def moved(self) -> None:
        """Report that the run is at another position, which alone makes nothing unsaved."""
        self._moves += 1

    def note(self, notes: BranchNotes, digests: Sequence[int]) -> None:
        self._branch_notes = notes, digests
        self._background.do(self._write)

    def save(self, checkpoint: Checkpoint) -> None:
        """Save everything reported so far, with the current state; returns without waiting for the
        disk."""
        # a state with NaN weights too: the run continues where it diverged, and a replay leads to
        # earlier positions
        self._newest = PendingSave(
            replace(checkpoint, layout=self._layout),
            tuple(log.length for log in self._logs),
            self._reports,
            self._moves,
        )
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
            begun = time.monotonic()
            with self._attempt(RUN):
                self._write_save(save)
            if save is self._kept:
                with self._attempt(STATES):
                    self._keyframes.flush()
            seconds = time.monotonic() - begun
            self.seconds_to_end = SECONDS_TO_END + 2 * seconds
            self._save_at = max(self._save_at, begun + min(seconds / 0.04, seconds + 60))
        if notes is not None and notes is not self._kept_notes:
            with self._attempt(NAMES):
                folders.require_same(self.folder, self._about)
                notes[0].save(self.folder, notes[1])
                self._kept_notes = notes
        if self._failure:
            with contextlib.suppress(OSError):  # the error itself has already been shown
                folders.require_same(self.folder, self._about)
                own_files.write_whole(
                    self.folder / TRACEBACK_FILE, self._failure.encode(errors="backslashreplace")
                )
            self._failure = ""
        self._when_saved()

    def _write_save(self, save: PendingSave) -> None:
        folders.require_same(self.folder, self._about)
        for log, length in zip(self._logs, save.lengths, strict=True):
            log.flush(length)
        losses, commands, solved, _ = (log.end for log in self._logs)
        kept = replace(
            save.checkpoint, serial=self._serial, losses=losses, commands=commands, solved=solved
        )
        states.save(self.folder, kept)
        self._serial += 1
        self._kept = save

    @contextlib.contextmanager
    def _attempt(self, what: str) -> Iterator[None]:
        """Try to write: a failure never ends the training, and is shown until the next success."""
        try:
            yield
            self._trouble[what] = None
        except Exception as error:
            before = self._trouble[what]
            self._trouble[what] = Trouble(time.time() if before is None else before.since, error)


# each with the byte of a lost record, if any
LOGS = ((LOSS_FILE, LOST), (COMMAND_FILE, b""), (SOLVED_FILE, b""), (NORM_FILE, LOST))


def _cut_back(run: Run) -> Iterator[LogEnd]:
    """Cut the logs back to the checkpoint, as windows will be trained again, or extend a log of
    windows that is too short with lost ones; returns their ends, with which a damaged log is no
    longer damaged.
    """
    kept, layout = run.checkpoint, run.layout
    ends = (kept.losses, kept.commands, kept.solved, kept.losses) if kept else (NO_LOG,) * len(LOGS)
    for (name, filler), end in zip(LOGS, ends, strict=True):
        file = run.folder / name
        if name == SOLVED_FILE and not os.path.lexists(file):
            yield NO_LOG
            continue
        # Runs from before have no norms
        with own_files.writer(file, os.O_CREAT if name == NORM_FILE else 0) as log:
            there = min(end.length, os.fstat(log.fileno()).st_size)
            if filler:
                there = layout.offset(layout.windows(there))
            elif name == SOLVED_FILE:
                there -= there % SOLVED.itemsize
            log.truncate(there)
            while filler and there < end.length:
                there = own_files.write_at(
                    log, filler * min(end.length - there, own_files.PIECE_BYTES), there
                )
        yield end_of(file)


def _require_room(folder: Path) -> None:
    if not folder.is_dir() or not folders.is_debris(folder):
        if (folder / folders.RUN_FILE).exists():
            raise RunError(
                f"{folder} holds a run already: continue it with --resume, or name another folder"
            )
        raise RunError(f"{folder} is not empty: name another folder")


def _changed_files(run: Run) -> list[str]:
    files = (run.config.value(name) for name in (TASK, CELL))
    changed: list[object] = [own for own in files if isinstance(own, OwnFile) and own.has_changed]
    changed += [value for value in run.config.fields().values() if has_changed(value)]
    return [
        f"the file of {own} has changed: this run was trained with its former text"
        for own in changed
    ]
