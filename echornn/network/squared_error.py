"""Mean squared error of a window, for tasks whose outputs are numbers."""

from __future__ import annotations

import tensorflow as tf

from echornn.network.cross_entropy import number_of
from echornn.network.replicas import sum_of_steps


def squared_error(outputs: tf.Tensor, targets: tf.Tensor, scored: tf.Tensor | None = None) -> tf.Tensor:
    """The mean squared error over scored time steps, rows, and the numbers of each, float32 [...].

    Args:
        outputs, targets: float32 [T, batch, numbers, ...].
        scored: bool [T, batch, ...], the steps that count; by default all.
    """
    steps, batch, numbers, *replicas = outputs.shape
    counted = numbers * (steps * batch if scored is None else number_of(scored))

    def forward(outputs: tf.Tensor) -> tuple[tf.Tensor, object]:
        wrong = outputs - targets
        if scored is not None:
            wrong = tf.where(scored[:, :, tf.newaxis], wrong, 0.0)
        of_steps = tf.reshape(tf.reduce_sum(wrong * wrong, axis=2), [steps * batch, *replicas])
        loss = sum_of_steps(of_steps) if replicas else tf.reduce_sum(of_steps)
        return loss / counted, lambda d_loss: wrong * (2 * d_loss / counted)

    loss: tf.Tensor = tf.custom_gradient(forward)(outputs)
    return loss
