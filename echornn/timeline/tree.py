"""The tree of a run's branches, and the path to any position."""

from __future__ import annotations

import dataclasses
import threading
from abc import ABC, abstractmethod

from echornn.config import EchoConfig, changes_text
from echornn.timeline.branch import Branch, BranchSpan, Position, digest, path_to, path_to_end, spans_to
from echornn.timeline.track import Track

KEPT_PATHS = 32
"""The number of paths kept in memory; others are computed again."""


class Tree(ABC):
    """The branches of a run, each with its losses in a `Track`. One thread may add branches while others read.

    The *path* of a branch leads from new weights to its end; its windows are numbered from 0.
    """

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._tracks: list[Track] = []
        self._paths: dict[int, tuple[Branch, ...]] = {}

    def __len__(self) -> int:
        """The number of branches."""
        return len(self._tracks)

    def begin(self, branch: Branch) -> None:
        """Add the next branch; its number must be the number of branches before it.

        Raises:
            ValueError: the number is wrong, or the branch does not begin at a position of this run.
        """
        with self._lock:
            parent = branch.parent
            if branch.number != len(self) or (parent is None) != (len(self) == 0):
                raise ValueError(
                    f"a branch cannot have this number or parent: {branch}; the next number is {len(self)}"
                )
            of_parent = 0
            if parent is not None:
                if not self.has(parent):
                    raise ValueError(f"a branch cannot begin at a position that the run does not have: {branch}")
                if not branch.starts_over:
                    owner = self.owner(parent)
                    branch = dataclasses.replace(branch, parent=Position(owner.number, parent.window))
                    of_parent = self.digest(owner.number)
            track = self._track(branch, digest(branch, of_parent))
            track.task_since = self._task_since(branch)
            self._tracks.append(track)

    def _task_since(self, branch: Branch) -> int:
        """The window since which the task of a new branch is the same; see `echornn.timeline.branch.task_since`."""
        if branch.parent is None or branch.starts_over:
            return 0
        before = self._tracks[branch.parent.branch]
        goes_on = branch.cause == "alone" or before.branch.config.same_task(branch.config)
        return before.task_since if goes_on else branch.start

    @abstractmethod
    def _track(self, branch: Branch, number: int) -> Track:
        """An empty track for a new branch, with the statistics at the branch's beginning.

        Args:
            number: the digest of the branch, not the branch's number.

        Raises:
            ValueError: the branch cannot begin at its parent's position.
        """

    def branch(self, number: int) -> Branch:
        """The branch with this number.

        Raises:
            IndexError: there is no such branch.
        """
        return self._tracks[number].branch

    def digest(self, number: int) -> int:
        """A hash of everything that leads to a branch; see `echornn.timeline.branch.digest`."""
        return self._tracks[number].digest

    def end(self, number: int) -> Position:
        """The position at the end of a branch."""
        return Position(number, self._tracks[number].end)

    def windows_of(self, number: int) -> int:
        """The number of windows that were trained in this branch itself."""
        return len(self._tracks[number])

    def has(self, position: Position) -> bool:
        """Whether this position exists in this run."""
        return 0 <= position.branch < len(self) and 0 <= position.window <= self._tracks[position.branch].end

    def owner(self, position: Position) -> Branch:
        """The last branch on the path that has begun by this position: it trained the window before, or begins here."""
        own = self.branch(position.branch)
        return own if own.start <= position.window else self.path(position)[-1]

    def path(self, position: Position) -> tuple[Branch, ...]:
        """The branches on the path to a position, beginning with the branch that has new weights."""
        return path_to(position.window, self._path(position.branch))

    def _path(self, number: int) -> tuple[Branch, ...]:
        with self._lock:
            path = self._paths.get(number)
            if path is None:
                branch = self.branch(number)
                before = self._paths.get(branch.parent.branch) if branch.parent and not branch.starts_over else None
                path = path_to_end(branch, self.branch) if before is None else (*before, branch)
                if len(self._paths) >= KEPT_PATHS:
                    del self._paths[next(iter(self._paths))]
                self._paths[number] = path
            return path

    def spans(self, position: Position, since: int = 0) -> list[BranchSpan]:
        """The windows on the path to a position, one span per branch; branches that ended at or before window ``since``
        are left out.
        """
        return spans_to(position.window, self._path(position.branch), since)

    def parent_config(self, branch: Branch) -> EchoConfig | None:
        """The configuration that was trained before a branch began; None for the first branch."""
        before = branch.before if branch.before is not None else branch.parent
        return None if before is None else self.owner(before).config

    def differs(self, number: int) -> str:
        """The difference between a branch and the branch that it came from, as text."""
        return said(self.branch(number), self.parent_config(self.branch(number)))


CAUSES = {
    "start": "the start",
    "reset": "started over",
    "redraw": "new weights",
    "regenerate": "new data",
    "edit": "edit",
    "preset": "preset",
    "alone": "alone",
    "back": "trained on",
    "lost": "what began it cannot be read",
}
"""The text for each cause of a branch."""


def said(branch: Branch, before: EchoConfig | None) -> str:
    """The difference between a branch and what was trained before it, as a short text."""
    if branch.cause == "alone":
        return f"seed {branch.config.seed} alone"
    differing = "" if before is None else changes_text(before, branch.config)
    return differing or CAUSES[branch.cause]
