"""Draws the band: the distribution of all replicas' losses, behind the line of the selected replica."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from echornn.history.curve import Band, Curve
from echornn.progress import Floats
from tui.app.curve.axes import LossAxis
from tui.app.curve.columns import per_column
from tui.app.curve.dots import characters, filled, overlaid, spans
from tui.app.curve.ghosts import PlotArea
from tui.kit.cells import Cells

WILD = 1.5
"""An extreme loss larger than this many times the largest 90th percentile is outside the axis, and drawn at the edge.
"""

DOTTED = 4
"""The distance, in dot columns, between the dots that show the smallest or the largest loss."""

BEYOND_EVERY = 4
"""Columns between two marks for losses beyond the axis."""

SAMPLES = {"line": "⠒⠒", "median": "⠶⠶", "band": "⢕⢕", "extremes": "⠁⠈"}
ASCII_SAMPLES = {"line": "**", "median": "==", "band": ":.", "extremes": "' "}
"""A sample of each texture, for the legend."""


def band_axis(band: Band, curve: Curve, log: bool) -> LossAxis:
    """A loss axis that contains the band, the selected network's line, and extremes unless they are too large."""
    middle = np.concatenate([band.tenth, band.ninetieth, curve.mean]).astype(np.float64)
    finite = middle[np.isfinite(middle)]
    most = WILD * finite.max() if finite.size else np.inf
    low = np.concatenate([band.low, curve.mean]).astype(np.float64)
    high = np.concatenate([np.where(band.high.astype(np.float64) > most, np.nan, band.high), middle])
    if log and (finite > 0).any():
        low = np.maximum(low, finite[finite > 0].min() / 10)
    return LossAxis.holding(low, high, log)


def draw_band(cells: Cells, place: PlotArea, band: Band, ascii_only: bool) -> None:
    """Draw the distribution of the losses: 10th to 90th percentile as a texture, the median as a thick line, the
    extremes as dots; marks at the top show losses beyond the axis.
    """
    columns, rows = (place.width, place.height) if ascii_only else (2 * place.width, 4 * place.height)

    def heights(losses: Floats) -> npt.NDArray[np.float64]:
        dots = place.axis.share(losses) * rows - 0.5
        low, high = per_column(band, dots, dots, columns, place.length)
        return np.where(np.isnan(low), np.nan, (low + high) / 2)

    low, tenth, median, ninetieth, high = (
        heights(losses) for losses in (band.low, band.tenth, band.median, band.ninetieth, band.high)
    )
    every = np.arange(columns) % (2 if ascii_only else DOTTED) == 0
    extremes = (spans(low, low, rows) | spans(high, high, rows)) & every
    thick = 0.0 if ascii_only else 0.5
    for dots, mark, style in (
        (extremes, "'", "plot--extreme"),
        (filled(tenth, ninetieth, rows, ascii_only), ":", "plot--band"),
        (spans(median - thick, median + thick, rows), "=", "plot--median"),
    ):
        drawn = characters(dots, ascii_only, mark)
        inside = (slice(0, place.height), slice(place.x, place.x + place.width))
        cells.characters[inside] = overlaid(cells.characters[inside], drawn)
        cells.styles[inside][drawn != " "] = cells.names.index(style)
    beyond = (band.high.astype(np.float64) > place.axis.top).astype(np.float64)
    _, is_beyond = per_column(band, beyond, beyond, place.width, place.length)
    signs = np.nan_to_num(is_beyond) > 0
    signs[1:] &= ~signs[:-1] | (np.arange(1, place.width) % BEYOND_EVERY == 0)
    for column in np.flatnonzero(signs).tolist():
        cells.write(place.x + column, 0, "^", "plot--extreme")


def samples_of(band: Band, seed: int, ascii_only: bool) -> list[str]:
    """A sample and a name of each texture, for the legend."""
    sample = ASCII_SAMPLES if ascii_only else SAMPLES
    of = f"median of {int(band.replicas[-1]):,}"
    names = {"line": f"seed {seed}", "median": of, "band": "10 to 90 %", "extremes": "best, worst"}
    return [f"{sample[one]} {name}" for one, name in names.items()]
