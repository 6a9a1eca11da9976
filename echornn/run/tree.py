"""`Tree`: the branches of a run, and which of its windows belong to which branch."""

from __future__ import annotations

import bisect
from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache
from typing import Any, NamedTuple

from echornn.config import EchoConfig, changes_text
from echornn.run.branch import Branch, BranchSpan, Position, can_continue_under

KEPT_PATHS = 32  # in memory; others are computed again

CAUSES = {
    "start": "the start",
    "reset": "started over",
    "redraw": "new weights",
    "regenerate": "new data",
    "back": "trained on",
    "lost": "what began it cannot be read",
}
"""The text for a branch with the configuration of the branch before, if it is not the cause
itself."""


class LogRange(NamedTuple):
    """Windows of a branch that were trained one after the other: ``first <= window < last`` along
    its path. In the run's logs they begin with window ``at``."""

    branch: Branch
    first: int
    last: int
    at: int


class Tree:
    """The branches of a run, in the order in which they began. It only grows: the training thread
    adds to it, and any thread may read.

    The *path* of a branch leads from new weights to its end; its windows are numbered from 0. All
    windows are in the logs of the run in the order in which they were trained, so those of a branch
    are in as many ranges as it was trained on.
    """

    def __init__(self) -> None:
        self.trained = 0  # windows, in all branches
        self._branches: list[Branch] = []
        self._digests: list[int] = []
        self._ends: list[int] = []  # windows along the path of each branch
        self._ranges: list[LogRange] = []  # in the order of the logs
        self._ranges_of: list[list[int]] = []  # of each branch, indices in these
        self._path = lru_cache(KEPT_PATHS)(self._path_to_end)

    def __len__(self) -> int:
        return len(self._branches)

    # ---- growing

    def begin(self, branch: Branch) -> Branch:
        """Add the next branch, which grows from now on. Returns it as it is in the tree: its parent
        is the branch that trained the window before. A ValueError if it cannot begin there."""
        digest_before = 0
        if branch.parent is not None and not branch.starts_over:
            if not self.has(branch.parent):
                raise ValueError(
                    f"a branch cannot begin at a position that the run does not have: {branch}"
                )
            parent = self.owner(branch.parent)
            if not can_continue_under(branch.cause, parent.config, branch.config):
                raise ValueError(
                    f"a branch cannot continue its parent with this configuration: {branch}"
                )
            branch = replace(branch, parent=Position(parent.number, branch.parent.window))
            digest_before = self._digests[parent.number]
        self._digests.append(branch.digest(digest_before))
        self._ends.append(branch.start)
        self._ranges_of.append([])
        self._branches.append(branch)  # last: who sees it finds the rest
        self.go_on(len(self) - 1)
        return branch

    def go_on(self, number: int) -> None:
        """The next windows are trained at the end of this branch."""
        end = self._ends[number]
        self._ranges_of[number].append(len(self._ranges))
        self._ranges.append(LogRange(self._branches[number], end, end, self.trained))

    def grew(self, windows: int) -> None:
        """So many windows were trained at the end of the branch that grows."""
        growing = self._ranges[-1]
        self._ranges[-1] = growing._replace(last=growing.last + windows)
        self._ends[growing.branch.number] += windows
        self.trained += windows

    # ---- branches

    @property
    def growing(self) -> int:
        """The branch that was trained last, or began since."""
        return self._ranges[-1].branch.number if self._ranges else 0

    @property
    def branches(self) -> tuple[Branch, ...]:
        return tuple(self._branches)

    @property
    def digests(self) -> list[int]:
        return list(self._digests)

    def branch(self, number: int) -> Branch:
        return self._branches[number]

    def digest(self, number: int) -> int:
        """A hash of everything that affects the windows of a branch."""
        return self._digests[number]

    def end(self, number: int) -> Position:
        return Position(number, self._ends[number])

    def windows_of(self, number: int) -> int:
        """The windows that were trained in this branch itself."""
        return self._ends[number] - self._branches[number].start

    def config_before(self, branch: Branch) -> EchoConfig | None:
        """The configuration that was trained before a branch began; None for the first branch."""
        before = branch.before or branch.parent
        return None if before is None else self.owner(before).config

    def differs(self, number: int) -> str:
        """The difference between a branch and the branch that it came from, as text."""
        branch = self.branch(number)
        if branch.cause == "alone":
            return f"seed {branch.config.seed} alone"
        before = self.config_before(branch)
        changes = "" if before is None else changes_text(before, branch.config)
        return changes or CAUSES.get(branch.cause, branch.cause)

    def changes_tried(self, position: Position) -> tuple[dict[str, Any], ...]:
        """What was changed while a network on the path to a position was trained: the new values of
        each branch that began there."""
        path = {branch.number for branch in self.path(position)}
        tried = []
        for branch in self._branches[1:]:
            if branch.before is not None and branch.before.branch in path:
                before = self.branch(branch.before.branch).config
                tried.append(before.changes_to(branch.config))
        return tuple(tried)

    # ---- positions and paths

    def has(self, position: Position) -> bool:
        number, window = position
        return 0 <= number < len(self) and 0 <= window <= self._ends[number]

    def owner(self, position: Position) -> Branch:
        """The last branch on the path that has begun by this position: it trained the window
        before, or begins here."""
        branch = self.branch(position.branch)
        if branch.start <= position.window:
            return branch
        return self.path(position)[-1]

    def path(self, position: Position) -> tuple[Branch, ...]:
        """The branches on the path to a position, beginning with the branch that has new
        weights."""
        path = self._path(position.branch)
        return path[: _begun(path, position.window)]

    def _path_to_end(self, number: int) -> tuple[Branch, ...]:
        path = [self.branch(number)]
        while not path[-1].starts_over:
            assert path[-1].parent is not None
            path.append(self.branch(path[-1].parent.branch))
        return tuple(reversed(path))

    def spans(self, position: Position, since: int = 0) -> list[BranchSpan]:
        """The windows on the path to a position, without branches that ended at or before window
        ``since``."""
        path = self.path(position)
        path = path[max(0, _begun(path, since) - 1) :]
        ends = [branch.start for branch in path[1:]] + [position.window]
        return [
            BranchSpan(branch, branch.start, end) for branch, end in zip(path, ends, strict=True)
        ]

    def ranges(self, position: Position | None = None, since: int = 0) -> Iterator[LogRange]:
        """The windows on the path to a position, without the first ``since``, by where they are in
        the logs; by default all windows of the run, in the order in which they were trained."""
        if position is None or not len(self):
            yield from list(self._ranges)
            return
        for branch, first, last in self.spans(position, since):
            for index in self._ranges_of[branch.number]:
                trained = self._ranges[index]
                begin, end = max(first, since, trained.first), min(last, trained.last)
                if begin < end:
                    yield LogRange(branch, begin, end, trained.at + begin - trained.first)


def _begun(path: tuple[Branch, ...], window: int) -> int:
    """How many branches of a path have begun by a window."""
    return bisect.bisect_right(path, window, key=lambda branch: branch.start)
