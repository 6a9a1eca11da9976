"""Runs the step of a user's cell in a check, and checks what it returns."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from echornn.cells.cell import Cell, CellError
from echornn.cells.own.dual import INPUTS, ROWS, UNITS, Array, Dual
from echornn.cells.own.dual_network import DualNetwork

ROUNDING = 1e-5
"""How far a vector of `Cell.limited` may be beyond 1."""


def states(cell: Cell, used: Mapping[str, Dual], inputs: Array) -> Iterator[list[Dual]]:
    """The vectors of the state after each step from the zero state.

    Args:
        used: the weights that the step uses.
        inputs: float32 [steps, ROWS, INPUTS].

    Raises:
        CellError: the step does not return vectors of the state, or its numbers are not finite, or beyond their limits.
    """
    directions = len(next(iter(used.values())).slopes)
    zeros = Dual(np.zeros((ROWS, UNITS), np.float32), np.zeros((directions, ROWS, UNITS), np.float32))
    state = [zeros] * len(cell.state_parts)
    for number, x in enumerate(inputs, 1):
        state = after_step(cell, used, x, state)
        _check_numbers(cell, state, number)
        yield state


def after_step(cell: Cell, used: Mapping[str, Dual], x: Array, state: Sequence[Dual]) -> list[Dual]:
    """The vectors of the state after a step.

    Raises:
        CellError: the step does not return vectors of the state.
    """
    call = object()
    before = [Dual(one.value, one.slopes, call, name) for name, one in zip(cell.state_parts, state, strict=True)]
    given = Dual(x, np.zeros((len(state[0].slopes), ROWS, INPUTS), np.float32), call, "x")
    return _checked(cell, cell.step(given, before, DualNetwork(cell, used, call)), call)


def _checked(cell: Cell, after: object, call: object) -> list[Dual]:
    parts = cell.state_parts
    if not isinstance(after, (list, tuple)) or len(after) != len(parts):
        kind = {Dual: "one vector", type(None): "nothing"}.get(type(after), f"a {type(after).__name__}")
        found = f"a list of {len(after)}" if isinstance(after, (list, tuple)) else kind
        raise CellError(f"step returns {found}, not a list of {len(parts)}: {', '.join(parts)}")
    for name, one in zip(parts, after, strict=True):
        if not isinstance(one, Dual):
            raise CellError(f"step returns {name} as a {type(one).__name__}, not a vector")
        if one.call is not call:
            raise CellError(f"step returns {name} from an earlier call: it may keep nothing")
        if one.value.shape != (ROWS, UNITS):
            raise CellError(f"step returns {name} with {one.value.shape[1]} numbers, not one for each of {UNITS} units")
    return list(after)


def _check_numbers(cell: Cell, state: Sequence[Dual], number: int) -> None:
    for name, one in zip(cell.state_parts, state, strict=True):
        if name in cell.limited and np.abs(one.value).max() > 1 + ROUNDING:
            raise CellError(f"{name} is listed in limited, but step returns {np.abs(one.value).max():.3g} for it")
        if not np.isfinite(one.value).all():
            bad = one.value[~np.isfinite(one.value)][0]
            when = "from the zero state" if number == 1 else f"in step {number} from the zero state"
            raise CellError(f"step returns {name} with {bad} {when}: all numbers have to be finite")
