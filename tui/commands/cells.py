"""The subcommand ``cells``: prints the recurrent cells that can be trained, with their formulas and weights."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterator
from typing import Any

from echornn.cells.cell import Cell, Product
from echornn.cells.own.check import check
from echornn.cells.own.own_cell import OwnCell
from echornn.cells.table import CELLS, cell_of, named
from tui.commands.printed.of_choices import INDENT, WIDTH, print_template, wrapped
from tui.term import printed
from tui.term.exit_code import ExitCode


def print_cells(wanted: str | None, as_json_lines: bool, template: bool) -> int:
    """Print all cells, or one, or a file to write a cell from; returns the exit code.

    Args:
        wanted: the name of a cell, or FILE.py:NAME of the user's own, which is checked.

    Raises:
        ConfigError: there is no such cell, or the file cannot be used.
    """
    if template:
        print_template("echornn.cells.own")
        return ExitCode.DONE
    cells = dict(CELLS) if wanted is None else _cell(wanted)
    if as_json_lines:
        printed.lines(json.dumps(record_of(name, cell)) for name, cell in cells.items())
    else:
        printed.lines(lines(cells))
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
        "held": cell.held,
        "gates": list(cell.gates),
        "products": [
            {"weight": one.weight, "bias": one.bias, "reads": list(one.reads), "columns": list(one.columns)}
            for one in cell.products
        ],
        "unit_weights": list(cell.unit_weights),
        "keras": cell.keras[0] or None,
    }


def lines(cells: dict[str, Cell]) -> Iterator[str]:
    """The cells for people: a block of lines for each."""
    for number, (name, cell) in enumerate(cells.items()):
        if number:
            yield ""
        yield from _lines_of(name, cell)


def _lines_of(name: str, cell: Cell) -> Iterator[str]:
    yield f"{name}: {held_text(cell)}"
    yield from wrapped(cell.about)
    for line in cell.formulas:
        yield from textwrap.wrap(line, WIDTH, initial_indent=INDENT, subsequent_indent=INDENT * 2)
    weights = [_product_text(product) for product in cell.products]
    if cell.unit_weights:
        weights.append(f"{', '.join(cell.unit_weights)} (a number for each unit)")
    yield from wrapped(f"weights: {'; '.join(weights)}")
    if cell.gates:
        yield from wrapped(f"gates: {', '.join(cell.gates)}")
    yield f"{INDENT}Keras: {cell.keras[0] or 'no such cell, so no --keras export'}"


def held_text(cell: Cell) -> str:
    """How many numbers a unit holds from step to step, and in which vectors."""
    parts = [name for name in cell.state_parts if name not in cell.unread]
    if not parts:
        return "holds nothing from step to step"
    return f"holds {cell.held} number{'s' * (cell.held != 1)} a unit ({', '.join(parts)})"


def _product_text(product: Product) -> str:
    return f"{product.weight}, {product.bias} (from {', '.join(product.reads)} to {', '.join(product.columns)})"
