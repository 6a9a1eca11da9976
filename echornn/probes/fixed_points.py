"""The fixed points of a network under a constant input: solves F(s) = s from many starts at once,
by damped Newton."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from echornn import seeding
from echornn.config import EchoConfig
from echornn.network.frozen import Tensor, Tensors, Weights
from echornn.network.shapes import carried_size, shown_part, weight_shapes
from echornn.network.step import step
from echornn.probes.prepared import Prepared
from echornn.progress import Bools
from echornn.readings import (
    MARGIN,
    MOST_CARRIED,
    POINT_KINDS,
    Doubles,
    FixedPoints,
    PointKind,
    kind_of,
)
from echornn.tasks.task import Numbers

# The damping of a search's steps: at first, its limits, and its factors after a step that was taken
# or not. A search ends if even the most damped step leads to no better state, or at a point at rest
# with the first step that leaves more than a little of the residual: a Newton step leaves hardly
# any, except where gates shut further and further.
FIRST_DAMPING, LEAST_DAMPING, MOST_DAMPING, EASED, HARDENED = 1.0, 1e-6, 1e12, 0.1, 8.0
LITTLE, MOST_STEPS = 0.1, 50

# Points at rest move by less than this in a step, and are the same if they are closer than this,
# times the largest number of the visited states or 1; a search ends far closer to a point, unless
# an eigenvalue is nearly 1. Slow points: in standard deviations of the visited states. They and
# points with an eigenvalue of 1 count within a cube of so many times the largest number of a
# visited state; far away, gates shut so far that any state rests.
RESTING, APART, SLOW, VAGUE_APART, REACH = 1e-9, 1e-5, 0.01, 0.1, 2.0

# Operations in a step of all searches of the first round, which takes 0.05 to 2 seconds of one
# core, and up to 10 with more than 300 carried numbers, since so few searches are always made. No
# more rounds begin, between the points found, once so many have ended at each: then it is unlikely
# that others were missed.
WORK, MOST_STARTS, LEAST_STARTS, MOST_ROUNDS, OFTEN = 1.5e9, 384, 16, 6, 5

# The largest number of a visited state that counts; in networks that diverge, states grow without
# limit
LARGEST = 1e4
# After which a network has come near a stable point, unless an eigenvalue is nearly 1
STEPS_TO_REST = 100
# Of the Beta distribution of a start's place between two points: most are near an end
NEAR_THE_ENDS = 0.3
# Of a step of rows computed at once; kept for a row and unit's gradient
BYTES_AT_ONCE, NUMBERS_A_UNIT = 2**26, 24


class OneStep:
    """F: a step of the network under a constant input; all arrays are float64."""

    def __init__(self, prepared: Prepared, held: Doubles) -> None:
        self._prepared, self._held = prepared, held[np.newaxis]
        self._at_once = max(
            1, BYTES_AT_ONCE // (8 * NUMBERS_A_UNIT * carried_size(prepared.config) ** 2)
        )

    def after(self, states: Doubles) -> Doubles:
        """The states after a step, [rows, carried], from those before."""
        return np.asarray(self._prepared.compute(_after, states, self._held, any_steps=1)[0])

    def with_jacobian(self, states: Doubles) -> tuple[Doubles, Doubles]:
        """The states after a step, and their derivatives [rows, after, before]."""
        begins = range(0, max(1, len(states)), self._at_once)
        each = (states[at : at + self._at_once] for at in begins)
        parts = [
            self._prepared.compute(_with_jacobian, some, self._held, any_steps=1) for some in each
        ]
        after, jacobians = (np.concatenate(one) for one in zip(*parts, strict=True))
        return after, jacobians


def _after(config: EchoConfig, weights: Weights, states: Tensor, held: Tensor) -> Tensors:
    def multiply(parts: Sequence[Tensor], weight: Tensor, bias: Tensor) -> Tensor:
        return tf.matmul(tf.concat(parts, axis=-1), weight) + bias

    doubles = {name: tf.cast(value, tf.float64) for name, value in weights.items()}
    return (
        step(config, doubles, tf.repeat(held, tf.shape(states)[0], axis=0), states, multiply).state,
    )


def _with_jacobian(config: EchoConfig, weights: Weights, states: Tensor, held: Tensor) -> Tensors:
    carried = carried_size(config)
    rows = tf.repeat(states, carried, axis=0)
    with tf.GradientTape() as tape:
        tape.watch(rows)
        (moved,) = _after(config, weights, rows, held)
    each = tf.tile(tf.eye(carried, dtype=tf.float64), [tf.shape(states)[0], 1])
    jacobians = tape.gradient(moved, rows, each, tf.UnconnectedGradients.ZERO)
    return moved[::carried], tf.reshape(jacobians, [-1, carried, carried])


class Rests(NamedTuple):
    """Where searches ended, and how much is missing there."""

    states: Doubles  # [searches, carried]
    residuals: Doubles  # [searches], the largest absolute value in F(s) - s
    starts: npt.NDArray[np.int_]  # [searches], for how many each stands


def search(network: OneStep, starts: Doubles, enough: float) -> Rests:
    """Search from each start for a state with F(s) = s, where no number of r = F(s) - s is larger
    than ``enough``.

    Each step is one of Levenberg and Marquardt: it solves (A'A + m I) d = -A'r, where A = dF/ds -
    I. With m proportional to |r|^2, it becomes Newton's step near a point at rest, so that the
    error is squared at each step, also where points lie on a line (Yamashita and Fukushima 2001).
    Far away it goes down the slope of |r|.
    """
    states = starts.copy()
    damping = np.full(len(states), FIRST_DAMPING)
    moved, jacobians = network.with_jacobian(states)
    r, a = moved - states, jacobians - np.eye(states.shape[1])
    active = np.flatnonzero(np.isfinite(a).all(axis=(1, 2)) & np.isfinite(r).all(axis=1))
    for _ in range(MOST_STEPS):
        if not active.size:
            break
        at_r, at_a = r[active], a[active]
        square = (at_r**2).sum(axis=1)
        slope = np.einsum("nij,ni->nj", at_a, at_r)
        shifted = np.matmul(at_a.transpose(0, 2, 1), at_a)
        diagonal = np.einsum("nii->ni", shifted)
        diagonal += (damping[active] * square + 1e-300)[:, np.newaxis]
        ahead = states[active] - _solved(shifted, slope)
        square_ahead = ((network.after(ahead) - ahead) ** 2).sum(axis=1)
        better, improves = square_ahead < square, square_ahead < LITTLE**2 * square
        finished = (np.abs(at_r).max(axis=1) <= enough) & ~improves | (
            damping[active] >= MOST_DAMPING
        )
        taken, harder = active[better], damping[active] * HARDENED
        states[taken] = ahead[better]
        damping[active] = np.where(
            better, np.maximum(damping[active] * EASED, LEAST_DAMPING), harder
        )
        if taken.size:
            moved, jacobians = network.with_jacobian(states[taken])
            r[taken], a[taken] = moved - states[taken], jacobians - np.eye(states.shape[1])
        active = active[~finished]
    return Rests(states, np.abs(r).max(axis=1), np.ones(len(states), int))


def _solved(matrices: Doubles, vectors: Doubles) -> Doubles:
    """The solutions of many systems; the least squares of each, if one of them is singular."""
    try:
        return np.asarray(np.linalg.solve(matrices, vectors[..., np.newaxis])[..., 0])
    except np.linalg.LinAlgError:
        return np.stack([np.linalg.lstsq(*one)[0] for one in zip(matrices, vectors, strict=True)])


class Point(NamedTuple):
    state: Doubles
    residual: float
    eigenvalues: npt.NDArray[np.complex128]
    kind: PointKind
    starts: int


def merged(found: Rests, which: Bools, apart: float) -> tuple[list[int], list[int]]:
    """Of the points among some results that differ by more than ``apart``: the best result's index,
    the searches."""
    left = np.flatnonzero(which)
    left = left[np.argsort(found.residuals[left], kind="stable")]
    indices, ended = [], []
    while left.size:
        same = np.abs(found.states[left] - found.states[left[0]]).max(axis=1) <= apart
        indices.append(int(left[0]))
        ended.append(int(found.starts[left[same]].sum()))
        left = left[~same]
    return indices, ended


def _points(
    network: OneStep, found: Rests, which: Bools, apart: float, is_slow: bool = False
) -> list[Point]:
    indices, starts = merged(found, which, apart)
    states = found.states[indices]
    moved, jacobians = network.with_jacobian(states)
    residuals = np.abs(moved - states).max(axis=1, initial=0).tolist()
    eigenvalues = np.linalg.eigvals(jacobians).astype(np.complex128)
    ordered = np.take_along_axis(
        eigenvalues, np.argsort(-np.abs(eigenvalues), axis=1, kind="stable"), axis=1
    )
    kinds: list[PointKind] = ["slow" if is_slow else kind_of(values) for values in ordered]
    return [Point(*one) for one in zip(states, residuals, ordered, kinds, starts, strict=True)]


def _first_starts(
    rng: np.random.Generator, states: Doubles, count: int, network: OneStep
) -> Doubles:
    """States at which the first searches begin, float64 [count, carried], from those visited. An
    eighth are visited, an eighth others after `STEPS_TO_REST` steps: searches may pass by a stable
    point where the network itself goes. Five eighths are normal, with their mean and covariance: of
    all starts that were tried with 3-bit flip-flops, these lead most evenly to all 27 points. An
    eighth lie anywhere in a cube, for unvisited points.
    """
    eighth, carried = count // 8, states.shape[1]
    rested = states[rng.integers(0, len(states), eighth)]
    for _ in range(STEPS_TO_REST):
        rested = network.after(rested)
    rested = rested[(np.abs(rested) <= LARGEST).all(axis=1)]
    shares, axes = np.linalg.eigh(np.cov(states, rowvar=False).reshape(carried, carried))
    normal = rng.standard_normal((5 * eighth, carried)) * np.sqrt(np.maximum(shares, 0))
    normal = states.mean(axis=0) + normal @ axes.T
    anywhere = max(1.0, np.abs(states).max()) * rng.uniform(-1, 1, (eighth, carried))
    return np.concatenate([states[rng.integers(0, len(states), eighth)], rested, normal, anywhere])


def _visited(prepared: Prepared) -> Doubles:
    """The states on the probes' own data and in the newest window, float64 [states, carried], but
    for far too large."""
    runs = [prepared.on_series, *([] if prepared.window is None else [prepared.on_window])]
    states = np.concatenate([ran.states.reshape(-1, ran.states.shape[-1]) for ran in runs])
    usual = states[(np.abs(states) <= LARGEST).all(axis=1)].astype(np.float64)
    return usual if len(usual) > 1 else np.zeros((2, states.shape[1]))


def fixed_points(prepared: Prepared, held: Sequence[float] | None = None) -> FixedPoints | None:
    config, size = prepared.config, prepared.config.input_size
    carried = carried_size(config)
    if carried > MOST_CARRIED:
        return None
    inputs = np.asarray(
        held if held is not None and len(held) == size else np.zeros(size), np.float64
    )
    network, visited = OneStep(prepared, inputs), _visited(prepared)
    largest, spread = max(1.0, float(np.abs(visited).max())), float(visited.std(axis=0).max())
    near, vague = APART * largest, VAGUE_APART * spread

    def within_reach(states: Doubles) -> Bools:
        return np.asarray(np.abs(states).max(axis=1, initial=0) <= REACH * largest)

    # searches: the first from visited states, the others between the points found
    weights = sum(rows * columns for rows, columns in weight_shapes(config).values())
    # The Jacobian, and the solution of a system
    of_a_search = 6 * weights * carried + 3 * carried**3
    count = int(min(MOST_STARTS, max(LEAST_STARTS, WORK / of_a_search))) // 8 * 8
    rng = seeding.stream(config.seed, seeding.PROBES, count)
    found = search(network, _first_starts(rng, visited, count, network), RESTING * largest)
    for _ in range(MOST_ROUNDS - 1):
        ended_at = (found.residuals <= RESTING * largest) & within_reach(found.states)
        indices, ended = merged(found, ended_at, near)
        if len(indices) < 2 or min(ended) >= OFTEN:
            break
        known, half = found.states[indices], count // 2
        pairs, share = (
            known[rng.integers(0, len(known), (2, half))],
            rng.beta(NEAR_THE_ENDS, NEAR_THE_ENDS, (half, 1)),
        )
        more = search(network, share * pairs[0] + (1 - share) * pairs[1], RESTING * largest)
        found = Rests(*(np.concatenate(both) for both in zip(found, more, strict=True)))

    # points: isolated ones, those in a line or a region at rest (an eigenvalue is 1), and slow ones
    # apart from both
    at_rest = found.residuals <= RESTING * largest
    rests, flat = [], []
    for one in _points(network, found, at_rest, near):
        if np.abs(one.eigenvalues - 1).min() > MARGIN:
            rests.append(one)
        elif within_reach(one.state[np.newaxis])[0]:
            flat.append(one)
    if flat:
        ends = Rests(
            *(
                np.array([getattr(one, name) for one in flat])
                for name in ("state", "residual", "starts")
            )
        )
        rests += _points(network, ends, np.ones(len(flat), np.bool_), vague)
    is_slow = ~at_rest & (found.residuals <= SLOW * spread) & within_reach(found.states)
    slow = _points(network, found, is_slow, vague, is_slow=True)
    slow = [
        one for one in slow if all(np.abs(one.state - other.state).max() > vague for other in rests)
    ]

    def order(one: Point) -> tuple[int, int, int]:
        return (
            POINT_KINDS.index(one.kind),
            int((np.abs(one.eigenvalues) > 1 + MARGIN).sum()),
            -one.starts,
        )

    points = sorted([*rests, *slow], key=order)
    states = np.array([one.state for one in points]).reshape(-1, carried)
    outputs = states[:, shown_part(config)] @ prepared.weights["W2"] + prepared.weights["b2"]
    if not isinstance(config.the_task.outputs, Numbers):
        outputs = np.exp(outputs - outputs.max(axis=1, keepdims=True))
        outputs /= outputs.sum(axis=1, keepdims=True)
    return FixedPoints(
        states=states,
        residuals=np.array([one.residual for one in points], np.float32),
        eigenvalues=np.array([one.eigenvalues for one in points], np.complex64).reshape(
            -1, carried
        ),
        kinds=tuple(one.kind for one in points),
        starts=np.array([one.starts for one in points], np.int32),
        outputs=np.asarray(outputs, np.float32),
        held=inputs.astype(np.float32),
        searches=len(found.states),
    )
