"""Decides whether windows are trained now, and how many: those that a key requested, or as many as the speed allows."""

from __future__ import annotations

import copy
import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import assert_never

from echornn.replay.pace import Pace
from echornn.session.commands import Command, DriveCommand, FinishEpoch, LookCommand, Pause, Resume, Step, Toggle

WATCHABLE_SPEED = 100.0
"""Up to this speed, in windows per second, windows are trained one by one, so that the screen shows all of them."""


@dataclass(frozen=True)
class Start:
    """The first training after loading: without end, a number of windows, or none.

    Attributes:
        running: whether training continues until it is paused.
        windows: otherwise, the number of windows to train before training pauses.
        to_the_end: whether these windows are the rest of the epoch.
    """

    running: bool = True
    windows: int = 0
    to_the_end: bool = False

    @property
    def trains(self) -> bool:
        """Whether any window will be trained."""
        return self.running or self.windows > 0


class Drive:
    """The state set by the keys that pause, resume and step.

    Attributes:
        running: whether training continues until it is paused.
        requested: the number of windows that a key has requested and that are not trained yet; then training pauses.
            Changes keep them.
        to_the_end: whether these windows are the rest of the epoch.

    Args:
        pace: tells how many windows are due.
    """

    def __init__(self, pace: Pace) -> None:
        self.running = True
        self.requested = 0
        self.to_the_end = False
        self._pace = pace

    def obey(self, command: DriveCommand, epoch_left: int) -> None:
        """Carry out a command.

        Args:
            epoch_left: the number of windows to the end of the epoch.
        """
        match command:
            case Pause():
                self.pause()
            case Resume():
                self.resume()
            case Toggle():
                self.pause() if self.running or self.requested else self.resume()
            case Step(windows):
                self.step(windows)
            case FinishEpoch():
                self.finish(epoch_left)
            case _:
                assert_never(command)

    def pause(self) -> None:
        """Pause, and drop the requested windows."""
        self.running = False
        self.drop_requests()

    def resume(self) -> None:
        """Train without end."""
        self.running = True
        self.drop_requests()
        self._pace.restart()

    def step(self, windows: int) -> None:
        """Train ``windows`` more windows than already requested, then pause."""
        self.running = self.to_the_end = False
        self.requested += max(0, windows)

    def finish(self, windows: int) -> None:
        """Train ``windows`` windows, the rest of the epoch, then pause."""
        self.running, self.to_the_end = False, True
        self.requested = windows

    def drop_requests(self) -> None:
        """Drop the requested windows."""
        self.requested, self.to_the_end = 0, False

    def start_after(self, commands: Iterable[Command]) -> Start:
        """The first training after these commands; nothing is changed.

        While the session loads, the number of windows to the end of the epoch is unknown, and returned as 1.
        """
        drive = copy.copy(self)
        drive._pace = Pace(math.inf, lambda: 0.0)
        for command in commands:
            if isinstance(command, DriveCommand):
                drive.obey(command, epoch_left=1)
            elif isinstance(command, LookCommand):
                drive.pause()
        return Start(drive.running, drive.requested, drive.to_the_end)

    def trained(self, windows: int) -> None:
        """Record that some windows were trained."""
        self.requested = max(0, self.requested - windows)
        self.to_the_end &= self.requested > 0

    def wait_seconds(self) -> float | None:
        """The seconds until windows are due; None if none are wanted."""
        if self.requested:
            return 0.0
        return self._pace.wait_seconds() if self.running else None

    def windows(self, at_most: int) -> int:
        """The number of windows to train now, at most ``at_most``."""
        if self.requested:
            return min(self.requested, at_most)
        if not self.running:
            return 0
        return min(self._pace.due(), 1 if self._pace.speed <= WATCHABLE_SPEED else at_most)
