"""`FigureData`: the numbers of a figure as a table, and the request for a figure."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from tui.figures.sweep_table import Choice, Measure

Column = Sequence[Any] | npt.NDArray[Any]
"""The cells of a column."""


class FigureError(ValueError):
    """A figure that cannot be made; the message is one line."""


@dataclass(frozen=True)
class FigureRequest:
    """What a figure is to show.

    Attributes:
        run: the folder or name of the run, or the folder of a sweep.
        kind: the name of the kind, see `tui.figures.kinds.KINDS`.
        others: further runs, to compare.
        at, branch, replica: the position and the network, as in `echornn.arrays.run_arrays.RunArrays`.
        log: whether losses are on a logarithmic axis.
        show: the measure that a map shows.
        choice: the part of the sweep that a map shows; None for the first two fields.
        trust: whether texts in the run's record may run, as in `echornn.arrays.run_arrays.read`.
        width, height: inches; by default one column wide, and as high as the kind of figure needs.
        font: the name of an installed font; the default is the one that Matplotlib brings along.
    """

    run: str
    kind: str
    others: tuple[str, ...] = ()
    at: int | None = None
    branch: str | int | None = None
    replica: int | None = None
    log: bool = False
    show: Measure = Measure.SUCCESS
    choice: Choice | None = None
    trust: bool = False
    width: float = 3.3
    height: float | None = None
    font: str = "DejaVu Sans"


@dataclass(frozen=True, eq=False)
class FigureData:
    """The numbers of a figure.

    Attributes:
        columns: the columns of the table by name, all of the same length: numbers, texts, or None for an empty cell.
        facts: what is drawn besides the table, such as the names of axes: JSON values.
        height: the height of the figure in inches at a width of one column, unless the user names one.
        notes: what the user should know about the numbers, a line each.
    """

    columns: Mapping[str, Column]
    facts: Mapping[str, Any]
    height: float
    notes: tuple[str, ...] = field(default=())

    @property
    def texts(self) -> dict[str, list[str]]:
        """The cells as they are written. Nine digits tell all float32 numbers apart, and seventeen all others."""
        return {name: [_text(value) for value in column] for name, column in self.columns.items()}


def _text(value: object) -> str:
    digits = 9 if isinstance(value, np.float32) else 17
    return "" if value is None else f"{value:.{digits}g}" if isinstance(value, float | np.floating) else str(value)


def as_csv(table: Mapping[str, Sequence[str]]) -> str:
    """A table as CSV."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(table)
    writer.writerows(zip(*table.values(), strict=True))
    return out.getvalue()
