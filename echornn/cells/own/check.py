"""The check of a user's cell: its step is called once with small vectors, before TensorFlow compiles it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from echornn.cells.cell import Activation, Cell, CellError
from echornn.cells.of_arrays import OfArrays
from echornn.cells.own.own_cell import OwnCell
from echornn.own.worker import try_apart

Array = npt.NDArray[Any]

INPUTS, UNITS, ROWS = 3, 4, 5
"""The sizes of the check; unequal, so that a vector of a wrong size is seen."""

LONG, SHORT = 200, 6
"""The steps from the zero state in which the numbers have to stay finite: enough for a state that is multiplied by 1.6
in each step to pass the greatest float32; and those that are compared.
"""

WINDOW = 15
"""The steps of a window."""


def check(own: OwnCell) -> Cell:
    """The cell of a file that was not used before, checked in another process.

    Raises:
        CellError: the cell is invalid; the message is one line that names the place in the file.
    """
    try_apart(own, f"{__name__}:trace")
    own.note()
    cell: Cell = own.load()
    return cell


def trace(file: str, name: str, text: str) -> None:
    """Call the functions of a cell with a few numbers.

    Raises:
        CellError: one of them raises an error, or returns something unusable.
    """
    own = OwnCell(file, name, text)
    cell: Cell = own.load()
    with np.errstate(all="ignore"):
        with own.blaming_function(cell.first_units):
            weights = _first_weights(cell)
        with own.blaming_function(cell.used):
            cell.used(weights, _Functions(), WINDOW)
        with own.blaming_function(cell.step):
            _state(cell, weights, LONG)
            h = _state(cell, weights, SHORT)
            if not np.array_equal(h, _state(cell, weights, SHORT)):
                raise CellError("step returns different numbers for the same input and state")
            for name, one in weights.items():
                if np.array_equal(h, _state(cell, {**weights, name: 0.9 * one + 0.05}, SHORT)):
                    raise CellError(f"h does not depend on the weight {name}")
        with own.blaming_function(cell.eigenvalues):
            cell.eigenvalues(cell.used({key: one.value for key, one in weights.items()}, OfArrays(), WINDOW))


def _operator(function: Callable[[Any, Any], Array]) -> Callable[[Vector, object], Vector]:
    def operated(one: Vector, other: object) -> Vector:
        if isinstance(other, Vector):
            return Vector(function(one.value, other.value))
        return Vector(function(one.value, other)) if isinstance(other, (int, float, np.number)) else NotImplemented

    return operated


class Vector:
    """A vector as a step gets it in the check: it can be added, subtracted, multiplied and divided, and not looked at,
    as when the step is compiled.
    """

    __array_ufunc__ = None

    def __init__(self, value: Array) -> None:
        self.value = value

    def __repr__(self) -> str:
        return np.array2string(self.value[-1], precision=3, suppress_small=True, separator=" ")

    def __bool__(self) -> bool:
        raise TypeError("a vector has no numbers yet when the step is compiled")

    __add__ = __radd__ = _operator(np.add)
    __mul__ = __rmul__ = _operator(np.multiply)
    __sub__, __rsub__ = _operator(np.subtract), _operator(lambda one, other: other - one)
    __truediv__, __rtruediv__ = _operator(np.divide), _operator(lambda one, other: other / one)

    def __neg__(self) -> Vector:
        return Vector(-self.value)


class _Functions:
    """The `Functions` of such vectors."""

    def __getattr__(self, name: str) -> Callable[..., Vector]:
        function = getattr(OfArrays(), name)
        return lambda vector, *limits: Vector(function(vector.value, *limits))


class _Network(_Functions):
    """The `Network` of such vectors."""

    def __init__(self, cell: Cell, used: Mapping[str, Vector]) -> None:
        self._products = {one.weight: one for one in cell.products}
        self._used = used

    def affine(self, parts: Sequence[Vector], weight: str, bias: str, *activations: Activation) -> list[Vector]:
        product = self._products.get(weight)
        if product is None:
            raise CellError(f"there is no Product with the weight {weight!r}, only {', '.join(self._products)}")
        if bias != product.bias or len(activations) != len(product.columns):
            names = ", ".join(product.columns)
            raise CellError(f"affine with {weight} needs {product.bias!r}, and an activation for each of {names}")
        sizes = [part.value.shape[1] for part in parts]
        if sizes != [INPUTS if name == "x" else UNITS for name in product.reads]:
            raise CellError(f"affine gets vectors of {sizes} numbers with {weight}, which reads {product.reads}")
        z = np.concatenate([part.value for part in parts], axis=1) @ self._used[weight].value + self._used[bias].value
        columns = np.split(z, len(activations), axis=1)
        return [getattr(self, one.value)(Vector(column)) for one, column in zip(activations, columns, strict=True)]

    def scale(self, vector: Vector, weight: str) -> Vector:
        return vector * self._used[weight]

    def tanh(self, vector: Vector) -> Vector:
        return Vector(np.tanh(vector.value))

    def relu(self, vector: Vector) -> Vector:
        return Vector(np.maximum(vector.value, 0))

    def linear(self, vector: Vector) -> Vector:
        return vector


def _first_weights(cell: Cell) -> dict[str, Vector]:
    """Weights such as those before training, with ``init="glorot"``."""
    rng = np.random.default_rng(0)
    units = cell.first_units(rng, UNITS, WINDOW)
    if not isinstance(units, Mapping) or set(units) != set(cell.unit_weights):
        raise CellError(f"first_units has to return a dict with the unit_weights: {list(cell.unit_weights)}")
    arrays: dict[str, Array] = {}
    for name, values in units.items():
        if np.shape(values) != (UNITS,) or np.asarray(values).dtype != np.float32:
            raise CellError(f"first_units has to return {name} as float32 [units]")
        arrays[name] = values[np.newaxis]
    for one in cell.products:
        rows, count = one.rows(INPUTS, UNITS), len(one.columns)
        bound = np.sqrt(6 / (rows + count * UNITS))
        arrays[one.weight] = rng.uniform(-bound, bound, (rows, count * UNITS)).astype(np.float32)
        arrays[one.bias] = np.repeat(np.array([cell.first_biases.get(one.bias, (0,) * count)], np.float32), UNITS, 1)
    return {name: Vector(value) for name, value in arrays.items()}


def _state(cell: Cell, weights: Mapping[str, Vector], steps: int) -> Array:
    """The vector h after some steps from the zero state, with zeros and ones as inputs."""
    network = _Network(cell, cell.used(weights, _Functions(), WINDOW))
    state = [Vector(np.zeros((ROWS, UNITS), np.float32)) for _ in cell.state_parts]
    for number, x in enumerate(np.random.default_rng(2).integers(0, 2, (steps, ROWS, INPUTS)).astype(np.float32), 1):
        after: Any = cell.step(Vector(x), state, network)
        if not isinstance(after, (list, tuple)) or len(after) != len(state):
            raise CellError(f"step has to return a list of {len(state)}: {', '.join(cell.state_parts)}")
        for name, one in zip(cell.state_parts, after, strict=True):
            if not isinstance(one, Vector) or one.value.shape != (ROWS, UNITS):
                raise CellError(f"step has to return {name} as a vector with a number for each unit")
            if not np.isfinite(one.value).all():
                bad = one.value[~np.isfinite(one.value)][0]
                raise CellError(f"step returns {name} with {bad} in step {number} from the zero state")
        state = list(after)
    return state[0].value
