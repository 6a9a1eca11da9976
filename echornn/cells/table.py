"""The table of cells. To add one, write its file, and add its entry here."""

from __future__ import annotations

from echornn.cells.cell import Cell
from echornn.cells.gru import GRU
from echornn.cells.lstm import LSTM
from echornn.cells.rnn import RNN

CELLS: dict[str, Cell] = {"rnn": RNN, "gru": GRU, "lstm": LSTM}
"""The cells, by the names in `EchoConfig.cell`."""
