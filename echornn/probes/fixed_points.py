"""Searches for states at rest: solves F(s) = s from many starts at once, by damped Newton steps."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from echornn import seeding
from echornn.config import EchoConfig
from echornn.network.shapes import carried_size, shown_part, weight_shapes
from echornn.network.step import step
from echornn.probes.prepared import GRAPHS_KEPT, Prepared, call, graph_of, ordered, structure
from echornn.progress import Floats
from echornn.readings import MARGIN, MOST_CARRIED, POINT_KINDS, RESTING, FixedPoints, PointKind, kind_of
from echornn.tasks.task import Numbers

Doubles = npt.NDArray[np.float64]

MOST_STEPS = 50
"""The most steps of a search."""

FIRST_DAMPING, LEAST_DAMPING, MOST_DAMPING = 1.0, 1e-6, 1e12
"""The damping at the beginning, and its limits; a search ends if even the most damped step leads to no better state."""

EASED, RAISED = 0.1, 8.0
"""The factors of the damping after a step that was taken, and after one that was not."""

LITTLE = 0.1
"""At a point at rest, a search ends with the first step that leaves more than this of the residual. There a Newton step
leaves hardly any, except where gates shut further and further: then the state comes to rest everywhere.
"""


class Rests(NamedTuple):
    """Where the searches ended, one row for each start."""

    states: Doubles
    """float64 [starts, carried]."""
    residuals: Doubles
    """The largest absolute value in F(s) - s, float64 [starts]."""


def search(
    after: Callable[[Doubles], Doubles],
    with_jacobian: Callable[[Doubles], tuple[Doubles, Doubles]],
    starts: Doubles,
    enough: float,
) -> Rests:
    """Search from each start for a state with F(s) = s; saddles and unstable points are found as well as stable ones.

    Each step is one of Levenberg and Marquardt: it solves (A'A + m I) d = -A'r, where r = F(s) - s and A = dF/ds - I.
    With m proportional to |r|^2, it becomes Newton's step near a point at rest, so that the error is squared at each
    step, also where points lie on a line (Yamashita and Fukushima 2001). Far away it goes down the slope of |r|.

    Args:
        after: F, of states float64 [rows, carried].
        with_jacobian: F and its derivatives, [rows, after, before].
        starts: float64 [starts, carried].
        enough: a search is finished if no number of r is larger than this, and a further step hardly improves it.
    """
    states = starts.copy()
    damping = np.full(len(states), FIRST_DAMPING)
    moved, jacobians = with_jacobian(states)
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
        ahead_r = after(ahead) - ahead
        better = (ahead_r**2).sum(axis=1) < square
        improves = (ahead_r**2).sum(axis=1) < LITTLE**2 * square
        finished = (np.abs(at_r).max(axis=1) <= enough) & ~improves | (damping[active] >= MOST_DAMPING)
        taken = active[better]
        states[taken] = ahead[better]
        damping[active] = np.where(better, np.maximum(damping[active] * EASED, LEAST_DAMPING), damping[active] * RAISED)
        if taken.size:
            moved, jacobians = with_jacobian(states[taken])
            r[taken], a[taken] = moved - states[taken], jacobians - np.eye(states.shape[1])
        active = active[~finished]
    return Rests(states, np.abs(r).max(axis=1))


def _solved(matrices: Doubles, vectors: Doubles) -> Doubles:
    """The solutions of many systems; 0 for those that have none."""
    try:
        return np.asarray(np.linalg.solve(matrices, vectors[..., np.newaxis])[..., 0])
    except np.linalg.LinAlgError:  # one of them is singular
        return np.stack([_solution(*one) for one in zip(matrices, vectors, strict=True)])


def _solution(matrix: Doubles, vector: Doubles) -> Doubles:
    return np.asarray(np.linalg.lstsq(matrix, vector)[0])


BYTES_AT_ONCE = 2**26
"""The most memory for the numbers of a step of all rows that are computed at once."""

NUMBERS_A_UNIT = 24
"""The numbers of a row and unit that are kept for the gradient of a step of a layer, at most about this many."""


class OneStep:
    """The network under a constant input.

    Args:
        config, weights: the network.
        held: the constant input as it enters the cell, [input].
    """

    def __init__(self, config: EchoConfig, weights: Mapping[str, Floats], held: npt.ArrayLike) -> None:
        self.config, self.carried = config, carried_size(config)
        self._graphs = structure(config)
        self._fixed = (np.asarray(held, np.float64)[np.newaxis], *ordered(config, weights))
        row = 8 * NUMBERS_A_UNIT * self.carried
        self._at_once = max(1, BYTES_AT_ONCE // (row * self.carried))

    def after(self, states: Doubles) -> Doubles:
        """The states after a step, float64 [rows, carried], from those before."""
        (after,) = call(_stepping(self._graphs), states, *self._fixed)
        return np.asarray(after)

    def with_jacobian(self, states: Doubles) -> tuple[Doubles, Doubles]:
        """The states after a step, and their derivatives [rows, after, before], float64."""
        graph = _differentiating(self._graphs)
        parts = [
            call(graph, states[begin : begin + self._at_once], *self._fixed)
            for begin in range(0, max(1, len(states)), self._at_once)
        ]
        after, jacobians = (np.concatenate(one) for one in zip(*parts, strict=True))
        return after, jacobians


@functools.lru_cache(GRAPHS_KEPT)
def _stepping(config: EchoConfig) -> Any:
    return _graph(config, lambda states, held, weights: (_stepped(config, weights, held, states),))


@functools.lru_cache(GRAPHS_KEPT)
def _differentiating(config: EchoConfig) -> Any:
    carried = carried_size(config)

    def both(states: tf.Tensor, held: tf.Tensor, weights: Mapping[str, tf.Tensor]) -> tuple[tf.Tensor, tf.Tensor]:
        rows = tf.repeat(states, carried, axis=0)
        with tf.GradientTape() as tape:
            tape.watch(rows)
            after = _stepped(config, weights, held, rows)
        each = tf.tile(tf.eye(carried, dtype=tf.float64), [tf.shape(states)[0], 1])
        jacobians = tape.gradient(after, rows, each, tf.UnconnectedGradients.ZERO)
        return after[::carried], tf.reshape(jacobians, [-1, carried, carried])

    return _graph(config, both)


def _graph(config: EchoConfig, function: Any) -> Any:
    def in_doubles(states: tf.Tensor, held: tf.Tensor, weights: Mapping[str, tf.Tensor]) -> Any:
        return function(states, held, {name: tf.cast(value, tf.float64) for name, value in weights.items()})

    specs = tf.TensorSpec([None, carried_size(config)], tf.float64), tf.TensorSpec([1, config.input_size], tf.float64)
    return graph_of(in_doubles, config, *specs)


def _stepped(config: EchoConfig, weights: Mapping[str, tf.Tensor], held: tf.Tensor, states: tf.Tensor) -> tf.Tensor:
    inputs = tf.repeat(held, tf.shape(states)[0], axis=0)
    return step(config, weights, inputs, states, _multiplied).state


def _multiplied(parts: Sequence[tf.Tensor], weight: tf.Tensor, bias: tf.Tensor) -> tf.Tensor:
    return tf.matmul(tf.concat(parts, axis=-1), weight) + bias


Bools = npt.NDArray[np.bool_]

APART = 1e-5
"""Points at rest are the same if no number differs by more than this, times the largest number of the visited states or
1. A search ends far closer to a point, unless an eigenvalue is nearly 1.
"""

SLOW = 0.01
"""A slow point moves by less than this in a step, in standard deviations of the visited states."""

VAGUE_APART = 0.1
"""Slow points, and points with an eigenvalue of 1, are the same if they are closer than this, in the same unit: where a
search ends there depends on where it began.
"""

REACH = 2.0
"""Slow points, and points with an eigenvalue of 1, count within a cube of this size times the largest number of a
visited state. Far away, gates shut so far that any state rests.
"""


class Visits:
    """The sizes of the visited states, float64 [states, carried], by which the results of searches are judged."""

    def __init__(self, states: Doubles) -> None:
        self.states = states
        self.largest = max(1.0, float(np.abs(states).max()))
        self.spread = float(states.std(axis=0).max())
        self.near, self.vague = APART * self.largest, VAGUE_APART * self.spread

    def at_rest(self, found: Rests) -> Bools:
        return found.residuals <= RESTING * self.largest

    def is_slow(self, found: Rests) -> Bools:
        return ~self.at_rest(found) & (found.residuals <= SLOW * self.spread)

    def within_reach(self, states: Doubles) -> Bools:
        return np.asarray(np.abs(states).max(axis=1, initial=0) <= REACH * self.largest)


class Point(NamedTuple):
    """A point, and the number of searches that ended there; see `echornn.readings.FixedPoints`."""

    state: Doubles
    residual: float
    eigenvalues: npt.NDArray[np.complex128]
    kind: PointKind
    starts: int


def different_points(network: OneStep, visits: Visits, found: Rests) -> list[Point]:
    """The different points, sorted as in `FixedPoints`."""
    at_rest = _points(network, found, *merged(found, visits.at_rest(found), visits.near))
    isolated = [one for one in at_rest if _is_isolated(one)]
    flat = [one for one in at_rest if not _is_isolated(one) and visits.within_reach(one.state[np.newaxis])[0]]
    if flat:
        ends = Rests(np.array([one.state for one in flat]), np.array([one.residual for one in flat]))
        starts = np.array([one.starts for one in flat])
        flat = _points(network, ends, *merged(ends, np.ones(len(flat), np.bool_), visits.vague, starts))
    rests = [*isolated, *flat]
    is_slow = visits.is_slow(found) & visits.within_reach(found.states)
    slow = _points(network, found, *merged(found, is_slow, visits.vague), is_slow=True)
    slow = [one for one in slow if all(np.abs(one.state - other.state).max() > visits.vague for other in rests)]
    return sorted([*rests, *slow], key=lambda one: (POINT_KINDS.index(one.kind), _growing(one), -one.starts))


def merged(
    found: Rests, which: Bools, apart: float, counts: npt.NDArray[np.int_] | None = None
) -> tuple[list[int], list[int]]:
    """The different points among the results: the index of the best result for each, and the number of results.

    Args:
        which: bool [results], the results to merge.
        apart: results are the same if no number differs by more than this.
        counts: the number of searches that each result stands for; 1 by default.
    """
    left = np.flatnonzero(which)
    left = left[np.argsort(found.residuals[left], kind="stable")]
    each = np.ones(len(found.states), int) if counts is None else counts
    indices, ended = [], []
    while left.size:
        same = np.abs(found.states[left] - found.states[left[0]]).max(axis=1) <= apart
        indices.append(int(left[0]))
        ended.append(int(each[left[same]].sum()))
        left = left[~same]
    return indices, ended


def _points(
    network: OneStep, found: Rests, indices: Sequence[int], starts: Sequence[int], is_slow: bool = False
) -> list[Point]:
    states = found.states[[*indices]]
    moved, jacobians = network.with_jacobian(states)
    residuals = np.abs(moved - states).max(axis=1, initial=0).tolist()
    eigenvalues = np.linalg.eigvals(jacobians).astype(np.complex128)
    ordered = np.take_along_axis(eigenvalues, np.argsort(-np.abs(eigenvalues), axis=1, kind="stable"), axis=1)
    kinds: list[PointKind] = ["slow" if is_slow else kind_of(values) for values in ordered]
    return [Point(*one) for one in zip(states, residuals, ordered, kinds, starts, strict=True)]


def _growing(point: Point) -> int:
    """The number of directions along which a disturbance grows."""
    return int((np.abs(point.eigenvalues) > 1 + MARGIN).sum())


def _is_isolated(point: Point) -> bool:
    """Whether no other states nearby are at rest: no eigenvalue is 1."""
    return bool(np.abs(point.eigenvalues - 1).min() > MARGIN)


MOST_STARTS, LEAST_STARTS = 384, 16

WORK = 1.5e9
"""The most operations in a step of all searches of the first round; large networks get fewer searches. The probe then
takes 0.05 to 2 seconds of one core, and up to 10 with more than 300 carried numbers, since `LEAST_STARTS` are made.
"""

LARGEST = 1e4
"""The largest number of a visited state that counts; in networks that diverge, states grow without limit."""

STEPS_TO_REST = 100
"""Steps after which a network has come near a stable point, unless an eigenvalue is nearly 1."""

NEAR_THE_ENDS = 0.3
"""The parameter of the Beta distribution of a start's place between two points: below 1, most are near an end."""


def starts_of(config: EchoConfig) -> int:
    """How many searches begin in the first round for a network of this size, a multiple of 8."""
    weights, carried = sum(rows * columns for rows, columns in weight_shapes(config).values()), carried_size(config)
    of_a_search = 6 * weights * carried + 3 * carried**3  # the Jacobian, and the solution of a system
    return int(min(MOST_STARTS, max(LEAST_STARTS, WORK / of_a_search))) // 8 * 8


def first_starts(rng: np.random.Generator, states: Doubles, count: int, after: Callable[[Doubles], Doubles]) -> Doubles:
    """States at which the first searches begin, float64 [count, carried], from the visited states.

    An eighth are visited states, and an eighth are others after `STEPS_TO_REST` steps: searches may pass by a stable
    point to which the network itself goes. Five eighths are normal, with the mean and the covariance of the visited
    states: of all starts that were tried with 3-bit flip-flops, these lead most evenly to all 27 points. An eighth lie
    anywhere in a cube as large as the largest number of a visited state, or 1, for points that are never visited.

    Args:
        after: a step of the network.
    """
    eighth, carried = count // 8, states.shape[1]
    rested = states[rng.integers(0, len(states), eighth)]
    for _ in range(STEPS_TO_REST):
        rested = after(rested)
    rested = rested[(np.abs(rested) <= LARGEST).all(axis=1)]
    mean = states.mean(axis=0)
    shares, axes = np.linalg.eigh(np.cov(states, rowvar=False).reshape(carried, carried))
    normal = rng.standard_normal((5 * eighth, carried)) * np.sqrt(np.maximum(shares, 0))
    anywhere = max(1.0, np.abs(states).max()) * rng.uniform(-1, 1, (eighth, carried))
    return np.concatenate([states[rng.integers(0, len(states), eighth)], rested, mean + normal @ axes.T, anywhere])


def starts_between(rng: np.random.Generator, points: Doubles, count: int) -> Doubles:
    """States on lines between two points, float64 [count, carried]."""
    ends, share = points[rng.integers(0, len(points), (2, count))], rng.beta(NEAR_THE_ENDS, NEAR_THE_ENDS, (count, 1))
    return np.asarray(share * ends[0] + (1 - share) * ends[1])


MOST_ROUNDS = 6
"""The most rounds of searches; those after the first begin between the points found."""

OFTEN = 5
"""No more searches begin once so many have ended at each point: then it is unlikely that others were missed."""


def fixed_points(prepared: Prepared, held: Sequence[float] | None = None) -> FixedPoints | None:
    """The fixed points of a network under a constant input, found from many visited states; None if it carries more
    than `MOST_CARRIED` numbers.

    Args:
        held: the input as it enters the cell; zeros by default, and if it does not have the network's input size.
    """
    config, size = prepared.config, prepared.config.input_size
    carried = carried_size(config)
    if carried > MOST_CARRIED:
        return None
    inputs = np.asarray(held if held is not None and len(held) == size else np.zeros(size), np.float64)
    network, visits = OneStep(config, prepared.weights, inputs), Visits(_visited(prepared))
    found = _found(network, visits)
    points = different_points(network, visits, found)
    states = np.array([one.state for one in points]).reshape(-1, carried)
    return FixedPoints(
        states=states,
        residuals=np.array([one.residual for one in points], np.float32),
        eigenvalues=np.array([one.eigenvalues for one in points], np.complex64).reshape(-1, carried),
        kinds=tuple(one.kind for one in points),
        starts=np.array([one.starts for one in points], np.int32),
        outputs=_outputs(config, prepared.weights, states),
        held=inputs.astype(np.float32),
        searches=len(found.states),
    )


def _visited(prepared: Prepared) -> Doubles:
    """The states visited on the probes' own data and in the newest window, without those of a network that diverges;
    float64 [states, carried].
    """
    carried = carried_size(prepared.config)
    states: Floats = prepared.on_series.states.reshape(-1, carried)
    if prepared.window is not None:
        states = np.concatenate([states, prepared.on_window.states.reshape(-1, carried)])
    usual = states[(np.abs(states) <= LARGEST).all(axis=1)].astype(np.float64)
    return usual if len(usual) > 1 else np.zeros((2, carried))


def _found(network: OneStep, visits: Visits) -> Rests:
    """The results of all searches."""
    count, enough = starts_of(network.config), RESTING * visits.largest
    rng = seeding.stream(network.config.seed, seeding.PROBES, count)
    starts = first_starts(rng, visits.states, count, network.after)
    found = search(network.after, network.with_jacobian, starts, enough)
    for _ in range(MOST_ROUNDS - 1):
        indices, ended = merged(found, visits.at_rest(found) & visits.within_reach(found.states), visits.near)
        if len(indices) < 2 or min(ended) >= OFTEN:
            break
        starts = starts_between(rng, found.states[indices], count // 2)
        more = search(network.after, network.with_jacobian, starts, enough)
        found = Rests(*(np.concatenate(both) for both in zip(found, more, strict=True)))
    return found


def _outputs(config: EchoConfig, weights: Mapping[str, Floats], states: Doubles) -> Floats:
    """What the network predicts in these states: probabilities of symbols, or numbers, float32 [states, outputs]."""
    logits = states[:, shown_part(config)] @ weights["W2"] + weights["b2"]
    if isinstance(config.the_task.outputs, Numbers):
        return np.asarray(logits, np.float32)
    raised = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(raised / raised.sum(axis=1, keepdims=True), np.float32)
