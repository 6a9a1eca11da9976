"""The results of the probes: plain arrays for the screen and for scripts, without TensorFlow."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from numbers import Integral, Real
from typing import Any, Literal, get_args

import numpy as np
import numpy.typing as npt

from echornn.cells.cell import Bounds
from echornn.config import EchoConfig
from echornn.progress import Counts, Floats, Progress, Symbols

PointKind = Literal["stable", "marginal", "saddle", "unstable", "slow"]
"""What happens to a small disturbance of a state at rest; `FixedPoints` defines the kinds."""

POINT_KINDS: tuple[PointKind, ...] = get_args(PointKind)

MARGIN = 1e-3
"""An eigenvalue whose absolute value differs from 1 by less than this counts as 1: a disturbance along it needs a
thousand steps or more to shrink or grow e-fold.
"""

RESTING = 1e-9
"""A state is at rest if no number of it moves by more than this in a step, times the largest number of the visited
states or 1; computed in float64.
"""

MOST_CARRIED = 1024
"""The most carried numbers of a network whose fixed points are searched for; beyond, it would take minutes."""


@dataclass(frozen=True, eq=False)
class FixedPoints:
    """States that the network does not leave while the same input comes at every step (Sussillo and Barak 2013).

    F is a step of the network under the constant input, without dropout and in float64; at a fixed point s, F(s) = s.
    The search begins at many states, and can miss points. The points are sorted by kind, then by the number of
    eigenvalues above 1, then by `starts`. Of a line or a region at rest, some points are listed.

    The Jacobian dF/ds tells what happens to a small disturbance: along an eigenvector it is multiplied by the
    eigenvalue in each step. An absolute value closer to 1 than `MARGIN` counts as 1. If relu is exactly at its kink,
    the Jacobian is that of the side where it is 0.

    Attributes:
        states: the points, float64 [points, carried]: h of each layer, and what the cell carries besides.
        residuals: float32 [points], the largest absolute value in F(s) - s, with s and F in float64.
        eigenvalues: complex64 [points, carried], those of the Jacobian, the largest absolute value first.
        kinds: for each point:

            - stable: all absolute values are below 1, so small disturbances vanish.
            - marginal: none is above 1 and some count as 1: the Jacobian alone does not decide.
            - saddle: some are above 1 and some are not: a disturbance can vanish first, then grow.
            - unstable: all are above 1.
            - slow: no fixed point: the state moves, but hardly, and less than around it.

        starts: int32 [points], the number of searches that ended at the point.
        outputs: float32 [points, outputs], what the network predicts there: probabilities of symbols, or numbers.
        held: float32 [input], the constant input as it enters the cell.
        searches: the number of states at which the search began.
    """

    states: npt.NDArray[np.float64]
    residuals: Floats
    eigenvalues: npt.NDArray[np.complex64]
    kinds: tuple[PointKind, ...]
    starts: Counts
    outputs: Floats
    held: Floats
    searches: int = 0

    def count(self, kind: PointKind) -> int:
        """The number of points of a kind."""
        return self.kinds.count(kind)


def kind_of(eigenvalues: npt.NDArray[np.complex128]) -> PointKind:
    """The kind of a fixed point, from the eigenvalues of the Jacobian."""
    sizes = np.abs(eigenvalues)
    grows, vanishes = sizes > 1 + MARGIN, sizes < 1 - MARGIN
    if grows.any():
        return "unstable" if grows.all() else "saddle"
    return "stable" if vanishes.all() else "marginal"


MOST_COMPONENTS = 6
"""The most principal components that are kept; two are shown, and the others let the picture turn slowly."""


@dataclass(frozen=True, eq=False)
class StatePlane:
    """The states from which the network answers, by their principal components: the directions in which they vary most.

    A state h has the coordinates ``components @ (h - mean)``.

    Attributes:
        part: the name of the part of the network whose states these are.
        mean: float32 [units], the mean state.
        components: float32 [kept, units], orthonormal directions, that of the largest variance first; at most
            `MOST_COMPONENTS`. The largest entry of each is positive.
        shares: float32 [kept], the share of the states' variance along each, 0 to 1; 0 if the states do not vary.
        states: float32 [samples, kept], the coordinates of states on the probe's own data, which is the same at every
            position of a run; only of steps that are scored.
        targets: the targets at these states: symbols, uint8 [samples], or numbers, float32 [samples, count]; empty, of
            length 0, if they are not known.
        answers: what the network says at these states, in the same form: the likeliest symbols, or the numbers.
        rows: float32 [batch_size, T, kept], the coordinates of the states in the newest window, with the current
            weights; empty, [0, 0, kept], if there is no window yet.
        readout: float32 [outputs, 1 + kept]: the logits or numbers that the network says in the plane of all these
            directions through the mean: the first column, plus the others times the coordinates. Empty, [0, 1 + kept],
            if the output layer does not read this part.
    """

    part: str
    mean: Floats
    components: Floats
    shares: Floats
    states: Floats
    targets: Symbols | Floats
    answers: Symbols | Floats
    rows: Floats
    readout: Floats

    def share(self, direction: npt.NDArray[np.float64]) -> float:
        """The share of the variance along a direction, given as a vector of length 1, float64 [kept]; 0 to 1."""
        return float((direction**2 * self.shares).sum())

    def place(self, states: Floats | npt.NDArray[np.float64]) -> Floats:
        """The coordinates of states of the part, [..., units] to float32 [..., kept]."""
        with np.errstate(over="ignore", invalid="ignore"):  # states may be too large for float32
            return np.asarray((states.astype(np.float64) - self.mean) @ self.components.T, np.float32)


@dataclass(frozen=True, eq=False)
class RowDependence:
    """How strongly each prediction of the newest window depends on each input of its row in the window.

    Inputs before the window act through its initial state, and are not measured.

    Attributes:
        strength: float32 [rows read, steps read, steps read]: entry (row, t, s) is how strongly the prediction at step
            t depends on the input x[s]; 0 if s is after t.
        probabilities: float32 [rows read, steps read, outputs], the predictions with the current weights;
            `Progress` has the predictions made before the window changed the weights.
        first_row: the index in the window of the first row read; either all rows were read, or only the requested row.
        first_step: the index in the window of the first step read; of a window longer than 512 steps, only the newest
            are read.
    """

    strength: Floats
    probabilities: Floats
    first_row: int = 0
    first_step: int = 0

    def of_row(self, row: int) -> Floats:
        """The `strength` of a row of the window (from 0): float32 [steps read, steps read]; NaN if the row was not
        read.
        """
        place = row - self.first_row
        if 0 <= place < len(self.strength):
            return np.asarray(self.strength[place])
        return np.full(self.strength.shape[1:], np.nan, np.float32)

    def predictions_of_row(self, row: int) -> Floats:
        """The predictions of a row of the window (from 0): float32 [steps read, num_classes]; NaN if the row was not
        read.
        """
        place = row - self.first_row
        if 0 <= place < len(self.probabilities):
            return np.asarray(self.probabilities[place])
        return np.full(self.probabilities.shape[1:], np.nan, np.float32)


@dataclass(frozen=True, eq=False)
class Effects(RowDependence):
    """How each prediction changes if a single input is changed; the row is computed again for each input.

    A changed input becomes the next symbol, the last symbol becomes the first; with two symbols it is flipped. Each
    number of an input of numbers becomes larger by `echornn.readings.RAISED`. `strength` is the total variation
    distance of the prediction's probabilities before and after (half the sum of the absolute changes), 0 to 1; for
    numbers, the length of their change.

    Attributes:
        turned: bool, of the same shape as `strength`: whether another symbol becomes the likeliest.
    """

    turned: npt.NDArray[np.bool_] = field(kw_only=True)


@dataclass(frozen=True, eq=False)
class Connectivity(RowDependence):
    """The local derivative of each prediction by each input: `strength` is ||d logit(target at t) / d x[s]|| (Madsen
    2019).

    It describes a tiny change of an input, but inputs are symbols: if units are saturated, it is close to zero even for
    an input that decides the prediction. `Effects` describes the change to another symbol.
    """


@dataclass(frozen=True, eq=False)
class Flip:
    """The predictions of a row, with one input changed and with the unchanged inputs.

    Attributes:
        row, step: the changed input, from 0.
        x: the inputs after the change: uint8 [T] of symbols, or float32 [T, count] of numbers.
        before, after: float32 [T, num_classes], the predictions without and with the change.
    """

    row: int
    step: int
    x: npt.NDArray[Any]
    before: Floats
    after: Floats


@dataclass(frozen=True, eq=False)
class Recurrent:
    """A recurrent weight matrix, with its eigenvalues.

    Attributes:
        name: the name, such as "W" or "W update", with the layer if there are several.
        eigenvalues: complex64 [state_size], sorted by absolute value, the largest first.
    """

    name: str
    eigenvalues: npt.NDArray[np.complex64]

    @property
    def spectral_radius(self) -> float:
        """The absolute value of the largest eigenvalue."""
        return float(np.abs(self.eigenvalues).max())


@dataclass(frozen=True, eq=False)
class Matrices:
    """All weights, with names and changes.

    Attributes:
        weights: float32 arrays by name, [rows, columns].
        rows, columns: for each array, the names of its rows and columns.
        update: for each array, its relative change per window: ||w - w before|| / windows between / ||w||; NaN if the
            earlier weights are unknown.
        recurrent: the recurrent part of each matrix, from state to state.
    """

    weights: dict[str, Floats]
    rows: dict[str, tuple[str, ...]]
    columns: dict[str, tuple[str, ...]]
    update: dict[str, float]
    recurrent: tuple[Recurrent, ...]


Kind = Literal[
    "memory",
    "units",
    "gradient",
    "effects",
    "reliance",
    "connectivity",
    "flip",
    "weights",
    "lyapunov",
    "fixed_points",
    "plane",
]
"""The kinds of readings that can be requested; the classes below define them."""

KINDS = frozenset[Kind](get_args(Kind))

MINUS_INFINITY = -87.0
"""A Lyapunov exponent of at most this means minus infinity: differences vanish in one step."""

RAISED = 0.1
"""A changed input of numbers has this added to each of its numbers."""

SATURATED = 0.97
"""A unit is saturated if its absolute value exceeds this; a gate g, if that of 2 g - 1 does."""


@dataclass(frozen=True)
class Question:
    """A request for readings of the probes.

    Attributes:
        kinds: the kinds of readings to compute.
        part: the part for `memory`, `units` and `plane`, by its name in `Readings.parts`; empty means the top layer's
            h.
        flip: (row, time step), from 0, of the input that `flip` changes (see `Effects`); None to flip none.
        row: the row of the window, from 0, for `effects` and `connectivity`; None for all rows.
        held: the constant input for `fixed_points`, as it enters the cell; None (or another length) means zeros.

    Raises:
        TypeError: a value has another type, or a kind does not exist; a question can come from another process.
    """

    kinds: frozenset[Kind]
    part: str = ""
    flip: tuple[int, int] | None = None
    row: int | None = None
    held: tuple[float, ...] | None = None

    def __post_init__(self) -> None:
        row, step = (0, 0) if self.flip is None else self.flip
        are_numbers = all(isinstance(one, Integral) for one in (row, step, self.row or 0))
        are_numbers &= all(isinstance(one, Real) and math.isfinite(one) for one in self.held or ())
        is_known = isinstance(self.kinds, frozenset) and self.kinds <= KINDS and isinstance(self.part, str)
        if not (is_known and are_numbers):
            raise TypeError(f"{self!r} asks for nothing that exists")


@dataclass(frozen=True, eq=False)
class Memory:
    """How well past inputs can be read from a part of the network (memory capacity, Jaeger 2001).

    Attributes:
        part: the name of the part.
        by_lag: float32 [lags], 0 to 1: for each lag k from 0 on, r2 of the best linear read-out (least squares with
            intercept) of x[t-k] at step t, on held-out steps. Lags reach beyond T and the echo, to at most 512.
        size: how many numbers the part has; if the inputs are independent, the sum of `by_lag` times `numbers_a_symbol`
            cannot exceed it.
        numbers_a_symbol: the independent numbers per input: one less than the symbols, or the channels of numbers.
        samples: time steps, over all rows, on which r2 was measured (equally many were used for the fit); 0 if unknown.
        channels: float32 [lags, channels], r2 of each channel, of which `by_lag` is the mean; empty, [lags, 0], if
            there is only one channel, or if inputs are symbols.

    In trials, r2 is read at the last scored steps, and is about differences between trials.
    """

    part: str
    by_lag: Floats
    size: int
    numbers_a_symbol: int = 1
    samples: int = 0
    channels: Floats = field(default_factory=lambda: np.zeros((0, 0), np.float32))

    @property
    def total(self) -> float:
        """How many numbers linear read-outs recover: the sum of r2 over lags, times the numbers per symbol; at most
        `size` if the inputs are independent.
        """
        return float(self.by_lag.sum(dtype=np.float64)) * self.numbers_a_symbol

    @property
    def total_text(self) -> str:
        """The total as text; empty if it is more than the size, as it may be if inputs are not independent."""
        total = f"{self.total:.1f}" if math.isfinite(self.total) else "?"
        return "" if self.total > self.size + 0.05 else f"{total} of {self.size} numbers used"

    def shift_register(self, lag: int) -> int:
        """How many numbers a linear shift register holds: all inputs from the newest back to the one at this lag, such
        as the echo's source.

        Some networks solve the task with fewer: the echo needs only its own lag, and a nonlinear read-out may find more
        than one number in a unit.
        """
        return (lag + 1) * self.numbers_a_symbol


def signed(activity: Floats, bounds: Bounds) -> Floats:
    """Numbers as they are shown, from -1 to 1 if they have limits: a gate from shut to open, an LSTM's c by its
    tanh.
    """
    if bounds is Bounds.GATE:
        return 2 * activity - 1
    return np.asarray(np.tanh(activity)) if bounds is Bounds.THROUGH_TANH else activity


@dataclass(frozen=True, eq=False)
class Units:
    """The activity of the units of a part of the network.

    Attributes:
        part: the name of the part.
        activity: float32 [batch_size, T, units], in the newest window, with the current weights; empty, [0, 0, units],
            if there is no window yet.
        saturated: bool, of the same shape: whether the absolute value exceeds `SATURATED` (for a gate g, the value is 2
            g - 1; for an LSTM's c, tanh(c)). Numbers without limits are never saturated.
        share_saturated: the share of saturated values over all units and steps of the probe's own data, 0 to 1; NaN for
            numbers without limits.
        spread: float32 [units], the standard deviation of each unit within a row of the probe's own data.
        best_lag: int32 [units], the lag k at which the input x[t-k] has the largest absolute correlation with the unit.
        correlation: float32 [units], this correlation, or that with `best_target`, -1 to 1; 0 for a constant unit.
        samples: the number of time steps, over all rows, of the probe's own data; 0 if unknown.
        best_channel: int32 [units], which of the input's numbers `best_lag` is about, from 0; empty, [0], if there is
            only one number, or if inputs are symbols.
        best_target: int32 [units], the target that the unit follows more closely than any input: which of its numbers,
            from 0 (0 for a symbol); -1 if an input is followed; empty, [0], if it is not known.
        bounds: the limits of the activity.
    """

    part: str
    activity: Floats
    saturated: npt.NDArray[np.bool_]
    share_saturated: float
    spread: Floats
    best_lag: Counts
    correlation: Floats
    samples: int = 0
    best_channel: Counts = field(default_factory=lambda: np.zeros(0, np.int32))
    best_target: Counts = field(default_factory=lambda: np.zeros(0, np.int32))
    bounds: Bounds = Bounds.LIMITED

    def follows_target(self, unit: int) -> bool:
        """Whether a unit follows a target more closely than any input."""
        return bool(len(self.best_target)) and bool(self.best_target[unit] >= 0)


@dataclass(frozen=True, eq=False)
class Gradient:
    """How far the gradient of the loss reaches back in time; computed without dropout.

    Attributes:
        by_lag: float32 [lags], for k = 0, 1, ...: phi_k, the mean over t of ||dL_t/dh[t-k]||, in nats (or squared
            error) per unit of state. The number of lags is about twice T or the echo, or the length of a trial; at most
            512. h is everything carried from step t-k to the next: the h of every layer, and an LSTM's c; the output of
            a layer to the layer above in the same step does not count. Values too large for float32 are infinite or
            NaN.
        bias: float32 [lags], the relative error of the truncated gradient (Aicher et al. 2019). Entry k is ||g_K - g||
            / ||g|| with K = k + 1: g_K is the gradient of the mean loss to all weights except W2 and b2 with each error
            followed back K steps, g is the gradient with all of these lags. So the last entry is 0, whatever comes
            after it. The estimate corrects for noise. NaN if the gradient is zero, no larger than its noise, or too
            large for float32.
        bias_of_windows: the same for training with tbptt in windows of T steps, where the last error of a window
            reaches back T steps and the first error none. Other learning rules leave out less. Also NaN if T is not
            smaller than the number of lags.
        bias_spread: float32 [lags], or [1] for all of them: two standard errors of the bias; infinite if the bias is
            NaN. If the spread is at least as large as the bias, the bias may be zero.
        bias_of_windows_spread: the spread of `bias_of_windows`.
        samples: the number of losses whose gradients were followed back; 0 if unknown.
        complete: whether the lags reach the beginning of all trials, so that no errors go farther. For trials, T cuts
            where training does: at each T-th step from a trial's beginning.
    """

    by_lag: Floats
    bias: Floats
    bias_of_windows: float
    bias_spread: Floats = field(default_factory=lambda: np.zeros(1, np.float32))
    bias_of_windows_spread: float = 0.0
    samples: int = 0
    complete: bool = False

    def through(self, steps: int) -> tuple[float, float]:
        """Bias and spread if each error is followed back ``steps`` steps (from 1); (NaN, infinity) if fewer steps were
        measured, since the part beyond is then unknown.
        """
        if steps >= len(self.bias):
            return (0.0, 0.0) if self.complete else (np.nan, np.inf)
        return float(self.bias[steps - 1]), float(np.broadcast_to(self.bias_spread, self.bias.shape)[steps - 1])

    @property
    def travels(self) -> bool:
        """Whether any error reaches back at least one step. If all units are saturated, none does, and nothing can be
        said about T.
        """
        return len(self.by_lag) < 2 or bool((self.by_lag[1:] != 0).any())


@dataclass(frozen=True, eq=False)
class Reliance:
    """How many predictions depend on a past input, for each lag; measured on the probe's own data.

    Attributes:
        turned: float32 [lags], 0 to 1: the share of predictions that change to another symbol if only x[t-k] is
            changed, as in `Effects`; k = 0, 1, ..., the lags of `Memory`. 0 if the outputs are numbers.
        moved: float32 [lags], the mean change of the predictions, as in `Effects`.
        samples: the number of predictions tested at each lag.
    """

    turned: Floats
    moved: Floats
    samples: int


@dataclass(frozen=True, eq=False)
class Readings:
    """The results of the probes at one position of a run.

    Attributes:
        config: the configuration at this position.
        branch, window: the position: the branch, and the number of windows along its path.
        parts: the names of the parts that can be read; the first is the top layer's h.
        kind fields: the requested readings. None if not requested, if it needs a window and there is none, if the
            network is too large for it, or if weights are NaN or infinite.
        lyapunov: float32, Lyapunov exponents of the whole carried state in nats per step, the largest first: all if
            there are at most 16, otherwise the largest 8. -87.3, log of float32's tiniest, means minus infinity.
        lyapunov_samples: the time steps, over all rows, over which each exponent is averaged; 0 if unknown.
        progress: the newest window at this position, to which `units`, `effects`, `connectivity` and `flip` refer; None
            if there is none.
    """

    config: EchoConfig
    branch: int
    window: int
    parts: tuple[str, ...] = ()
    memory: Memory | None = None
    units: Units | None = None
    gradient: Gradient | None = None
    connectivity: Connectivity | None = None
    flip: Flip | None = None
    weights: Matrices | None = None
    lyapunov: Floats | None = None
    progress: Progress | None = None
    effects: Effects | None = None
    reliance: Reliance | None = None
    lyapunov_samples: int = 0
    fixed_points: FixedPoints | None = None
    plane: StatePlane | None = None
