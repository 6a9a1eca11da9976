"""What is done to a gradient besides lowering the loss: rates are punished, its norm is clipped,
weights decay."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf

from echornn.config import EchoConfig
from echornn.network.shapes import decayed_names


class Penalties(NamedTuple):
    """Live fields of the configuration as float32 [], so that other values need no other
    program."""

    clip_norm: Any  # 0 if gradients are not clipped
    weight_decay: Any
    rate_penalty: Any

    @classmethod
    def of(cls, config: EchoConfig) -> Penalties:
        return cls(config.clip_norm or 0.0, config.weight_decay, config.rate_penalty)


def mean_square(config: EchoConfig, states: tf.Tensor) -> tf.Tensor:
    """Of each h, over steps, rows, layers and units: float32 [T, batch, carried, ...] to [...]."""
    steps, batch, _, *replicas = states.shape
    layers = tf.reshape(states, [steps, batch, config.num_layers, -1, config.state_size, *replicas])
    h = layers[:, :, :, 0]
    return tf.reduce_mean(tf.square(h), axis=[0, 1, 2, 3])


def squared_norm(gradients: list[tf.Tensor]) -> tf.Tensor:
    """The square of their global norm, float32 [...]."""
    squares = map(tf.square, gradients)
    return tf.add_n([tf.reduce_sum(square, axis=[0, 1]) for square in squares])


def clipped(
    gradients: list[tf.Tensor], squared: tf.Tensor, clip_norm: tf.Tensor
) -> list[tf.Tensor]:
    """``g min(1, c / |g|)`` by their global norm (Pascanu, Mikolov and Bengio 2013), of which
    ``squared`` is the square. If the norm is infinite, they are NaN."""
    scale = tf.minimum(1.0, clip_norm / tf.sqrt(squared))
    # With a scale of 0 nothing would be trained any more, with losses that stay finite
    scale = tf.where(tf.math.is_inf(squared), np.float32(np.nan), scale)
    return [gradient * scale for gradient in gradients]


def decayed(
    config: EchoConfig,
    weights: dict[str, tf.Tensor],
    gradients: list[tf.Tensor],
    weight_decay: tf.Tensor,
) -> list[tf.Tensor]:
    """``g + d w`` for the matrices that are trained: those of `decayed_names`."""
    names = decayed_names(config)
    with_decay = []
    for name, gradient in zip(weights, gradients, strict=True):
        if name in names:
            gradient = gradient + weight_decay * weights[name]
        with_decay.append(gradient)
    return with_decay
