"""The results of the probes: plain arrays for the screen and for scripts, without TensorFlow."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from numbers import Integral, Real
from typing import Any, Literal, NamedTuple, get_args

import numpy as np
import numpy.typing as npt

from echornn.cells.cell import Bounds
from echornn.config import EchoConfig
from echornn.machines import Automata, Automaton
from echornn.progress import Bools, Counts, Floats, Progress, SymbolArray
from echornn.solutions import DISTANCES, Distance, Solutions

Doubles = npt.NDArray[np.float64]

TaskSettings = tuple[tuple[str, Any], ...]
"""Settings of a task by name, in an order."""

# Each is a field of `Readings`.
Kind = Literal[
    "memory",
    "units",
    "gradient",
    "gradient_sizes",
    "effects",
    "reliance",
    "connectivity",
    "flip",
    "weights",
    "lyapunov",
    "fixed_points",
    "plane",
    "solutions",
    "automaton",
    "automata",
    "held_out",
    "evaluation",
    "saturation",
    "sample",
]
KINDS = frozenset[Kind](get_args(Kind))

PointKind = Literal["stable", "marginal", "saddle", "unstable", "slow"]
POINT_KINDS: tuple[PointKind, ...] = get_args(PointKind)

# An eigenvalue so near to 1 counts as 1: a disturbance needs a thousand steps to shrink or grow
# e-fold
MARGIN = 1e-3
# Carried numbers of a network whose fixed points are searched for; beyond, it would take minutes
MOST_CARRIED = 1024
# Principal components that are kept; two are shown, the others let the picture turn slowly
MOST_COMPONENTS = 6
# A Lyapunov exponent of at most this means minus infinity: differences vanish in one step
MINUS_INFINITY = -87.0
STANDARD_ERRORS = 2.0  # in a spread: 95 of 100 normal numbers are within
SAMPLE_LENGTH = 600  # characters
NOTHING_LEARNED = 1e-8  # a gradient from which nothing is learned any more
LEAST_LAGS = 3  # through two points any line goes
BINS_A_DECADE = 4  # of `GradientSizes`; a screen shows some ten decades, in some 40 columns
RAISED = 0.1  # added to each number of a changed input of numbers
# A unit is saturated if its absolute value exceeds this; a gate g, if that of 2 g - 1 does
SATURATED = 0.97  # the slope of tanh, 1 - h^2, is below 0.06 there


@dataclass(frozen=True)
class Question:
    """A request for readings of the probes.

    Raises:
        TypeError: a value has another type, a kind does not exist, or a number is not finite.
    """

    kinds: frozenset[Kind]
    # The name in `Readings.parts` for `memory`, `units`, `plane`; empty means the top layer's h
    part: str = ""
    # (row, time step), from 0, of the input that `flip` changes; None flips none
    flip: tuple[int, int] | None = None
    # The row of the window, from 0, for `effects` and `connectivity`; None for all rows
    row: int | None = None
    # The constant input for `fixed_points`; None or another length means zeros
    held: tuple[float, ...] | None = None
    # Of the task, other than the network's, for `held_out`
    settings: TaskSettings = ()
    # The same of each size, for `evaluation`; empty for only the network's own
    sizes: tuple[TaskSettings, ...] = ()
    trials: int | None = None  # for `held_out`, or rows of a stream; None for the usual number
    # Of the data for both, so that networks are compared on the same; None for the network's
    data_seed: int | None = None
    distance: Distance | Literal[""] = ""  # for `solutions`; empty for the first
    # The number of another network of the population, from 0, of which the same is read
    beside: int | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.kinds, frozenset) or not self.kinds <= KINDS:
            raise TypeError(f"kinds = {self.kinds!r}: a frozenset of {', '.join(sorted(KINDS))}")
        if not isinstance(self.part, str):
            raise TypeError(f"part = {self.part!r}: a name")
        row, step = self.flip or (0, 0)
        if not all(
            isinstance(place, Integral) for place in (row, step, self.row or 0, self.beside or 0)
        ):
            raise TypeError(
                f"flip = {self.flip!r}, row = {self.row!r}, beside = {self.beside!r}: whole numbers"
            )
        if self.distance and self.distance not in DISTANCES:
            raise TypeError(f"distance = {self.distance!r}: one of {', '.join(DISTANCES)}")
        for number in self.held or ():
            if not isinstance(number, Real) or not math.isfinite(number):
                raise TypeError(f"held = {self.held!r}: finite numbers")


@dataclass(frozen=True)
class CellPart:
    """A vector of the network that the probes can read, with a number for each unit: h, c, forget,
    layer 2 h."""

    name: str
    bounds: Bounds
    # Its place in the carried state; a gate's among the gates, see `echornn.network.step.Stepped`
    where: slice

    @property
    def is_gate(self) -> bool:
        return self.bounds is Bounds.GATE


def parts_of(config: EchoConfig) -> dict[str, CellPart]:
    """All parts by name: the top layer's h, its other carried vectors, its gates; then those of
    lower layers."""
    cell = config.the_cell
    size = config.state_size
    parts = {}
    for layer in reversed(range(config.num_layers)):
        prefix = f"layer {layer + 1} " if config.num_layers > 1 else ""
        for vectors in (cell.state_parts, cell.gates):
            for number, vector in enumerate(vectors, start=layer * len(vectors)):
                name = prefix + vector
                where = slice(number * size, (number + 1) * size)
                parts[name] = CellPart(name, cell.bounds_of(vector), where)
    return parts


def signed(activity: Floats, bounds: Bounds) -> Floats:
    """Numbers as they are shown, from -1 to 1 if they have limits: a gate from shut to open, a c by
    its tanh."""
    if bounds is Bounds.GATE:
        return 2 * activity - 1
    if bounds is Bounds.THROUGH_TANH:
        return np.asarray(np.tanh(activity))
    return activity


@dataclass(frozen=True, eq=False)
class Memory:
    """How well past inputs can be read from a part of the network (memory capacity, Jaeger 2001):
    r2 of the best linear read-out of x[t-k] at step t, for each lag k from 0 on. In trials, at the
    last scored steps.
    """

    part: str
    # [lags], r2: at most 1; without bias, so that it may be a little below 0 by chance
    by_lag: Floats
    # The numbers of the part; the most that `total` can be, if the inputs are independent
    size: int
    numbers_a_symbol: int = 1  # per input: one less than the symbols, or the channels of numbers
    # Steps, over all rows, on which r2 was measured, and equally many for the fit; 0 if unknown
    samples: int = 0
    # [lags, channels], of which `by_lag` is the mean; [lags, 0] if there is only one, or if inputs
    # are symbols
    channels: Floats = field(default_factory=lambda: np.zeros((0, 0), np.float32))
    total_spread: float = math.nan  # of `total`, two standard errors; NaN if unknown

    @property
    def total(self) -> float:
        """How many numbers linear read-outs recover, over these lags."""
        return float(self.by_lag.sum(dtype=np.float64)) * self.numbers_a_symbol

    @property
    def total_text(self) -> str:
        """The total with its spread as text; empty if it is clearly more than the size, as it may
        be if inputs are not independent."""
        has_spread = math.isfinite(self.total_spread)
        most = self.size + 0.05  # chosen by eye
        if has_spread:
            most += self.total_spread
        if self.total > most:
            return ""
        total = f"{max(0.0, self.total):.2f}" if math.isfinite(self.total) else "?"
        if has_spread:
            total += f" +- {self.total_spread:.2f}"
        return f"{total} of {self.size} numbers used"

    @property
    def lags_text(self) -> str:
        """The lags as text, over which the total is summed."""
        return f"lags 0 to {len(self.by_lag) - 1}"

    def shift_register(self, lag: int) -> int:
        """How many numbers a linear shift register holds: all inputs from the newest back to the
        one at this lag."""
        return (lag + 1) * self.numbers_a_symbol


@dataclass(frozen=True, eq=False)
class Units:
    """The activity of the units of a part in the newest window, and their statistics on the probe's
    own data."""

    part: str
    # [batch_size, T, units], with the current weights; [0, 0, units] if there is no window yet
    activity: Floats
    # Like `activity`: above `SATURATED` (of a gate g, 2 g - 1; of an LSTM's c, its tanh)
    saturated: Bools
    # Over all units and steps of the probe's own data; NaN for numbers without limits
    share_saturated: float
    spread: Floats  # [units], the standard deviation within a row
    best_lag: Counts  # [units], the lag k of the input x[t-k] with the largest absolute correlation
    # [units], this correlation, or that with `best_target` or `best_hidden`, -1 to 1; 0 for a
    # constant unit
    correlation: Floats
    samples: int = 0  # time steps, over all rows; 0 if unknown
    # [units], which of the input's numbers `best_lag` is about; [0] if there is only one, or if
    # inputs are symbols
    best_channel: Counts = field(default_factory=lambda: np.zeros(0, np.int32))
    # [units], the number of the target that is followed more closely than any input (0 for a
    # symbol), or -1
    best_target: Counts = field(default_factory=lambda: np.zeros(0, np.int32))
    bounds: Bounds = Bounds.LIMITED
    # By name, the correlation with each of the task's hidden variables, [units], -1 to 1
    hidden: Mapping[str, Floats] = field(default_factory=dict)
    # [units], the number of the hidden variable that is followed more closely than all else, or -1
    best_hidden: Counts = field(default_factory=lambda: np.zeros(0, np.int32))

    def follows_target(self, unit: int) -> bool:
        return bool(len(self.best_target)) and bool(self.best_target[unit] >= 0)

    def hidden_followed(self, unit: int) -> str:
        """The hidden variable that a unit follows; empty if none."""
        if not len(self.best_hidden) or self.best_hidden[unit] < 0:
            return ""
        name: str = [*self.hidden][self.best_hidden[unit]]
        return name


class Slope(NamedTuple):
    decades: float  # by which the gradient grows (below 0: shrinks) from one lag to the next
    first: int  # the first and last lag that count
    last: int


@dataclass(frozen=True, eq=False)
class Gradient:
    """How far the gradient of the loss reaches back in time; computed without dropout.

    `by_lag` is the mean over t of ||dL_t/dh[t-k]|| for k = 0, 1, ..., in nats (or squared error)
    per unit of state, where h is everything carried to the next step; infinite or NaN if too large
    for float32.

    `bias` is the relative error of the truncated gradient (Aicher et al. 2019). Entry k is ||g_K -
    g|| / ||g|| with K = k + 1: g_K is the gradient of the mean loss to all weights except W2 and b2
    with each error followed back K steps, g that with all lags. It is corrected for noise, and NaN
    if the gradient is no larger than its noise, or infinite.
    """

    by_lag: Floats  # [lags]
    bias: Floats  # [lags]
    # Of tbptt in windows of T steps, of which the first error reaches back none, the last T
    bias_of_windows: float
    # [lags] or [1], two standard errors
    bias_spread: Floats = field(default_factory=lambda: np.zeros(1, np.float32))
    bias_of_windows_spread: float = 0.0
    samples: int = 0  # losses whose gradients were followed back; 0 if unknown
    # Whether the lags reach the beginning of all trials, so that no errors go farther
    complete: bool = False

    def through(self, steps: int) -> tuple[float, float]:
        """Bias and spread if each error is followed back ``steps`` steps (from 1); NaN, infinity if
        too many."""
        if steps >= len(self.bias):
            return (0.0, 0.0) if self.complete else (np.nan, np.inf)
        spread = np.broadcast_to(self.bias_spread, self.bias.shape)
        return float(self.bias[steps - 1]), float(spread[steps - 1])

    @property
    def travels(self) -> bool:
        """Whether any error reaches back at least one step; if all units are saturated, none
        does."""
        return len(self.by_lag) < 2 or bool((self.by_lag[1:] != 0).any())

    @property
    def slope(self) -> Slope | None:
        """The line through log10 of `by_lag`, by least squares, over the lags whose gradient is
        finite and above `NOTHING_LEARNED`; None if these are fewer than `LEAST_LAGS`."""
        sizes = self.by_lag.astype(np.float64)
        lags = np.flatnonzero(np.isfinite(sizes) & (sizes > NOTHING_LEARNED))
        if len(lags) < LEAST_LAGS:
            return None
        from_middle = lags - lags.mean()
        decades = from_middle @ np.log10(sizes[lags]) / (from_middle @ from_middle)
        return Slope(float(decades), int(lags[0]), int(lags[-1]))


@dataclass(frozen=True, eq=False)
class GradientSizes:
    """How large the error is that reaches the states of the newest window: |dL/dh| of each row,
    step and number of the carried state h, counted by its log10. L is the sum of a row's losses in
    the window, in nats (or squared error); the error goes back through the whole window.
    """

    first: int  # the first decade; bin i has sizes from 10^(first + i / BINS_A_DECADE) on
    counts: Counts  # [bins]
    zeros: int  # the numbers that are exactly 0
    unknown: int = 0  # those that are infinite or NaN

    @property
    def total(self) -> int:
        return int(self.counts.sum()) + self.zeros + self.unknown


@dataclass(frozen=True, eq=False)
class RowDependence:
    """How strongly each prediction in the newest window (its last 512 steps) depends on each input
    of its row."""

    # [rows read, steps read, steps read]: of the prediction at t on x[s], at (t, s); 0 if s > t
    strength: Floats
    # [rows read, steps read, outputs], the predictions with the current weights
    probabilities: Floats
    # The index in the window of the first row read: all rows are read, or only the requested one
    first_row: int = 0
    first_step: int = 0  # the index in the window of the first step read

    def of_row(self, row: int) -> Floats:
        """The `strength` of a row of the window: float32 [steps read, steps read]; NaN if the row
        was not read."""
        return self._of(self.strength, row)

    def predictions_of_row(self, row: int) -> Floats:
        """The predictions of a row: float32 [steps read, outputs]; NaN if the row was not read."""
        return self._of(self.probabilities, row)

    def _of(self, values: Floats, row: int) -> Floats:
        place = row - self.first_row
        if 0 <= place < len(values):
            return np.asarray(values[place])
        return np.full(values.shape[1:], np.nan, np.float32)


@dataclass(frozen=True, eq=False)
class Effects(RowDependence):
    """How each prediction changes if a single input is changed: to the next symbol, numbers by
    `RAISED`. `strength` is the total variation distance of its probabilities before and after, 0 to
    1; of numbers, the length of the change.
    """

    # Like `strength`: whether another symbol becomes the likeliest
    turned: Bools = field(kw_only=True)


@dataclass(frozen=True, eq=False)
class Connectivity(RowDependence):
    """The local derivative of each prediction by each input: ||d logit(target at t) / d x[s]||
    (Madsen 2019)."""


@dataclass(frozen=True, eq=False)
class Flip:
    """The predictions of a row of the newest window, with one input changed and with the unchanged
    inputs."""

    row: int
    step: int  # of the changed input, both from 0
    # The inputs after the change: uint8 [T] of symbols, or float32 [T, count] of numbers
    x: npt.NDArray[Any]
    before: Floats  # [T, outputs], the predictions without the change
    after: Floats


@dataclass(frozen=True, eq=False)
class Reliance:
    """How many predictions depend on a past input, for each lag k; measured on the probe's own
    data."""

    # [lags], the share that change to another symbol if only x[t-k] is changed; 0 for numbers
    turned: Floats
    moved: Floats  # [lags], the mean change of the predictions, as in `Effects`
    samples: int  # predictions tested at each lag


@dataclass(frozen=True, eq=False)
class Recurrent:
    """A recurrent weight matrix, such as "W" or "W update", with the layer if there are several."""

    name: str
    eigenvalues: npt.NDArray[np.complex64]  # [state_size], the largest absolute value first
    # The largest singular value: the most by which the matrix stretches a state; NaN if unknown
    spectral_norm: float = math.nan

    @property
    def spectral_radius(self) -> float:
        return float(np.abs(self.eigenvalues).max())


@dataclass(frozen=True, eq=False)
class Matrices:
    weights: dict[str, Floats]  # [rows, columns] each
    rows: dict[str, tuple[str, ...]]
    columns: dict[str, tuple[str, ...]]
    # ||w - w before|| / windows between / ||w||; NaN if the earlier weights are unknown
    update: dict[str, float]
    recurrent: tuple[Recurrent, ...]  # the part of each matrix from state to state

    @property
    def parameters(self) -> int:
        """How many numbers the network learns."""
        return sum(values.size for values in self.weights.values())


@dataclass(frozen=True, eq=False)
class Cycle:
    """States through which the network goes in turn while the same input comes at every step: a
    state s with F^p(s) = s, and with F^k(s) = s for no smaller k, and those after it."""

    states: Doubles  # [period, carried], in the order in which they come
    residual: float  # the largest absolute value in F^p(s) - s
    # [carried], of the Jacobian of F^p, the largest absolute value first; the same at each state
    eigenvalues: npt.NDArray[np.complex64]
    kind: PointKind  # that of the fixed point s of F^p; never slow or marginal
    outputs: Floats  # [period, outputs], what the network predicts at each state


@dataclass(frozen=True, eq=False)
class FixedPoints:
    """States s that the network does not leave while the same input comes at every step: F(s) = s,
    where F is a step without dropout, in float64 (Sussillo and Barak 2013). Points can be missed;
    of a line at rest, some are listed.

    A point is stable if all eigenvalues of the Jacobian dF/ds are below 1 in absolute value, so
    that small disturbances vanish; marginal if none is above 1 and some count as 1 (`MARGIN`); a
    saddle if some are above 1 and some are not; unstable if all are; and slow if it is no fixed
    point: the state moves, but hardly, and less than around it.
    """

    states: Doubles  # [points, carried]: h of each layer, and what the cell carries besides
    residuals: Floats  # [points], the largest absolute value in F(s) - s, computed in float64
    # [points, carried], of the Jacobian, the largest absolute value first
    eigenvalues: npt.NDArray[np.complex64]
    kinds: tuple[PointKind, ...]  # [points]
    starts: Counts  # [points], the number of searches that ended at the point
    # [points, outputs], what the network predicts there: probabilities of symbols, or numbers
    outputs: Floats
    held: Floats  # [input], the constant input as it enters the cell
    searches: int = 0  # the number of states at which the search began
    # [points], |F(s) - s|^2 / 2, by which Sussillo and Barak judge slow points
    q: Floats = field(default_factory=lambda: np.zeros(0, np.float32))
    cycles: tuple[Cycle, ...] = ()  # of 2 to 4 states, those of fewer first

    @property
    def all_states(self) -> Doubles:
        """The fixed points, and behind them the states of the cycles, [all, carried]."""
        return np.concatenate([self.states, *(cycle.states for cycle in self.cycles)])

    def count(self, kind: PointKind) -> int:
        return self.kinds.count(kind)


def kind_of(eigenvalues: npt.NDArray[np.complex128]) -> PointKind:
    sizes = np.abs(eigenvalues)
    grows = sizes > 1 + MARGIN
    if grows.any():
        return "unstable" if grows.all() else "saddle"
    if (sizes < 1 - MARGIN).all():
        return "stable"
    return "marginal"


@dataclass(frozen=True, eq=False)
class StatePlane:
    """The states from which the network answers, by their principal components; h is at
    ``components @ (h - mean)``."""

    part: str
    mean: Floats  # [units]
    # [kept, units], orthonormal, that of the largest variance first, largest entries positive
    components: Floats
    # [kept], the share of the states' variance along each, 0 to 1; 0 if the states do not vary
    shares: Floats
    # [samples, kept], scored steps of the probe's own data, the same at every position of a run
    states: Floats
    # Symbols, uint8 [samples], or numbers, float32 [samples, count]; [0] if not known
    targets: SymbolArray | Floats
    # What the network says at these states: the likeliest symbols, or the numbers
    answers: SymbolArray | Floats
    rows: Floats  # [batch_size, T, kept], of the newest window; [0, 0, kept] if there is none yet
    # [outputs, 1 + kept], logits at the mean and by coordinate; [0, 1 + kept] if this is not read
    # out
    readout: Floats
    # The task's hidden variables at these states, each [samples]
    hidden: Mapping[str, Floats] = field(default_factory=dict)

    def share(self, direction: Doubles) -> float:
        """The share of the variance along a direction, given as a vector of length 1, float64
        [kept]; 0 to 1."""
        return float((direction**2 * self.shares).sum())

    def place(self, states: Floats | Doubles) -> Floats:
        """The coordinates of states of the part, [..., units] to float32 [..., kept]."""
        with np.errstate(over="ignore", invalid="ignore"):  # states may be too large for float32
            from_mean = states.astype(np.float64) - self.mean
            return np.asarray(from_mean @ self.components.T, np.float32)


@dataclass(frozen=True, eq=False)
class HeldOut:
    """How well a network does on data that no training saw, each row from a zero state, without
    dropout."""

    loss: float  # the mean over scored steps, in nats or squared error
    loss_spread: float  # two standard errors: between rows losses differ by chance
    wrong: float  # the share of wrong predictions among scored steps, 0 to 1; NaN for numbers
    wrong_spread: float
    rows: int  # trials, or rows of a stream
    steps: int  # of each
    loss_by_step: Floats  # [steps], NaN where no step is scored
    wrong_by_step: Floats  # [steps]
    # [classes], NaN where no scored step has this target; empty for numbers
    wrong_by_target: Floats

    @property
    def accuracy(self) -> float:
        return 1 - self.wrong


@dataclass(frozen=True, eq=False)
class Evaluation:
    """How well a network does on held-out data of several sizes."""

    sizes: tuple[TaskSettings, ...]  # that were asked for
    held_out: tuple[HeldOut, ...]  # of each, or of the network's own settings if there are none


@dataclass(frozen=True, eq=False)
class Readings:
    """The results of the probes at one position of a run. A reading is None if not requested, if it
    needs a window and there is none, if the network is too large for it, or if weights are NaN or
    infinite.
    """

    config: EchoConfig
    branch: int
    window: int  # the number of windows along the branch's path
    # The names of the parts that can be read; the first is the top layer's h
    parts: tuple[str, ...] = ()
    memory: Memory | None = None
    units: Units | None = None
    gradient: Gradient | None = None
    connectivity: Connectivity | None = None
    flip: Flip | None = None
    weights: Matrices | None = None
    # Lyapunov exponents, nats a step, the largest first; all, or the 8 largest if many
    lyapunov: Floats | None = None
    # The newest window, which `units`, `effects`, `connectivity`, `flip` and `gradient_sizes` are
    # about
    progress: Progress | None = None
    effects: Effects | None = None
    reliance: Reliance | None = None
    lyapunov_samples: int = 0  # the time steps, over all rows, over which an exponent is averaged
    fixed_points: FixedPoints | None = None
    plane: StatePlane | None = None
    solutions: Solutions | None = None  # None also of a single network
    automaton: Automaton | None = None  # None also if the task's inputs have no letters
    automata: Automata | None = None
    beside: Readings | None = None  # of the network `Question.beside`
    # By part, all whose numbers have limits: `Units.share_saturated`
    saturation: dict[str, float] | None = None
    held_out: HeldOut | None = None
    evaluation: Evaluation | None = None
    sample: str | None = None  # what the network writes; None also if its task has no text
    lyapunov_spread: Floats | None = None  # of each of `lyapunov`, two standard errors
    gradient_sizes: GradientSizes | None = None
