"""A run is a tree: branches, each of which began from a moment of another."""

from __future__ import annotations

import bisect
import dataclasses
import itertools
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from echornn.analysis.loss_history import Cause
from echornn.config import EchoConfig

STARTS_OVER = ("start", "reset", "redraw", "preset")
"""Causes under which the weights, and with them the curve, begin anew whatever changes."""


class Moment(NamedTuple):
    """A moment of a run: after ``window`` windows along the path from the root to the end of branch ``branch``."""

    branch: int
    window: int


@dataclass(frozen=True)
class Branch:
    """What began a stretch of windows, and from where.

    Attributes:
        number: in the run, from 0 in the order begun.
        cause: start, reset, edit, ...
        parent: the moment that it goes on from: the windows before it are part of its path. Window 0 where the weights
            begin anew; None for the run's start.
        before: where one stood when it began, to which undoing it goes; None for the run's start.
        epoch, window: position in the experiment at its beginning: its first window, both from 0.
        generation, draw: data and weights from here on.
        config: what is trained.
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
        """Windows along its path before its first."""
        return 0 if self.parent is None else self.parent.window

    @property
    def starts_over(self) -> bool:
        """Whether its weights begin anew, so that no window before it is on its path."""
        return self.parent is None or self.parent.window == 0

    def position(self, window: int) -> tuple[int, int]:
        """Epoch and window in it, both from 0, that come next after ``window`` windows along the path."""
        epochs, in_epoch = divmod(self.window + window - self.start, self.config.windows_per_epoch)
        return self.epoch + epochs, in_epoch


class Span(NamedTuple):
    """The windows of a path that lie in one branch, ``first <= window < last``."""

    branch: Branch
    first: int
    last: int


def digest(branch: Branch, of_parent: int) -> int:
    """A number that tells what leads to a branch's beginning from all else: its own terms, and those of its parent.

    Args:
        of_parent: the digest of the branch that it goes on from; it does not count where the weights begin anew.
    """
    config = dataclasses.asdict(branch.config)
    if branch.config.replicas == 1:
        del config["replicas"]  # keyframes of before there were several are still known
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
    """The branches that lead to the end of this one, from the one where the weights began."""
    path = [branch]
    while (parent := path[-1].parent) is not None and not path[-1].starts_over:
        path.append(branch_of(parent.branch))
    return tuple(reversed(path))


def path_to(window: int, path: Sequence[Branch]) -> tuple[Branch, ...]:
    """Those branches of a whole path that have begun after so many windows along it."""
    return tuple(path[: bisect.bisect_right(path, window, key=_start)])


def _start(branch: Branch) -> int:
    return branch.start


def spans_to(window: int, path: Sequence[Branch], since: int = 0) -> list[Span]:
    """The windows of a whole path up to this one, by the branch that they lie in; without those of branches that ended
    by window ``since``."""
    begun = path_to(window, path)
    begun = begun[max(0, bisect.bisect_right(begun, since, key=_start) - 1) :]
    ends = [one.start for one in begun[1:]] + [window]
    return [Span(one, one.start, end) for one, end in zip(begun, ends, strict=True)]


def task_since(path: Sequence[Branch]) -> int:
    """The window along a path from which on losses are evidence of what its last branch trains."""
    since = 0
    for before, after in itertools.pairwise(path):
        if after.cause != "alone" and not before.config.same_task(after.config):
            since = after.start
    return since


def starts_over(cause: str, before: EchoConfig, after: EchoConfig) -> bool:
    """Whether weights begin anew when this is done where ``before`` was trained."""
    return cause in STARTS_OVER or (cause != "alone" and not before.differs_only_live(after))


def goes_on(cause: str, before: EchoConfig, after: EchoConfig) -> bool:
    """Whether networks that were trained so can go on so: as many with the same seeds, or one of several alone."""
    if before.replicas == after.replicas:
        return before.replicas == 1 or before.seed == after.seed
    replica = after.seed - before.seed
    return cause == "alone" and 0 <= replica < before.replicas and before.of(replica) == after


def is_one_of(alone: EchoConfig, several: EchoConfig) -> bool:
    """Whether this is what one of several networks trains when it goes on alone."""
    return several.replicas > 1 == alone.replicas and goes_on("alone", several, alone)
