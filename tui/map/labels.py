"""The texts around the map: labels of rows and columns, the legend, and the other fields."""

from __future__ import annotations

from echornn.sweeps.results import Scale, Values
from echornn.sweeps.table import BUDGET, Table, value_text
from tui.map.signs import FAILED, LEFT_OUT, LOST, MISSING, SHADES


def texts_of(values: Values, field: str | None) -> list[str]:
    """The labels of rows or columns; a single label if there is no field."""
    return [value_text(value) for value in values] if field is not None else ["all"]


def legend_of(table: Table, scale: Scale) -> list[str]:
    """The two lines of the legend: the shades, then the other signs that occur on the map."""
    shades = [f"{SHADES[level]} {text}" for level, text in scale.legend]
    cells = [cell for row in table.cells for cell in row]
    meanings = [
        (MISSING, "to come", any(cell.missing for cell in cells)),
        (FAILED, "failed", any(cell.failed for cell in cells)),
        (LOST, "some lost again", any(cell.lost for cell in cells)),
        (LEFT_OUT, "cannot be", any(cell.impossible for cell in cells)),
    ]
    return ["  ".join(shades), "  ".join(f"{sign} {text}" for sign, text, is_there in meanings if is_there)]


def others_of(table: Table, turned: str | None = None) -> list[str]:
    """Texts with the fields that are neither across nor down, and their values; one of several fields is marked."""
    choice, axes = table.choice, table.results.axes
    names = [name for name in axes if name not in (choice.across, choice.down)]
    marks = {turned: ">"} if len(names) > 1 else {}
    return [f"{marks.get(name, '')}{held_text(name, choice.left(name, axes[name]), axes[name])}" for name in names]


def held_text(name: str, left: Values, values: Values) -> str:
    """A text about a field that is neither across nor down: its value, or "over" if each cell combines several
    values.
    """
    if len(left) == 1:
        largest = " (largest)" if name == BUDGET and len(values) > 1 and left == values[-1:] else ""
        return f"{name} {value_text(left[0])}{largest}"
    return f"over {name}" if left == values else f"over {len(left)} of {name}"
