"""The map as lines of text, for pipes, files and terminals that show no app."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

from echornn.sweeps.kept_values import value_text
from tui.map.labels import legend_of, numbers_of, texts_of
from tui.map.seen import Seen
from tui.map.signs import Signs, lacks, sign_of
from tui.map.walls import Walls

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
)
"""Of `csv_lines`, after the fields across and down."""


def lines_of(seen: Seen, signs: Signs) -> Iterator[str]:
    """What is shown, then a line for each row: a number for each cell, with a sign behind it where something lacks."""
    table, choice = seen.table, seen.table.choice
    numbers = numbers_of(table, seen.scale)
    cells = [
        [
            f"{number or sign_of(cell.tally, seen.scale, signs)}{lacks(cell.tally, signs)}"
            for number, cell in zip(texts, row, strict=True)
        ]
        for texts, row in zip(numbers, table.cells, strict=True)
    ]
    heads = texts_of(table.columns, choice.across)
    labels = texts_of(table.rows, choice.down)
    label = max(map(len, labels))
    widths = [max(len(heads[at]), *(len(row[at]) for row in cells)) for at in range(len(heads))]
    yield seen.heading
    yield ""
    yield _line(" " * label, heads, widths, frozenset(), -1, signs, seen.walls)
    for number, (name, row) in enumerate(zip(labels, cells, strict=True)):
        right = frozenset(column for wall in seen.walls for line, column in wall.right_of if line == number)
        yield _line(f"{name:<{label}}", row, widths, right, number, signs, seen.walls)
    yield ""
    legend = legend_of(table, seen.scale, seen.walls, signs)[1]
    if legend:
        yield legend


def _line(
    label: str,
    texts: list[str],
    widths: list[int],
    right: frozenset[int],
    row: int,
    signs: Signs,
    walls: tuple[Walls, ...],
) -> str:
    """A line of the table: two places between cells, a line of theory's in the second."""
    line = label
    for column, (text, width) in enumerate(zip(texts, widths, strict=True)):
        before = next((signs.upright[one.number] for one in walls if (row, column - 1) in one.right_of), " ")
        line += f" {before if column - 1 in right else ' '} {text:>{width}}"
    return line.rstrip()


def csv_lines(seen: Seen) -> Iterator[str]:
    """A row for each cell: the fields across and down, then `COLUMNS`; shares from 0 to 1, empty where not known."""
    table, choice = seen.table, seen.table.choice
    fields = [name for name in (choice.across, choice.down) if name is not None]
    yield _csv([*fields, *COLUMNS])
    for row, down in zip(table.cells, table.rows, strict=True):
        for cell, across in zip(row, table.columns, strict=True):
            tally, best = cell.tally, cell.tally.best
            values = [value_text(value) for name, value in ((choice.across, across), (choice.down, down)) if name]
            low, high = tally.interval
            known = [f"{tally.success:.4f}", f"{low:.4f}", f"{high:.4f}"] if tally.count else ["", "", ""]
            half = "" if tally.half_solved is None else tally.half_solved
            loss = f"{tally.loss:.6g}" if tally.count else ""
            told = ["", ""] if best is None else [best.seed, "" if best.solved_at is None else best.solved_at]
            counts = [len(cell.configs), tally.count, tally.solved]
            yield _csv([*values, *counts, *known, half, loss, *told, tally.failed, tally.missing])


def _csv(values: list[object]) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="").writerow(values)
    return out.getvalue()
