"""The weights with which a user's cell is checked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from echornn.cells.cell import Arrays, Cell, CellError
from echornn.cells.own.dual import INPUTS, UNITS, Dual
from echornn.cells.own.dual_network import DualFunctions

WINDOW = 15
"""The steps of a window."""


def random_weights(cell: Cell) -> dict[str, Dual]:
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


def initial_weights(cell: Cell) -> dict[str, Dual]:
    """Weights such as those before training, with ``init="glorot"``; they have no derivatives.

    Raises:
        CellError: the initial weights of units are not one number for each unit.
    """
    rng = np.random.default_rng(0)
    arrays = {name: values[np.newaxis] for name, values in _first_units(cell).items()}
    for product in cell.products:
        rows, count = product.rows(INPUTS, UNITS), len(product.columns)
        bound = np.sqrt(6 / (rows + count * UNITS))
        matrix = rng.uniform(-bound, bound, (rows, count * UNITS))
        if product.from_identity:
            matrix[-UNITS:] = np.tile(np.eye(UNITS), count)
        arrays[product.weight] = matrix.astype(np.float32)
        first = cell.first_biases.get(product.bias, (0,) * count)
        arrays[product.bias] = np.repeat(np.array([first], np.float32), UNITS, axis=1)
    return {name: Dual(value, np.zeros((0, *value.shape), np.float32)) for name, value in arrays.items()}


def _first_units(cell: Cell) -> Arrays:
    """The initial weights of units, checked."""
    given = cell.first_units(np.random.default_rng(0), UNITS, WINDOW)
    if not isinstance(given, Mapping) or set(given) != set(cell.unit_weights):
        raise CellError(f"first_units returns {_described(given)}, but {_unit_weights(cell.unit_weights, given)}")
    for name, values in given.items():
        array = np.asarray(values)
        if array.shape != (UNITS,) or array.dtype != np.float32 or not np.isfinite(array).all():
            raise CellError(
                f"first_units returns {name} as {array.dtype} {list(array.shape)}, not finite float32 [{UNITS}], "
                "a number for each unit"
            )
    return given


def _described(given: object) -> str:
    if isinstance(given, Mapping):
        return ", ".join(map(str, given)) or "nothing"
    return "nothing" if given is None else f"a {type(given).__name__}, not a dict of arrays by name"


def _unit_weights(names: Sequence[str], given: object) -> str:
    if names:
        return f"unit_weights has {', '.join(names)}"
    listed = "".join(f"{name!r}, " for name in given) if isinstance(given, Mapping) else ""
    return f"unit_weights is empty: write unit_weights=({listed.rstrip()})"


def used_weights(cell: Cell, weights: Mapping[str, Dual]) -> Mapping[str, Dual]:
    """The weights that the step uses, checked."""
    used = cell.used(weights, DualFunctions(), WINDOW)
    if not isinstance(used, Mapping) or not all(isinstance(one, Dual) for one in used.values()):
        raise CellError("used has to return a dict of the weights that the step uses, by name")
    for name in cell.matrices:
        if name not in used or used[name].value.shape != weights[name].value.shape:
            raise CellError(f"used has to return {name} in its shape, {list(weights[name].value.shape)}")
    for name, one in used.items():
        if not np.isfinite(one.value).all():
            raise CellError(f"used returns {name} with numbers that are not finite")
    return used
