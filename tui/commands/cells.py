"""The subcommand ``cells``: prints the recurrent cells that can be trained, with their formulas and weights."""

from __future__ import annotations

from typing import Any

from echornn.cells.cell import Cell
from echornn.cells.own_cell import OwnCell, check
from echornn.cells.table import CELLS, cell_of, named
from tui.commands.printed.of_choices import print_records, print_template
from tui.term.exit_code import ExitCode


def print_cells(wanted: str | None, as_json_lines: bool, template: bool) -> int:
    """Print all cells, or one, or a file to write a cell from; returns the exit code.

    Args:
        wanted: the name of a cell, or FILE.py:NAME of the user's own, which is checked.
    """
    if template:
        print_template("echornn.cells")
        return ExitCode.DONE
    cells = dict(CELLS) if wanted is None else _cell(wanted)
    print_records((record_of(name, cell) for name, cell in cells.items()), as_json_lines)
    return ExitCode.DONE


def _cell(wanted: str) -> dict[str, Cell]:
    name = named(wanted)
    return {str(name): check(name) if isinstance(name, OwnCell) else cell_of(name)}


def record_of(name: str, cell: Cell) -> dict[str, Any]:
    """The facts about a cell, as JSON values."""
    return {
        "cell": name,
        "help": cell.about,
        "formulas": list(cell.formulas),
        "state": list(cell.state_parts),
        "held": len(cell.state_parts) - len(cell.unread),
        "gates": list(cell.gates),
        "products": [
            {"weight": one.weight, "bias": one.bias, "reads": list(one.reads), "columns": list(one.columns)}
            for one in cell.products
        ],
        "unit_weights": list(cell.unit_weights),
        "keras": cell.keras[0] or None,
    }
