"""The map as lines of text, for pipes, files and terminals that show no app."""

from __future__ import annotations

import csv
import io
import textwrap
from collections.abc import Iterator, Set

from echornn.maps.kept_values import value_text
from echornn.maps.measures import Measure
from echornn.maps.ranking_words import ranking_told
from echornn.maps.table import windows_of
from echornn.maps.telling import lost_told
from echornn.tasks.levels import solved_level
from tui.map.frame import MapFrame
from tui.map.labels import legend_of, texts_of
from tui.map.signs import Signs, edge_sign, sign_of
from tui.map.what_is_trained import common_to_all

WIDTH = 79
"""Of the words below the table."""

COLUMNS = (
    "points",
    "trained",
    "solved",
    "success",
    "low",
    "high",
    "half_solved",
    "median_loss",
    "best_seed",
    "best_solved_at",
    "failed",
    "missing",
    "most_windows",
    "until",
    "level",
    "version",
)
"""Of `csv_lines`, after the fields across and down."""


def lines_of(frame: MapFrame, signs: Signs) -> Iterator[str]:
    """What is shown, then a line for each row: a number for each cell, with a sign behind it where something lacks; of
    success, which cell has the most, and which others may be the best."""
    table, choice = frame.table, frame.table.choice
    cells = [
        [
            f"{number or sign_of(cell.tally, frame.scale, signs)}{edge_sign(cell.tally, signs)}"
            for number, cell in zip(texts, row, strict=True)
        ]
        for texts, row in zip(frame.numbers, table.cells, strict=True)
    ]
    heads = texts_of(table.columns, choice.across)
    labels = texts_of(table.rows, choice.down)
    label = max(map(len, labels))
    widths = [max(len(heads[at]), *(len(row[at]) for row in cells)) for at in range(len(heads))]
    yield frame.heading
    for words in str(common_to_all(table.surveyed) or "").split("; "):
        yield from textwrap.wrap(words, WIDTH)
    yield ""
    yield _line(" " * label, [f"{head:>{width}}" for head, width in zip(heads, widths, strict=True)], {})
    for number, (name, row) in enumerate(zip(labels, cells, strict=True)):
        upright = {
            column: signs.upright[one.number]
            for one in reversed(frame.walls)
            for line, column in one.right_of
            if line == number
        }
        padded = [f"{text:>{width}}" for text, width in zip(row, widths, strict=True)]
        yield _line(f"{name:<{label}}", padded, upright)
        level = {
            column: signs.level[one.number]
            for one in reversed(frame.walls)
            for line, column in one.below
            if line == number
        }
        if level:
            yield _line(" " * label, [level.get(column, " ") * width for column, width in enumerate(widths)], {})
    yield ""
    legend = legend_of(frame.table.counts, frame.scale, frame.walls, signs)[1]
    if legend:
        yield legend
    yield from textwrap.wrap(lost_told(table), WIDTH, break_on_hyphens=False)
    if frame.scale.measure is Measure.SUCCESS:
        for words in ranking_told(table):
            yield from textwrap.wrap(words, WIDTH, break_on_hyphens=False)


def _line(label: str, texts: list[str], upright: dict[int, str]) -> str:
    """A line of the table: three places between cells, one of theory's lines in the middle one.

    Args:
        upright: signs of the lines, by the column that they follow.
    """
    between = ["  ", *(f" {upright.get(column, ' ')} " for column in range(len(texts) - 1))]
    return (label + "".join(f"{gap}{text}" for gap, text in zip(between, texts, strict=True))).rstrip()


def csv_lines(frame: MapFrame) -> Iterator[str]:
    """A row for each cell: the fields across and down, then `COLUMNS`; shares from 0 to 1, empty where not known.

    A cell of several points has no interval: what differs there is not the luck of seeds. Its other numbers are medians
    of its points'. ``most_windows`` is how many each of its networks trains at the most, ``level`` the mean
    loss of 50 windows, nats, below which the echo counts as solved; both are empty where they differ. ``version`` is
    the number of the program's version that trained it, in the order of time.
    """
    table, choice = frame.table, frame.table.choice
    fields = [name for name in (choice.across, choice.down) if name is not None]
    yield _csv([*fields, *COLUMNS])
    for row, down in zip(table.cells, table.rows, strict=True):
        for cell, across in zip(row, table.columns, strict=True):
            tally, best = cell.tally, cell.tally.best
            values = [value_text(value) for name, value in ((choice.across, across), (choice.down, down)) if name]
            low, high = tally.interval
            interval = ["", ""] if tally.is_pooled or not tally.count else [f"{low:.4f}", f"{high:.4f}"]
            known = [f"{tally.success:.4f}" if tally.count else "", *interval]
            half = "" if tally.half_solved is None else tally.half_solved
            loss = f"{tally.loss:.6g}" if tally.count else ""
            told = ["", ""] if best is None else [best.seed, "" if best.solved_at is None else best.solved_at]
            counts = [len(cell.configs), tally.count, tally.solved]
            most = _one(set(map(windows_of, cell.configs.values())))
            level = _one({f"{solved_level(config):.6g}" for config in cell.configs.values()})
            rule = [most, "solved" if table.surveyed.until_solved else "all", level, tally.version + 1]
            yield _csv([*values, *counts, *known, half, loss, *told, tally.failed, tally.missing, *rule])


def _one(values: Set[object]) -> object:
    """What all have; empty where they differ."""
    return next(iter(values)) if len(values) == 1 else ""


def _csv(values: list[object]) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="").writerow(values)
    return out.getvalue()
