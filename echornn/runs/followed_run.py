"""Another run, looked at while it may still be trained by another process."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from echornn.config import EchoConfig
from echornn.runs import run_dir
from echornn.runs.branch import Moment
from echornn.runs.timeline import Timeline


class Seen(NamedTuple):
    """What was read of a run at one time.

    Attributes:
        timeline: all that was trained in it, as far as it has been read.
        stands: where the run stands.
        config: what is trained there.
    """

    timeline: Timeline
    stands: Moment
    config: EchoConfig


class FollowedRun:
    """A run's folder, of which `refresh` reads the losses, and later what has come since; nothing in it is changed.

    Attributes:
        folder: the run's.
        seen: what was read of it, replaced as a whole: another thread may look at it at any time.

    Args:
        folder: the run's.

    Raises:
        RunError: it holds no run that can be read.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        run = run_dir.glance(folder)
        self.seen = Seen(Timeline(), run.stands, run.config)
        self._stretches: tuple[tuple[int, int, int, int], ...] = ()

    def refresh(self) -> bool:
        """Read what has come since; whether anything has.

        Raises:
            RunError: the folder holds no run any more.
        """
        run = run_dir.glance(self.folder)  # losses that were damaged would be drawn as they are
        branches, stretches = run.tree
        told = tuple((one.branch, one.along, one.first, one.last) for one in stretches)
        before, trained = self._stretches, self.seen.timeline.trained
        if told == before and trained and run.stands == self.seen.stands:
            return False
        goes_on = before[:-1] == told[: len(before) - 1] and run.trained >= trained
        timeline = self.seen.timeline if goes_on else Timeline()
        for stretch in stretches:
            while len(timeline) <= stretch.branch:
                timeline.begin(branches[len(timeline)])
            new = stretch._replace(first=max(stretch.first, timeline.trained))
            for _, windows in run.windows_of(new):
                run.tell(timeline, stretch, windows)
        self.seen, self._stretches = Seen(timeline, run.stands, run.config), told
        return True
