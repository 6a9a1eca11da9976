"""The results of the probes: plain arrays for the screen and for scripts, without TensorFlow."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import numpy.typing as npt

from echornn.config import EchoConfig
from echornn.progress import Counts, Floats, Progress
from echornn.row_readings import Connectivity as Connectivity
from echornn.row_readings import Effects as Effects
from echornn.row_readings import Flip as Flip
from echornn.row_readings import OfRows as OfRows

Kind = Literal["memory", "units", "gradient", "effects", "reliance", "connectivity", "flip", "weights", "lyapunov"]
"""The kinds of readings that can be asked for; the classes below define them."""

MINUS_INFINITY = -87.0
"""A Lyapunov exponent of this or less means minus infinity: differences vanish in one step."""

SATURATED = 0.97
"""A unit is saturated if it is farther than this from zero; a gate, if it is this near to shut or open."""


@dataclass(frozen=True)
class Question:
    """A question to the probes.

    Attributes:
        kinds: the readings that are wanted.
        part: the part of the network that `memory` and `units` read, by its name in `Readings.parts`; if empty, the top
            layer's h.
        flip: row and time step, from 0, of the window's input that `flip` changes to its next symbol; None for none.
        row: the row of the window, from 0, that `effects` and `connectivity` read; None for all.
    """

    kinds: frozenset[Kind]
    part: str = ""
    flip: tuple[int, int] | None = None
    row: int | None = None


@dataclass(frozen=True, eq=False)
class Memory:
    """How well the input some steps ago can be read from a part of the network (Jaeger 2001, memory capacity).

    Attributes:
        part: the part that was read.
        by_lag: float32 [lags], r2 on held-out steps of the best linear read-out (least squares with intercept) of
            x[t-k] from it at t, for k = 0, 1, ..., some beyond T and the echo, at most 512; 0 to 1.
        size: how many numbers the part has; the values of a linear read-out cannot add up to more.
        numbers_a_symbol: how many independent numbers a symbol has, num_classes - 1.
        samples: time steps, over all rows, on which r2 was measured, after as many others were fitted; 0 if unknown.
    """

    part: str
    by_lag: Floats
    size: int
    numbers_a_symbol: int = 1
    samples: int = 0

    @property
    def total(self) -> float:
        """How many numbers linear read-outs find: the sum over lags times the numbers in a symbol; at most `size`."""
        return min(float(self.by_lag.sum(dtype=np.float64)) * self.numbers_a_symbol, float(self.size))

    def shift_register(self, echo_step: int) -> int:
        """How many numbers a linear shift register for the echo holds: the newest symbol and all those until the echo.

        The echo needs only its own lag, and a read-out that is not linear may find more than one number in a unit: some
        networks solve the task with fewer.
        """
        return (echo_step + 1) * self.numbers_a_symbol


@dataclass(frozen=True, eq=False)
class Units:
    """The activity of each unit of a part.

    Attributes:
        part: the part.
        activity: float32 [batch_size, T, units], over the newest window, with the present weights; empty [0, 0, units]
            if there is no window yet.
        saturated: bool, same shape: whether it is farther than `SATURATED` from zero (for a gate g: whether 2 g - 1 is,
            for an LSTM's c: whether tanh(c) is).
        share_saturated: the saturated share of all units and steps of the probe's own data, 0 to 1.
        spread: float32 [units], standard deviation over the steps of a row of the probe's own data.
        best_lag: int32 [units], the lag k whose input x[t-k] has the largest absolute correlation with each unit.
        correlation: float32 [units], that correlation, -1 to 1; 0 for a unit that does not move.
        samples: time steps, over all rows, of the probe's own data; 0 if unknown.
    """

    part: str
    activity: Floats
    saturated: npt.NDArray[np.bool_]
    share_saturated: float
    spread: Floats
    best_lag: Counts
    correlation: Floats
    samples: int = 0


@dataclass(frozen=True, eq=False)
class Gradient:
    """How far the error travels back; the loss is computed without dropout.

    Attributes:
        by_lag: float32 [lags], phi_k, the mean over t of ||dL_t/dh[t-k]||, nats for a unit of state, k = 0, 1, ...;
            about twice as many as T or the echo, at most 512. h is all that is carried on from step t-k, every layer's,
            and an LSTM's c; what a layer hands to the one above in the same step is not in it. Infinite or NaN where
            it is too large for float32.
        bias: float32 [lags], entry k is ||g_K - g|| / ||g|| with K = k + 1, where g_K is the gradient of the mean loss
            to all weights but W2 and b2 (so to those of the inputs and the biases too) with each error followed
            through K steps, and g through all of these lags (Aicher et al. 2019): the last entry is 0 whatever comes
            after it. An estimate free of the noise's square. NaN where the gradient is no larger than its noise, is
            none at all, or too large for float32.
        bias_of_windows: the same for the gradient that training with windows of T steps uses, where an error late in
            its window travels T steps and an error at its beginning none. NaN also if T is not smaller than the number
            of lags.
        bias_spread: float32 [lags] (or [1], for all of them), how much larger each may be, two standard errors;
            infinite if the bias is NaN. If it is at least as large as the bias, the bias may be zero.
        bias_of_windows_spread: the same for `bias_of_windows`.
        samples: the number of losses that were followed back; 0 if unknown.
    """

    by_lag: Floats
    bias: Floats
    bias_of_windows: float
    bias_spread: Floats = field(default_factory=lambda: np.zeros(1, np.float32))
    bias_of_windows_spread: float = 0.0
    samples: int = 0

    def through(self, steps: int) -> tuple[float, float]:
        """Bias and spread if errors are followed through so many steps, from 1; NaN and infinity if no more steps than
        that were measured, so that the part cut off is unknown.
        """
        if steps >= len(self.bias):
            return np.nan, np.inf
        return float(self.bias[steps - 1]), float(np.broadcast_to(self.bias_spread, self.bias.shape)[steps - 1])

    @property
    def travels(self) -> bool:
        """Whether any error gets back at least one step; if all units are saturated none does, and nothing is known
        about T.
        """
        return len(self.by_lag) < 2 or bool((self.by_lag[1:] != 0).any())

    def enough(self, bias: float) -> int | None:
        """The fewest steps with which the bias plus its spread is at most ``bias``; None if all measured steps are too
        few, or if the bias is unknown.
        """
        too_few = np.flatnonzero(~(self.bias + self.bias_spread <= bias))
        steps = int(too_few[-1]) + 2 if too_few.size else 1
        return steps if steps < len(self.bias) else None


@dataclass(frozen=True, eq=False)
class Reliance:
    """How many predictions depend on the input some steps before them, by lag, in the probes' own data.

    Attributes:
        turned: float32 [lags], share of the predictions that change to another symbol if x[t-k] alone is changed, as in
            `Effects`, for k = 0, 1, ..., the lags of `Memory`; 0 to 1.
        moved: float32 [lags], how far they move, as in `Effects`; the mean over all.
        samples: the number of predictions that were tested at each lag.
    """

    turned: Floats
    moved: Floats
    samples: int


@dataclass(frozen=True, eq=False)
class Recurrent:
    """A recurrent weight matrix, and its eigenvalues.

    Attributes:
        name: such as "W", or "W update", with the layer if there are several.
        eigenvalues: complex64 [state_size], the largest first.
    """

    name: str
    eigenvalues: npt.NDArray[np.complex64]

    @property
    def spectral_radius(self) -> float:
        """The largest eigenvalue's distance from zero."""
        return float(np.abs(self.eigenvalues).max())


@dataclass(frozen=True, eq=False)
class Matrices:
    """The weights, their names, and their changes.

    Attributes:
        weights: float32 arrays by name, [rows, columns].
        rows, columns: for each array, the names of its rows and columns.
        update: for each array, the size of its change in a window relative to its own size: ||w - w before|| / windows
            between / ||w||; NaN if the earlier weights are unknown.
        recurrent: the part of each matrix that goes from state to state.
    """

    weights: dict[str, Floats]
    rows: dict[str, tuple[str, ...]]
    columns: dict[str, tuple[str, ...]]
    update: dict[str, float]
    recurrent: tuple[Recurrent, ...]


@dataclass(frozen=True, eq=False)
class Readings:
    """The results of the probes at one moment.

    Attributes:
        config: the configuration there.
        branch, window: the moment: so many windows along that branch's path.
        parts: the names of the parts of the network that can be read, the top layer's h first.
        kind fields: the readings that were asked for; None for all others, for those that need a window if there is
            none, and if the weights are not finite.
        lyapunov: float32, Lyapunov exponents of the whole carried state, in nats a step, the largest first: all of up
            to 16, or else the leading 8; ln of float32's least number, -87.3, means minus infinity.
        lyapunov_samples: time steps, over all rows, that each is averaged over; 0 if unknown.
        progress: the newest window there, to which `units`, `effects`, `connectivity` and `flip` refer; None if there
            is none.
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
    lyapunov: Floats | None = field(default=None)
    progress: Progress | None = None
    effects: Effects | None = None
    reliance: Reliance | None = None
    lyapunov_samples: int = 0
