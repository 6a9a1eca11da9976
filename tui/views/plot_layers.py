"""The layers of the plot that show losses: curves, other branches, many networks, and strips."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from echornn.diagnosis.seed_stats import NOTHING_COUNTS, wilson, wilson_of
from echornn.history.curve import Band, Curve
from echornn.session.pictures.picture import Ghost
from tui.text.lines import shortened
from tui.views.axes import Heights, Place
from tui.views.canvas import Cells, Characters
from tui.views.dots import bars, characters, line_through, put, smoothed, spans, texture
from tui.views.inks import NUMBER
from tui.views.labels import last_free

# All chosen by eye
SMOOTHED_SHARE = 40  # a drawn line is the moving mean over the plot's width divided by this
LETTER_EVERY = 24  # columns between two letters of a ghost
LETTER_SHIFT = 5  # columns by which the letters of the next ghost are moved, so that each is seen
EXTREME_EVERY = 4  # columns between two dots of the extremes
BEYOND_EVERY = 4  # columns between two marks for losses beyond the axis


# ---- the curve


def mean_line(place: Place, curve: Curve) -> Heights:
    """The dot row of the smoothed mean in each dot column."""
    return place.dots(curve, smoothed(curve.mean, place.columns // SMOOTHED_SHARE))[0]


def draw_curve(cells: Cells, place: Place, curve: Curve, alone_from: int) -> None:
    """The mean loss; the range of losses from the window on from which a single network was
    trained."""
    is_alone = curve.starts >= alone_from
    low = np.where(is_alone, curve.low, np.nan)
    high = np.where(is_alone, curve.high, np.nan)
    put(cells, place, characters(spans(*place.dots(curve, low, high), place.rows)), "raw")
    put(cells, place, line_through(place, mean_line(place, curve)), "mean")


def draw_not_finite(cells: Cells, place: Place, curve: Curve) -> None:
    is_finite = np.isfinite(curve.low) & np.isfinite(curve.high)
    for middle in curve.middles[~is_finite].tolist():
        cells.write(place.column(curve.first + middle + 0.5), 0, "!", "mark")


def draw_held_out(cells: Cells, place: Place, held_out: Curve) -> None:
    line = spans(*place.dots(held_out, held_out.mean), place.rows)
    put(cells, place, characters(line), "held_out")


# ---- other branches


@lru_cache(32)  # more ghosts than are drawn: they stay as they are while the curve grows
def ghost_line(place: Place, curve: Curve) -> tuple[Characters, Heights]:
    """The characters of a ghost, and the line of its mean in each column (NaN without one)."""
    mean = mean_line(place, curve)
    low, high = place.dots(curve, curve.low, curve.high)
    dots = spans(low, low, place.rows) | spans(high, high, place.rows)
    dots |= spans(mean, mean, place.rows)
    return characters(dots), place.height - 1 - mean[::2] / 4


def draw_ghosts(cells: Cells, place: Place, ghosts: Sequence[Ghost]) -> None:
    for ghost in ghosts:
        if ghost.curve is not None:
            put(cells, place, ghost_line(place, ghost.curve)[0], "ghost")


def draw_letters(cells: Cells, place: Place, ghosts: Sequence[Ghost]) -> None:
    """The letter of each ghost, now and then and at its end; if the curve hides all of it, once on
    the curve."""
    visible = cells.styles[place.inside] == NUMBER["ghost"]
    drawn = [ghost for ghost in ghosts if ghost.curve is not None]
    for index, ghost in enumerate(drawn):
        assert ghost.curve is not None
        signs, course = ghost_line(place, ghost.curve)
        has_line = (signs != " ") & np.isfinite(course)
        free = has_line & visible
        first = index * LETTER_SHIFT % LETTER_EVERY + 2  # not above those of other ghosts
        columns = letter_columns(np.flatnonzero(free.any(axis=0)).tolist(), first)
        if not columns:
            free = has_line
            hidden = np.flatnonzero(free.any(axis=0)).tolist()
            columns = hidden[-first:][:1]  # so far from the end
        for x in columns:
            distance = np.abs(np.arange(place.height) - course[x])
            nearest = int(np.where(free[:, x], distance, np.inf).argmin())
            cells.write(place.x + x, place.y + nearest, ghost.letter, "letter")


def letter_columns(columns: Sequence[int], first: int) -> list[int]:
    """The columns that get a letter: the last, and others from the ``first`` on that are
    `LETTER_EVERY` apart and do not touch that at the end."""
    chosen = []
    due = first
    for x in columns[:-1]:
        if due <= x < columns[-1] - 2:
            chosen.append(x)
            due = x + LETTER_EVERY
    return [*chosen, *columns[-1:]]


# ---- several networks


def draw_band(cells: Cells, place: Place, band: Band) -> None:
    """Of several networks 10th to 90th percentile, median and extremes; marks where a loss is
    beyond the axis."""
    quantiles = (band.low, band.tenth, band.median, band.ninetieth, band.high)
    rows = [np.add(*place.dots(band, losses)) / 2 for losses in quantiles]
    low, tenth, median, ninetieth, high = rows
    is_drawn = np.arange(place.columns) % EXTREME_EVERY == 0
    extremes = spans(low, low, place.rows) | spans(high, high, place.rows)
    put(cells, place, characters(extremes & is_drawn), "extreme")
    put(cells, place, characters(texture(tenth, ninetieth, place.rows)), "band")
    put(cells, place, characters(spans(median - 0.5, median + 0.5, place.rows)), "median")
    _draw_beyond(cells, place, band)


def _draw_beyond(cells: Cells, place: Place, band: Band) -> None:
    is_beyond = np.nan_to_num(place.most(band, band.high > place.axis.top)) > 0
    is_begin = np.append(True, ~is_beyond[:-1])
    is_due = np.arange(place.width) % BEYOND_EVERY == 0
    for column in np.flatnonzero(is_beyond & (is_begin | is_due)).tolist():
        cells.write(place.x + column, 0, "^", "extreme")


# ---- strips below the curve


def draw_errors(cells: Cells, strip: Place, curve: Curve, guessing: float) -> None:
    """The share of wrong predictions; a full bar is as many as when guessing."""
    cells.write(0, strip.y, "errors", "muted")
    most = 1.0 if np.isnan(guessing) else guessing
    cells.write(strip.x, strip.y, bars(strip.most(curve, curve.error_rate) / most), "errors")


def draw_solved(cells: Cells, strip: Place, band: Band, can_be_solved: bool) -> None:
    """The share of replicas that have solved the task, with its confidence interval; their number
    at the right."""
    middle = strip.y + strip.height // 2
    cells.write(0, middle, "solved", "muted")
    if not can_be_solved:
        cells.write(strip.x, middle, shortened(NOTHING_COUNTS, strip.width), "muted")
        return
    share = band.solved / np.maximum(band.replicas, 1)
    if strip.height == 1:
        cells.write(strip.x, middle, bars(strip.most(band, share)), "solved")
    else:
        least, most = wilson_of(band.solved, band.replicas)
        low, high = strip.dots(band, least)[0], strip.dots(band, most)[0]
        put(cells, strip, characters(texture(low, high, strip.rows)), "interval")
        line = spans(*strip.dots(band, share), strip.rows)
        put(cells, strip, characters(line), "solved")
    _draw_solved_words(cells, strip, band)


def _draw_solved_words(cells: Cells, strip: Place, band: Band) -> None:
    """How many of how many, behind the newest window, or else as far right as is free."""
    solved, replicas = int(band.solved[-1]), int(band.replicas[-1])
    low, high = (round(100 * end) for end in wilson(solved, replicas))
    free = np.pad(cells.characters[strip.inside] == " ", ((0, 0), (0, 1)), constant_values=True)
    behind = strip.column(int(band.ends[-1])) + 1 - strip.x
    lines = sorted(range(strip.height), key=lambda line: abs(line - strip.height // 2))
    for words in (f" {solved:,}/{replicas:,} ({low}-{high} %)", f" {solved:,}/{replicas:,}"):
        for line in lines:
            begin = last_free(free[line], len(words) + 1)
            is_behind = free[line, behind:].all()
            if is_behind and behind + len(words) <= strip.width:
                begin = behind
            if begin >= 0:
                cells.write(strip.x + begin, strip.y + line, words, "solved")
                return
