"""The tutorial's program as of 2016: placeholders, a session, and one session run for each
window."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
import numpy.typing as npt
import tensorflow.compat.v1 as tf1

Array = npt.NDArray[np.float32]


class TutorialSession:
    """The tutorial's graph in its own session.

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
        self.window_length = truncated_backprop_length
        self.zero_state = np.zeros((batch_size, weights["b"].shape[1]), np.float32)
        window = [batch_size, truncated_backprop_length]
        graph = tf1.Graph()
        self.session = tf1.Session(graph=graph)
        with graph.as_default():
            self.batch_x = tf1.placeholder(tf1.float32, window)
            self.batch_y = tf1.placeholder(tf1.int32, window)
            self.init_state = tf1.placeholder(tf1.float32, self.zero_state.shape)
            w = tf1.get_variable("W", initializer=weights["W"])
            b = tf1.get_variable("b", initializer=weights["b"])
            w2 = tf1.get_variable("W2", initializer=weights["W2"])
            b2 = tf1.get_variable("b2", initializer=weights["b2"])

            state = self.init_state
            losses = []
            self.predictions = []
            for t in range(truncated_backprop_length):
                column = self.batch_x[:, t : t + 1]
                column_and_state = tf1.concat([column, state], 1)
                state = tf1.tanh(tf1.matmul(column_and_state, w) + b)
                logits = tf1.matmul(state, w2) + b2
                loss = tf1.nn.sparse_softmax_cross_entropy_with_logits(
                    labels=self.batch_y[:, t], logits=logits
                )
                losses.append(loss)
                self.predictions.append(tf1.nn.softmax(logits))

            self.last_state = state
            self.loss = tf1.reduce_mean(losses)
            self.train_step = tf1.train.AdagradOptimizer(learning_rate).minimize(self.loss)
            self.session.run(tf1.global_variables_initializer())

    def __enter__(self) -> TutorialSession:
        return self

    def __exit__(self, *_: object) -> None:
        self.session.close()

    def train(self, epochs: Iterable[tuple[npt.NDArray[np.uint8], ...]], num_windows: int) -> Array:
        """Train up to ``num_windows`` windows of these epochs; each epoch is (x, y), both of shape
        [batch, row length].

        Returns:
            float32 [windows trained], the loss of each window.
        """
        losses: list[np.float32] = []
        for x, y in epochs:
            state = self.zero_state
            for start in range(0, x.shape[1] - self.window_length + 1, self.window_length):
                if len(losses) == num_windows:
                    return np.array(losses)
                steps = slice(start, start + self.window_length)
                fed = {
                    self.batch_x: x[:, steps],
                    self.batch_y: y[:, steps],
                    self.init_state: state,
                }
                loss, _, state, _ = self.session.run(
                    [self.loss, self.train_step, self.last_state, self.predictions], fed
                )
                losses.append(loss)
        return np.array(losses)
