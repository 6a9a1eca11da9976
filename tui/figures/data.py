"""The request for a figure, and what it is made of: a table of numbers, and a function that draws
them."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from echornn.runtime.waiting import Say, silent
from echornn.sweeps.table import Choice
from tui.term.exit_code import UsageError
from tui.text.measures import Measure


class FigureError(UsageError):
    """A figure that cannot be made; the message is one line."""


@dataclass(frozen=True)
class FigureRequest:
    run: str  # the folder or name of the run, or the folder of a sweep
    kind: str  # a name in `tui.figures.make.KINDS`
    others: tuple[str, ...] = ()  # further runs, to compare
    # The position and the network, as in `echornn.arrays.run_arrays.RunArrays`
    at: int | None = None
    branch: str | int | None = None
    replica: int | None = None
    # At how many positions of the path the probes measure; None for only the last
    along: int | None = None
    sizes: str = ""  # of held-out data, as ``evaluate --sizes`` takes them
    log: bool = False  # whether losses are on a logarithmic axis
    show: Measure = Measure.SUCCESS
    # The part of the sweep that a map shows; None for the first two fields
    choice: Choice | None = None
    trust: bool = False  # whether texts in the run's record may run
    components: tuple[int, int] = (1, 2)  # of a plane: across and up, from 1 on
    style: str = "paper"  # a name in `tui.figures.style.STYLES`
    width: float | None = None  # inches; by default as the style needs
    height: float | None = None  # by default as the kind of figure needs
    font: str = "DejaVu Sans"  # an installed font; Matplotlib brings this one along
    progress: Say = silent  # as in `echornn.read`


@dataclass(frozen=True, eq=False)
class FigureData:
    columns: Mapping[str, Any]  # all of the same length: numbers, texts, or None for an empty cell
    draw: Callable[[Any], object]  # draws on an empty figure of Matplotlib
    height: float  # of the figure in inches, at a width of one column of a journal
    notes: tuple[str, ...] = ()  # what the user should know about the numbers, a line each
    alt: str = ""  # a sentence to those of `tui.figures.alt`, on what is not in the columns

    @property
    def as_csv(self) -> str:
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(self.columns)
        for row in zip(*self.columns.values(), strict=True):
            writer.writerow(map(_cell, row))
        return text.getvalue()


def _cell(value: object) -> str:
    """Nine digits tell all float32 numbers apart, and seventeen all others."""
    if value is None:
        return ""
    if isinstance(value, np.float32):
        return f"{value:.9g}"
    if isinstance(value, float | np.floating):
        return f"{value:.17g}"
    return str(value)
