"""Finds the cell that a user or a record names: a name in the table of cells, or a user's own file."""

from __future__ import annotations

from echornn.cells.cell import Cell
from echornn.cells.own.own_cell import CellName, OwnCell
from echornn.cells.table import CELLS
from echornn.config_error import ConfigError


def named(given: object) -> CellName:
    """The name of the cell that a user has written: a name in the table, or FILE.py:NAME.

    Raises:
        ConfigError: there is no such cell, or its file cannot be read.
    """
    if isinstance(given, OwnCell) or (isinstance(given, str) and given in CELLS):
        return given
    if isinstance(given, str) and ":" in given:
        return OwnCell.read(given)
    raise ConfigError("cell", given, f"one of {', '.join(CELLS)}, or FILE.py:NAME of your own")


def cell_of(name: CellName) -> Cell:
    """The cell of this name.

    Raises:
        CellError: an error in a user's file.
    """
    return CELLS[name] if isinstance(name, str) else name.cell
