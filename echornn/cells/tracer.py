"""A cell's step on a few numbers, to find its errors before it is compiled: as when it is, it can
calculate with its vectors, but not look at them."""

from __future__ import annotations

import pkgutil
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any

import numpy as np
import numpy.typing as npt

from echornn.cells.cell import Activation, Arrays, Cell, CellError, Functions

# Unequal, so that a vector of a wrong size is seen
INPUTS, UNITS, ROWS, WINDOW = 3, 4, 5, 15


class NeedsTensorsError(Exception):
    """A step calls TensorFlow itself, so that only tensors will do."""


def _operator(function: Callable[[Any, Any], Any]) -> Callable[[Vector, object], Vector]:
    def operate(vector: Vector, other: object) -> Any:
        if isinstance(other, Vector):
            return Vector(function(vector.value, other.value))
        if isinstance(other, (int, float, np.number)):
            return Vector(function(vector.value, other))
        return NotImplemented

    return operate


class Vector:
    """A vector of the state, or a weight: it can be calculated with, but not looked at."""

    __array_ufunc__ = None  # NumPy's functions do not compute with tensors either

    def __init__(self, value: npt.NDArray[Any]) -> None:
        self.value = value

    def __repr__(self) -> str:
        return np.array2string(self.value[-1], precision=3, suppress_small=True, separator=" ")

    def __bool__(self) -> bool:
        raise TypeError("a vector has no numbers yet when the step is compiled")

    __add__ = __radd__ = _operator(np.add)
    __mul__ = __rmul__ = _operator(np.multiply)
    __sub__ = _operator(np.subtract)
    __rsub__ = _operator(lambda vector, other: other - vector)
    __truediv__ = _operator(np.divide)
    __rtruediv__ = _operator(lambda vector, other: other / vector)

    def __neg__(self) -> Vector:
        return Vector(-self.value)

    def __tf_tensor__(self, *_: Any, **__: Any) -> Any:  # which TensorFlow's functions call
        raise NeedsTensorsError


Vectors = Mapping[str, Vector]


class VectorFunctions:
    """The `Functions` of vectors, and the activations."""

    def __getattr__(self, name: str) -> Callable[..., Vector]:
        functions = {"tanh": np.tanh, "linear": np.positive}
        function = functions.get(name) or getattr(Functions(), name)
        return lambda vector, *limits: Vector(function(vector.value, *limits))


class VectorNetwork(VectorFunctions):
    """The `Network` of a cell with the weights that its step uses."""

    noise: Vector

    def __init__(self, cell: Cell, weights: Vectors) -> None:
        self._products = {product.weight: product for product in cell.products}
        self._weights = weights

    def __getattr__(self, name: str) -> Callable[..., Vector]:
        if name == "noise":
            raise CellError("network.noise is only there with noise=True in the Cell")
        return super().__getattr__(name)

    @property
    def weights(self) -> Mapping[str, Any]:
        raise NeedsTensorsError

    def scale(self, vector: Vector, weight: str) -> Vector:
        return vector * self._weights[weight]

    def product(self, vector: Vector, weight: str) -> Vector:
        return Vector(vector.value @ self._weights[weight].value)

    def affine(
        self, parts: Sequence[Vector], weight: str, bias: str, *activations: Activation
    ) -> list[Vector]:
        product = self._products.get(weight)
        if product is None:
            names = ", ".join(self._products)
            raise CellError(f"there is no Product with the weight {weight!r}, only {names}")
        if bias != product.bias or len(activations) != len(product.columns):
            names = ", ".join(product.columns)
            raise CellError(
                f"affine with {weight} needs {product.bias!r}, and an activation for each of "
                f"{names}"
            )
        sizes = [part.value.shape[1] for part in parts]
        if sizes != [INPUTS if name == "x" else UNITS for name in product.reads]:
            raise CellError(
                f"affine gets vectors of {sizes} numbers with {weight}, which reads {product.reads}"
            )

        joined = np.concatenate([part.value for part in parts], axis=1)
        z = joined @ self._weights[weight].value + self._weights[bias].value
        vectors = []
        for activation, column in zip(
            activations, np.split(z, len(activations), axis=1), strict=True
        ):
            vectors.append(getattr(self, activation.value)(Vector(column)))
        return vectors


def used_weights(cell: Cell, weights: Arrays) -> Vectors:
    """What `Cell.used` makes of the weights."""
    vectors = {name: Vector(value) for name, value in weights.items()}
    return cell.used(vectors, VectorFunctions(), WINDOW)


def first_weights(cell: Cell) -> dict[str, npt.NDArray[np.float32]]:
    """Weights as before training, with ``init="glorot"``."""
    rng = np.random.default_rng(0)
    weights = _first_units(cell, rng)
    for product in cell.products:
        count = len(product.columns)
        weights[product.weight] = _glorot(rng, product.rows(INPUTS, UNITS), count * UNITS)
        values = cell.first_biases.get(product.bias, (0,) * count)
        weights[product.bias] = np.repeat(np.array([values], np.float32), UNITS, axis=1)
    for name, shape in cell.other_shapes(INPUTS, UNITS).items():
        if name not in weights:
            weights[name] = _glorot(rng, *shape)
    return weights


def _first_units(cell: Cell, rng: np.random.Generator) -> dict[str, npt.NDArray[np.float32]]:
    first = cell.first_units(rng, UNITS, WINDOW)
    shapes = dict.fromkeys(cell.unit_weights, (UNITS,))
    allowed = {**shapes, **cell.other_shapes(INPUTS, UNITS)}
    if not isinstance(first, Mapping) or not shapes.keys() <= first.keys() <= allowed.keys():
        raise CellError(
            f"first_units has to return a dict with the unit_weights: {list(cell.unit_weights)}"
        )
    for name, values in first.items():
        if np.shape(values) != allowed[name] or np.asarray(values).dtype != np.float32:
            shape = ", ".join(map(str, cell.other_weights.get(name, ("units",))))
            raise CellError(f"first_units has to return {name} as float32 [{shape}]")
    return {name: np.atleast_2d(values) for name, values in first.items()}


def _glorot(rng: np.random.Generator, rows: int, columns: int) -> npt.NDArray[np.float32]:
    bound = np.sqrt(6 / (rows + columns))
    return rng.uniform(-bound, bound, (rows, columns)).astype(np.float32)


def state_after(cell: Cell, weights: Arrays, steps: int) -> npt.NDArray[Any]:
    """The vector h after some steps from the zero state, with zeros and ones as inputs; float32
    [rows, units]."""
    step = _step_of_arrays(cell, weights)
    rng = np.random.default_rng(2)
    inputs = rng.integers(0, 2, (steps, ROWS, INPUTS)).astype(np.float32)
    state = [np.zeros((ROWS, UNITS), np.float32)] * len(cell.state_parts)
    for number, x in enumerate(inputs, start=1):
        noise = rng.standard_normal((ROWS, UNITS), np.float32)
        after = step(x, noise, *state)
        _require_usable(cell, after, number)
        state = list(after)
    return state[0]


def _step_of_arrays(cell: Cell, weights: Arrays) -> Callable[..., Any]:
    """The step as a function of arrays: x, noise, and the vectors of the state."""
    if cell.in_turn:  # in another process, which may import TensorFlow
        of_arrays = pkgutil.resolve_name("echornn.network.step:of_arrays")
        return of_arrays(cell, weights, WINDOW)  # type: ignore[no-any-return]
    network = VectorNetwork(cell, used_weights(cell, weights))

    def step(x: npt.NDArray[Any], noise: npt.NDArray[Any], *state: npt.NDArray[Any]) -> Any:
        if cell.noise:
            network.noise = Vector(noise)
        after: Any = cell.step(Vector(x), list(map(Vector, state)), network)
        if not isinstance(after, (list, tuple)):
            return after
        return [part.value if isinstance(part, Vector) else None for part in after]

    return step


def _require_usable(cell: Cell, after: Any, number: int) -> None:
    if not isinstance(after, (list, tuple)) or len(after) != len(cell.state_parts):
        names = ", ".join(cell.state_parts)
        raise CellError(f"step has to return a list of {len(cell.state_parts)}: {names}")
    for name, part in zip(cell.state_parts, after, strict=True):
        if np.shape(part) != (ROWS, UNITS):
            raise CellError(f"step has to return {name} as a vector with a number for each unit")
        endless = part[~np.isfinite(part)]
        if endless.size:
            raise CellError(
                f"step returns {name} with {endless[0]} in step {number} from the zero state"
            )


def is_in_turn(cell: Cell) -> bool:
    """Whether the step computes with TensorFlow itself; what else is wrong, the check reports."""
    with suppress(Exception), np.errstate(all="ignore"):
        try:
            state_after(cell, first_weights(cell), 1)
        except NeedsTensorsError:
            return True
    return cell.in_turn
