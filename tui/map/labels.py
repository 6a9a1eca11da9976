"""What stands beside a map's rows and columns, and below it."""

from __future__ import annotations

from collections.abc import Sequence

from echornn.sweeps.kept_values import value_text
from echornn.sweeps.measures import Scale, short_text, value_of
from echornn.sweeps.table import Table, Values
from echornn.sweeps.theory import LIMITS
from tui.map.signs import Signs
from tui.map.walls import Walls


def texts_of(values: Values, field: str | None) -> list[str]:
    """Labels of rows or columns; where there is no such field, one for all."""
    return [value_text(value) for value in values] if field is not None else ["all"]


def numbers_of(table: Table, scale: Scale) -> list[list[str]]:
    """What is written into each cell, [rows][columns], at most five characters; empty where there is no result."""
    return [[short_text(value_of(cell.tally, scale.measure), scale.measure) for cell in row] for row in table.cells]


def legend_of(table: Table, scale: Scale, walls: Sequence[Walls], signs: Signs) -> list[str]:
    """What the map's signs mean: its shades, then the other signs that there are on it."""
    shades = [f"{signs.shades[level]} {text}" for level, text in scale.legend]
    total = table.total
    others = [
        (signs.missing, "to come", total.missing),
        (signs.failed, "failed", total.failed),
        (signs.left_out, "cannot be", total.left_out),
    ]
    lines = [f"{signs.upright[one.number]} {LIMITS[one.number].name}" for one in walls]
    return ["  ".join(shades), "  ".join([*(f"{sign} {text}" for sign, text, count in others if count), *lines])]


def others_of(table: Table) -> str:
    """The fields that are neither across nor down: held at a value, or averaged over."""
    choice, axes = table.choice, table.surveyed.axes
    parts = []
    for name, values in axes.items():
        left = choice.left(name, values)
        if name in (choice.across, choice.down) or not left:
            continue
        parts.append(f"{name} {value_text(left[0])}" if len(left) == 1 else f"over {len(left)} of {name}")
    return f"; {', '.join(parts)}" if parts else ""
