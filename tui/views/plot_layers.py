"""Draws the line of the curve with plotext. Other files do not import plotext."""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from echornn.config import EchoConfig
from echornn.data.levels import boundary_floor
from echornn.diagnosis.loss_stats import loss_text
from echornn.diagnosis.seed_stats import wilson, wilson_of
from echornn.history.curve import MARKS, Band, Curve
from echornn.progress import Floats
from echornn.session.pictures.picture import Ghost
from echornn.tasks.task import Level
from tui.views.canvas import Cells
from tui.views.inks import NUMBER
from tui.views.keymap import KeyMap
from tui.views.plot_axes import (
    LossAxis,
    characters,
    column_of,
    filled,
    loss_ticks,
    overlaid,
    per_column,
    smoothed,
    spans,
    window_ticks,
)
from tui.views.text import shortened, shortened_phrases

COLOUR_CODES = re.compile(r"\x1b\[[0-9;]*m")


def line_characters(heights: npt.NDArray[np.float64], lines: int, ascii_only: bool) -> npt.NDArray[np.str_]:
    """The characters of a line through the heights; neighbouring columns are joined. Other cells are spaces.

    Args:
        heights: float64 [columns], in dots from the bottom; NaN makes a gap. A braille character has two by four dots,
            an ASCII character is one dot.
        lines: the number of lines of characters.
        ascii_only: whether to draw with ``*`` rather than braille.

    Returns:
        str [lines, columns], with half as many columns for braille.
    """
    columns, rows = (len(heights), lines) if ascii_only else (len(heights) // 2, 4 * lines)
    characters = np.full((lines, columns), " ")
    known = np.isfinite(heights)
    if not known.any():
        return characters
    # imported late: the first frame has no line, and need not wait for the import
    from textual_plotext.plot import Plot

    figure = Plot()
    figure.plotsize(columns, lines)
    figure._set_size(columns, lines)
    figure.xaxes(False, False)
    figure.yaxes(False, False)
    figure.xticks([], [])
    figure.yticks([], [])
    figure.xlim(0, max(1, len(heights) - 1))
    figure.ylim(0, max(1, rows - 1))
    inside = np.clip(heights, 0, rows - 1)
    for is_known, run in groupby(range(len(heights)), key=known.__getitem__):
        if is_known:
            at = list(run)
            figure.plot(at, inside[at].tolist(), marker="*" if ascii_only else "braille")
    drawn = COLOUR_CODES.sub("", figure.build()).split("\n")
    for line, text in enumerate(drawn[:lines]):
        characters[line, : len(text)] = list(text[:columns])
    return characters


LETTER_EVERY = 24
"""Columns between two letters of a ghost."""

SMOOTHED_SHARE = 40
"""The drawn lines are moving means over a window of the plot's width divided by this number."""


class PlotArea(NamedTuple):
    """The axes of the plot, and the box of the plot in the grid of cells."""

    axis: LossAxis
    first: int
    length: int
    x: int
    width: int
    height: int

    def line(self, loss: float) -> int:
        """The line, from the top, of a loss on the axis."""
        share = self.axis.share(np.array([loss], np.float32))[0]
        return self.height - 1 - min(self.height - 1, int(share * self.height))


class Drawn(NamedTuple):
    """A drawn ghost: its characters, str [height, width], with spaces elsewhere, and the row of its mean in each
    column, float64 [width]. A column without a mean is NaN.
    """

    characters: npt.NDArray[np.str_]
    course: npt.NDArray[np.float64]


class GhostLines:
    """Draws ghosts. A ghost that has not changed is not computed again."""

    def __init__(self, ascii_only: bool) -> None:
        self._ascii = ascii_only
        self._drawn: dict[object, tuple[object, Drawn]] = {}

    def draw(self, cells: Cells, place: PlotArea, ghosts: Sequence[Ghost], style: str) -> None:
        """Draw the lines of ghosts. Call this before the curve is drawn, so that the curve covers them, and `letters`
        after.
        """
        kept: dict[object, tuple[object, Drawn]] = {}
        inside = (slice(0, place.height), slice(place.x, place.x + place.width))
        for ghost in ghosts:
            state = (place, ghost.curve)
            before = self._drawn.get(ghost.key)
            drawn = before[1] if before is not None and before[0] == state else self._one(place, ghost)
            kept[ghost.key] = (state, drawn)
            seen = drawn.characters != " "
            cells.characters[inside] = overlaid(cells.characters[inside], drawn.characters)
            cells.styles[inside][seen] = NUMBER[style]
        self._drawn = kept

    def letters(self, cells: Cells, place: PlotArea, ghosts: Sequence[Ghost], style: str, letter_style: str) -> None:
        """Draw the letter of each ghost where its line is visible: at regular distances, and at its end.

        If a line is completely covered, the letter is drawn over the curve, near the line's end.
        """
        drawn_there = cells.characters[: place.height, place.x : place.x + place.width] != " "
        ghostly = cells.styles[: place.height, place.x : place.x + place.width] == NUMBER[style]
        for index, ghost in enumerate(ghosts):
            drawn = self._drawn[ghost.key][1]
            seen = _line_in_each_column((drawn.characters != " ") & ghostly, drawn.course)
            due = index * 5 % LETTER_EVERY + 2
            if not seen:
                seen = _line_in_each_column(drawn_there & (drawn.characters != " "), drawn.course)[-due:][:1]
            for x, y in seen:
                if due <= x < seen[-1][0] - 2 or (x, y) == seen[-1]:
                    cells.write(place.x + x, y, ghost.letter, letter_style)
                    due = x + LETTER_EVERY

    def _one(self, place: PlotArea, ghost: Ghost) -> Drawn:
        width, height = place.width, place.height
        curve = ghost.curve
        if curve is None:
            return Drawn(np.full((height, width), " "), np.full(width, np.nan))
        columns, rows = (width, height) if self._ascii else (2 * width, 4 * height)
        offset = curve.first - place.first
        mean = place.axis.share(smoothed(curve.mean, columns // SMOOTHED_SHARE)) * rows - 0.5
        low, high = (place.axis.share(extreme) * rows - 0.5 for extreme in (curve.low, curve.high))
        lowest, highest = per_column(curve, low, high, columns, place.length, offset)
        middle, _ = per_column(curve, mean, mean, columns, place.length, offset)
        dots = np.logical_or.reduce([spans(one, one, rows) for one in (lowest, highest, middle)])
        heights = middle if self._ascii else middle[::2] / 4
        return Drawn(characters(dots, self._ascii, "'"), height - 1 - heights)


def _line_in_each_column(seen: npt.NDArray[np.bool_], course: npt.NDArray[np.float64]) -> list[tuple[int, int]]:
    """Columns in which a ghost is visible, each with the row nearest to the ghost's mean: (column, row)."""
    lines = np.arange(len(seen))[:, None]
    nearest = np.where(seen, np.abs(lines - np.nan_to_num(course)), np.inf).argmin(axis=0)
    return [(x, int(nearest[x])) for x in np.flatnonzero(seen.any(axis=0)).tolist()]


STARTS_SHOWN = 12

LABEL_LINES = 4
"""The number of lines at the top in which labels of commands may be drawn; labels of epochs are on the first line."""


@dataclass(frozen=True)
class CurveMark:
    """A vertical line across the curve.

    Attributes:
        column: its column.
        kind: mark for a command, epoch for an epoch.
        texts: possible labels, best first; each label is a list of lines.
    """

    column: int
    kind: Literal["mark", "epoch"]
    texts: list[list[str]]


def marks_of(curve: Curve, length: int, columns: int) -> list[CurveMark]:
    """The marks on an axis of ``length`` windows: commands, then epochs. Commands in the same column share a mark."""
    words: dict[int, list[str]] = {}
    for one in curve.segments:
        if one.cause in MARKS and one.at >= curve.first:
            words.setdefault(column_of(one.at - curve.first, length, columns), []).append(MARKS[one.cause])
    commands = [CurveMark(column, "mark", labels(words[column])) for column in sorted(words)]
    starts = ((column_of(at - curve.first, length, columns), epoch) for at, epoch in epoch_starts(curve))
    return commands + [
        CurveMark(column, "epoch", [[f"e{epoch + 1}"]]) for column, epoch in starts if column not in words
    ]


def labels(words: list[str]) -> list[list[str]]:
    """Possible labels of the commands at one mark, best first: all words in a line, or one below the other; otherwise
    only the newest.
    """
    counted = [(word, len(list(same))) for word, same in itertools.groupby(words)]
    shown = [word if count == 1 else f"{word}×{count}" for word, count in counted]
    return [[",".join(shown)], shown, *(["…" + ",".join(shown[first:])] for first in range(1, len(shown)))]


def place_label(mark: CurveMark, room: npt.NDArray[np.bool_]) -> list[tuple[int, int, str]]:
    """The first of a mark's labels that fits, as (column, line, text); empty if none fits.

    An epoch's label is right of the mark; a command's label may also be left of it.

    Args:
        room: bool [lines, columns], whether a cell is free; the cells of the label are then set to False.
    """
    lines, sides = (len(room), 2) if mark.kind == "mark" else (1, 1)
    for text, top in itertools.product(mark.texts, range(lines)):
        size, bottom = max(map(len, text)), top + len(text)
        right, left = mark.column + 1, mark.column - size
        for begin, apart in ((right, right + size), (left, left - 1))[:sides]:
            cells = room[top:bottom, max(0, begin) : begin + size]
            if cells.shape == (len(text), size) and cells.all() and room[top:bottom, max(0, apart) : apart + 1].all():
                cells[:] = False
                return [(begin, line, word) for line, word in enumerate(text, top)]
    return []


def epoch_starts(curve: Curve) -> list[tuple[int, int]]:
    """Windows at which epochs begin, with the epoch's number; at most a few, however long the run is.

    If a command was given just there, only the command is marked.
    """
    starts: list[tuple[int, int]] = []
    for segment, following in zip(curve.segments, [*curve.segments[1:], None], strict=False):
        last = curve.last if following is None else following.at
        found = segment.epoch_starts(curve.first, last, STARTS_SHOWN)
        starts += [start for start in found if start[0] > segment.at]
    return [start for start in starts if start[0] > curve.first]


BARS = " ▁▂▃▄▅▆▇█"

BOTH, TALL = 10, 18
"""The fewest lines of the plot with which several replicas have both strips; and with which the upper strip also shows
the confidence interval.
"""

SOLVED_SHARE, MOST_SOLVED = 6, 5
"""The strip with the interval has the plot's lines divided by the first number, at most the second number."""


@dataclass(frozen=True)
class Strips:
    """The number of lines of each strip.

    Attributes:
        solved: lines for the share of replicas that have solved the task; 0 for a single network.
        errors: lines for the error rate.
    """

    solved: int = 0
    errors: int = 1

    @classmethod
    def of(cls, has_replicas: bool, lines: int, has_errors: bool = True) -> Strips:
        """The strips for a plot of ``lines`` lines. If lines are few, there is no strip of solved replicas, so that the
        curve keeps its lines.

        Args:
            has_errors: whether predictions are right or wrong; numbers are neither.
        """
        errors = int(has_errors)
        if not has_replicas:
            return cls(0, errors)
        if lines < BOTH:
            return cls(1, 0)
        return cls(min(MOST_SOLVED, lines // SOLVED_SHARE) if lines >= TALL else 1, errors)

    @property
    def lines(self) -> int:
        """The lines of both strips together."""
        return self.solved + self.errors


@dataclass(frozen=True)
class StripArea:
    """The box of a strip: ``height`` lines from ``top``, ``width`` columns from ``x``; ``length`` is in windows."""

    x: int
    top: int
    width: int
    height: int
    length: int


def draw_errors(cells: Cells, where: StripArea, curve: Curve, guessing: float) -> None:
    """Draw the error rate; a full block is the error rate of guessing, or 1 if that is not known."""
    rates = curve.error_rate.astype(np.float64)
    _, shown = per_column(curve, rates, rates, where.width, where.length)
    most = 1.0 if math.isnan(guessing) else guessing
    cells.write(where.x, where.top, _bars(shown / most), "errors")


def draw_solved(cells: Cells, where: StripArea, band: Band) -> None:
    """Draw the share of replicas that have solved the task (a full block is all), and at the right end their number
    with the confidence interval. With several lines, the interval is drawn for all windows.
    """
    share = band.solved / np.maximum(band.replicas, 1)
    if where.height == 1:
        shown, _ = per_column(band, share, share, where.width, where.length)
        cells.write(where.x, where.top, _bars(shown), "solved")
    else:
        _draw_interval(cells, where, band, share)
    if not len(band):
        return
    solved, replicas = int(band.solved[-1]), int(band.replicas[-1])
    low, high = (round(100 * one) for one in wilson(solved, replicas))
    end = column_of(float(band.ends[-1] - band.first), where.length, where.width) + 1
    words = f" {solved:,}/{replicas:,} ({low}-{high} %)"
    begin = min(end, where.width - len(words))
    if begin >= 0:
        cells.write(where.x + begin, where.top + where.height // 2, words, "solved")


def _draw_interval(cells: Cells, where: StripArea, band: Band, share: npt.NDArray[np.float64]) -> None:
    """Draw the share as a line within the confidence interval, separated from the curve above."""
    columns, rows = 2 * where.width, 4 * where.height
    bounds = wilson_of(band.solved, band.replicas)
    low, high, line = (per_column(band, one, one, columns, where.length)[0] * (rows - 3) for one in (*bounds, share))
    drawn_line = characters(spans(line, line, rows))
    drawn = overlaid(characters(filled(low, high, rows)), drawn_line)
    inside = (slice(where.top, where.top + where.height), slice(where.x, where.x + where.width))
    cells.characters[inside] = drawn
    cells.styles[inside][drawn != " "] = NUMBER["interval"]
    cells.styles[inside][drawn_line != " "] = NUMBER["solved"]


def _bars(shares: npt.NDArray[np.float64]) -> str:
    levels = np.clip(np.ceil(np.nan_to_num(shares) * 8 - 1e-6), 0, 8).astype(int)
    return "".join(BARS[level] for level in levels.tolist())


GUTTER = 7
"""Columns left of the plot: six for a loss, one for the axis."""

WIDE = 90
"""A plot with more columns than this has the word floor in the label of the floor."""

FLOOR_DASHES = 6
"""Columns of dashes before the label of the floor."""

OF_MARKS = {"epoch": "epoch", "mark": "mark"}

GLYPHS = {
    "axis": "│",
    "tick": "┤",
    "focus": "┃",
    "focus tick": "┫",
    "corner": "└",
    "base": "─",
    "epoch": "┊",
    "mark": "║",
    "level": "╌",
    "cursor": "│",
}


def draw_axes(cells: Cells, place: PlotArea, strips: Strips, has_focus: bool) -> None:
    """Draw the losses at the left, the names of the strips below them, and the windows at the bottom."""
    glyph, tick = (GLYPHS[name] for name in (("focus", "focus tick") if has_focus else ("axis", "tick")))
    bottom = place.height + strips.lines
    for line in range(bottom):
        cells.write(GUTTER - 1, line, glyph, "muted")
    for line, label in loss_ticks(place.axis, place.height):
        cells.write(0, line, f"{label:>{GUTTER - 1}}{tick}", "muted")
    if strips.solved:
        cells.write(0, place.height + strips.solved // 2, "solved", "muted")
    if strips.errors:
        cells.write(0, bottom - 1, "errors", "muted")
    cells.write(0, bottom, "window", "muted")
    cells.write(GUTTER - 1, bottom, GLYPHS["corner"] + GLYPHS["base"] * (cells.width - GUTTER), "muted")
    free = GUTTER
    for column, label in window_ticks(place.first, place.length, cells.width - GUTTER):
        begin = min(max(GUTTER, GUTTER + column - len(label) // 2), cells.width - len(label))
        if begin >= free:
            cells.write(begin - 1, bottom, f" {label} ", "muted")
            free = begin + len(label) + 3


def draw_floor(cells: Cells, place: PlotArea, config: EchoConfig) -> None:
    """Draw the floor of first windows at the right edge, where nothing is in the way: no other window has it."""
    loss, right = boundary_floor(config), GUTTER + place.width
    if not place.axis.bottom < loss <= place.axis.top:
        return
    label = f" {'floor of ' if place.width > WIDE else ''}first windows {loss:.3f} "
    line, begin = place.line(loss), right - len(label) - 1
    if place.width > 2 * len(label) and (cells.characters[line, begin:right] == " ").all():
        for x in range(max(GUTTER, begin - FLOOR_DASHES), right):
            if cells.characters[line, x] == " ":
                cells.write(x, line, GLYPHS["level"], "level")
        cells.write(begin, line, label, "level")


def draw_curve(cells: Cells, place: PlotArea, curve: Curve, alone_from: int, ascii_only: bool) -> None:
    """Draw the mean loss, and the range from smallest to largest where a single network was trained."""
    _, _, length, _, width, height = place
    columns, rows = (width, height) if ascii_only else (2 * width, 4 * height)
    alone = curve.starts >= alone_from
    low, high = (np.where(alone, place.axis.share(extreme) * rows - 0.5, np.nan) for extreme in (curve.low, curve.high))
    mean = place.axis.share(smoothed(curve.mean, columns // SMOOTHED_SHARE)) * rows - 0.5
    raw = characters(spans(*per_column(curve, low, high, columns, length), rows), ascii_only, ".")
    line = line_characters(per_column(curve, mean, mean, columns, length)[0], height, ascii_only)
    drawn = overlaid(raw, line)
    inside = (slice(0, height), slice(GUTTER, GUTTER + width))
    cells.characters[inside] = overlaid(cells.characters[inside], drawn)
    style = cells.styles[inside]
    style[drawn != " "] = NUMBER["raw"]
    style[line != " "] = NUMBER["mean"]
    for middle in curve.middles[~(np.isfinite(curve.low) & np.isfinite(curve.high))].tolist():
        cells.write(GUTTER + column_of(middle + 0.5, length, width), 0, "!", "mark")


def draw_marks(cells: Cells, place: PlotArea, curve: Curve) -> None:
    """Draw the lines of epochs and commands, and the words of commands where they cover nothing."""
    _, _, length, _, width, height = place
    free = [" ", GLYPHS["level"]]
    levels = [NUMBER[name] for name in ("level", "rung")]
    in_words = (cells.characters == " ") & np.isin(cells.styles, levels)
    for kind, marks in groupby(marks_of(curve, length, width), key=lambda mark: mark.kind):
        of_kind = list(marks)
        for mark in of_kind:
            for line in range(height):
                at = line, GUTTER + mark.column
                if cells.characters[at] in free and not in_words[at]:
                    cells.write(GUTTER + mark.column, line, GLYPHS[kind], OF_MARKS[kind])
        room = np.isin(cells.characters[: min(height, LABEL_LINES), GUTTER:], free)
        for mark in of_kind:
            for x, line, text in place_label(mark, room):
                cells.write(GUTTER + x, line, text, OF_MARKS[kind])


def draw_here(cells: Cells, place: PlotArea, here: int) -> None:
    """Draw a vertical line at the shown window, if it is not the newest."""
    width, height = place.width, place.height
    x = GUTTER + column_of(here - place.first, place.length, width)
    for line in range(height):
        if cells.characters[line, x] in (" ", GLYPHS["level"], GLYPHS["epoch"]):
            cells.write(x, line, GLYPHS["mark"], "here")
        cells.styles[line, x] = NUMBER["here"]
    word = f" window {here:,} "
    free = np.isin(cells.characters[:height], [" ", GLYPHS["level"]])
    for line, begin in itertools.product(range(height), (x + 1, x - len(word))):
        if GUTTER <= begin <= GUTTER + width - len(word) and free[line, begin : begin + len(word)].all():
            cells.write(begin, line, word, "here")
            break


def draw_cursor(cells: Cells, x: int, height: int) -> None:
    """Draw the crosshair, or an edge of what the mouse drags over: a vertical line in a column of the cells."""
    blank = [" ", GLYPHS["level"], GLYPHS["epoch"], GLYPHS["mark"]]
    for line in range(height):
        if cells.characters[line, x] in blank:
            cells.write(x, line, GLYPHS["cursor"])
        cells.styles[line, x] = NUMBER["strong"]


def read(curve: Curve, window: int, band: Band | None = None, seed: int = 0, has_errors: bool = True) -> str:
    """The text about a window on the curve: its epoch, and the loss and error rate of its bucket.

    Args:
        band: with several replicas, the distribution of their losses. The text then begins with it, and with the number
            of replicas that have solved the task.
        seed: the seed of the network that the curve belongs to.
        has_errors: whether predictions are right or wrong; numbers are neither.
    """
    bucket = int(np.searchsorted(curve.starts, window, side="right")) - 1
    begin = int(curve.starts[bucket])
    end = int(curve.ends[bucket])
    segment = next((one for one in reversed(curve.segments) if one.at <= window), None)
    of_all = "" if band is None else _of_all(band, window)
    place = f"window {begin + 1:,}" if end - begin == 1 else f"windows {begin + 1:,} to {end:,}"
    if segment is not None:
        epoch, in_epoch = segment.epoch_and_window(max(begin, segment.at))
        if of_all and end - begin > 1:  # the text has to fit on two lines of 80 columns
            place += f" · epoch {epoch + 1}"
        else:
            place += f" · {'' if end - begin == 1 else 'from '}epoch {epoch + 1}, window {in_epoch + 1}"
    low, high, mean = (loss_text(float(values[bucket])) for values in (curve.low, curve.high, curve.mean))
    wrong = f"{float(curve.error_rate[bucket]):.1%} wrong" if has_errors else ""
    if of_all:
        return ", ".join(filter(None, [f"{place} · {of_all} · seed {seed}: {mean}", wrong]))
    loss = f"loss {mean}" if end - begin == 1 else f"average loss {mean} ({low} to {high})"
    return " · ".join(filter(None, [place, loss, wrong]))


def _of_all(band: Band, window: int) -> str:
    """The text about the band at a window; empty if there is no band."""
    bucket = int(np.searchsorted(band.starts, window, side="right")) - 1
    if bucket < 0 or window >= band.ends[bucket]:
        return ""
    tenth, median, ninetieth = (
        loss_text(float(losses[bucket])) for losses in (band.tenth, band.median, band.ninetieth)
    )
    solved = f"{int(band.solved[bucket]):,} of {int(band.replicas[bucket]):,} solved"
    return f"median loss {median} (10 to 90 %: {tenth} to {ninetieth}) · {solved}"


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
        (extremes, "'", "extreme"),
        (filled(tenth, ninetieth, rows, ascii_only), ":", "band"),
        (spans(median - thick, median + thick, rows), "=", "median"),
    ):
        drawn = characters(dots, ascii_only, mark)
        inside = (slice(0, place.height), slice(place.x, place.x + place.width))
        cells.characters[inside] = overlaid(cells.characters[inside], drawn)
        cells.styles[inside][drawn != " "] = NUMBER[style]
    beyond = (band.high.astype(np.float64) > place.axis.top).astype(np.float64)
    _, is_beyond = per_column(band, beyond, beyond, place.width, place.length)
    signs = np.nan_to_num(is_beyond) > 0
    signs[1:] &= ~signs[:-1] | (np.arange(1, place.width) % BEYOND_EVERY == 0)
    for column in np.flatnonzero(signs).tolist():
        cells.write(place.x + column, 0, "^", "extreme")


def samples_of(band: Band, seed: int, ascii_only: bool) -> list[str]:
    """A sample and a name of each texture, for the legend."""
    sample = ASCII_SAMPLES if ascii_only else SAMPLES
    of = f"median of {int(band.replicas[-1]):,}"
    names = {"line": f"seed {seed}", "median": of, "band": "10 to 90 %", "extremes": "best, worst"}
    return [f"{sample[one]} {name}" for one, name in names.items()]


LINE, NAME = "level", "rung"
"""The styles of a rung's line and of its label."""

RANGES = ("raw", "band", "extreme")
"""The styles of the ranges of losses, which a label may cover: of a window's neighbours, and of several networks."""

GAP = 2
"""Columns of the line that stay visible between two labels on it."""


def draw_ladder(cells: Cells, place: PlotArea, levels: Sequence[Level], dash: str) -> None:
    """Draw each rung that lies on the axis as a line behind the curve, with its label.

    The labels of the first and the last rung are placed first, then those between. A label is in the right half of its
    rung; where the curve is in the way, on the line above or below, else further to the left. If no place is free, it
    covers the range of the losses, but never their mean or median.
    """
    on_axis = [level for level in levels if place.axis.bottom <= level.loss <= place.axis.top]
    lines = [place.line(level.loss) for level in on_axis]
    for line in set(lines):
        row = cells.characters[line, place.x : place.x + place.width]
        for x in np.flatnonzero(row == " ").tolist():
            cells.write(place.x + x, line, dash, LINE)
    numbers = range(len(on_axis))
    for number in (*numbers[:1], *numbers[:0:-1]):
        level = on_axis[number]
        text = f" {shortened_phrases(level.name)} {loss_text(level.loss, 3)} "
        found = _place_of(cells, place, lines, number, len(text), dash)
        if found is not None:
            line, begin = found
            cells.write(place.x + begin, line, text, NAME)


def _place_of(
    cells: Cells, place: PlotArea, lines: Sequence[int], number: int, length: int, dash: str
) -> tuple[int, int] | None:
    """The line and the first column of a rung's label; None if there is no room.

    Args:
        lines: the line of each rung, from chance down.
        number: the number of the rung among them.
    """
    line, half = lines[number], place.width // 2
    above = [line - 1] if line not in lines[:number] and line - 1 not in lines else []
    below = [line + 1] if line not in lines[number + 1 :] and line + 1 not in lines else []
    candidates = [one for one in (line, *above, *below) if 0 <= one < place.height]
    places = [(one, _room(cells, place, one, length, dash)) for one in candidates]
    found = [(one, begin) for one, begin in places if begin is not None]
    best = next((there for there in found if there[1] >= half), found[0] if found else None)
    if best is not None and (best[0] == line or best[1] >= half):
        return best
    places = [(one, _room(cells, place, one, length, dash, over_ranges=True)) for one in candidates]
    return next(((one, begin) for one, begin in places if begin is not None), None)


def draw_name(cells: Cells, place: PlotArea, name: str) -> None:
    """Write the name and the unit of the loss at the top of the plot, where the plot is empty."""
    text = f" {name} "
    for begin in (place.x, place.x + place.width - len(text)):
        if place.width > 2 * len(text) and (cells.characters[0, begin : begin + len(text)] == " ").all():
            cells.write(begin, 0, text, "muted")
            return


def _room(cells: Cells, place: PlotArea, line: int, length: int, dash: str, over_ranges: bool = False) -> int | None:
    """The rightmost column of the plot from which on a text fits on the line; None if there is none.

    Args:
        over_ranges: whether the text may cover the ranges of losses.
    """
    inside = np.s_[line, place.x : place.x + place.width - 1]
    row, styles = cells.characters[inside], cells.styles[inside]
    words = styles == NUMBER[NAME]
    free = (row == " ") | (row == dash)
    if over_ranges:
        free |= np.isin(styles, [NUMBER[name] for name in RANGES])
    near = np.convolve(words, np.ones(2 * GAP + 1), "same") > 0 if words.any() else words
    taken = np.cumsum(np.concatenate([[0], ~free | near]))
    begins = np.flatnonzero(taken[length:] == taken[:-length]) if len(row) >= length else np.empty(0, np.int64)
    return int(begins[-1]) if begins.size else None


def legend(samples: Sequence[str], ghosts: Sequence[Ghost], width: int, keymap: KeyMap) -> str:
    """The line: the samples of the band, then the ghosts; if they do not all fit, the newest, and how many others."""
    words = [f"{ghost.letter}: {ghost.words}{ghost.since}" for ghost in ghosts]
    line = ""
    for left_out in range(max(1, len(words))):
        more = [f"and {left_out} more: «branches»"] if left_out else []
        line = keymap.text("  ".join([*samples, *words[left_out:], *more]))
        if len(line) <= width:
            break
    return shortened(line, width)
