"""Whether windows are trained now, and how many: those that a key asked for, or as many as the speed allows."""

from __future__ import annotations

import copy
import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import assert_never

from echornn.replay.pace import Pace
from echornn.session.commands import Command, DriveCommand, FinishEpoch, LookCommand, Pause, Resume, Step, Toggle

WATCHABLE_SPEED = 100.0
"""Up to this speed, in windows a second, windows are trained one by one, so that the tape has no gaps."""


@dataclass(frozen=True)
class Start:
    """What is trained first when loading ends.

    Attributes:
        running: whether it trains without end.
        windows: if not, how many windows it trains before it pauses.
        to_the_end: whether these windows lead to the end of the epoch.
    """

    running: bool = True
    windows: int = 0
    to_the_end: bool = False

    @property
    def trains(self) -> bool:
        """Whether any window is trained."""
        return self.running or self.windows > 0


class Drive:
    """What the keys for pausing, resuming and stepping have set.

    Attributes:
        running: whether it trains without end.
        owed: windows that a key asked for and that are not trained yet; then it pauses. A change keeps them.
        to_the_end: whether the owed windows lead to the end of the epoch.

    Args:
        pace: says how many windows are due.
    """

    def __init__(self, pace: Pace) -> None:
        self.running = True
        self.owed = 0
        self.to_the_end = False
        self._pace = pace

    def obey(self, command: DriveCommand, epoch_left: int) -> None:
        """Carry out a command.

        Args:
            epoch_left: windows to the end of the epoch.
        """
        match command:
            case Pause():
                self.pause()
            case Resume():
                self.resume()
            case Toggle():
                self.pause() if self.running or self.owed else self.resume()
            case Step(windows):
                self.step(windows)
            case FinishEpoch():
                self.finish(epoch_left)
            case _:
                assert_never(command)

    def pause(self) -> None:
        """Pause, and drop the windows that are owed."""
        self.running = False
        self.forgive()

    def resume(self) -> None:
        """Train without end."""
        self.running = True
        self.forgive()
        self._pace.restart()

    def step(self, windows: int) -> None:
        """Train so many more windows than are owed, then pause."""
        self.running = self.to_the_end = False
        self.owed += max(0, windows)

    def finish(self, windows: int) -> None:
        """Train to the end of the epoch, which is so many windows away, then pause."""
        self.running, self.to_the_end = False, True
        self.owed = windows

    def forgive(self) -> None:
        """Drop the windows that are owed."""
        self.owed, self.to_the_end = 0, False

    def start_after(self, commands: Iterable[Command]) -> Start:
        """What would be trained first if these commands were carried out too; nothing is changed.

        While the session loads, the number of windows to the end of the epoch is unknown; the result then says 1.
        """
        drive = copy.copy(self)
        drive._pace = Pace(math.inf, lambda: 0.0)
        for command in commands:
            if isinstance(command, DriveCommand):
                drive.obey(command, epoch_left=1)
            elif isinstance(command, LookCommand):
                drive.pause()
        return Start(drive.running, drive.owed, drive.to_the_end)

    def trained(self, windows: int) -> None:
        """Take note that so many windows were trained."""
        self.owed = max(0, self.owed - windows)
        self.to_the_end &= self.owed > 0

    def wait_seconds(self) -> float | None:
        """Seconds until windows have to be trained; None if none have to."""
        if self.owed:
            return 0.0
        return self._pace.wait_seconds() if self.running else None

    def windows(self, at_most: int) -> int:
        """How many windows to train now, in a slice of at most so many."""
        if self.owed:
            return min(self.owed, at_most)
        if not self.running:
            return 0
        return min(self._pace.due(), 1 if self._pace.speed <= WATCHABLE_SPEED else at_most)
