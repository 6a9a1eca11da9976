"""The table of cells. To add one, write its file, and add its entry here."""

from __future__ import annotations

from echornn.cells.cell import Cell
from echornn.cells.cornn import CORNN
from echornn.cells.diagonal import DIAGONAL, DIAGONAL_POSITIVE
from echornn.cells.gru import GRU
from echornn.cells.gru_after import GRU_AFTER
from echornn.cells.indrnn import INDRNN
from echornn.cells.irnn import IRNN
from echornn.cells.lru import LRU
from echornn.cells.lstm import LSTM
from echornn.cells.mingru import MINGRU
from echornn.cells.own_cell import CellName, OwnCell
from echornn.cells.rnn import RNN
from echornn.own.own_file import LOADED

CELLS: dict[str, Cell] = {
    "rnn": RNN,
    "gru": GRU,
    "lstm": LSTM,
    "indrnn": INDRNN,
    "irnn": IRNN,
    "mingru": MINGRU,
    "lru": LRU,
    "cornn": CORNN,
    "gru_after": GRU_AFTER,
    "diagonal": DIAGONAL,
    "diagonal_positive": DIAGONAL_POSITIVE,
}
"""The cells, by the names in `EchoConfig.cell`."""


def named(given: object) -> CellName:
    """The name of the given cell, of one in the table, or of FILE.py:NAME; a ConfigError if it
    cannot be used."""
    if not isinstance(given, Cell):
        return OwnCell.named(given, CELLS)
    for name, cell in CELLS.items():
        if cell is given:
            return name
    for own, loaded in LOADED.items():
        if isinstance(own, OwnCell) and loaded is given:
            return own
    return OwnCell.of(given, "cell", given.step.__module__)


def cell_of(name: CellName) -> Cell:
    """The cell of this name; a CellError if a user's file has an error."""
    return CELLS[name] if isinstance(name, str) else name.cell
