"""The vectors with which a user's step is checked: NumPy arrays with derivatives, which allow only what a cell may do.

A step runs in TensorFlow, once, when it is compiled, for one network or for many side by side. So it can neither look
at numbers nor take vectors apart. Here, each such attempt is an error that says what to do instead.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NoReturn

import numpy as np
import numpy.typing as npt

from echornn.cells.cell import CellError

Array = npt.NDArray[Any]

INPUTS, UNITS, ROWS = 3, 4, 5
"""The sizes of the check; unequal, so that a vector of a wrong size is seen."""

ALLOWED = "a step may use + - * / and the functions of the network: affine, scale, tanh, sigmoid, exp, relu"

ALLOWED_IN_USED = "used may use + - * / and functions.exp, cos, sin, sigmoid, transposed, limited"

EARLIER = "step uses a vector of an earlier call: all that a cell keeps has to be in the state that it returns"

BEFORE_NUMBERS = "it is compiled before there are any"

IN_A_LIST = "; the state is a list of vectors, so write (h,) = state, or h, c = state"

OPERATORS: dict[Any, str] = {np.add: "+", np.subtract: "-", np.multiply: "*", np.divide: "/"}


@dataclass(frozen=True, eq=False, repr=False)
class Dual:
    """A vector, or a weight, with its derivatives.

    Attributes:
        value: float32 [rows, size].
        slopes: the derivatives in several directions, float32 [directions, rows, size].
        call: the call of the step that the vector belongs to; None for a weight, which only `Cell.used` sees.
        name: x, or the name of a vector of the state before the step; empty for all others.
    """

    value: Array
    slopes: Array
    call: object = None
    name: str = ""

    def __repr__(self) -> str:
        """Its numbers; of a vector only those of the second row, since the inputs of the first are zero."""
        shown = self.value if self.call is None else self.value[1]
        return np.array2string(shown, precision=3, suppress_small=True, separator=" ")

    @property
    def _noun(self) -> str:
        return "weight" if self.call is None else "vector"

    @property
    def _user(self) -> str:
        """The function of a cell that computes with it."""
        return "used" if self.call is None else "step"

    @property
    def _allowed(self) -> str:
        return ALLOWED_IN_USED if self.call is None else ALLOWED

    def of(self, value: Any, slope: Any) -> Dual:
        """The value of a function of this vector, from the function's value and its slope."""
        return Dual(np.asarray(value, np.float32), np.asarray(self.slopes * slope, np.float32), self.call)

    def __add__(self, other: object) -> Dual:
        return self._with(other, lambda a, b: (a.value + b.value, a.slopes + b.slopes))

    def __sub__(self, other: object) -> Dual:
        return self._with(other, lambda a, b: (a.value - b.value, a.slopes - b.slopes))

    def __mul__(self, other: object) -> Dual:
        return self._with(other, lambda a, b: (a.value * b.value, a.slopes * b.value + a.value * b.slopes))

    def __truediv__(self, other: object) -> Dual:
        return self._with(other, lambda a, b: (a.value / b.value, (a.slopes - a.value / b.value * b.slopes) / b.value))

    def __radd__(self, other: object) -> Dual:
        return self._plain(other) + self

    def __rsub__(self, other: object) -> Dual:
        return self._plain(other) - self

    def __rmul__(self, other: object) -> Dual:
        return self._plain(other) * self

    def __rtruediv__(self, other: object) -> Dual:
        return self._plain(other) / self

    def __neg__(self) -> Dual:
        return self.of(-self.value, -1)

    def __pos__(self) -> Dual:
        return self

    def _with(self, other: object, made: Callable[[Dual, Dual], tuple[Array, Array]]) -> Dual:
        one = other if isinstance(other, Dual) else self._plain(other)
        if one.call is not self.call:
            raise CellError(EARLIER)
        if one.value.shape != self.value.shape:
            raise CellError(_of_unequal_sizes(self, one))
        value, slopes = made(self, one)
        return Dual(np.asarray(value, np.float32), np.asarray(slopes, np.float32), self.call)

    def _plain(self, number: object) -> Dual:
        """A plain number as such a vector."""
        if isinstance(number, (bool, np.bool_)) or not isinstance(number, (int, float, np.integer, np.floating)):
            kind = "an array" if isinstance(number, np.ndarray) else f"a {type(number).__name__}"
            hint = IN_A_LIST if isinstance(number, (list, tuple)) and self.call is not None else ""
            noun = self._noun
            raise CellError(f"a {noun} cannot be combined with {kind}, only with {noun}s and numbers{hint}")
        return Dual(np.full_like(self.value, number), np.zeros_like(self.slopes), self.call)

    def __array_ufunc__(self, function: np.ufunc, method: str, *inputs: Any, **_: Any) -> Dual:
        if function in OPERATORS and method == "__call__":  # 0.5 of NumPy on the left side of an operator
            number = self._plain(inputs[0])
            return {"+": number.__add__, "-": number.__sub__, "*": number.__mul__, "/": number.__truediv__}[
                OPERATORS[function]
            ](self)
        raise CellError(f"np.{function.__name__} cannot be used: {self._allowed}")

    def __array_function__(self, function: Callable[..., Any], *_: Any) -> NoReturn:
        raise CellError(f"np.{function.__name__} cannot be used: {self._allowed}")

    def __getattr__(self, name: str) -> NoReturn:
        if name.startswith("__"):  # Python and NumPy look for such names
            raise AttributeError(name)
        raise CellError(f"a {self._noun} has no .{name}: {self._allowed}")

    def _has_no_size(self, *_: object) -> NoReturn:
        raise CellError(f"{self._user} asks for the numbers of a {self._noun}, but {BEFORE_NUMBERS}: no if, no max")

    __bool__ = __lt__ = __le__ = __gt__ = __ge__ = __eq__ = __ne__ = _has_no_size
    __hash__ = object.__hash__

    def _is_no_number(self, *_: object) -> NoReturn:
        raise CellError(
            f"{self._user} uses a {self._noun} as a plain number, as math.tanh and float do, but {BEFORE_NUMBERS}: "
            f"{self._allowed}"
        )

    __float__ = __int__ = __index__ = __round__ = __trunc__ = __floor__ = __ceil__ = _is_no_number

    def _has_no_parts(self, *_: object) -> NoReturn:
        hint = "" if self.call is None else ": the columns of a Product give several vectors"
        raise CellError(f"{self._user} takes a {self._noun} apart, but it is one whole{hint}")

    __len__ = __iter__ = __getitem__ = __setitem__ = _has_no_parts

    def _has_no_product(self, *_: object) -> NoReturn:
        hint = "v * v is a square" if self.call is None else "network.affine multiplies by a matrix, v * v is a square"
        raise CellError(f"@ and ** cannot be used: {hint}")

    __matmul__ = __rmatmul__ = __pow__ = __rpow__ = _has_no_product

    def __abs__(self) -> NoReturn:
        raise CellError(f"abs cannot be used: {self._allowed}")


def _of_unequal_sizes(one: Dual, other: Dual) -> str:
    if one.call is None:
        shapes = f"{list(one.value.shape)} and {list(other.value.shape)}"
        return f"weights of the shapes {shapes} cannot be combined"
    sizes = f"{one.value.shape[1]} and of {other.value.shape[1]} numbers"
    return f"vectors of {sizes} cannot be combined: x has one for each input, all others one for each unit"


def sigmoid(value: Dual) -> Dual:
    """1 / (1 + exp(-v)) of each number v."""
    found = 0.5 + 0.5 * np.tanh(0.5 * value.value)
    return value.of(found, found * (1 - found))


def tanh(value: Dual) -> Dual:
    """The tanh of each number."""
    found = np.tanh(value.value)
    return value.of(found, 1 - found**2)


def relu(value: Dual) -> Dual:
    """Each number, or 0 if it is negative."""
    return value.of(np.maximum(value.value, 0), value.value > 0)


def exp(value: Dual) -> Dual:
    """The exponential of each number."""
    found = np.exp(value.value)
    return value.of(found, found)
