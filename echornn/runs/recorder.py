"""The interface through which a session records its run; and a recorder that keeps nothing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

from echornn.population_state import AnyState
from echornn.progress import AnyProgress
from echornn.runs.branch import Moment
from echornn.runs.command import Command
from echornn.runs.keyframes import Keyframe
from echornn.runs.run_dir import Run
from echornn.training.trained_on import NO_DEVICES, Devices


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

    def windows(self, progress: AnyProgress) -> None:
        """These windows were trained."""

    def seconds_to_save(self) -> float | None:
        """When `save` should be called next; None while nothing is unsaved."""

    def keyframe(self, keyframe: Keyframe) -> None:
        """A state is to be kept, from which moments of the run are soon reached."""

    def all_keyframes(self, keyframes: Sequence[Keyframe]) -> None:
        """These are all that are kept from now on."""

    def moved(self) -> None:
        """The run stands at another moment, where it goes on when it is taken up again.

        That is saved when it can be; nothing trained is unsaved while it is not.
        """

    def save(
        self,
        state: AnyState,
        stands: Moment | None = None,
        solved_at: int | None = None,
        lost_at: int | None = None,
        devices: Devices = NO_DEVICES,
    ) -> None:
        """Have all that was told brought to the disk, with the trainer's state there; this does not wait for it.

        Args:
            stands: where the run stands; the end of what was trained last, unless given.
            solved_at: window at which the echo was solved, where it was; see `echornn.analysis.evidence.Evidence`.
            lost_at: window at which it was lost again, where it was; see there too.
            devices: where the run's networks were trained.
        """

    def when_saved(self, call: Callable[[], None]) -> None:
        """Call this, on another thread, each time that the disk has answered."""

    def failed(self, error: Exception) -> Path | None:
        """Training has failed; the file that tells where in the code, None where it is not kept."""

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

    def windows(self, progress: AnyProgress) -> None: ...

    def seconds_to_save(self) -> float | None:
        return None

    def keyframe(self, keyframe: Keyframe) -> None: ...

    def all_keyframes(self, keyframes: Sequence[Keyframe]) -> None: ...

    def moved(self) -> None: ...

    def save(
        self,
        state: AnyState,
        stands: Moment | None = None,
        solved_at: int | None = None,
        lost_at: int | None = None,
        devices: Devices = NO_DEVICES,
    ) -> None: ...

    def when_saved(self, call: Callable[[], None]) -> None: ...

    def failed(self, error: Exception) -> Path | None:
        return None

    def close(self) -> None: ...
