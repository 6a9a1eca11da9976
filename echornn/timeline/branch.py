"""A run is a tree of branches, each of which began at a moment of another."""

from __future__ import annotations

import bisect
import dataclasses
import itertools
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from echornn.config import EchoConfig
from echornn.history.curve import Cause

STARTS_OVER = ("start", "reset", "redraw", "preset")
"""Causes that always initialise the weights again, so that the curve starts again too."""


class Moment(NamedTuple):
    """A moment of a run: after ``window`` windows along the path from the root to the end of branch ``branch``."""

    branch: int
    window: int


@dataclass(frozen=True)
class Branch:
    """A branch of a run: what began it, from which moment, and with which configuration.

    Attributes:
        number: its number in the run, from 0 in the order begun.
        cause: start, reset, edit, ...
        parent: the moment from which it goes on: the windows before that moment are part of its path. Its window is 0
            if the weights are initialised again; None for the run's start.
        before: the position before it began, to which an undo goes; None for the run's start.
        epoch, window: the position in the experiment of its first window, both from 0.
        generation, draw: the data and the initial weights from here on.
        config: the configuration.
    """

    number: int
    cause: Cause
    parent: Moment | None
    before: Moment | None
    epoch: int
    window: int
    generation: int
    draw: int
    config: EchoConfig

    @property
    def start(self) -> int:
        """The number of windows along its path before its first."""
        return 0 if self.parent is None else self.parent.window

    @property
    def starts_over(self) -> bool:
        """Whether its weights are initialised again, so that no earlier window is on its path."""
        return self.parent is None or self.parent.window == 0

    def position(self, window: int) -> tuple[int, int]:
        """The epoch and the window in it, both from 0, that follow after ``window`` windows along the path."""
        epochs, in_epoch = divmod(self.window + window - self.start, self.config.windows_per_epoch)
        return self.epoch + epochs, in_epoch


class BranchSpan(NamedTuple):
    """The windows of a path that lie in one branch, ``first <= window < last``."""

    branch: Branch
    first: int
    last: int


def digest(branch: Branch, of_parent: int) -> int:
    """A number that identifies everything that leads to a branch's beginning: its own settings, and those of its
    parents.

    Args:
        of_parent: the digest of the parent branch; it does not count if the weights are initialised again.
    """
    config = dataclasses.asdict(branch.config)
    if branch.config.replicas == 1:
        del config["replicas"]  # keyframes from before there were replicas keep their digest
    terms = (
        branch.start,
        branch.epoch,
        branch.window,
        branch.generation,
        branch.draw,
        config,
    )
    return zlib.crc32(repr(terms).encode(), 0 if branch.starts_over else of_parent)


def digests(branches: Sequence[Branch]) -> list[int]:
    """The digest of each branch of a run, in the order begun; see `digest`."""
    found: list[int] = []
    for branch in branches:
        found.append(digest(branch, 0 if branch.parent is None else found[branch.parent.branch]))
    return found


def whole_path(branch: Branch, branch_of: Callable[[int], Branch]) -> tuple[Branch, ...]:
    """The branches that lead to the end of this one, beginning with the one that initialised the weights."""
    path = [branch]
    while (parent := path[-1].parent) is not None and not path[-1].starts_over:
        path.append(branch_of(parent.branch))
    return tuple(reversed(path))


def path_to(window: int, path: Sequence[Branch]) -> tuple[Branch, ...]:
    """The branches of a whole path that have begun after so many windows along it."""
    return tuple(path[: bisect.bisect_right(path, window, key=_start)])


def _start(branch: Branch) -> int:
    return branch.start


def spans_to(window: int, path: Sequence[Branch], since: int = 0) -> list[BranchSpan]:
    """The windows of a whole path up to window ``window``, divided by branch; without branches that ended by window
    ``since``.
    """
    begun = path_to(window, path)
    begun = begun[max(0, bisect.bisect_right(begun, since, key=_start) - 1) :]
    ends = [one.start for one in begun[1:]] + [window]
    return [BranchSpan(one, one.start, end) for one, end in zip(begun, ends, strict=True)]


def task_since(path: Sequence[Branch]) -> int:
    """The window of a path from which on the losses tell about the task of its last branch."""
    since = 0
    for before, after in itertools.pairwise(path):
        if after.cause != "alone" and not before.config.same_task(after.config):
            since = after.start
    return since


def starts_over(cause: str, before: EchoConfig, after: EchoConfig) -> bool:
    """Whether a change with this cause, from configuration ``before`` to ``after``, initialises the weights again."""
    return cause in STARTS_OVER or (cause != "alone" and not before.differs_only_live(after))


def goes_on(cause: str, before: EchoConfig, after: EchoConfig) -> bool:
    """Whether the networks of ``before`` can go on as ``after``: as many with the same seeds, or one replica alone."""
    if before.replicas == after.replicas:
        return before.replicas == 1 or before.seed == after.seed
    replica = after.seed - before.seed
    return cause == "alone" and 0 <= replica < before.replicas and before.of(replica) == after


def place_among(before: EchoConfig, after: EchoConfig) -> int:
    """The index among the networks of ``before`` of the first network of ``after``, on the same path: if one of several
    goes on alone, it need not be the first.
    """
    return 0 if before.replicas == after.replicas else after.seed - before.seed


def is_one_of(alone: EchoConfig, several: EchoConfig) -> bool:
    """Whether ``alone`` is the configuration of one of ``several`` replicas when it goes on alone."""
    return several.replicas > 1 == alone.replicas and goes_on("alone", several, alone)
