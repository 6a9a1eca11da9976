"""A row for each window of a run (with replicas, for each network), as CSV or JSON."""

from __future__ import annotations

import functools
import itertools
import math
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from echornn.arrays.run_arrays import WindowPiece

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
        first: the number of the first network; the others have the following numbers.
        has_accuracy: whether predictions are symbols, which are right or wrong.
    """

    window: int
    epoch: int
    losses: list[float]
    accuracies: list[float]
    first: int = 0
    has_accuracy: bool = True


def rows(pieces: Iterable[WindowPiece]) -> Iterator[WindowRow]:
    """The windows of these pieces, one by one."""
    for piece in pieces:
        each = zip(
            piece.windows.tolist(),
            piece.epochs.tolist(),
            piece.losses.tolist(),
            piece.accuracies.tolist(),
            strict=True,
        )
        for window, epoch, losses, accuracies in each:
            yield WindowRow(window, epoch, losses, accuracies, piece.networks[0], piece.has_accuracy)


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
