"""The first check of a user's cell, in another process; see `echornn.own.other_process`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from echornn.cells.cell import Cell, CellError
from echornn.cells.own.examine import examine
from echornn.cells.own.own_cell import OwnCell
from echornn.own.other_process import Limits, answer_of


def check(own: OwnCell, limits: Limits | None = None) -> Cell:
    """The cell of a file that was not used before, checked.

    Args:
        own: the file.
        limits: the limits of the other process.

    Raises:
        CellError: the cell is invalid; the message is one line that names the place in the file.
    """
    digest = answer_of(own, f"{__name__}:examine_request", {"own": own.as_record()}, limits or Limits())
    if examine(own) != digest:
        with own.blaming_function(own.load().step):
            raise CellError(
                "step returns different numbers in another process: it may use no random numbers, and not the order of "
                "a set, or a hash"
            )
    own.note()
    cell: Cell = own.load()
    return cell


def examine_request(request: Mapping[str, Any]) -> str:
    """Like `examine`, with the file in a request."""
    return examine(OwnCell.from_record(request["own"]).by_hand())
