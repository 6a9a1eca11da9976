"""The tutorial's program as of 2016: placeholders, a session, and one session run for each
window."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import TracebackType

import numpy as np
import numpy.typing as npt
import tensorflow.compat.v1 as tf1

Array = npt.NDArray[np.float32]


class TutorialSession:
    """The tutorial's graph in its own session; use it as a context manager.

    Args:
        weights: W [1 + state, state], b [1, state], W2 [state, classes], b2 [1, classes], all
            float32.
        batch_size: the number of rows.
        truncated_backprop_length: time steps of a window.
        learning_rate: the learning rate of Adagrad, whose accumulators start at 0.1.
    """

    def __init__(
        self,
        weights: Mapping[str, Array],
        batch_size: int,
        truncated_backprop_length: int,
        learning_rate: float = 0.3,
    ) -> None:
        state_size = weights["b"].shape[1]
        self.batch_size, self.window_length, self.state_size = (
            batch_size,
            truncated_backprop_length,
            state_size,
        )
        self._graph = tf1.Graph()
        with self._graph.as_default():
            self._batch_x = tf1.placeholder(tf1.float32, [batch_size, truncated_backprop_length])
            self._batch_y = tf1.placeholder(tf1.int32, [batch_size, truncated_backprop_length])
            self._init_state = tf1.placeholder(tf1.float32, [batch_size, state_size])
            variables = {
                name: tf1.get_variable(name, initializer=value) for name, value in weights.items()
            }
            state = self._init_state
            losses, predictions = [], []
            for x_t, y_t in zip(
                tf1.unstack(self._batch_x, axis=1), tf1.unstack(self._batch_y, axis=1), strict=True
            ):
                column = tf1.reshape(x_t, [batch_size, 1])
                state = tf1.tanh(
                    tf1.matmul(tf1.concat([column, state], 1), variables["W"]) + variables["b"]
                )
                logits = tf1.matmul(state, variables["W2"]) + variables["b2"]
                losses.append(
                    tf1.nn.sparse_softmax_cross_entropy_with_logits(labels=y_t, logits=logits)
                )
                predictions.append(tf1.nn.softmax(logits))
            self._last_state = state
            self._predictions = tf1.stack(predictions, axis=1)
            self._loss = tf1.reduce_mean(losses)
            self._train = tf1.train.AdagradOptimizer(learning_rate).minimize(self._loss)
            start = tf1.global_variables_initializer()
        self._session = tf1.Session(graph=self._graph)
        self._session.run(start)

    def __enter__(self) -> TutorialSession:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self._session.close()

    def train(
        self, epochs: Iterable[tuple[npt.ArrayLike, npt.ArrayLike]], num_windows: int
    ) -> Array:
        """Train up to ``num_windows`` windows of these epochs; each epoch is (x, y), both of shape
        [batch, row length].

        Returns:
            float32 [windows trained], the loss of each window.
        """
        losses: list[np.float32] = []
        for x, y in epochs:
            inputs, targets = np.asarray(x), np.asarray(y)
            state = np.zeros((self.batch_size, self.state_size), np.float32)
            for batch in range(inputs.shape[1] // self.window_length):
                if len(losses) == num_windows:
                    return np.array(losses, np.float32)
                steps = slice(batch * self.window_length, (batch + 1) * self.window_length)
                loss, _, state, _ = self._session.run(
                    [self._loss, self._train, self._last_state, self._predictions],
                    feed_dict={
                        self._batch_x: inputs[:, steps],
                        self._batch_y: targets[:, steps],
                        self._init_state: state,
                    },
                )
                losses.append(loss)
        return np.array(losses, np.float32)
