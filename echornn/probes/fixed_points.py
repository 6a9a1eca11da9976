"""The fixed points and cycles of a network under a constant input: where searches start, what they
find."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from echornn import seeding
from echornn.config import EchoConfig
from echornn.network.shapes import carried_size, shown_part, weight_shapes
from echornn.probes.prepared import Prepared
from echornn.probes.rest_search import Rests, Steps, search
from echornn.progress import Bools
from echornn.readings import (
    MARGIN,
    MOST_CARRIED,
    POINT_KINDS,
    Cycle,
    Doubles,
    FixedPoints,
    PointKind,
    kind_of,
)
from echornn.tasks.task import Numbers

# Points at rest move by less than this in a step, and are the same if they are closer than this,
# times the largest number of the visited states or 1; a search ends far closer to a point, unless
# an eigenvalue is nearly 1
RESTING, APART = 1e-9, 1e-5
# Slow points, in standard deviations of the visited states. They and points with an eigenvalue of 1
# count within a cube of so many times the largest number of a visited state; far away, gates shut
# so far that any state rests.
SLOW, VAGUE_APART, REACH = 0.01, 0.1, 2.0

# Operations in a step of all searches of the first round, which takes 0.05 to 2 seconds of one
# core, and up to 10 with more than 300 carried numbers, since so few searches are always made
WORK, MOST_STARTS, LEAST_STARTS = 1.5e9, 384, 16
# No more rounds begin, between the points found, once so many searches have ended at each: then it
# is unlikely that others were missed. Of ten 3-bit flip-flops, 132 of 132 searches find all 27
# points.
MOST_ROUNDS, OFTEN = 6, 5

# The largest number of a visited state that counts; in networks that diverge, states grow without
# limit
LARGEST = 1e4
# After which a network has come near a stable point, unless an eigenvalue is nearly 1
STEPS_TO_REST = 100
PERIODS = 2, 3, 4  # of the cycles that are searched for
# For each period, this share of the starts of the search for fixed points, and as many states where
# the network goes from there; then it takes about as long, measured with 8 to 256 units. The steps
# are by eye: most searches need fewer.
SHARE_FOR_CYCLES, STEPS_FOR_CYCLES = 1 / 24, 20
# Of the Beta distribution of a start's place between two points: most are near an end
NEAR_THE_ENDS = 0.3


class Distances:
    """What counts as near and as far, by the states that the network visits."""

    def __init__(self, visited: Doubles) -> None:
        self.largest = max(1.0, float(np.abs(visited).max()))
        spread = float(visited.std(axis=0).max())
        self.resting = RESTING * self.largest
        self.apart = APART * self.largest
        self.slow = SLOW * spread
        self.vague = VAGUE_APART * spread

    def in_reach(self, states: Doubles) -> Bools:
        """Which states, [..., carried], are within the cube in which vague points count."""
        return np.asarray(np.abs(states).max(axis=-1, initial=0) <= REACH * self.largest)


class Point(NamedTuple):
    state: Doubles
    move: Doubles  # [carried], F(s) - s
    eigenvalues: npt.NDArray[np.complex128]
    kind: PointKind
    starts: int

    @property
    def residual(self) -> float:
        return float(np.abs(self.move).max(initial=0))

    @property
    def q(self) -> float:
        return float(self.move @ self.move) / 2

    @property
    def order(self) -> tuple[int, int, int]:
        pushing = int((np.abs(self.eigenvalues) > 1 + MARGIN).sum())
        return POINT_KINDS.index(self.kind), pushing, -self.starts


def fixed_points(prepared: Prepared, held: Sequence[float] | None = None) -> FixedPoints | None:
    config = prepared.config
    carried = carried_size(config)
    if carried > MOST_CARRIED:
        return None
    inputs = np.zeros(config.input_size)
    if held is not None and len(held) == len(inputs):
        inputs = np.asarray(held, np.float64)

    network = Steps(prepared, inputs)
    visited = _visited(prepared)
    distances = Distances(visited)
    found = _searched(config, network, visited, distances)
    points = _points_at_rest(network, found, distances)
    points += _slow_points(network, found, distances, points)
    points.sort(key=lambda point: point.order)

    states = _states_of(points, carried)
    eigenvalues = np.array([point.eigenvalues for point in points], np.complex64)
    return FixedPoints(
        states=states,
        residuals=np.array([point.residual for point in points], np.float32),
        eigenvalues=eigenvalues.reshape(-1, carried),
        kinds=tuple(point.kind for point in points),
        starts=np.array([point.starts for point in points], np.int32),
        outputs=_outputs(prepared, states).astype(np.float32),
        held=inputs.astype(np.float32),
        searches=len(found.states),
        q=np.array([point.q for point in points], np.float32),
        cycles=_cycles(prepared, inputs, visited, distances),
    )


def _visited(prepared: Prepared) -> Doubles:
    """The states on the probes' own data and in the newest window, float64 [states, carried], but
    for far too large."""
    runs = [prepared.on_series]
    if prepared.window is not None:
        runs.append(prepared.on_window)
    states = np.concatenate([run.states.reshape(-1, run.states.shape[-1]) for run in runs])
    usual: npt.NDArray[Any] = states[(np.abs(states) <= LARGEST).all(axis=1)]
    if len(usual) < 2:  # which have no covariance
        return np.zeros((2, states.shape[1]))
    return usual.astype(np.float64)


# ---- searches


def _searched(config: EchoConfig, network: Steps, visited: Doubles, distances: Distances) -> Rests:
    """The first searches begin at states as those visited, the others between the points found."""
    count = _affordable_starts(config)
    rng = seeding.stream(config.seed, seeding.PROBES, count)

    found = search(network, _first_starts(rng, visited, count, network), distances.resting)
    for _ in range(MOST_ROUNDS - 1):
        is_point = (found.residuals <= distances.resting) & distances.in_reach(found.states)
        indices, starts = merged(found, is_point, distances.apart)
        if len(indices) < 2 or min(starts) >= OFTEN:
            break
        between = _starts_between(rng, found.states[indices], count // 2)
        found = found.and_also(search(network, between, distances.resting))
    return found


def _affordable_starts(config: EchoConfig) -> int:
    carried = carried_size(config)
    weights = sum(rows * columns for rows, columns in weight_shapes(config).values())
    # The Jacobian, and the solution of a system
    work_of_a_search = 6 * weights * carried + 3 * carried**3
    affordable = max(LEAST_STARTS, WORK / work_of_a_search)
    return int(min(MOST_STARTS, affordable)) // 8 * 8


def _first_starts(
    rng: np.random.Generator, visited: Doubles, count: int, network: Steps
) -> Doubles:
    """States at which the first searches begin, float64 [count, carried], from those visited. An
    eighth are visited, an eighth others after `STEPS_TO_REST` steps: searches may pass by a stable
    point where the network itself goes. Five eighths are normal, with their mean and covariance: of
    all starts that were tried with 3-bit flip-flops, these lead most evenly to all 27 points. An
    eighth lie anywhere in a cube, for unvisited points.
    """
    eighth = count // 8
    carried = visited.shape[1]
    rested = _later(network, visited[rng.integers(0, len(visited), eighth)])

    covariance = np.cov(visited, rowvar=False).reshape(carried, carried)
    variances, axes = np.linalg.eigh(covariance)
    along = rng.standard_normal((5 * eighth, carried)) * np.sqrt(np.maximum(variances, 0))
    normal = visited.mean(axis=0) + along @ axes.T

    side = max(1.0, np.abs(visited).max())
    anywhere = side * rng.uniform(-1, 1, (eighth, carried))
    as_they_are = visited[rng.integers(0, len(visited), eighth)]
    return np.concatenate([as_they_are, rested, normal, anywhere])


def _later(network: Steps, states: Doubles) -> Doubles:
    """Where the network goes from some states, unless they grow without limit."""
    states = network.after(states, STEPS_TO_REST)
    return states[(np.abs(states) <= LARGEST).all(axis=1)]


def _starts_between(rng: np.random.Generator, points: Doubles, count: int) -> Doubles:
    first, second = points[rng.integers(0, len(points), (2, count))]
    share = rng.beta(NEAR_THE_ENDS, NEAR_THE_ENDS, (count, 1))
    return np.asarray(share * first + (1 - share) * second)


def merged(found: Rests, which: Bools, apart: float) -> tuple[list[int], list[int]]:
    """Of the points among some results that differ by more than ``apart``: the best result's index,
    the searches."""
    left = np.flatnonzero(which)
    left = left[np.argsort(found.residuals[left], kind="stable")]
    indices, starts = [], []
    while left.size:
        best = left[0]
        is_same = np.abs(found.states[left] - found.states[best]).max(axis=1) <= apart
        indices.append(int(best))
        starts.append(int(found.starts[left[is_same]].sum()))
        left = left[~is_same]
    return indices, starts


# ---- points


def _points_at_rest(network: Steps, found: Rests, distances: Distances) -> list[Point]:
    """Isolated points, and some of those in a line or a region at rest, where an eigenvalue is
    1."""
    is_at_rest = found.residuals <= distances.resting
    isolated, flat = [], []
    for point in _points(network, found, is_at_rest, distances.apart):
        if np.abs(point.eigenvalues - 1).min() > MARGIN:
            isolated.append(point)
        elif distances.in_reach(point.state):
            flat.append(point)
    if not flat:
        return isolated
    ends = Rests(
        states=np.array([point.state for point in flat]),
        residuals=np.array([point.residual for point in flat]),
        starts=np.array([point.starts for point in flat]),
    )
    every = np.ones(len(flat), np.bool_)
    return isolated + _points(network, ends, every, distances.vague)


def _slow_points(
    network: Steps, found: Rests, distances: Distances, at_rest: list[Point]
) -> list[Point]:
    """Those apart from all points at rest."""
    moves = found.residuals > distances.resting
    hardly = found.residuals <= distances.slow
    which = moves & hardly & distances.in_reach(found.states)
    slow = []
    for point in _points(network, found, which, distances.vague):
        away = [np.abs(point.state - rest.state).max() for rest in at_rest]
        if min(away, default=np.inf) > distances.vague:
            slow.append(point._replace(kind="slow"))
    return slow


def _points(network: Steps, found: Rests, which: Bools, apart: float) -> list[Point]:
    indices, starts = merged(found, which, apart)
    states = found.states[indices]
    after, jacobians = network.with_jacobian(states)
    moves = after - states
    eigenvalues = np.linalg.eigvals(jacobians).astype(np.complex128)
    points = []
    for index, state in enumerate(states):
        values = eigenvalues[index]
        values = values[np.argsort(-np.abs(values), kind="stable")]  # the largest first
        points.append(Point(state, moves[index], values, kind_of(values), starts[index]))
    return points


def _states_of(points: list[Point], carried: int) -> Doubles:
    """[points, carried], also of none."""
    return np.array([point.state for point in points]).reshape(-1, carried)


def _cycles(
    prepared: Prepared, held: Doubles, visited: Doubles, distances: Distances
) -> tuple[Cycle, ...]:
    """Isolated cycles, each once."""
    network, count = Steps(prepared, held), _affordable_starts(prepared.config)
    rng = seeding.stream(prepared.config.seed, seeding.PROBES, *PERIODS)
    starts = rng.permutation(_first_starts(rng, visited, count, network))
    starts = starts[: math.ceil(SHARE_FOR_CYCLES * count)]
    starts = np.concatenate([starts, _later(network, starts)])

    cycles: list[Cycle] = []
    for period in PERIODS:
        steps = Steps(prepared, held, period)
        found = search(steps, starts, distances.resting, STEPS_FOR_CYCLES)
        points = _points(steps, found, found.residuals <= distances.resting, distances.apart)
        points.sort(key=lambda point: point.order)
        ends = _states_of(points, visited.shape[1])
        ways = np.stack([network.after(ends, times) for times in range(period)], axis=1)
        for point, states in zip(points, ways, strict=True):
            # A fixed point, or a state of a cycle of two, is soon back
            others = [states[1:], *(cycle.states for cycle in cycles)]
            nearest = np.abs(np.concatenate(others) - point.state).max(axis=1).min()
            is_isolated = np.abs(point.eigenvalues - 1).min() > MARGIN
            if nearest > distances.apart and is_isolated:
                eigenvalues = point.eigenvalues.astype(np.complex64)
                outputs = _outputs(prepared, states).astype(np.float32)
                cycles.append(Cycle(states, point.residual, eigenvalues, point.kind, outputs))
    return tuple(cycles)


def _outputs(prepared: Prepared, states: Doubles) -> Doubles:
    """What the network predicts, [points, outputs]: probabilities of symbols, or numbers."""
    h = states[:, shown_part(prepared.config)]
    logits = h @ prepared.weights["W2"] + prepared.weights["b2"]
    if isinstance(prepared.config.the_task.outputs, Numbers):
        return np.asarray(logits)
    likelihoods = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(likelihoods / likelihoods.sum(axis=1, keepdims=True))
