"""Draws the activity of the units over the newest window: a line for each unit, a block for each time step."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from echornn.cells.cell import Bounds
from echornn.readings import Units, signed
from tui.app.drawings.signed import scale_of, signed_blocks
from tui.app.drawings.spots import UnitStep
from tui.kit.cells import Cells
from tui.kit.paint import Box, stamp, write_in

STYLE_NAMES = ("view--axis", "view--positive", "view--negative", "view--saturated")
"""The names of the styles that `signed_blocks` returns as numbers."""

InputLine = tuple[str, Sequence[str]]
"""A line of inputs: its label, and two characters for each step."""

LEAST_CORRELATION = 0.2
"""A unit follows an input only if the correlation with it is at least this."""

STILL = 1e-6
"""A unit whose standard deviation is below this is called constant."""


def best_input(units: Units, unit: int) -> str:
    """The input or target that a unit follows, and their correlation, such as ``x[t-2]  r  1.00``, ``y[t]   r  0.98``;
    or that it follows none, or is constant.
    """
    correlation = float(units.correlation[unit])
    if float(units.spread[unit]) < STILL or not math.isfinite(correlation):
        return "still"
    lag = int(units.best_lag[unit])
    x = f"x{units.best_channel[unit] + 1}" if units.best_channel.size else "x"
    if units.follows_target(unit):
        target = int(units.best_target[unit]) + 1
        lag, x = 0, f"y{target if units.best_target.max() else ''}"
    name = "mixed" if abs(correlation) < LEAST_CORRELATION else f"{x}[t-{lag}]" if lag else f"{x}[t]"
    return f"{name:<{_name_width(units)}} r {correlation:>5.2f}"


def _name_width(units: Units) -> int:
    """The columns of the longest name of an input; the same up to lag 99, so that columns do not move during
    training.
    """
    channel = f"{units.best_channel.max(initial=0) + 1}" if units.best_channel.size else ""
    return max(7, len(f"x{channel}[t-{units.best_lag.max(initial=0)}]"))


def label_width(units: Units) -> int:
    """The columns of the text before a unit's blocks."""
    return len(str(len(units.spread))) + 3 + _name_width(units) + 9


def _words(units: Units, unit: int) -> str:
    digits = len(str(len(units.spread)))
    return f"{unit + 1:>{digits}} ~ {best_input(units, unit)}"


def first_shown(wanted: int, count: int, room: int) -> int:
    """The index of the first line shown, of ``count``: ``wanted`` if possible, without leaving any of ``room``
    unused.
    """
    return max(0, min(wanted, count - room))


def draw_units(
    cells: Cells,
    box: Box,
    units: Units,
    row: int,
    first_unit: int,
    inputs: Sequence[InputLine],
    least_block: int = 1,
) -> int:
    """Draw a head, the inputs if known, and as many units as fit, one per line; returns how many fit.

    If there are several lines of inputs, at most half of the space is used for them.

    Blocks are two characters wide if all steps fit, otherwise one. If one is still too wide, only the newest steps are
    shown.

    Args:
        row: the row of the batch, from 0; an index that is too large means the last row.
        inputs: for each line of inputs its label, and two characters for each step of that row; none if unknown.
        least_block: the least characters per block with which inputs can be told apart, 1 or 2.
    """
    rows, steps, count = units.activity.shape
    row = min(row, max(0, rows - 1))
    width = label_width(units)
    room = max(0, box.width - width)
    block = 2 if 2 * steps <= room else least_block
    shown = min(steps, room // block)
    begin = steps - shown
    above = inputs[: max(1, (box.height - 1) // 2)] if shown else inputs[:1]
    lines = max(0, box.height - 1 - len(above))
    first = first_shown(first_unit, count, lines)
    _draw_title(cells, box, units, row, (first, min(count, first + lines)), begin if shown else -1)
    for line, (label, blocks) in enumerate(above if shown else (), start=1):
        write_in(cells, box, line, label, "view--axis")
        write_in(cells, box, line, "".join(text[:block] for text in blocks[begin:]), "view--input", at=width)
    values = signed(units.activity[row], units.bounds) if rows and steps else np.zeros((0, count), np.float32)
    saturated = units.saturated[row] if rows and steps else np.zeros((0, count), np.bool_)
    names = np.array([cells.names.index(name) for name in STYLE_NAMES], np.int16)
    top, last = box.height - lines, min(count, first + lines)
    for line, unit in enumerate(range(first, last), start=top):
        write_in(cells, box, line, _words(units, unit), "view--words")
    part = np.s_[begin:, first:last]
    largest = scale_of(values) if units.bounds is Bounds.FREE else 1.0
    glyphs, kinds = signed_blocks(values[part], largest, saturated[part])
    picture, styles = np.repeat(glyphs.T, block, axis=1), np.repeat(names[kinds].T, block, axis=1)
    stamp(cells, box.x + width, box.y + top, picture, styles)
    cells.mark_each(
        box.x + width,
        box.y + top,
        block * shown,
        last - first,
        lambda x, y: UnitStep(row, first + y, begin + x // block),
    )
    return lines


def read_unit(units: Units, spot: UnitStep) -> str:
    """The text about a unit at a time step; empty if it was not read."""
    rows, steps, count = units.activity.shape
    if spot.row >= rows or spot.step >= steps or spot.unit >= count:
        return ""
    at = spot.row, spot.step, spot.unit
    saturated = ", saturated" if units.saturated[at] else ""
    text = f"unit {spot.unit + 1}, row {spot.row + 1}, step {spot.step + 1}: {float(units.activity[at]):+.3f}"
    return f"{text}{saturated}; ~ {' '.join(best_input(units, spot.unit).split())}"


def _draw_title(cells: Cells, box: Box, units: Units, row: int, shown: tuple[int, int], begin: int) -> None:
    rows, steps, count = units.activity.shape
    if not rows or not steps:
        where = "no window yet"
    elif begin < 0:
        where = ""
    else:
        where = f"row {row + 1}" + (f", steps {begin + 1} to {steps}" if begin else "")
    of = f"units {shown[0] + 1} to {shown[1]} of {count}" if shown[1] - shown[0] < count else f"{count} units"
    share = units.share_saturated
    sample = f"of {units.samples:,} steps" if units.samples else ""
    parts = [of, where, *([f"{share:.0%} saturated", sample] if math.isfinite(share) else [])]
    while len(text := ", ".join(part for part in parts if part)) > box.width and len(parts) > 1:
        parts.pop()
    write_in(cells, box, 0, text, "view--axis")
