"""Draws a row of the newest window: its inputs, the inputs that a prediction uses, and predictions after a flip."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from echornn.readings import RowDependence
from tui.app.drawings.blocks import BLOCKS
from tui.app.drawings.panel_lines import RowPanel, is_read, label_width, lines_for, lines_of
from tui.app.drawings.signed import scale_of, signed_blocks
from tui.app.drawings.spots import TimeStep
from tui.kit.cells import Cells
from tui.kit.fitting import shortened
from tui.kit.paint import Box, stamp, write_in

LEAST_WIDTH = 32
"""The fewest columns in which the texts of the panel fit."""


LEAST_TRIANGLE = 4


def unread(rows: RowDependence) -> RowDependence:
    """Readings of the same rows and steps, with all strengths unknown."""
    return replace(rows, strength=np.full_like(rows.strength, np.nan))


def draw_row(cells: Cells, box: Box, panel: RowPanel) -> None:
    """Draw the panel in a box. If there are too few lines, the least important are left out."""
    steps, label = len(panel.strength), label_width(panel.reads, panel.says)
    room = max(0, box.width - label)
    block = 2 if 2 * steps <= room else panel.least_block
    shown = min(steps, room // block)
    begin = min(max(0, panel.step + 1 - shown), steps - shown)
    first = panel.first_step + 1
    of = f", of {first + begin} to {first + begin + shown - 1}" if first > 1 or shown < steps else ""
    write_in(cells, box, 0, f"row {panel.row + 1}, step {first + panel.step}{of}: {panel.shows}", "view--axis")
    lines = lines_of(panel, block)
    room_for_lines = box.height - 1 - any(line.matters < 0 for line in lines)  # later channels leave room for the words
    read = is_read(panel.strengths)
    words = panel.words if read else ("computing",)
    keep = sorted(sorted(lines, key=lambda line: -line.matters)[: max(0, room_for_lines)], key=lines.index)
    for number, line in enumerate(keep, start=1):
        write_in(cells, box, number, line.label, "view--axis")
        blocks = [narrow(text) if block == 1 else text for text in line.blocks[begin : begin + shown]]
        write_in(cells, box, number, "".join(blocks), line.style, at=label)
        for step, text in line.lit.items():
            if begin <= step < begin + shown:
                at = label + (step - begin) * block
                write_in(cells, box, number, text if block == 2 else narrow_number(text), line.lit_style, at=at)
    at, row = panel.first_step + begin, panel.row
    cells.mark_each(box.x + label, box.y + 1, shown * block, len(keep), lambda x, _: TimeStep(row, at + x // block))
    for number, texts in enumerate((words, panel.of_all), start=len(keep) + 1):
        text = next((one for one in texts if len(one) <= box.width), texts[-1])
        write_in(cells, box, number, shortened(text, box.width), "view--words")
    used = lines_for(panel.reads, panel.says) + 1
    below = Box(box.x, box.y + used, box.width, box.height - used)
    if below.height >= LEAST_TRIANGLE:
        draw_triangle(cells, below, panel, slice(begin, begin + shown), block)


def draw_triangle(cells: Cells, box: Box, panel: RowPanel, shown: slice, block: int) -> None:
    """Draw a line for each prediction of the row. A network that echoes shows a stripe parallel to the diagonal."""
    steps, label = len(panel.strengths), label_width(panel.reads, panel.says)
    lines = min(steps, box.height - 1)
    first = min(max(0, panel.step + 1 - lines), steps - lines)
    write_in(cells, box, 0, "each prediction, by input", "view--axis")
    part = panel.strengths[first : first + lines, shown]
    glyphs, _ = signed_blocks(part, panel.scale or scale_of(panel.strengths))
    blank = np.arange(shown.start, shown.stop) > np.arange(first, first + lines)[:, None]  # inputs after the prediction
    blank |= not is_read(panel.strengths)
    stamp(cells, box.x + label, box.y + 1, np.repeat(np.where(blank, " ", glyphs), block, 1), "view--positive")
    row, top = panel.row, panel.first_step + first
    cells.mark_each(
        box.x, box.y + 1, label + block * len(range(steps)[shown]), lines, lambda _, y: TimeStep(row, top + y)
    )
    for line, step in enumerate(range(first, first + lines), start=1):
        lit = panel.focused and step == panel.step
        write_in(
            cells,
            box,
            line,
            f"{panel.first_step + step + 1:>{label - 1}}",
            "view--cursor" if lit else "view--axis",
        )


def narrow(text: str) -> str:
    """The first character of a block, for blocks one column wide."""
    return "x" if text == BLOCKS["wrong"] else text[:1]


def narrow_number(text: str) -> str:
    """The first character of the value under the cursor, for blocks one column wide; the digit of a number below 1."""
    return text.strip().lstrip("+.")[:1] or text.strip()[:1]
