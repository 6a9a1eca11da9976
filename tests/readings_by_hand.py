"""Readings of handmade networks."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from echornn.config import EchoConfig
from echornn.machines import Automaton, Machine, Word
from echornn.progress import Bools
from echornn.readings import (
    Connectivity,
    Cycle,
    FixedPoints,
    Matrices,
    PointKind,
    Reliance,
    StatePlane,
    Units,
)
from echornn.readings import Effects as Effects
from echornn.readings import Evaluation as Evaluation
from echornn.readings import Flip as Flip
from echornn.readings import Gradient as Gradient
from echornn.readings import GradientSizes as GradientSizes
from echornn.readings import HeldOut as HeldOut
from echornn.readings import Memory as Memory
from echornn.readings import Readings as Readings
from echornn.readings import Recurrent as Recurrent
from echornn.solutions import Solutions
from tests.scripted import make_progress

TUTORIAL = EchoConfig()
PROGRESS = make_progress(TUTORIAL, epoch=1, window=332)


BY_LAG = np.zeros(19, np.float32)
BY_LAG[:5] = (0.97, 0.98, 0.99, 1.0, 0.01)
MEMORY = Memory("h", BY_LAG, 4, samples=2048, total_spread=0.02)


def units_of_a_shift_register() -> Units:
    signs = 2 * PROGRESS.x.astype(np.float32) - 1
    activity = np.zeros((*signs.shape, 4), np.float32)
    for unit, lag in enumerate((3, 1, 2)):
        activity[:, lag:, unit] = 0.98 * signs[:, :-lag]
    activity[:, :, 3] = 0.4 * signs
    saturated = np.abs(activity) > 0.97
    spread = np.array([0.9, 0.9, 0.9, 0.4], np.float32)
    best_lag = np.array([3, 1, 2, 0], np.int32)
    correlation = np.array([1.0, 0.98, 1.0, -0.71], np.float32)
    return Units("h", activity, saturated, 0.7, spread, best_lag, correlation, samples=4096)


UNITS = units_of_a_shift_register()


def shift_register() -> Readings:
    """The readings of a solved tutorial: units that hold x[t-3], x[t-1], x[t-2], and a mixed
    one."""
    rows, steps = PROGRESS.x.shape
    slopes = np.zeros((rows, steps, steps), np.float32)
    for step in range(steps):
        for lag in range(step + 1):
            slopes[:, step, step - lag] = 1.0 / (1 + lag)
    moved = np.float32(0.02) * slopes
    for step in range(3, steps):
        moved[:, step, step - 3] = 0.98
    turned = np.zeros(32, np.float32)
    turned[3] = 1
    lags = np.arange(32, dtype=np.float32)
    return Readings(
        TUTORIAL,
        branch=0,
        window=999,
        parts=("h",),
        memory=MEMORY,
        units=UNITS,
        gradient=Gradient(0.2 * 0.55**lags, 0.55 ** (lags + 1), 0.21, samples=16_384),
        effects=Effects(moved, PROGRESS.outputs, turned=moved > 0.5),
        reliance=Reliance(turned, 0.98 * turned, 512),
        connectivity=Connectivity(slopes, PROGRESS.outputs),
        weights=matrices(),
        lyapunov=np.array([-0.4, -0.9, -1.3, -2.2], np.float32),
        lyapunov_samples=1024,
        lyapunov_spread=np.array([0.03, 0.02, 0.02, 0.1], np.float32),
        progress=PROGRESS,
        plane=four_corners(),
    )


def matrices() -> Matrices:
    """Made-up weights of the tutorial: W with one row for the input and four for the state, and
    W2."""
    dice = np.random.default_rng(0)
    weights = {
        "W": dice.normal(0, 1, (5, 4)).astype(np.float32),
        "b": dice.normal(0, 1, (1, 4)).astype(np.float32),
        "W2": dice.normal(0, 2, (4, 2)).astype(np.float32),
        "b2": np.zeros((1, 2), np.float32),
    }
    units = ("h1", "h2", "h3", "h4")
    classes = ("class 0", "class 1")
    bias = ("bias",)
    rows = {"W": ("x", *units), "b": bias, "W2": units, "b2": bias}
    columns = {"W": units, "b": units, "W2": classes, "b2": classes}
    update = {"W": 3e-4, "b": 1e-3, "W2": 2e-4, "b2": np.nan}
    eigenvalues = np.array([0.8 + 0.5j, 0.8 - 0.5j, -0.3, 0.1], np.complex64)
    return Matrices(weights, rows, columns, update, (Recurrent("W", eigenvalues),))


def flipped(readings: Readings, row: int = 0, step: int = 6) -> Readings:
    """The readings with a flipped input whose echo, three steps later, is then predicted
    differently."""
    x = PROGRESS.x[row].copy()
    x[step] ^= 1
    before = PROGRESS.outputs[row]
    after = before.copy()
    after[step + 3] = after[step + 3, ::-1]
    return replace(readings, flip=Flip(row, step, x, before, after))


def four_corners(config: EchoConfig = TUTORIAL) -> StatePlane:
    """States in the corners of a square with a unit each way; those at the right have target 1,
    which is predicted there. Row 1 of the newest window goes round the corners.
    """
    corners = np.array([[-1, -1], [-1, 1], [1, -1], [1, 1]], np.float32)
    states = np.repeat(corners, 8, axis=0)
    targets = (states[:, 0] > 0).astype(np.uint8)
    size = (config.batch_size, config.truncated_backprop_length, 2)
    rows = np.resize(corners[[0, 1, 3, 2]], size)
    readout = np.array([[0, -4, 0], [0, 4, 0]], np.float32)
    shares = np.array([0.6, 0.3], np.float32)
    mean = np.zeros(2, np.float32)
    components = np.eye(2, dtype=np.float32)
    return StatePlane("h", mean, components, shares, states, targets, targets, rows, readout)


def points_of_corners() -> FixedPoints:
    """A stable point in the first two corners of `four_corners`, in two of four units, and a saddle
    in the middle."""
    states = np.array([[-1, -1], [-1, 1], [0, 0]], np.float64)
    eigenvalues = np.array([[0.5, 0.1], [0.2j, -0.2j], [1.6, 0.3]], np.complex64)
    outputs = np.array([[0.9, 0.1], [0.8, 0.2], [0.5, 0.5]], np.float32)
    starts = np.array([150, 100, 6], np.int32)
    residuals = np.zeros(3, np.float32)
    held = np.zeros(1, np.float32)
    kinds: tuple[PointKind, ...] = ("stable", "stable", "saddle")
    return FixedPoints(states, residuals, eigenvalues, kinds, starts, outputs, held, 256)


def solutions_at(places: npt.ArrayLike, first_seed: int = 7, **changes: Any) -> Solutions:
    """Networks at these places, [networks, 2], without clusters."""
    points = np.asarray(places, np.float32)
    count = len(points)
    distances = np.linalg.norm(points[:, np.newaxis] - points, axis=-1).astype(np.float32)
    solutions = Solutions(
        "procrustes",
        seeds=tuple(range(first_seed, first_seed + count)),
        distances=distances,
        places=points,
        shown=0.8,
        clusters=np.zeros(count, np.int32),
        medoids=(0,),
        silhouette=0.1,
        silhouette_by_chance=0.2,
        losses=np.full(count, 0.01, np.float32),
        longer_losses=np.linspace(0, 0.7, count, dtype=np.float32),
        resting_states=np.arange(count, dtype=np.int32) % 3,
        samples=512,
    )
    return replace(solutions, **changes)


# ---- automata


def one_each(*outputs: int, of: int = 2) -> Bools:
    """What is said if one output is right at each step, [steps, of]."""
    return np.eye(of, dtype=np.bool_)[[*outputs]]


def wrong_at_the_end(*letters: int, is_shortest: bool = True) -> Word:
    """A word of parity, on which a network is wrong at the last letter, and its automaton not."""
    right = np.cumsum(letters) % 2
    network = right.copy()
    network[-1] ^= 1
    said = one_each(*right)
    return Word(letters, one_each(*network), said, said, is_shortest)


PARITY = EchoConfig.from_fields({"task": "parity"})


def parity_automaton(config: EchoConfig = PARITY, **changes: Any) -> Readings:
    """A network that has become the machine of parity; it is even at the left of the plane, odd at
    the right."""
    facts: dict[str, Any] = {
        "machine": Machine(np.array([[0, 1], [1, 0]], np.int32), one_each(0, 1)),
        "means": np.array([[-1, -1, 0, 0], [1, 1, 0, 0]], np.float32),
        "visits": np.array([0.25, 0.75], np.float32),
        "lookahead": 1,
        "classes": 3,
        "alike": 1.0,
        "word_length": 100,
        "words": 64,
        "predicted": 1.0,
        "right": 1.0,
        "is_same": True,
    }
    automaton = Automaton(**facts | changes)
    plane = replace(
        four_corners(config),
        mean=np.zeros(4, np.float32),
        components=np.eye(2, 4, dtype=np.float32),
    )
    return replace(SOLVED, config=config, automaton=automaton, plane=plane)


def cycle_of_corners() -> Cycle:
    """Between the two other corners."""
    states = np.array([[1, -1], [1, 1]], np.float64)
    eigenvalues = np.array([-0.4, 0.1], np.complex64)
    outputs = np.array([[0.2, 0.8], [0.3, 0.7]], np.float32)
    return Cycle(states, 0.0, eigenvalues, "stable", outputs)


SOLVED = shift_register()
