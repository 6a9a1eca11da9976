"""Keeps a session's run on disk while it trains, and hands it back when the session goes on."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import numpy as np

from echornn import checkpoint, run_dir
from echornn.append_log import AppendLog
from echornn.checkpoint import Checkpoint
from echornn.config import EchoConfig
from echornn.lock import Lock
from echornn.progress import Progress
from echornn.run_dir import COMMAND_FILE, LOSS_FILE, LOST_WINDOW, WINDOW, Command, Run
from echornn.run_error import RunError
from echornn.trainer_state import TrainerState

SAVE_SECONDS = 1.0
"""From one checkpoint to the next."""

MOST_OF_THE_TIME = 0.04
"""Share of the time that saving may take: on a slow disk, checkpoints are further apart."""


class Recorder(Protocol):
    """What a session tells of itself, on the training thread. Nothing here raises for the disk's sake."""

    @property
    def resumed(self) -> Run | None:
        """The run that goes on; None for a new one."""

    @property
    def folder(self) -> Path | None:
        """Where the run is kept; None if nowhere."""

    @property
    def saved(self) -> bool:
        """Whether all that was told is on disk."""

    @property
    def warning(self) -> str:
        """What is wrong with the record, for people to see; empty where nothing is."""

    def command(self, command: Command) -> None:
        """A command was carried out (or the run has begun)."""

    def windows(self, progress: Progress) -> None:
        """These windows were trained."""

    def seconds_to_save(self) -> float | None:
        """When `save` should be called next; None while nothing is unsaved."""

    def save(self, state: TrainerState) -> bool:
        """Bring all that was told to the disk, with the trainer's state after it; False where it did not succeed."""

    def close(self) -> None:
        """Nothing more will come."""


class Unrecorded:
    """Records nothing, and says why.

    Args:
        reason: why nothing can be kept.
    """

    resumed = None
    folder = None
    saved = False

    def __init__(self, reason: str) -> None:
        self.warning = f"not saved: {reason}"

    def command(self, command: Command) -> None: ...

    def windows(self, progress: Progress) -> None: ...

    def seconds_to_save(self) -> float | None:
        return None

    def save(self, state: TrainerState) -> bool:
        return False

    def close(self) -> None: ...


class RunRecorder:
    """Records into a run's folder. Made by `begin` or `go_on`."""

    def __init__(
        self, folder: Path, lock: Lock, resumed: Run | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.folder: Path | None = folder
        self.resumed: Run | None = resumed
        self._folder = folder
        self._lock = lock
        self._clock = clock
        self._notes = "; ".join(resumed.notes) if resumed else ""
        self._trouble = ""
        self._unsaved = False
        self._save_at = -np.inf
        ends = run_dir.cut_back(resumed) if resumed else (checkpoint.LogEnd(), checkpoint.LogEnd())
        self._losses = AppendLog(folder / LOSS_FILE, ends[0], LOST_WINDOW)
        self._commands = AppendLog(folder / COMMAND_FILE, ends[1])
        self._serial = resumed.checkpoint.serial + 1 if resumed and resumed.checkpoint else 0

    @classmethod
    def begin(cls, folder: Path, config: EchoConfig) -> RunRecorder:
        """Record a new run in a folder that does not exist or is empty.

        Raises:
            RunError: the folder cannot be used.
        """
        return cls(folder, run_dir.create(folder, config))

    @classmethod
    def go_on(cls, folder: Path) -> RunRecorder:
        """Record on in a run's folder, from its newest checkpoint.

        Raises:
            RunError: it holds no run that can go on, or another process writes it.
        """
        run_dir.read(folder)
        try:
            lock = Lock(folder)
            return cls(folder, lock, run_dir.read(folder))
        except OSError as error:
            raise RunError(f"{folder} cannot be written to: {error.strerror or error}") from error

    @property
    def warning(self) -> str:
        """What was wrong with the run as it was found, until the first command; and why it is not saved, if so."""
        lost = self._losses.lost_bytes // WINDOW.itemsize
        parts = [self._notes, self._trouble, f"{lost:,} windows are lost to the loss log" if lost else ""]
        return "; ".join(part for part in parts if part)

    @property
    def saved(self) -> bool:
        return not self._unsaved

    def command(self, command: Command) -> None:
        self._notes = ""
        self._commands.append(command.as_line())
        self._unsaved = True

    def windows(self, progress: Progress) -> None:
        records = np.empty(len(progress.losses), WINDOW)
        records["loss"], records["errors"] = progress.losses, progress.errors
        self._losses.append(records.tobytes())
        self._unsaved = True

    def seconds_to_save(self) -> float | None:
        return max(0.0, self._save_at - self._clock()) if self._unsaved else None

    def save(self, state: TrainerState) -> bool:
        """See `Recorder.save`. A state whose weights are not finite is not kept: none could go on from it.

        The run is then taken up before the moment when it diverged, and comes to the same moment again.
        """
        begun = self._clock()
        try:
            self._lock.check()
            self._losses.flush()
            self._commands.flush()
            if state.is_finite:
                checkpoint.save(self._folder, Checkpoint(self._serial, state, self._losses.end, self._commands.end))
                self._serial += 1
            self._trouble = ""
            self._unsaved = False
        except OSError as error:
            self._trouble = f"not saved since {self._since()}: {error.strerror or error}"
        ended = self._clock()
        self._save_at = begun + max(SAVE_SECONDS, (ended - begun) / MOST_OF_THE_TIME)
        return not self._unsaved

    def _since(self) -> str:
        return self._trouble.split(": ")[0].removeprefix("not saved since ") or time.strftime("%H:%M:%S")

    def close(self) -> None:
        self._lock.release()
