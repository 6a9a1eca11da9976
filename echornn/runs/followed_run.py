"""Follows another run: reads it repeatedly while another process may train it."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from echornn.config import EchoConfig
from echornn.runs import run_dir
from echornn.timeline.branch import Position
from echornn.timeline.timeline import Timeline


class RunSnapshot(NamedTuple):
    """A run as it was read at one time.

    Attributes:
        timeline: everything trained in the run, as far as it was read.
        position: the current position of the run.
        config: the configuration at this position.
    """

    timeline: Timeline
    position: Position
    config: EchoConfig


class FollowedRun:
    """Follows the folder of a run; `refresh` reads what was added. Nothing in the folder is changed.

    If the folder contains another run later, or the run lost commands, everything is read again.

    Attributes:
        folder: the run's folder.
        seen: the newest snapshot. It is replaced as a whole, so other threads may read it at any time.

    Args:
        folder: the run's folder.

    Raises:
        RunError: the folder has no run that can be read.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._run = run_dir.glance(folder)
        self.seen = RunSnapshot(Timeline(), self._run.position, self._run.config)

    def refresh(self) -> bool:
        """Read what was added; returns whether there was anything.

        Raises:
            RunError: the folder has no run any more.
            OSError: the losses cannot be read; `seen` is unchanged.
        """
        run, before, timeline = run_dir.glance(self.folder), self._run, self.seen.timeline
        is_the_same = run.identity == before.identity and run.commands[: len(before.commands)] == before.commands
        if not is_the_same or run.trained < timeline.trained:
            timeline = Timeline()
        elif (run.trained, run.position, run.config) == (timeline.trained, *self.seen[1:]):
            return False
        branches, stretches = run.tree
        for stretch in stretches:
            while len(timeline) <= stretch.branch:
                timeline.begin(branches[len(timeline)])
            for _, windows in run.windows_of(stretch._replace(first=max(stretch.first, timeline.trained))):
                run.tell(timeline, stretch, windows)
        self.seen, self._run = RunSnapshot(timeline, run.position, run.config), run
        return True
