"""A row for each window of a run (with replicas, for each network), as CSV or JSON."""

from __future__ import annotations

import functools
import itertools
import math
from collections.abc import Iterable, Iterator
from typing import NamedTuple

import numpy as np

from echornn.history.kept_windows import StoredWindows, errors_of, losses_of
from echornn.runs.run_dir import Run
from echornn.timeline.branch import Branch, Position
from tui.commands.replica_numbers import ReplicaNumbers

HEADER = "window,epoch,loss,accuracy"

REPLICA_HEADER = f"{HEADER},replica"
"""The header for a run in which some branch trained several networks."""

HEAD = "\0"
"""The placeholder in a template for the text at the beginning of each line of a window."""

INDEX = "#"
"""The placeholder in a template for a line's replica."""


class WindowRow(NamedTuple):
    """A window and its results.

    Attributes:
        window: the number of the window, from 1, in the whole run or along a path.
        epoch: the number of its epoch, from 1.
        losses: the loss of each network, in nats, or squared errors.
        accuracies: the accuracy of each network, 0 to 1.
        first: the number of the first network, see `ReplicaNumbers`; the others have the following numbers.
        has_accuracy: whether predictions are symbols, which are right or wrong.
    """

    window: int
    epoch: int
    losses: list[float]
    accuracies: list[float]
    first: int = 0
    has_accuracy: bool = True


def rows(run: Run, replica: int | None = None) -> Iterator[WindowRow]:
    """All windows up to the run's checkpoint, in the order trained; NaN for windows that the loss log lacks.

    Args:
        replica: only the network with this number, see `ReplicaNumbers`; by default all networks.
    """
    branches, numbers = run.tree[0], ReplicaNumbers.of(run)
    for stretch, windows in run.pieces():
        yield from _rows(stretch.first, branches[stretch.branch], stretch.along, windows, numbers, replica)


def rows_along(run: Run, position: Position, replica: int | None = None) -> Iterator[WindowRow]:
    """The windows on the path to a position, numbered along the path; see `rows`."""
    numbers = ReplicaNumbers.of(run)
    for branch, along, windows in run.path(position):
        yield from _rows(along, branch, along, windows, numbers, replica)


def _rows(
    before: int,
    branch: Branch,
    along: int,
    windows: StoredWindows,
    numbers: ReplicaNumbers,
    replica: int | None,
) -> Iterator[WindowRow]:
    losses, errors = losses_of(windows), errors_of(windows, branch.config)
    first = numbers.first(branch.config)
    if replica is not None:
        if (index := numbers.index(replica, branch.config)) is None:
            return
        losses, errors, first = losses[:, [index]], errors[:, [index]], replica
    has = branch.config.has_classes
    rates = np.where((errors < 0) | (not has), np.nan, errors / float(branch.config.predictions_per_window))
    for index, (of_each, accuracies) in enumerate(zip(losses.tolist(), (1 - rates).tolist(), strict=True)):
        yield WindowRow(
            before + index + 1, branch.epoch_and_window(along + index)[0] + 1, of_each, accuracies, first, has
        )


def as_csv(row: WindowRow, numbered: bool = False) -> str:
    """The lines of CSV about a window; nine digits distinguish all float32 values.

    Args:
        numbered: whether each line has its replica at the end.
    """
    template = _template("%.9g,%s", f",{INDEX}" if numbered else "", row.first, len(row.losses))
    accuracies = map(_TEXTS.__getitem__, row.accuracies) if row.has_accuracy else [""] * len(row.losses)
    return _filled(template, f"{row.window},{row.epoch},", row.losses, accuracies)


def as_json(row: WindowRow, numbered: bool = False) -> str:
    """The lines of JSON about a window; NaN and infinity become null, since JSON lacks them.

    Args:
        numbered: whether each line has its replica at the end.
    """
    end = f', "replica": {INDEX}}}' if numbered else "}"
    template = _template('"loss": %s, "accuracy": %s', end, row.first, len(row.losses))
    head = f'{{"window": {row.window}, "epoch": {row.epoch}, '
    return _filled(template, head, map(_number, row.losses), map(_number, row.accuracies))


@functools.lru_cache(maxsize=16)
def _template(values: str, end: str, first: int, networks: int) -> str:
    """The template of a window's lines, with placeholders for the values; and the replica if lines are numbered."""
    return "\n".join(f"{HEAD}{values}{end.replace(INDEX, str(first + index))}" for index in range(networks))


def _filled(template: str, head: str, losses: Iterable[object], accuracies: Iterable[object]) -> str:
    values = itertools.chain.from_iterable(zip(losses, accuracies, strict=True))
    return template.replace(HEAD, head) % tuple(values)


def _number(value: float) -> object:
    return value if math.isfinite(value) else "null"


class _Texts(dict[float, str]):
    """The texts of accuracies, cached since there are few different ones."""

    def __missing__(self, accuracy: float) -> str:
        text = f"{accuracy:.9g}"
        if not math.isnan(accuracy):  # NaN is not equal to itself, so it cannot be a key
            self[accuracy] = text
        return text


_TEXTS = _Texts()
