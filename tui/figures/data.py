"""`FigureData`: the numbers of a figure as a table, and the request for a figure."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from echornn.maps.measures import Measure
from echornn.maps.table import Choice

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

    def as_csv(self) -> str:
        """The table as CSV. Nine digits tell all float32 numbers apart, and seventeen all others."""
        columns = [_plain(column) for column in self.columns.values()]
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(self.columns)
        writer.writerows(zip(*columns, strict=True))
        return out.getvalue()


def _plain(column: Column) -> list[object]:
    """The cells of a column as numbers and texts."""
    values = column.tolist() if isinstance(column, np.ndarray) else list(column)
    if isinstance(column, np.ndarray) and column.dtype == np.float32:
        return [f"{value:.9g}" for value in values]
    return ["" if value is None else f"{value:.17g}" if isinstance(value, float) else value for value in values]
