"""The `Network` and the `Functions` that compute with the vectors of a check."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from echornn.cells.cell import LINEAR, RELU, SIGMOID, TANH, Activation, Cell, CellError, Product
from echornn.cells.own import dual
from echornn.cells.own.dual import INPUTS, UNITS, Dual

FUNCTIONS: Mapping[Activation, Callable[[Dual], Dual]] = {
    TANH: dual.tanh,
    SIGMOID: dual.sigmoid,
    RELU: dual.relu,
    LINEAR: lambda value: value,
}


class DualFunctions:
    """Computes `echornn.cells.cell.Functions` of the weights of a check."""

    exp, sigmoid = staticmethod(dual.exp), staticmethod(dual.sigmoid)

    def cos(self, value: Dual) -> Dual:
        """The cosine of each number."""
        return value.of(np.cos(value.value), -np.sin(value.value))

    def sin(self, value: Dual) -> Dual:
        """The sine of each number."""
        return value.of(np.sin(value.value), np.cos(value.value))

    def transposed(self, value: Dual) -> Dual:
        """A matrix with its rows as columns."""
        return Dual(value.value.swapaxes(0, 1), value.slopes.swapaxes(1, 2))

    def limited(self, value: Dual, least: float, most: float) -> Dual:
        """Each number, or the limit that it exceeds; the gradient passes as if there were no limit."""
        return value.of(np.clip(value.value, least, most), 1)


class DualNetwork:
    """The weights of a layer in a check, for one call of the step.

    Args:
        cell: the cell.
        weights: those that the step uses.
        call: the call.
    """

    def __init__(self, cell: Cell, weights: Mapping[str, Dual], call: object) -> None:
        self._weights, self._call = weights, call
        self._products = {product.weight: product for product in cell.products}
        self._gates, self._state_parts = cell.gates, cell.state_parts

    def affine(self, parts: Sequence[Dual], weight: str, bias: str, *activations: Activation) -> list[Dual]:
        """``[part, part, ...] W + b``, divided into as many vectors as there are activations, each after its own."""
        product = self._products.get(weight)
        if product is None:
            raise CellError(f"affine gets the weight {weight!r}, but the products have {_listed(self._products)}")
        if isinstance(bias, Activation):
            raise CellError(f"affine gets no bias with {weight}: write {weight!r}, {product.bias!r}, {bias.name}")
        if bias != product.bias:
            raise CellError(f"affine gets the bias {bias!r} with {weight}, whose Product has {product.bias!r}")
        for one in activations:
            if not isinstance(one, Activation):
                raise CellError(f"affine gets the activation {one!r}, not one of TANH, SIGMOID, RELU, LINEAR")
        if len(activations) != len(product.columns):
            raise CellError(
                f"affine gets {_counted(len(activations), 'activation')} with {weight}, "
                f"whose Product has {_counted(len(product.columns), 'column')}: {', '.join(product.columns)}"
            )
        for name, one in zip(product.columns, activations, strict=True):
            if name in self._gates and one is not SIGMOID:
                raise CellError(f"{name} is listed in gates, but affine gets {one.name} for it, not SIGMOID")
        parts = self._vectors("affine", parts)
        w, b = self._weights[weight], self._weights[bias]
        sizes = [part.value.shape[1] for part in parts]
        expected = [Product(weight, bias, (), (name,)).rows(INPUTS, UNITS) for name in product.reads]
        if sizes != expected:
            order = ", in this order" if sorted(sizes) == sorted(expected) else ""
            raise CellError(
                f"affine gets vectors of {_listed(sizes)} numbers with {weight}, but its Product reads "
                f"{_listed(product.reads)}, of {_listed(expected)} numbers{order}"
            )
        for part, name in zip(parts, product.reads, strict=True):
            if part.name != name and part.name and name in self._state_parts:
                raise CellError(f"affine gets {part.name} with {weight}, where its Product reads {name}")
        row = np.concatenate([part.value for part in parts], axis=1)
        slopes = np.concatenate([part.slopes for part in parts], axis=2)
        z = Dual(row @ w.value + b.value, slopes @ w.value + row @ w.slopes + b.slopes, self._call)
        groups = zip(
            np.split(z.value, len(activations), axis=1), np.split(z.slopes, len(activations), axis=2), strict=True
        )
        return [FUNCTIONS[one](Dual(*group, self._call)) for one, group in zip(activations, groups, strict=True)]

    def scale(self, vector: Dual, weight: str) -> Dual:
        """Each unit's number times the unit's own weight."""
        (vector,) = self._vectors("scale", [vector])
        known = {name: one for name, one in self._weights.items() if len(one.value) == 1 and name not in self._biases}
        if weight not in known:
            raise CellError(f"scale gets the weight {weight!r}, but the weights of units are {_listed(known)}")
        w = known[weight]
        if w.value.shape[1] != vector.value.shape[1]:
            raise CellError(f"scale gets x, or another vector that has no number for each unit, with {weight}")
        return Dual(vector.value * w.value, vector.slopes * w.value + vector.value * w.slopes, self._call)

    def tanh(self, vector: Dual) -> Dual:
        """The tanh of each number."""
        return dual.tanh(*self._vectors("tanh", [vector]))

    def sigmoid(self, vector: Dual) -> Dual:
        """1 / (1 + exp(-v)) of each number v."""
        return dual.sigmoid(*self._vectors("sigmoid", [vector]))

    def exp(self, vector: Dual) -> Dual:
        """The exponential of each number."""
        return dual.exp(*self._vectors("exp", [vector]))

    def relu(self, vector: Dual) -> Dual:
        """Each number, or 0 if it is negative."""
        return dual.relu(*self._vectors("relu", [vector]))

    def __getattr__(self, name: str) -> object:
        raise CellError(f"the network has no {name}: {dual.ALLOWED}")

    @property
    def _biases(self) -> set[str]:
        return {product.bias for product in self._products.values()}

    def _vectors(self, function: str, given: object) -> list[Dual]:
        """The vectors that a function got, checked."""
        parts: list[Any] = list(given) if isinstance(given, (list, tuple)) else [given]
        wanted = "a vector in its list" if function == "affine" else "a vector"
        for part in parts:
            if not isinstance(part, Dual):
                hint = dual.IN_A_LIST if isinstance(part, (list, tuple)) else ""
                raise CellError(f"{function} gets {_kind(part)}, not {wanted}{hint}")
            if part.call is not self._call:
                raise CellError(dual.EARLIER)
        if function == "affine" and not isinstance(given, (list, tuple)):
            raise CellError("affine gets a vector, not a list of vectors")
        return parts


def _listed(names: Iterable[object]) -> str:
    return ", ".join(map(str, names)) or "none"


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"


def _kind(value: object) -> str:
    return "nothing" if value is None else f"a {type(value).__name__}"
