"""Finds the cell that a user or a record names: a name in the table of cells, or a user's own file."""

from __future__ import annotations

from echornn.cells.cell import Cell
from echornn.cells.own.own_cell import CellName, OwnCell
from echornn.cells.table import CELLS


def named(given: object) -> CellName:
    """The name of the cell that a user has written: a name in the table, or FILE.py:NAME.

    Raises:
        ConfigError: there is no such cell, or its file cannot be read.
    """
    return OwnCell.named(given, CELLS)


def cell_of(name: CellName) -> Cell:
    """The cell of this name.

    Raises:
        CellError: an error in a user's file.
    """
    return CELLS[name] if isinstance(name, str) else name.cell
