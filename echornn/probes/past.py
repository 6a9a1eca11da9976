"""The way back: the steps before a network's last predictions, and errors that go through them."""

from __future__ import annotations

from collections.abc import Callable

import tensorflow as tf

from echornn.config import EchoConfig
from echornn.network.frozen import Tensor, Tensors, Weights, logits_of, loop
from echornn.network.model import embed
from echornn.network.step import step


class Past:
    """The steps that led to the last ``targets`` steps of each row, from inputs [steps, rows, ...]
    and the states before each step, float32 [steps, rows, carried].

    A sample is one of these last steps in one row; there are targets * rows of them.
    """

    def __init__(
        self, config: EchoConfig, weights: Weights, x: Tensor, before: Tensor, targets: int
    ) -> None:
        self._config = config
        self._weights = weights
        self._inputs = embed(x, config.the_task.inputs)
        self._before = before
        self._targets = targets

    def at_lag(self, lag: Tensor) -> tuple[Tensor, Tensor]:
        """The input and the state before the step that is ``lag`` steps before each sample's,
        [samples, ...]; those of the first step where there is none so early."""
        last_steps = tf.shape(self._before)[0] - self._targets + tf.range(self._targets)
        steps = tf.maximum(last_steps - lag, 0)
        return self._at_steps(self._inputs, steps), self._at_steps(self._before, steps)

    def _at_steps(self, series: Tensor, steps: Tensor) -> Tensor:
        _, rows, numbers = series.shape
        return tf.reshape(tf.gather(series, steps), [self._targets * rows, numbers])

    def follow_back(
        self,
        d_logits: Tensor,
        lags: Tensor,
        keep: Callable[[Tensor, Tensor], Tensors],
        *kept: tf.TensorSpec,
    ) -> Tensors:
        """Follow errors back from the logits, [targets, rows, outputs].

        At each lag ``keep`` gets the gradients to the state after the step and to its input; what
        it returns is stacked, [lags, ...].
        """
        config, weights = self._config, self._weights
        x, before = self.at_lag(tf.constant(0))
        after = step(config, weights, x, before).state
        with tf.GradientTape() as tape:
            tape.watch(after)
            logits = logits_of(config, weights, after)
        d_last = tape.gradient(logits, after, tf.reshape(d_logits, logits.shape))

        def one_step_back(lag: Tensor, d_after: Tensor) -> tuple[Tensor, Tensors]:
            x, before = self.at_lag(lag)
            with tf.GradientTape() as tape:
                tape.watch([x, before])
                after = step(config, weights, x, before).state
            d_before, d_x = tape.gradient(after, [before, x], d_after)
            return d_before, keep(d_after, d_x)

        return loop(lags, one_step_back, d_last, *kept)


def size(vectors: Tensor) -> Tensor:
    """The length of each vector, float32 [..., n] to [...], without overflow or underflow of
    squares in float32."""
    largest = tf.reduce_max(tf.abs(vectors), axis=-1, keepdims=True)
    return largest[..., 0] * tf.norm(tf.math.divide_no_nan(vectors, largest), axis=-1)
