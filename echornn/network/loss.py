"""Softmax and mean cross-entropy of a window ("Calculating loss"), in the form that XLA computes fastest.

A single network uses TensorFlow's operations, which need the classes on the last axis. With replicas on the last axis,
our own version is used; it takes one logarithm of a product instead of several logarithms, which saves a sixth of the
whole training time.
"""

from __future__ import annotations

import math

import tensorflow as tf

from echornn.network.affine import sum_of_steps

LARGEST_PRODUCT = 2.0**64
"""The largest product of sums of exponentials (each sum is from 1 to the number of classes); float32's limit is 2^128.
"""

MOST_ROWS = 16
"""The most rows whose sums are multiplied: longer loops are not unrolled, and compute one number at a time."""


def cross_entropy(logits: tf.Tensor, labels: tf.Tensor, scored: tf.Tensor | None = None) -> tuple[tf.Tensor, tf.Tensor]:
    """The mean cross-entropy over scored time steps and rows, and the softmax.

    Args:
        logits: float32 [T, batch, classes, ...].
        labels: int32 [T, batch, ...].
        scored: bool [T, batch, ...], the steps that count; by default all.

    Returns:
        The cross-entropy in nats, float32 [...], and probabilities, float32 [T, batch, classes, ...], without gradient.
    """
    if len(logits.shape) > 3:
        return _of_replicas(logits, labels, scored)
    losses = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=labels, logits=logits)
    if scored is not None:
        return tf.reduce_sum(tf.where(scored, losses, 0.0)) / number_of(scored), tf.nn.softmax(logits)
    return tf.reduce_mean(losses), tf.nn.softmax(logits)


def number_of(steps: tf.Tensor) -> tf.Tensor:
    """How many steps of a window are marked: bool [T, batch, ...] to float32 [...]."""
    length, batch, *replicas = steps.shape
    marked = tf.reshape(tf.cast(steps, tf.float32), [length * batch, *replicas])
    return sum_of_steps(marked) if replicas else tf.reduce_sum(marked)


def _of_replicas(logits: tf.Tensor, labels: tf.Tensor, scored: tf.Tensor | None) -> tuple[tf.Tensor, tf.Tensor]:
    steps, batch, classes, replicas = logits.shape
    rows = steps * batch
    counted = rows if scored is None else number_of(scored)
    hot = tf.one_hot(labels, classes, axis=2)

    def forward(logits: tf.Tensor) -> tuple[tuple[tf.Tensor, tf.Tensor], object]:
        largest = tf.reduce_max(logits, axis=2)
        exponentials = tf.exp(logits - largest[:, :, tf.newaxis])
        sums = tf.reduce_sum(exponentials, axis=2)
        probabilities = exponentials / sums[:, :, tf.newaxis]
        if scored is not None:
            sums = tf.where(scored, sums, 1.0)
        together = _rows_together(batch, classes)
        products = tf.reduce_prod(tf.reshape(sums, [rows // together, together, replicas]), axis=1)
        costs = largest - tf.reduce_sum(logits * hot, axis=2)
        if scored is not None:
            costs = tf.where(scored, costs, 0.0)
        expected = tf.reshape(costs, [rows, replicas])
        loss = sum_of_steps(tf.math.log(products)) + sum_of_steps(expected)

        def gradient(d_loss: tf.Tensor, _: tf.Tensor) -> tf.Tensor:
            d_logits = (probabilities - hot) * (d_loss / counted)
            return d_logits if scored is None else tf.where(scored[:, :, tf.newaxis], d_logits, 0.0)

        return (loss / counted, probabilities), gradient

    loss, probabilities = tf.custom_gradient(forward)(logits)
    return loss, probabilities


def _rows_together(rows: int, classes: int) -> int:
    """The size of groups whose sums are multiplied: the largest allowed divisor of the number of rows."""
    most = max(1, min(MOST_ROWS, int(math.log(LARGEST_PRODUCT, classes))))
    return next(together for together in range(most, 0, -1) if rows % together == 0)


def errors(probabilities: tf.Tensor, labels: tf.Tensor, scored: tf.Tensor | None = None) -> tf.Tensor:
    """The number of wrong predictions in a window, int32 [...]; arguments as in `cross_entropy`.

    If only some steps are scored, it is the share of wrong predictions among these steps, times the number of all
    predictions.
    """
    wrong = predicted(probabilities) != labels
    if scored is not None:
        steps, batch = wrong.shape[:2]
        share = number_of(tf.logical_and(wrong, scored)) / number_of(scored)
        return tf.cast(tf.round(share * (steps * batch)), tf.int32)
    if len(probabilities.shape) == 3:
        return tf.reduce_sum(tf.cast(wrong, tf.int32), axis=[0, 1])
    return tf.cast(number_of(wrong), tf.int32)


def predicted(probabilities: tf.Tensor) -> tf.Tensor:
    """The likeliest class (the first of equals): float32 [T, batch, classes, ...] to int32 [T, batch, ...]."""
    if len(probabilities.shape) == 3:
        return tf.argmax(probabilities, axis=-1, output_type=tf.int32)
    classes = probabilities.shape[2]
    likeliest = tf.reduce_max(probabilities, axis=2, keepdims=True)
    numbers = tf.range(classes)[tf.newaxis, tf.newaxis, :, tf.newaxis]
    return tf.reduce_min(tf.where(probabilities == likeliest, numbers, classes), axis=2)


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
