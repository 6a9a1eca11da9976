"""The interface through which a session records its run; and a recorder that keeps nothing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

from echornn.population_state import PopulationState
from echornn.progress import PopulationProgress
from echornn.runs.command_log import RecordedCommand
from echornn.runs.keyframes import Keyframe
from echornn.runs.run_dir import Run
from echornn.timeline.branch import Moment
from echornn.training.trained_on import NO_DEVICES, Devices


class Recorder(Protocol):
    """Takes what a session reports about its run, on the training thread. No method raises an error of the disk."""

    @property
    def resumed(self) -> Run | None:
        """The run that is continued; None for a new one."""

    @property
    def folder(self) -> Path | None:
        """The folder of the run; None if it is not kept."""

    @property
    def saved(self) -> bool:
        """Whether everything reported is on disk."""

    @property
    def warning(self) -> str:
        """What is wrong with the record, as text for users; empty if nothing is."""

    def command(self, command: RecordedCommand) -> None:
        """Report a command that was carried out (or the start of the run)."""

    def windows(self, progress: PopulationProgress) -> None:
        """Report windows that were trained."""

    def seconds_to_save(self) -> float | None:
        """Seconds until `save` should be called next; None while nothing is unsaved."""

    def keyframe(self, keyframe: Keyframe) -> None:
        """Report a state to keep, so that moments after it are reached quickly."""

    def all_keyframes(self, keyframes: Sequence[Keyframe]) -> None:
        """Replace all kept keyframes by these."""

    def moved(self) -> None:
        """Report that the run is at another position, from which it would continue if it were opened again.

        This is saved when possible; until then, nothing trained counts as unsaved because of it.
        """

    def save(
        self,
        state: PopulationState,
        stands: Moment | None = None,
        solved_at: int | None = None,
        lost_at: int | None = None,
        devices: Devices = NO_DEVICES,
    ) -> None:
        """Have everything reported so far written to the disk, with the present state; returns without waiting.

        Args:
            stands: the position of the run; by default the end of what was trained last.
            solved_at: the window at which the echo was solved, if it was; see `echornn.diagnosis.loss_stats.LossStats`.
            lost_at: the window at which it was lost again, if it was; see there too.
            devices: the device that trained each of the run's networks.
        """

    def when_saved(self, call: Callable[[], None]) -> None:
        """Call this, on another thread, each time the disk has answered."""

    def failed(self, error: Exception) -> Path | None:
        """Report that training has failed; returns the file with the traceback, None if none is kept."""

    def close(self) -> None:
        """Wait for the last save, but not for ever if the disk hangs. Nothing may be reported afterwards."""


class Unrecorded:
    """A recorder that keeps nothing on disk.

    Args:
        reason: why nothing can be kept; empty if nothing is meant to be.
    """

    resumed = None
    folder = None
    saved = False

    def __init__(self, reason: str = "") -> None:
        self.warning = f"not saved: {reason}" if reason else ""

    def command(self, command: RecordedCommand) -> None: ...

    def windows(self, progress: PopulationProgress) -> None: ...

    def seconds_to_save(self) -> float | None:
        return None

    def keyframe(self, keyframe: Keyframe) -> None: ...

    def all_keyframes(self, keyframes: Sequence[Keyframe]) -> None: ...

    def moved(self) -> None: ...

    def save(
        self,
        state: PopulationState,
        stands: Moment | None = None,
        solved_at: int | None = None,
        lost_at: int | None = None,
        devices: Devices = NO_DEVICES,
    ) -> None: ...

    def when_saved(self, call: Callable[[], None]) -> None: ...

    def failed(self, error: Exception) -> Path | None:
        return None

    def close(self) -> None: ...
