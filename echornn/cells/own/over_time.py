"""Checks what a user's cell does with its state: which vectors it reads, and whether they stay finite."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from echornn.cells.cell import Cell, CellError
from echornn.cells.own.dual import INPUTS, ROWS, Array, Dual
from echornn.cells.own.steps import after_step, states

LONG = 200
"""The steps from the zero state in which the numbers have to stay finite: enough for a state that is multiplied by 1.6
in each step to pass the greatest float32.
"""


def check_reads(cell: Cell, used: Mapping[str, Dual], inputs: Array) -> None:
    """Check that the step reads all vectors of the state that are not listed in ``unread``, and no others.

    Raises:
        CellError: the cell says something else.
    """
    read: set[str] = set()
    for x, state in zip(inputs[1:], states(cell, used, inputs[:-1]), strict=True):
        expected = after_step(cell, used, x, state)
        for number, name in enumerate(cell.state_parts):
            changed = [*state[:number], _changed(state[number]), *state[number + 1 :]]
            found = after_step(cell, used, x, changed)
            if not all(np.array_equal(one.value, two.value) for one, two in zip(found, expected, strict=True)):
                read.add(name)
    for name in cell.state_parts:
        if name not in read and name not in cell.unread:
            raise CellError(f"step never reads {name}, so {name} holds nothing: read it, or say unread=({name!r},)")
        if name in read and name in cell.unread:
            raise CellError(f"unread names {name}, but step reads it")


def _changed(vector: Dual) -> Dual:
    """A vector with other numbers that are as large and have the same signs, except those next to 0."""
    return replace(vector, value=np.asarray(0.875 * vector.value + 0.0625, np.float32))


def check_long(cell: Cell, used: Mapping[str, Dual]) -> None:
    """Check that the state stays finite for many steps with zeros and ones as inputs.

    Args:
        used: the weights that the step uses before training.

    Raises:
        CellError: it does not.
    """
    inputs = np.random.default_rng(2).integers(0, 2, (LONG, ROWS, INPUTS)).astype(np.float32)
    for _ in states(cell, used, inputs):
        pass
