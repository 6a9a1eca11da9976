"""A step whose uses of the weights are written down, so that the gradients to the weights can be
computed apart from its own, which goes back from state to state."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

import tensorflow as tf
from tensorflow import Tensor

from echornn.cells.cell import Activation
from echornn.network.affine import (
    Tensors,
    activated,
    activated_before,
    affine_known,
    affine_map,
    joined,
    split_features,
    weight_gradients,
)
from echornn.network.step import Layer, Step


class Use(NamedTuple):
    """A step's use of a weight: ``z = [part, part, ...] W + b``, or ``z = part * u``."""

    weight: str
    bias: str  # empty if a vector is scaled
    parts: Sequence[Tensor]
    z: Tensor
    values: Sequence[Tensor]  # the groups of z's columns, each after its activation

    def gradients(self, dz: Tensor) -> list[Tensor]:
        """To the rows of W of each part, then to b; or to u."""
        if not self.bias:
            return [tf.reduce_sum(self.parts[0] * dz, axis=0, keepdims=True)]
        d_rows, d_bias = weight_gradients(self.parts, dz)
        return [*d_rows, d_bias]


def by_weight(
    weights: Tensors, gradients: Iterable[tuple[Use, Sequence[Tensor]]]
) -> dict[str, Tensor]:
    """From the `Use.gradients` of each use; a weight that is used several times has their sum, an
    unused one zero."""
    sums: dict[str, Tensor] = {}
    for use, (*d_rows, d_last) in gradients:
        if use.bias:
            add(sums, use.weight, joined(d_rows, 0))
            add(sums, use.bias, d_last)
        else:
            add(sums, use.weight, d_last)
    for name, weight in weights.items():
        if name not in sums:
            sums[name] = tf.zeros_like(weight)
    return sums


def add(sums: dict[str, Tensor], name: str, tensor: Tensor) -> None:
    sums[name] = sums[name] + tensor if name in sums else tensor


class Recording(Layer):
    """Writes down each use of a weight, which the step's own gradient does not see.

    Args:
        zs: results of affine maps, by the number of the use: they are not computed again, and only
            the gradient to their parts goes through them.
        values: likewise all the activations of the step, in their order.
    """

    def __init__(
        self,
        weights: Tensors,
        zs: Mapping[int, Tensor] | None = None,
        values: Iterator[Tensor] | None = None,
    ) -> None:
        super().__init__(weights)
        self.uses: list[Use] = []
        self._zs = zs or {}
        self._known = values

    @property
    def zs(self) -> list[Tensor]:
        return [use.z for use in self.uses]

    @property
    def values(self) -> list[Tensor]:
        values: list[Tensor] = []
        for use in self.uses:
            values += use.values
        return values

    def affine(
        self, parts: Sequence[Tensor], weight: str, bias: str, *activations: Activation
    ) -> list[Tensor]:
        w = tf.stop_gradient(self.weights[weight])
        z = self._zs.get(len(self.uses))
        if self._known is not None:
            # Nobody reads these numbers: only the gradient goes through
            z = tf.zeros([parts[0].shape[0], *w.shape[1:]])

        if z is None:
            z = affine_map(parts, w, tf.stop_gradient(self.weights[bias]))
        else:
            z = affine_known(parts, w, z)

        if self._known is None:
            values = activated(z, activations)
        else:
            groups = zip(split_features(z, len(activations)), activations, strict=True)
            values = [
                activated_before(group, next(self._known), activation)
                for group, activation in groups
            ]
        self.uses.append(Use(weight, bias, parts, z, values))
        return values

    def scale(self, vector: Tensor, weight: str) -> Tensor:
        z = vector * tf.stop_gradient(self.weights[weight])
        self.uses.append(Use(weight, "", [vector], z, []))
        return z


class RecordedStep:
    """A step on a gradient tape of its own, which goes back once."""

    def __init__(self, step: Step, inputs: Tensor, before: Tensor, layer: Recording) -> None:
        self._inputs = inputs
        self._before = before
        with tf.GradientTape() as self._tape:
            self._tape.watch([inputs, before])
            self.after = step(inputs, before, layer)
        self.uses = layer.uses
        self.zs = layer.zs
        self.values = layer.values

    def back(self, d_after: Tensor) -> tuple[Tensor, Tensor, list[Tensor]]:
        """The gradients to the state before, to the inputs, and to the z of each use; zero for one
        without effect."""
        sources = [self._before, self._inputs, self.zs]
        d_before, d_inputs, d_zs = self._tape.gradient(
            self.after, sources, d_after, tf.UnconnectedGradients.ZERO
        )
        return d_before, d_inputs, d_zs
