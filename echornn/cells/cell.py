"""What a recurrent cell is: one step, and facts about its vectors and weights."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from echornn.errors import OwnError

Vector = Any
"""One number per unit (or per input) for each row of the batch: float32 [batch, size], of whatever
kind the `Network` computes with. Vectors can be added, subtracted, multiplied and divided, also by
plain numbers.
"""


class CellError(OwnError):
    """A cell cannot be used; the message is one line, which names the place in a user's file."""

    noun = "cell"


class Bounds(Enum):
    """The limits of a vector's numbers. Near a limit, units are saturated: they hardly move."""

    FREE = "no limits"
    LIMITED = "from -1 to 1"
    THROUGH_TANH = "no limits, but only their tanh is read"
    GATE = "from 0 (shut) to 1 (open)"


class Activation(Enum):
    TANH = "tanh"
    SIGMOID = "sigmoid"
    RELU = "relu"
    LINEAR = "linear"


TANH, SIGMOID, RELU, LINEAR = Activation


class Network(Protocol):
    """A layer's weights, and what a step computes with: of one network, of many side by side, or of
    a probe."""

    # If `Cell.noise`: independent standard normal numbers, one for each unit; zero in probes
    noise: Vector

    @property
    def weights(self) -> Mapping[str, Any]:
        """The weights that the step uses, as TensorFlow's tensors, float32 [rows, columns]."""

    def affine(
        self, parts: Sequence[Vector], weight: str, bias: str, *activations: Activation
    ) -> list[Vector]:
        """``[part, part, ...] W + b``, divided into as many vectors as there are activations, each
        after its own."""

    def scale(self, vector: Vector, weight: str) -> Vector:
        """Each unit's number times the unit's own weight."""

    def product(self, vector: Vector, weight: str) -> Vector:
        """``vector W``, with one of the `Cell.other_weights`."""

    def tanh(self, vector: Vector) -> Vector: ...
    def sigmoid(self, vector: Vector) -> Vector: ...
    def exp(self, vector: Vector) -> Vector: ...
    def relu(self, vector: Vector) -> Vector: ...


@dataclass(frozen=True)
class Product:
    """A weight of a cell with its bias: ``[part, part, ...] W + b``."""

    weight: str
    bias: str
    columns: tuple[str, ...]  # the names of the vectors that they compute, side by side
    # What they multiply: ``x`` is the input, all others have the state's size
    reads: tuple[str, ...] = ("x", "h")
    from_identity: bool = False  # whether the rows for the state begin as the identity matrix

    @property
    def is_recurrent(self) -> bool:
        return "h" in self.reads

    def state_rows(self, size: int, rows: int) -> slice:
        """Which of so many rows multiply ``h``: all that are of no vector of the state are of
        inputs."""
        inputs = rows - size * sum(name != "x" for name in self.reads)
        begin = 0
        for name in self.reads[: self.reads.index("h")]:
            begin += inputs if name == "x" else size
        return slice(begin, begin + size)

    def rows(self, inputs: int, size: int) -> int:
        return sum(inputs if name == "x" else size for name in self.reads)


Arrays = Mapping[str, npt.NDArray[Any]]
"""Weights by the names that the cell uses."""


class Functions:
    """The functions that `Cell.used` may apply to weights, beside arithmetic; here to NumPy
    arrays."""

    exp = staticmethod(np.exp)
    cos = staticmethod(np.cos)
    sin = staticmethod(np.sin)

    def sigmoid(self, value: Vector) -> Vector:
        return np.asarray(1 / (1 + np.exp(-value)))

    def relu(self, value: Vector) -> Vector:
        return np.maximum(value, 0)

    def transposed(self, value: Vector) -> Vector:
        return value.swapaxes(0, 1)

    def limited(self, value: Vector, least: float, most: float) -> Vector:
        """Each number, or the limit that it exceeds; the gradient passes as if there were no
        limit."""
        return np.clip(value, least, most)


@dataclass(frozen=True)
class Cell:
    """A recurrent cell: one step, and facts about its vectors and weights.

    Attributes:
        step: computes the vectors of the state after a step, from the input, those before, and the
            `Network`.
        state_parts: the names of the vectors carried from step to step; the first one is the cell's
            output.
        products: its weights with biases, in the order of the weights.
        about, formulas: what it is, in a sentence or two; and its formulas, as lines of text.
        unit_weights: the names of its weights with one number per unit, by which the step scales
            vectors.
        other_weights: weights of any other shape by name, as (rows, columns): each a number,
            "units" or "inputs". Their gradients are TensorFlow's own, and rtrl cannot train them.
        first_units: the initial values of the unit weights, float32 [units] by name, from a random
            generator, the number of units, and the time steps of a window; and of those other
            weights that do not begin as `EchoConfig.init` says, float32 [rows, columns].
        fixed: the names of weights that are not trained.
        noise: whether the step reads `Network.noise`.
        in_turn: whether the step computes with TensorFlow itself, so that networks are trained one
            after the other. The program finds this out for a cell of a user's own.
        used: the weights that the step uses, from those that are trained, the functions to compute
            them with, and the time steps of a window.
        eigenvalues: the factors by which each unit multiplies its own state, complex or real
            [units], by the name of the weight, from the weights that the step uses; for recurrent
            products they are those of the matrices.
        unread: the vectors of the state that no later step reads, so that they hold nothing.
        gates: the vectors that are gates: sigmoids from 0 (shut) to 1 (open) that scale another
            vector.
        limited, through_tanh: the vectors of the state with numbers from -1 to 1, and those of
            which only the tanh is read: near these limits units are saturated.
        first_biases: for each bias, the initial value in each of its vectors; zero for biases that
            are not listed.
        memory_gates: for each bias with gates that keep or write the state, in each of its vectors:
            1 for a gate that keeps it where it is open, -1 for one that writes, otherwise 0.
        keras: the name of the Keras layer that computes the same, and its options; empty if there
            is none.
    """

    step: Callable[[Vector, Sequence[Vector], Network], Sequence[Vector]]
    state_parts: tuple[str, ...]
    products: tuple[Product, ...]
    about: str = ""
    formulas: tuple[str, ...] = ()
    unit_weights: tuple[str, ...] = ()
    other_weights: Mapping[str, tuple[int | str, int | str]] = field(default_factory=dict)
    first_units: Callable[[np.random.Generator, int, int], Arrays] = lambda rng, units, steps: {}
    used: Callable[[Mapping[str, Vector], Any, int], Mapping[str, Vector]] = (
        lambda weights, functions, steps: weights
    )
    eigenvalues: Callable[[Arrays], Arrays] = lambda used: {}
    fixed: tuple[str, ...] = ()
    noise: bool = False
    in_turn: bool = False
    unread: tuple[str, ...] = ()
    gates: tuple[str, ...] = ()
    limited: tuple[str, ...] = ()
    through_tanh: tuple[str, ...] = ()
    first_biases: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    memory_gates: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    keras: tuple[str, Mapping[str, Any]] = ("", {})

    def bounds_of(self, name: str) -> Bounds:
        if name in self.gates:
            return Bounds.GATE
        if name in self.limited:
            return Bounds.LIMITED
        if name in self.through_tanh:
            return Bounds.THROUGH_TANH
        return Bounds.FREE

    @property
    def matrices(self) -> tuple[str, ...]:
        names: list[str] = []
        for product in self.products:
            names += product.weight, product.bias
        return tuple(names)

    @property
    def weights(self) -> tuple[str, ...]:
        return (*self.matrices, *self.unit_weights, *self.other_weights)

    @property
    def is_recurrent(self) -> bool:
        """Whether a product has a matrix from state to state."""
        return any(product.is_recurrent for product in self.products)

    @property
    def has_any_step(self) -> bool:
        """Whether gradients of the step have to be TensorFlow's own."""
        return self.in_turn or bool(self.other_weights) or not self.products

    def other_shapes(self, inputs: int, units: int) -> dict[str, tuple[int, int]]:
        sizes: dict[Any, int] = {"inputs": inputs, "units": units}
        shapes = {}
        for name, (rows, columns) in self.other_weights.items():
            shapes[name] = (int(sizes.get(rows, rows)), int(sizes.get(columns, columns)))
        return shapes
