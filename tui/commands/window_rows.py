"""A row for each window of a run (with replicas, for each network), as text or JSON."""

from __future__ import annotations

import functools
import itertools
import math
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from echornn.runs.run_dir import Run
from echornn.timeline.branch import Branch, Moment
from tui.commands.replica_numbers import ReplicaNumbers
from tui.commands.windows import losses_and_errors

HEADER = "window,epoch,loss,accuracy"

REPLICA_HEADER = f"{HEADER},replica"
"""The header for a run that trained several networks side by side in some branch."""

HEAD = "\0"
"""A template's placeholder for the text with which all lines of a window begin."""

INDEX = "#"
"""A template's placeholder for the replica of a line."""


class WindowRow(NamedTuple):
    """A window and its results.

    Attributes:
        window: its number in the whole run, or along a path, from 1.
        epoch: its epoch, from 1.
        losses: the loss of each network, in nats.
        accuracies: the accuracy of each network, 0 to 1.
        first: the number of the first network, see `ReplicaNumbers`; the others follow it.
    """

    window: int
    epoch: int
    losses: list[float]
    accuracies: list[float]
    first: int = 0


def rows(run: Run, replica: int | None = None) -> Iterator[WindowRow]:
    """Every window up to the run's checkpoint, in the order trained; NaN if the log lost a window.

    Args:
        replica: only the network with this number, see `ReplicaNumbers`, while it is trained; by default all.
    """
    branches, numbers = run.tree[0], ReplicaNumbers.of(run)
    for stretch, windows in run.pieces():
        yield from _rows(stretch.first, branches[stretch.branch], stretch.along, windows, numbers, replica)


def rows_along(run: Run, moment: Moment, replica: int | None = None) -> Iterator[WindowRow]:
    """The windows that lead to a moment, numbered along its path; see `rows`."""
    numbers = ReplicaNumbers.of(run)
    for branch, along, windows in run.path(moment):
        yield from _rows(along, branch, along, windows, numbers, replica)


def _rows(
    before: int,
    branch: Branch,
    along: int,
    windows: npt.NDArray[Any],
    numbers: ReplicaNumbers,
    replica: int | None,
) -> Iterator[WindowRow]:
    losses, errors = losses_and_errors(windows, branch.config)
    first = numbers.first(branch.config)
    if replica is not None:
        if (index := numbers.index(replica, branch.config)) is None:
            return
        losses, errors, first = losses[:, [index]], errors[:, [index]], replica
    rates = np.where(errors < 0, np.nan, errors / float(branch.config.predictions_per_window))
    for index, (of_each, accuracies) in enumerate(zip(losses.tolist(), (1 - rates).tolist(), strict=True)):
        yield WindowRow(before + index + 1, branch.position(along + index)[0] + 1, of_each, accuracies, first)


def as_csv(row: WindowRow, numbered: bool = False) -> str:
    """A window's lines of CSV; nine digits distinguish all float32 values.

    Args:
        numbered: whether each line ends with its replica.
    """
    template = _template("%.9g,%s", f",{INDEX}" if numbered else "", row.first, len(row.losses))
    return _filled(template, f"{row.window},{row.epoch},", row.losses, map(_TEXTS.__getitem__, row.accuracies))


def as_json(row: WindowRow, numbered: bool = False) -> str:
    """A window's lines of JSON; a number that is not finite becomes null, since JSON has none.

    Args:
        numbered: whether each line ends with its replica.
    """
    end = f', "replica": {INDEX}}}' if numbered else "}"
    template = _template('"loss": %s, "accuracy": %s', end, row.first, len(row.losses))
    head = f'{{"window": {row.window}, "epoch": {row.epoch}, '
    return _filled(template, head, map(_number, row.losses), map(_number, row.accuracies))


@functools.lru_cache(maxsize=16)
def _template(values: str, end: str, first: int, networks: int) -> str:
    """The template of a window's lines: their beginning, values, and the replica if they are numbered."""
    return "\n".join(f"{HEAD}{values}{end.replace(INDEX, str(first + index))}" for index in range(networks))


def _filled(template: str, head: str, losses: Iterable[object], accuracies: Iterable[object]) -> str:
    values = itertools.chain.from_iterable(zip(losses, accuracies, strict=True))
    return template.replace(HEAD, head) % tuple(values)


def _number(value: float) -> object:
    return value if math.isfinite(value) else "null"


class _Texts(dict[float, str]):
    """Accuracies as text, kept since few are different."""

    def __missing__(self, accuracy: float) -> str:
        text = f"{accuracy:.9g}"
        if not math.isnan(accuracy):  # NaN is not equal to itself, so it is no key
            self[accuracy] = text
        return text


_TEXTS = _Texts()
