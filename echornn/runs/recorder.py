"""`Recorder`, the interface through which a session saves its run; this one saves nothing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Literal

from echornn.progress import PopulationProgress
from echornn.runs.branch_notes import BranchNotes
from echornn.runs.command_log import RecordedCommand
from echornn.runs.keyframes import Keyframe
from echornn.runs.run_dir import Run
from echornn.state import PopulationState
from echornn.timeline.branch import Position
from echornn.training.structure import NO_DEVICES, Devices


class Recorder:
    """Receives what a session reports about its run, on the training thread. No method raises errors of the disk.

    Attributes:
        folder: the folder of the run; None if the run is not saved.
        resumed: the run that is continued; None if the run is new.

    Args:
        reason: why saving is not possible; empty if the user wants no saving.
    """

    def __init__(self, reason: str = "") -> None:
        self.folder: Path | None = None
        self.resumed: Run | None = None
        self._reason = reason

    @property
    def saved(self) -> bool:
        """Whether everything that was reported is on disk."""
        return False

    @property
    def warning(self) -> str:
        """A message for the user about a problem with saving; empty if there is none."""
        return f"not saved: {self._reason}" if self._reason else ""

    @property
    def misplaced(self) -> Literal["", "gone", "replaced"]:
        """``gone`` or ``replaced`` if the run's folder is gone, or contains another run now; otherwise empty."""
        return ""

    def command(self, command: RecordedCommand) -> None:
        """Report a command that was carried out, or the start of the run."""

    def windows(self, progress: PopulationProgress) -> None:
        """Report windows that were trained."""

    def seconds_to_save(self) -> float | None:
        """The seconds until `save` should be called next; None while everything is saved."""
        return None

    def keyframe(self, keyframe: Keyframe) -> None:
        """Report a state to keep, so that later windows are reached quickly."""

    def all_keyframes(self, keyframes: Sequence[Keyframe]) -> None:
        """Replace all keyframes by these."""

    def moved(self) -> None:
        """Report that the run is at another position, from which it will continue when it is opened again.

        The position is saved when possible; until then, no trained window counts as unsaved because of it.
        """

    def note(self, notes: BranchNotes, digests: Sequence[int]) -> None:
        """Save the user's notes on branches at once; returns without waiting for the disk.

        Args:
            digests: the digests of the run's branches.
        """

    def save(
        self,
        state: PopulationState,
        position: Position | None = None,
        solved_at: int | None = None,
        lost_at: int | None = None,
        devices: Devices = NO_DEVICES,
    ) -> None:
        """Save everything reported so far, with the current state; returns without waiting for the disk.

        Args:
            position: the current position of the run; by default the end of the branch trained last.
            solved_at: the window at which the echo was solved, if it was; see `echornn.diagnosis.loss_stats.LossStats`.
            lost_at: the window at which the echo was lost again, if it was; see `LossStats` too.
            devices: the device that trained each of the run's networks.
        """

    def when_saved(self, call: Callable[[], None]) -> None:
        """Set a function that is called, on another thread, each time the disk has answered."""

    def failed(self, error: Exception) -> Path | None:
        """Report that training has failed; returns the file with the traceback, None if it is not saved."""
        return None

    def forget(self) -> None:
        """Remove the run from the disk, after `close`; another run in its place is not removed.

        Raises:
            OSError: the run could not be removed, or does not exist.
        """

    @property
    def seconds_to_end(self) -> float:
        """The seconds that closing waits for the disk: for twice as long as the last save took, at least."""
        return 0.0

    def close(self) -> None:
        """Wait for the last save, but not forever if the disk hangs. Afterwards nothing may be reported."""
