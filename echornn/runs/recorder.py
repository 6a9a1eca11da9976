"""Keeps a session's run on disk while it trains, and hands it back when the session goes on."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np

from echornn.config import EchoConfig
from echornn.progress import Progress
from echornn.runs import checkpoint, run_dir
from echornn.runs.append_log import AppendLog
from echornn.runs.background import Background
from echornn.runs.branch import Moment
from echornn.runs.checkpoint import Checkpoint
from echornn.runs.command import Command
from echornn.runs.events import EventLog
from echornn.runs.keyframes import Keyframe, KeyframeLog
from echornn.runs.lock import Lock
from echornn.runs.run_dir import COMMAND_FILE, LOSS_FILE, LOST_WINDOW, WINDOW, Run
from echornn.runs.run_error import RunError
from echornn.trainer_state import TrainerState

SAVE_SECONDS = 1.0
"""From one checkpoint to the next."""

MOST_OF_THE_TIME = 0.04
"""Share of the time that saving may take: on a slow disk, checkpoints are further apart."""

SECONDS_TO_END = 10.0
"""How long closing waits for the last checkpoint, on a disk that hangs."""

HANGING_SECONDS = (3, 10, 30, 60, 300, 1800, 3600)
"""When it is told that the disk does not answer."""


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

    def keyframe(self, keyframe: Keyframe) -> None:
        """A state is to be kept, from which moments of the run are soon reached."""

    def all_keyframes(self, keyframes: Sequence[Keyframe]) -> None:
        """These are all that are kept from now on."""

    def save(self, state: TrainerState, stands: Moment | None = None) -> None:
        """Have all that was told brought to the disk, with the trainer's state there; this does not wait for it."""

    def failed(self, error: Exception) -> str:
        """Training failed with this error; where more is said of it, in words, or nothing."""

    def when_saved(self, call: Callable[[], None]) -> None:
        """Call this, on another thread, each time that the disk has answered."""

    def close(self) -> None:
        """Wait for the last save, but not for ever on a disk that hangs. Nothing more will come."""


class Unrecorded:
    """Keeps nothing on disk, and answers the same questions.

    Args:
        reason: why nothing can be kept; empty where nothing is to be.
    """

    resumed = None
    folder = None
    saved = False

    def __init__(self, reason: str = "") -> None:
        self.warning = f"not saved: {reason}" if reason else ""

    def command(self, command: Command) -> None: ...

    def windows(self, progress: Progress) -> None: ...

    def seconds_to_save(self) -> float | None:
        return None

    def keyframe(self, keyframe: Keyframe) -> None: ...

    def all_keyframes(self, keyframes: Sequence[Keyframe]) -> None: ...

    def save(self, state: TrainerState, stands: Moment | None = None) -> None: ...

    def failed(self, error: Exception) -> str:
        return ""

    def when_saved(self, call: Callable[[], None]) -> None: ...

    def close(self) -> None: ...


class RunRecorder:
    """Records into a run's folder. Made by `begin` or `go_on`.

    A thread of its own writes to the disk, so that one that hangs holds nobody up: at most one save is under way, and
    of those that come meanwhile the newest is made after it.
    """

    def __init__(
        self,
        folder: Path,
        lock: Lock,
        config: EchoConfig,
        resumed: Run | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.folder: Path | None = folder
        self.resumed: Run | None = resumed
        self._folder = folder
        self._lock = lock
        self._clock = clock
        self._notes = "; ".join(resumed.notes) if resumed else ""
        self._trouble = self._less_trouble = ""
        self._told = self._kept = 0
        self._save_at = -np.inf
        self._background = Background("saving", clock)
        self._when_saved: Callable[[], None] = lambda: None
        ends = run_dir.cut_back(resumed) if resumed else (checkpoint.LogEnd(), checkpoint.LogEnd())
        self._losses = AppendLog(folder / LOSS_FILE, ends[0], LOST_WINDOW)
        self._commands = AppendLog(folder / COMMAND_FILE, ends[1])
        before = (resumed.trained, resumed.commands) if resumed else (0, ())
        self._keyframes = KeyframeLog(folder / run_dir.KEYFRAME_FILE)
        self._events = EventLog(folder, config, *before)
        self._serial = resumed.checkpoint.serial + 1 if resumed and resumed.checkpoint else 0

    @classmethod
    def begin(cls, folder: Path, config: EchoConfig) -> RunRecorder:
        """Record a new run in a folder that does not exist or is empty.

        Raises:
            RunError: the folder cannot be used.
        """
        return cls(folder, run_dir.create(folder, config), config)

    @classmethod
    def go_on(cls, folder: Path) -> RunRecorder:
        """Record on in a run's folder, from its newest checkpoint.

        Raises:
            RunError: it holds no run that can go on, or another process writes it.
        """
        run_dir.read(folder)
        try:
            lock = Lock(folder)
            run = run_dir.read(folder)
            return cls(folder, lock, run.config, run)
        except OSError as error:
            raise RunError(f"{folder} cannot be written to: {error.strerror or error}") from error

    @property
    def warning(self) -> str:
        """What was wrong with the run as it was found, until the first command; and why it is not saved, if so."""
        lost = self._losses.lost_bytes // WINDOW.itemsize
        parts = [
            self._notes,
            self._hanging,
            self._trouble,
            self._less_trouble,
            f"{lost:,} windows are lost to the loss log" if lost else "",
        ]
        return "; ".join(part for part in parts if part)

    @property
    def _hanging(self) -> str:
        seconds = max((most for most in HANGING_SECONDS if most <= self._background.seconds), default=0)
        return f"the disk has not answered for {seconds} s" if seconds else ""

    @property
    def saved(self) -> bool:
        return self._kept == self._told

    def command(self, command: Command) -> None:
        self._notes = ""
        self._commands.append(command.as_line())
        self._events.command(command)
        self._told += 1

    def windows(self, progress: Progress) -> None:
        records = np.empty(len(progress.losses), WINDOW)
        records["loss"], records["errors"] = progress.losses, progress.errors
        self._losses.append(records.tobytes())
        self._events.windows(progress)
        self._told += 1

    def seconds_to_save(self) -> float | None:
        return None if self.saved else max(0.0, self._save_at - self._clock())

    def keyframe(self, keyframe: Keyframe) -> None:
        self._keyframes.add(keyframe)
        self._told += 1

    def all_keyframes(self, keyframes: Sequence[Keyframe]) -> None:
        self._keyframes.replace(keyframes)
        self._told += 1

    def failed(self, error: Exception) -> str:
        return ""

    def save(self, state: TrainerState, stands: Moment | None = None) -> None:
        """See `Recorder.save`. A state whose weights are not finite is not kept: none could go on from it.

        The run is then taken up before the moment when it diverged, and comes to the same moment again.
        """
        self._events.point()
        ends = (self._losses.length, self._commands.length, self._events.length)
        moment = _Moment(state, stands, self._told, *ends)
        self._save_at = self._clock() + SAVE_SECONDS
        self._background.do(lambda: self._keep(moment))

    def when_saved(self, call: Callable[[], None]) -> None:
        self._when_saved = call

    def wait(self, seconds: float | None = None) -> bool:
        """Wait until the disk has answered, at most so long; whether all that was told is on it."""
        return self._background.wait(seconds) and self.saved

    def close(self) -> None:
        self._background.wait(SECONDS_TO_END)
        self._background.end(self._lock.release)

    # ---- on the thread that saves

    def _keep(self, moment: _Moment) -> None:
        begun = self._clock()
        try:
            self._lock.check()
            self._keep_events(moment.events)
            self._losses.flush(moment.losses)
            self._commands.flush(moment.commands)
            if moment.state.is_finite:
                ends = (self._losses.end, self._commands.end)
                checkpoint.save(self._folder, Checkpoint(self._serial, moment.state, *ends, moment.stands))
                self._serial += 1
            self._keyframes.flush()
            self._trouble = ""
            self._kept = moment.told
        except Exception as error:  # nothing that a disk does may end the training
            self._trouble = f"not saved since {_since(self._trouble)}: {_reason(error)}"
        seconds = self._clock() - begun
        self._save_at = max(self._save_at, begun + seconds / MOST_OF_THE_TIME)
        self._when_saved()

    def _keep_events(self, length: int) -> None:
        """What TensorBoard shows is not needed to go on: without it, the run is saved all the same."""
        try:
            self._events.flush(length)
            self._less_trouble = ""
        except OSError as error:
            self._less_trouble = f"TensorBoard's events not saved since {_since(self._less_trouble)}: {_reason(error)}"


@dataclass(frozen=True, eq=False)
class _Moment:
    """What a save brings to the disk: the state, and how long the logs are with all that was told before it."""

    state: TrainerState
    stands: Moment | None
    told: int
    losses: int
    commands: int
    events: int


def _since(trouble: str) -> str:
    """When the trouble began that is under way; now, where there is none."""
    return trouble.split(": ")[0].rpartition("since ")[2] or time.strftime("%H:%M:%S")


def _reason(error: Exception) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or str(error) or type(error).__name__
