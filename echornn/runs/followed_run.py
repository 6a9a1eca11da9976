"""Follows another run: reads it repeatedly while another process may train it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy.typing as npt

from echornn.config import EchoConfig
from echornn.runs import about, run_dir
from echornn.runs.about import Identity
from echornn.runs.recorded_tree import Stretch
from echornn.runs.run_dir import Run
from echornn.timeline.branch import Branch, Position
from echornn.timeline.timeline import Timeline

Windows = npt.NDArray[Any]
"""Windows as `Run.windows` returns them."""


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

    If the folder contains another run later, or if the run lost its windows after the last save and was then trained
    differently, everything is read again. So a timeline never mixes two runs.

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
        run = run_dir.glance(folder)
        self.seen = RunSnapshot(Timeline(), run.position, run.config)
        self._read = _Read(run.identity)

    def refresh(self) -> bool:
        """Read what was added; returns whether there was anything.

        Raises:
            RunError: the folder has no run any more.
            OSError: the folder has another run now, or cannot be read; `seen` is unchanged.
        """
        run = run_dir.glance(self.folder)  # losses are drawn as they are, even if damaged
        branches, stretches = run.tree
        found = _Read(run.identity, tuple(branches), tuple(stretches))
        if found == self._read and self.seen == (self.seen.timeline, run.position, run.config):
            return False
        goes_on = found.goes_on_after(self._read)
        timeline = self.seen.timeline if goes_on else Timeline()
        new: Iterable[tuple[Stretch, Iterable[Windows]]]
        new = ((stretch, _since(timeline.trained, run, stretch)) for stretch in stretches)
        if goes_on:  # other threads read this timeline, so windows of another run must not get into it
            new = [(stretch, list(windows)) for stretch, windows in new]
            about.require_identity(self.folder, run.identity)
        for stretch, pieces in new:
            while len(timeline) <= stretch.branch:
                timeline.begin(branches[len(timeline)])
            for windows in pieces:
                run.tell(timeline, stretch, windows)
        about.require_identity(self.folder, run.identity)
        self.seen, self._read = RunSnapshot(timeline, run.position, run.config), found
        return True


def _since(trained: int, run: Run, stretch: Stretch) -> Iterator[Windows]:
    """The windows of a stretch, in pieces, without the first ``trained`` windows of the whole run."""
    for _, windows in run.windows_of(stretch._replace(first=max(stretch.first, trained))):
        yield windows


@dataclass(frozen=True)
class _Read:
    """The parts from which a timeline was made: the run's branches, and the stretches of its loss log."""

    identity: Identity
    branches: tuple[Branch, ...] = ()
    stretches: tuple[Stretch, ...] = ()

    def goes_on_after(self, before: _Read) -> bool:
        """Whether this reading only adds to the earlier reading, so that the earlier timeline can be extended."""
        count = len(before.stretches)
        if not count:
            return True
        *whole, last = before.stretches
        there = self.stretches[:count]
        return (
            self.identity == before.identity
            and self.branches[: len(before.branches)] == before.branches
            and there[:-1] == tuple(whole)
            and len(there) == count
            and there[-1]._replace(last=last.last) == last
            and there[-1].last >= last.last
        )
