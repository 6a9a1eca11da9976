"""Writes the logs and checkpoints of a run to its folder, as long as the folder still contains this run."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from echornn.files import own_files
from echornn.files.append_log import AppendLog
from echornn.files.trouble import Trouble
from echornn.runs import about
from echornn.runs.about import AnotherRunError
from echornn.runs.logs.solved_log import SolvedLog
from echornn.runs.run_files import TRACEBACK_FILE
from echornn.runs.states import checkpoint
from echornn.runs.states.checkpoint import Checkpoint
from echornn.runs.states.keyframes import KeyframeLog


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


class RunWriter:
    """Writes saves on one thread; other threads may read its attributes.

    Attributes:
        kept: the newest save that is on disk; None before the first.
        trouble: the error that prevented the newest attempted save; None if it succeeded.
        less_trouble: the error of the keyframes, without which the run is saved nevertheless; None if there is none.

    Args:
        folder, identity: the run's folder and identity.
        losses, commands, solved, keyframes: the logs of the run.
        serial: the number of the next checkpoint.
    """

    def __init__(
        self,
        folder: Path,
        identity: about.Identity,
        losses: AppendLog,
        commands: AppendLog,
        solved: SolvedLog,
        keyframes: KeyframeLog,
        serial: int,
    ) -> None:
        self.kept: Unsaved | None = None
        self.trouble: Trouble | None = None
        self.less_trouble: Trouble | None = None
        self._folder = folder
        self._identity = identity
        self._losses = losses
        self._commands = commands
        self._solved = solved
        self._keyframes = keyframes
        self._serial = serial

    def keep(self, save: Unsaved) -> None:
        """Write a save to the disk; errors are stored in `trouble`."""
        try:
            about.require_identity(self._folder, self._identity)
            self._losses.flush(save.losses)
            self._commands.flush(save.commands)
            self._solved.flush(save.solved)
            ends = {"losses": self._losses.end, "commands": self._commands.end, "solved": self._solved.end}
            checkpoint.save(self._folder, replace(save.checkpoint, serial=self._serial, **ends))
            self._serial += 1
            self.trouble = None
            self.kept = save
        except Exception as error:  # an error of the disk must never end the training
            self.trouble = Trouble.after(self.trouble, error)
            return
        try:
            self._keyframes.flush()
            self.less_trouble = None
        except OSError as error:
            self.less_trouble = Trouble.after(self.less_trouble, error)

    def keep_traceback(self, text: str) -> None:
        """Save the traceback of an error in training, if possible; the error itself has already been shown."""
        with contextlib.suppress(OSError):
            about.require_identity(self._folder, self._identity)
            own_files.write_whole(self._folder / TRACEBACK_FILE, text.encode(errors="backslashreplace"))

    @property
    def misplaced(self) -> Literal["", "gone", "replaced"]:
        """As in `Recorder`."""
        match self.trouble:
            case Trouble(error=FileNotFoundError()):
                return "gone"
            case Trouble(error=AnotherRunError()):
                return "replaced"
        return ""
