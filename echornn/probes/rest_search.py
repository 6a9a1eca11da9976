"""Searches for states at rest: solves F(s) = s from many starts at once, by damped Newton."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from echornn.config import EchoConfig
from echornn.network.frozen import Tensor, Tensors, Weights
from echornn.network.shapes import carried_size
from echornn.network.step import step
from echornn.probes.prepared import Prepared
from echornn.readings import Doubles

# The damping of a search's steps; it is eased after a step that was taken, and hardened after one
# that was not. All by eye.
FIRST_DAMPING = 1.0
LEAST_DAMPING, MOST_DAMPING = 1e-6, 1e12
EASED, HARDENED = 0.1, 8.0

# A search at rest ends with the first step that leaves more than this share of the residual: a
# Newton step leaves hardly any, except where gates shut further and further. By eye.
LITTLE = 0.1
MOST_STEPS = 50  # by eye

# Of a step of rows computed at once, and the numbers kept for a row and unit's gradient; by eye
BYTES_AT_ONCE, NUMBERS_A_UNIT = 2**26, 24


class Steps:
    """F, a step of the network under a constant input, or F^p, several; all arrays are float64."""

    def __init__(self, prepared: Prepared, held: Doubles, count: int = 1) -> None:
        self._prepared = prepared
        self._count = count
        self._held = held[np.newaxis]
        bytes_of_a_state = 8 * NUMBERS_A_UNIT * carried_size(prepared.config) ** 2
        self._at_once = max(1, BYTES_AT_ONCE // bytes_of_a_state)

    def after(self, states: Doubles, times: int = 1) -> Doubles:
        """The states after so many times these steps, [rows, carried], from those before."""
        arrays = states, self._held, np.array([times * self._count])
        return np.asarray(self._prepared.compute(_after, *arrays, free_axes=[1])[0])

    def with_jacobian(self, states: Doubles) -> tuple[Doubles, Doubles]:
        """The states after these steps, and their derivatives [rows, after, before]."""
        after, jacobians = [], []
        for begin in range(0, max(1, len(states)), self._at_once):  # once also if there are none
            some = states[begin : begin + self._at_once]
            arrays = some, self._held, np.array([self._count])
            results = self._prepared.compute(_with_jacobian, *arrays, free_axes=[1])
            after.append(results[0])
            jacobians.append(results[1])
        return np.concatenate(after), np.concatenate(jacobians)

    def residual(self, states: Doubles) -> tuple[Doubles, Doubles]:
        """r = F(s) - s, and its derivative A = dF/ds - I."""
        after, jacobians = self.with_jacobian(states)
        return after - states, jacobians - np.eye(states.shape[1])


def _after(config: EchoConfig, weights: Weights, states: Tensor, *others: Tensor) -> Tensors:
    held, count = others

    def run_next(left: Tensor, states: Tensor) -> Tensors:
        return left - 1, _after_one(config, weights, states, held)

    _, after = tf.while_loop(lambda left, _: left > 0, run_next, (count[0], states))
    return (after,)


def _with_jacobian(
    config: EchoConfig, weights: Weights, states: Tensor, *others: Tensor
) -> Tensors:
    held, count = others

    def run_next(left: Tensor, states: Tensor, jacobians: Tensor) -> Tensors:
        after, of_step = _jacobian_of_one(config, weights, states, held)
        return left - 1, after, of_step @ jacobians

    first = _jacobian_of_one(config, weights, states, held)
    _, *results = tf.while_loop(lambda left, *_: left > 0, run_next, (count[0] - 1, *first))
    return tuple(results)


def _after_one(config: EchoConfig, weights: Weights, states: Tensor, held: Tensor) -> Tensor:
    def multiply(parts: Sequence[Tensor], weight: Tensor, bias: Tensor) -> Tensor:
        return tf.matmul(tf.concat(parts, axis=-1), weight) + bias

    doubles = {name: tf.cast(value, tf.float64) for name, value in weights.items()}
    inputs = tf.repeat(held, tf.shape(states)[0], axis=0)
    return step(config, doubles, inputs, states, multiply).state


def _jacobian_of_one(config: EchoConfig, weights: Weights, states: Tensor, held: Tensor) -> Tensors:
    carried = carried_size(config)
    rows = tf.repeat(states, carried, axis=0)  # a copy for each number of the state after it
    with tf.GradientTape() as tape:
        tape.watch(rows)
        after = _after_one(config, weights, rows, held)
    numbers = tf.tile(tf.eye(carried, dtype=tf.float64), [tf.shape(states)[0], 1])
    jacobians = tape.gradient(after, rows, numbers, tf.UnconnectedGradients.ZERO)
    return after[::carried], tf.reshape(jacobians, [-1, carried, carried])


class Rests(NamedTuple):
    """Where searches ended, and how much is missing there."""

    states: Doubles  # [searches, carried]
    residuals: Doubles  # [searches], the largest absolute value in F(s) - s
    starts: npt.NDArray[np.int_]  # [searches], for how many each stands

    def and_also(self, more: Rests) -> Rests:
        return Rests(*(np.concatenate(arrays) for arrays in zip(self, more, strict=True)))


def search(network: Steps, starts: Doubles, enough: float, most: int = MOST_STEPS) -> Rests:
    """Search from each start for a state with F(s) = s, where no number of r = F(s) - s is larger
    than ``enough``.

    Each step is one of Levenberg and Marquardt: it solves (A'A + m I) d = -A'r, where A = dF/ds -
    I. With m proportional to |r|^2, it becomes Newton's step near a point at rest, so that the
    error is squared at each step, also where points lie on a line (Yamashita and Fukushima 2001).
    Far away it goes down the slope of |r|. A search also ends if even the most damped step leads to
    no better state, and after ``most`` steps.
    """
    states = starts.copy()
    damping = np.full(len(states), FIRST_DAMPING)
    r, a = network.residual(states)
    is_finite = np.isfinite(a).all(axis=(1, 2)) & np.isfinite(r).all(axis=1)
    active = np.flatnonzero(is_finite)
    for _ in range(most):
        if not active.size:
            break
        square = (r[active] ** 2).sum(axis=1)
        damped = damping[active]
        ahead = states[active] - _step_back(a[active], r[active], damped * square)
        square_ahead = ((network.after(ahead) - ahead) ** 2).sum(axis=1)

        is_better = square_ahead < square
        is_much_better = square_ahead < LITTLE**2 * square
        is_at_rest = np.abs(r[active]).max(axis=1) <= enough
        is_stuck = damped >= MOST_DAMPING
        is_finished = is_at_rest & ~is_much_better | is_stuck

        eased = np.maximum(damped * EASED, LEAST_DAMPING)
        damping[active] = np.where(is_better, eased, damped * HARDENED)
        taken = active[is_better]
        states[taken] = ahead[is_better]
        if taken.size:
            r[taken], a[taken] = network.residual(states[taken])
        active = active[~is_finished]
    return Rests(states, np.abs(r).max(axis=1), np.ones(len(states), int))


def _step_back(a: Doubles, r: Doubles, m: Doubles) -> Doubles:
    """-d of (A'A + m I) d = -A'r for each state; the least squares, if a matrix is singular."""
    slopes = np.einsum("nij,ni->nj", a, r)
    matrices = np.matmul(a.transpose(0, 2, 1), a)
    diagonals = np.einsum("nii->ni", matrices)  # a view
    diagonals += (m + 1e-300)[:, np.newaxis]
    try:
        return np.asarray(np.linalg.solve(matrices, slopes[..., np.newaxis])[..., 0])
    except np.linalg.LinAlgError:
        pairs = zip(matrices, slopes, strict=True)
        return np.stack([np.linalg.lstsq(matrix, slope)[0] for matrix, slope in pairs])
