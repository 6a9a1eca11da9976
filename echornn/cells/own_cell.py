"""A user's own cell, from its file or from a record: a run or sweep is looked at without running
the cell's text."""

from __future__ import annotations

import pkgutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from functools import cached_property, lru_cache, partial
from typing import Any

import numpy as np
import numpy.typing as npt

from echornn.cells.cell import Activation, Cell, CellError, Functions, Product
from echornn.errors import blaming
from echornn.own.own_file import OwnFile

# Fields of a `Cell` that only its text has
FUNCTIONS = ("step", "first_units", "used", "eigenvalues")
# That are texts
NAMES = ("state_parts", "formulas", "unit_weights", "unread", "gates", "limited", "through_tanh")
# Which earlier versions lack; facts leave out their defaults
LATER = ("other_weights", "fixed", "noise", "in_turn")


def facts_of(cell: Cell) -> dict[str, Any]:
    return {
        **{name: getattr(cell, name) for name in ("about", *NAMES)},
        "products": [asdict(one) for one in cell.products],
        "first_biases": {
            name: list(map(float, values)) for name, values in cell.first_biases.items()
        },
        **{name: getattr(cell, name) for name in LATER if getattr(cell, name)},
    }


def check_facts(cell: Cell) -> None:
    def require(condition: bool, otherwise: str) -> None:
        if not condition:
            raise CellError(otherwise)

    require(cell.state_parts[:1] == ("h",), "state_parts has to begin with h, the cell's output")
    for name, some in {"state_parts": cell.state_parts, "weights": cell.weights}.items():
        require(len(set(some)) == len(some), f"{name} has a name twice: {', '.join(some)}")
    for name in cell.weights:
        is_free = name.isidentifier() and name not in ("W2", "b2") and "_layer" not in name
        require(
            is_free,
            f"the weight {name!r} needs another name: letters, digits and _, not W2, b2 or _layer",
        )
    columns = {one.bias: one.columns for one in cell.products}
    of_state = dict.fromkeys(("unread", "limited", "through_tanh"), cell.state_parts)
    of_weights = {"first_biases": tuple(columns), "fixed": cell.weights}
    for field, allowed in {"gates": sum(columns.values(), ()), **of_weights, **of_state}.items():
        for name in getattr(cell, field):
            require(name in allowed, f"{field} names {name!r}, not one of {', '.join(allowed)}")
    for bias, values in cell.first_biases.items():
        require(
            len(values) == len(columns[bias]),
            f"first_biases has to have {bias} for {', '.join(columns[bias])}",
        )
    for name, shape in cell.other_weights.items():
        sizes = [one in ("units", "inputs") or (type(one) is int and one > 0) for one in shape]
        is_shape = len(sizes) == 2 and all(sizes)
        require(
            is_shape,
            f"other_weights has to give {name} as (rows, columns), "
            'each a number, "units" or "inputs"',
        )


class OwnCell(OwnFile):
    """The file of a user's cell; its name is that of a `Cell` in the file.

    The facts in a record are `facts_of`.
    """

    noun, error = "cell", CellError
    definition = r"^{name}\b *[:=]"
    main_fact = "products"

    @cached_property
    def cell(self) -> Cell:
        """The cell, from its facts or else from its text, which its functions run; a CellError if
        it has an error."""
        facts = self.facts
        if facts is None:
            return self.load()  # type: ignore[no-any-return]
        functions: dict[str, Any] = {name: partial(self._call, name) for name in FUNCTIONS}
        if self.lacks_facts:
            return Cell(functions["step"], ("h",), ())
        # Earlier versions lack some
        texts: dict[str, Any] = {name: tuple(facts.get(name, ())) for name in NAMES}
        products = tuple(
            Product(**{**one, "columns": tuple(one["columns"]), "reads": tuple(one["reads"])})
            for one in facts["products"]
        )
        biases = {name: tuple(values) for name, values in facts["first_biases"].items()}
        later = {name: facts[name] for name in LATER if name in facts}
        return Cell(
            products=products,
            about=facts.get("about", ""),
            first_biases=biases,
            **texts,
            **functions,
            **later,
        )

    def _call(self, name: str, *arguments: Any) -> Any:
        return getattr(self.load(), name)(*arguments)

    def check_facts(self) -> None:
        check_facts(self.cell)

    def is_usual(self, value: object) -> bool:
        return isinstance(value, Cell)

    def taken(self, found: Cell) -> Cell:
        check_facts(found)
        more: dict[str, Any] = {name: _blamed(self, getattr(found, name)) for name in FUNCTIONS}
        return replace(found, keras=("", {}), in_turn=_is_in_turn(found), **more)

    def blaming_function(self, function: Callable[..., Any]) -> Any:
        """Like `blaming`; an error from outside of the file is reported at the line of the
        function."""
        code = getattr(getattr(function, "__wrapped__", function), "__code__", None)
        if code is None or code.co_filename != self.file:
            return self.blaming()
        return blaming(CellError, self.file, code.co_firstlineno)


def _blamed(own: OwnCell, function: Callable[..., Any]) -> Callable[..., Any]:
    def call(*arguments: Any) -> Any:
        with own.blaming_function(call):
            return function(*arguments)

    call.__wrapped__ = function  # type: ignore[attr-defined]
    return call


CellName = str | OwnCell  # of the table, or a user's own file

# Of the check; unequal, so that a vector of a wrong size is seen
INPUTS, UNITS, ROWS, WINDOW = 3, 4, 5, 15
# Steps from the zero state that are compared, and in which numbers have to stay finite
SHORT, LONG = 6, 200


@lru_cache(maxsize=256)
def check(own: OwnCell) -> Cell:
    """The cell, once it is tried in another process; a CellError that names the place in its
    file."""
    own.try_apart(f"{__name__}:trace")
    return own.load()  # type: ignore[no-any-return]


def trace(file: str, name: str, text: str) -> None:
    """Call the functions of a cell with a few numbers; a CellError if one returns something
    unusable."""
    own = OwnCell(file, name, text)
    cell: Cell = own.load()
    with np.errstate(all="ignore"):
        with own.blaming_function(cell.first_units):
            weights = _first_weights(cell)
        with own.blaming_function(cell.used):
            cell.used(_vectors(weights), OfVectors(), WINDOW)
        with own.blaming_function(cell.step):
            _state(cell, weights, LONG)
            h = _state(cell, weights, SHORT)
            if not np.array_equal(h, _state(cell, weights, SHORT)):
                raise CellError("step returns different numbers for the same input and state")
            for name, one in weights.items():
                if np.array_equal(h, _state(cell, {**weights, name: 0.9 * one + 0.05}, SHORT)):
                    raise CellError(f"h does not depend on the weight {name}")
        with own.blaming_function(cell.eigenvalues):
            cell.eigenvalues(cell.used(weights, Functions(), WINDOW))


def _operator(function: Callable[[Any, Any], Any]) -> Callable[[Vector, object], Vector]:
    def operated(one: Vector, other: object) -> Vector:
        if isinstance(other, Vector):
            return Vector(function(one.value, other.value))
        return (
            Vector(function(one.value, other))
            if isinstance(other, (int, float, np.number))
            else NotImplemented
        )

    return operated


class NeedsTensorsError(Exception):
    """A step calls TensorFlow itself, so that only tensors will do."""


class Vector:
    """A vector as a step gets it in the check: it can be calculated with, but not looked at, as
    when it is compiled."""

    __array_ufunc__ = None

    def __init__(self, value: npt.NDArray[Any]) -> None:
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

    def __tf_tensor__(self, *_: Any, **__: Any) -> Any:  # which TensorFlow's functions call
        raise NeedsTensorsError


ACTIVATIONS: dict[str, Callable[[Any], Any]] = {
    "tanh": np.tanh,
    "relu": lambda value: np.maximum(value, 0),
    "linear": lambda value: value,
}


class OfVectors:
    """The `Functions` of such vectors, and the `Network` with these weights."""

    noise: Vector

    def __init__(self, cell: Cell | None = None, used: Mapping[str, Vector] | None = None) -> None:
        self._products = {one.weight: one for one in cell.products} if cell else {}
        self._used = used or {}

    @property
    def weights(self) -> Mapping[str, Any]:
        raise NeedsTensorsError

    def __getattr__(self, name: str) -> Callable[..., Vector]:
        if name == "noise":
            raise CellError("network.noise is only there with noise=True in the Cell")
        function = ACTIVATIONS.get(name) or getattr(Functions(), name)
        return lambda vector, *limits: Vector(function(vector.value, *limits))

    def scale(self, vector: Vector, weight: str) -> Vector:
        return vector * self._used[weight]

    def product(self, vector: Vector, weight: str) -> Vector:
        return Vector(vector.value @ self._used[weight].value)

    def affine(
        self, parts: Sequence[Vector], weight: str, bias: str, *activations: Activation
    ) -> list[Vector]:
        product = self._products.get(weight)
        if product is None:
            raise CellError(
                f"there is no Product with the weight {weight!r}, only {', '.join(self._products)}"
            )
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
        z = (
            np.concatenate([part.value for part in parts], axis=1) @ self._used[weight].value
            + self._used[bias].value
        )
        columns = np.split(z, len(activations), axis=1)
        return [
            getattr(self, one.value)(Vector(column))
            for one, column in zip(activations, columns, strict=True)
        ]


def _first_weights(cell: Cell) -> dict[str, npt.NDArray[np.float32]]:
    """Weights as before training, with ``init="glorot"``."""
    rng = np.random.default_rng(0)
    given = cell.first_units(rng, UNITS, WINDOW)
    others = cell.other_shapes(INPUTS, UNITS)
    if not isinstance(given, Mapping) or not set(cell.unit_weights) <= set(given) <= {
        *cell.unit_weights,
        *others,
    }:
        raise CellError(
            f"first_units has to return a dict with the unit_weights: {list(cell.unit_weights)}"
        )
    weights = {}
    for name, values in given.items():
        if np.shape(values) != others.get(name, (UNITS,)) or np.asarray(values).dtype != np.float32:
            shape = ", ".join(map(str, cell.other_weights.get(name, ("units",))))
            raise CellError(f"first_units has to return {name} as float32 [{shape}]")
        weights[name] = np.atleast_2d(values)
    for one in cell.products:
        count = len(one.columns)
        weights[one.weight] = _glorot(rng, one.rows(INPUTS, UNITS), count * UNITS)
        weights[one.bias] = np.repeat(
            np.array([cell.first_biases.get(one.bias, (0,) * count)], np.float32), UNITS, 1
        )
    weights |= {name: _glorot(rng, *shape) for name, shape in others.items() if name not in given}
    return weights


def _glorot(rng: np.random.Generator, rows: int, columns: int) -> npt.NDArray[np.float32]:
    bound = np.sqrt(6 / (rows + columns))
    return rng.uniform(-bound, bound, (rows, columns)).astype(np.float32)


def _vectors(arrays: Mapping[str, npt.NDArray[Any]]) -> dict[str, Vector]:
    return {name: Vector(value) for name, value in arrays.items()}


def _stepping(cell: Cell, weights: Mapping[str, npt.NDArray[Any]]) -> Callable[..., Any]:
    """The step as a function of arrays: x, noise, and the vectors of the state."""
    if cell.in_turn:  # in another process, which may import TensorFlow
        return pkgutil.resolve_name("echornn.network.step:of_arrays")(cell, weights, WINDOW)  # type: ignore[no-any-return]
    network = OfVectors(cell, cell.used(_vectors(weights), OfVectors(), WINDOW))

    def step(x: npt.NDArray[Any], noise: npt.NDArray[Any], *state: npt.NDArray[Any]) -> Any:
        if cell.noise:
            network.noise = Vector(noise)
        after: Any = cell.step(Vector(x), [Vector(one) for one in state], network)
        if not isinstance(after, (list, tuple)):
            return after
        return [one.value if isinstance(one, Vector) else None for one in after]

    return step


def _is_in_turn(cell: Cell) -> bool:
    try:
        with np.errstate(all="ignore"):
            _state(cell, _first_weights(cell), 1)
    except NeedsTensorsError:
        return True
    except Exception:  # which the check reports
        return cell.in_turn
    return cell.in_turn


def _state(cell: Cell, weights: Mapping[str, npt.NDArray[Any]], steps: int) -> npt.NDArray[Any]:
    """The vector h after some steps from the zero state, with zeros and ones as inputs."""
    step, rng = _stepping(cell, weights), np.random.default_rng(2)
    state = [np.zeros((ROWS, UNITS), np.float32) for _ in cell.state_parts]
    for number, x in enumerate(rng.integers(0, 2, (steps, ROWS, INPUTS)).astype(np.float32), 1):
        after = step(x, rng.standard_normal((ROWS, UNITS), np.float32), *state)
        if not isinstance(after, (list, tuple)) or len(after) != len(state):
            raise CellError(
                f"step has to return a list of {len(state)}: {', '.join(cell.state_parts)}"
            )
        for name, one in zip(cell.state_parts, after, strict=True):
            if np.shape(one) != (ROWS, UNITS):
                raise CellError(
                    f"step has to return {name} as a vector with a number for each unit"
                )
            if not np.isfinite(one).all():
                bad = one[~np.isfinite(one)][0]
                raise CellError(
                    f"step returns {name} with {bad} in step {number} from the zero state"
                )
        state = list(after)
    return state[0]
