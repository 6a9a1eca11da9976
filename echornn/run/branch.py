"""The branches of a run, each of which begins at a position of another, and their letters."""

from __future__ import annotations

import itertools
import re
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from echornn.config import EchoConfig
from echornn.files.recorded_values import config_record
from echornn.history.curve import Cause, Segment


class Position(NamedTuple):
    """On a branch of a run, after ``window`` windows along the path from new weights to its end."""

    branch: int
    window: int


@dataclass(frozen=True)
class Branch:
    """A branch of a run: what began it, where, and its configuration."""

    number: int  # from 0, in the order in which branches began
    cause: Cause
    # Which it continues; at window 0 if the weights are new, None for the first branch
    parent: Position | None
    # Of the run when the branch began, to which an undo goes; None for the first branch
    before: Position | None
    epoch: int  # of the first window, from 0
    window: int  # the first window's number in its epoch, from 0
    data_version: int
    init_index: int
    config: EchoConfig

    @property
    def start(self) -> int:
        """The number of windows along the path before the branch's first window."""
        return 0 if self.parent is None else self.parent.window

    @property
    def starts_over(self) -> bool:
        return self.start == 0

    @cached_property
    def segment(self) -> Segment:
        return Segment(
            self.start, self.cause, self.epoch, self.window, self.config.windows_per_epoch
        )

    def epoch_and_window(self, window: int) -> tuple[int, int]:
        """Epoch and window in it (both from 0) of the window that follows ``window`` windows along
        the path."""
        return self.segment.epoch_and_window(window)

    @property
    def most_windows(self) -> int:
        """The windows from its first to the end of the last epoch."""
        return (self.config.num_epochs - self.epoch) * self.config.windows_per_epoch - self.window

    def digest(self, of_parent: int) -> int:
        """A hash of everything that affects the beginning of the branch."""
        config = config_record(self.config, with_facts=False)
        if self.config.replicas == 1:
            del config["replicas"]  # keeps the digests of keyframes from before replicas existed
        terms = self.start, self.epoch, self.window, self.data_version, self.init_index, config
        before = 0 if self.starts_over else of_parent
        return zlib.crc32(repr(terms).encode(), before)


class BranchSpan(NamedTuple):
    """The windows of a path that belong to one branch, ``first <= window < last``."""

    branch: Branch
    first: int
    last: int

    def overlaps(self, first: int, last: int) -> bool:
        """Whether it has windows from ``first`` to ``last``, or begins among them without any, as
        an edit does that another follows at once: it has its mark in the curve too."""
        begins_or_goes_on = self.first >= first or self.last > first
        return self.first < last and begins_or_goes_on


def task_since(path: Sequence[Branch]) -> int:
    """The window of a path from which on all branches have the same task as the last branch."""
    since = 0
    for before, after in itertools.pairwise(path):
        if after.cause != "alone" and not before.config.same_task(after.config):
            since = after.start
    return since


def starts_over(cause: str, before: EchoConfig, after: EchoConfig) -> bool:
    """Whether a change with this cause, from configuration ``before`` to ``after``, begins with new
    weights."""
    if cause in ("start", "reset", "redraw", "preset"):
        return True
    return cause != "alone" and not before.differs_only_live(after)


def can_continue_under(cause: str, before: EchoConfig, after: EchoConfig) -> bool:
    """Whether the networks of ``before`` can continue under ``after``: all with the same seeds, or
    one alone."""
    if before.replicas == after.replicas:
        return before.replicas == 1 or before.seed == after.seed
    replica = after.seed - before.seed
    return cause == "alone" and 0 <= replica < before.replicas and before.of(replica) == after


def index_in(before: EchoConfig, after: EchoConfig) -> int:
    """The index of the first network of ``after`` among those of ``before``: of that with seed 12,
    which continues alone of those from seed 10 on, it is 2."""
    return 0 if before.replicas == after.replicas else after.seed - before.seed


def letter_of(number: int) -> str:
    """The letter of a branch: a to z, then aa, ab, ..."""
    letters = ""
    number += 1
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(ord("a") + rest) + letters
    return letters


def number_of(name: str) -> int | None:
    """The number of the branch with this letter, or with this number as digits; None for any other
    text."""
    if re.fullmatch("[0-9]{1,18}", name):
        return int(name)
    if not re.fullmatch("[a-z]{1,12}", name):
        return None
    number = 0
    for letter in name:
        number = number * 26 + ord(letter) - ord("a") + 1
    return number - 1
