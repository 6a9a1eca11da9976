"""Checks a user's cell by running its step on a few numbers: shapes, names, finite values and gradients."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from functools import lru_cache

import numpy as np

from echornn.cells.cell import Arrays, Cell, CellError
from echornn.cells.of_arrays import OfArrays
from echornn.cells.own.dual import Dual
from echornn.cells.own.dual_network import DualFunctions, DualNetwork
from echornn.cells.own.own_cell import OwnCell

INPUTS, UNITS, ROWS, STEPS, WINDOW = 3, 4, 5, 6, 15
"""The sizes of the check; unequal, so that a vector of a wrong size is seen."""


ROUNDING = 1e-5
"""How far a vector of `Cell.limited` may be beyond 1."""


@lru_cache(maxsize=64)
def examine(own: OwnCell) -> str:
    """A digest of the states that the cell computes from random weights, after all checks that one process can do.

    Raises:
        CellError: a check has failed; one line that names the place in the file.
    """
    cell: Cell = own.load()
    with np.errstate(all="ignore"):
        with own.blaming_function(cell.first_units):
            weights = first_weights(cell)
        with own.blaming_function(cell.used):
            used = _used(cell, weights)
        with own.blaming_function(cell.step):
            states, again = _states(cell, used), _states(cell, used)
            if not all(np.array_equal(one.value, two.value) for one, two in zip(states, again, strict=True)):
                raise CellError("step returns different numbers for the same input and state: it may keep nothing")
            _check_gradients(cell, weights, states)
        with own.blaming_function(cell.eigenvalues):
            _check_eigenvalues(cell, weights)
    return hashlib.sha256(b"".join(state.value.tobytes() for state in states)).hexdigest()


def first_weights(cell: Cell) -> dict[str, Dual]:
    """Random weights, each with a random direction for its derivative.

    Raises:
        CellError: the initial weights of units are not one number for each unit.
    """
    rng = np.random.default_rng(0)
    arrays: dict[str, np.ndarray[tuple[int, ...], np.dtype[np.float32]]] = {}
    for product in cell.products:
        columns = len(product.columns) * UNITS
        arrays[product.weight] = rng.normal(0, 0.5, (product.rows(INPUTS, UNITS), columns)).astype(np.float32)
        arrays[product.bias] = rng.normal(0, 0.5, (1, columns)).astype(np.float32)
    arrays |= {name: values[np.newaxis] for name, values in _first_units(cell).items()}
    made = {}
    for number, (name, value) in enumerate(arrays.items()):
        slopes = np.zeros((len(arrays), *value.shape), np.float32)
        slopes[number] = rng.normal(size=value.shape)
        made[name] = Dual(value, slopes)
    return made


def _first_units(cell: Cell) -> Arrays:
    """The initial weights of units, checked."""
    given = cell.first_units(np.random.default_rng(0), UNITS, WINDOW)
    if not isinstance(given, Mapping) or set(given) != set(cell.unit_weights):
        found = ", ".join(given) if isinstance(given, Mapping) else repr(given)
        wanted = ", ".join(cell.unit_weights)
        raise CellError(f"first_units returns {found or 'nothing'}, not arrays for the unit_weights {wanted or 'none'}")
    for name, values in given.items():
        array = np.asarray(values)
        if array.shape != (UNITS,) or array.dtype != np.float32 or not np.isfinite(array).all():
            raise CellError(
                f"first_units returns {name} as {array.dtype} {list(array.shape)}, not finite float32 [{UNITS}], "
                "a number for each unit"
            )
    return given


def _states(cell: Cell, used: Mapping[str, Dual]) -> list[Dual]:
    """The vectors of the state after each of some steps from the zero state, all together."""
    rng = np.random.default_rng(1)
    directions = len(next(iter(used.values())).slopes)
    zeros = np.zeros((directions, ROWS, UNITS), np.float32)
    state = [zeros[0]] * len(cell.state_parts)
    slopes = [zeros] * len(cell.state_parts)
    found: list[Dual] = []
    for number in range(STEPS):
        call = object()
        x = rng.normal(size=(ROWS, INPUTS)).astype(np.float32)
        x[0] = 0
        before = [Dual(*one, call) for one in zip(state, slopes, strict=True)]
        inputs = Dual(x, np.zeros((directions, ROWS, INPUTS), np.float32), call)
        after = _checked(cell, cell.step(inputs, before, DualNetwork(cell, used, call)), call, number)
        found += after
        state, slopes = [one.value for one in after], [one.slopes for one in after]
    return found


def _used(cell: Cell, weights: Mapping[str, Dual]) -> Mapping[str, Dual]:
    """The weights that the step uses, checked."""
    used = cell.used(weights, DualFunctions(), WINDOW)
    if not isinstance(used, Mapping) or not all(isinstance(one, Dual) for one in used.values()):
        raise CellError("used has to return a dict of the weights that the step uses, by name")
    for product in cell.products:
        for name in (product.weight, product.bias):
            if name not in used or used[name].value.shape != weights[name].value.shape:
                raise CellError(f"used has to return {name} in its shape, {list(weights[name].value.shape)}")
    for name, one in used.items():
        if not np.isfinite(one.value).all():
            raise CellError(f"used returns {name} with numbers that are not finite")
    return used


def _checked(cell: Cell, after: object, call: object, number: int) -> Sequence[Dual]:
    """What the step returned, checked."""
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
        if name in cell.limited and np.abs(one.value).max() > 1 + ROUNDING:
            raise CellError(f"{name} is listed in limited, but step returns {np.abs(one.value).max():.3g} for it")
        if not np.isfinite(one.value).all():
            bad = one.value[~np.isfinite(one.value)][0]
            when = "from the zero state" if number == 0 else f"in step {number + 1} from the zero state"
            raise CellError(f"step returns {name} with {bad} {when}: all numbers have to be finite")
    return after


def _check_gradients(cell: Cell, weights: Mapping[str, Dual], states: Sequence[Dual]) -> None:
    outputs = states[:: len(cell.state_parts)]
    for number, name in enumerate(weights):
        slopes = np.array([one.slopes[number] for one in outputs])
        if not np.isfinite(slopes).all():
            raise CellError(f"the gradient to the weight {name} is not finite")
        if not slopes.any():
            raise CellError(f"the gradient to the weight {name} is always 0: h does not depend on it")


def _check_eigenvalues(cell: Cell, weights: Mapping[str, Dual]) -> None:
    used = cell.used({name: one.value for name, one in weights.items()}, OfArrays(), WINDOW)
    for name, values in cell.eigenvalues(used).items():
        if np.shape(values) != (UNITS,) or not np.isfinite(values).all():
            raise CellError(f"eigenvalues returns {name} as {list(np.shape(values))}, not finite numbers [{UNITS}]")
