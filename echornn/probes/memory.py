"""What the states of a part hold of past inputs: r2 by lag of the best linear read-out."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from echornn.probes.prepared import Prepared
from echornn.probes.series import Inputs, Series, inputs_before
from echornn.progress import Bools, Floats
from echornn.readings import STANDARD_ERRORS, CellPart, Doubles, Memory
from echornn.tasks.task import Numbers

LEAST_SIZE = 1e-12  # eigenvalues below this share of the largest are ignored; by eye
SAMPLES = ((0, 1), (0, 1))  # the axes of steps and rows, for products summed over all samples
BY_CHANCE = 3.0  # the standard errors by which an r2 may be below 0; by eye


class Squares(NamedTuple):
    """Sums of squares over the steps of a half of the rows, float64 [rows, lags, channels] each."""

    missing: Doubles  # of the errors of the read-out
    whole: Doubles  # of what it is to say

    def of_all_channels(self) -> Squares:
        return Squares(*(sums.sum(axis=-1, keepdims=True) for sums in self))


def memory(prepared: Prepared, part: CellPart) -> Memory:
    """The r2 by lag of the best linear read-out of a part.

    In trials, each step's mean is subtracted: a network that only knows the time remembers no
    input. The read-out is of x as 0 or 1, of a one-hot vector with one common r2, or of channels of
    numbers, each with its own r2; a channel that never changes does not count.
    """
    read, series, form = prepared.read(part), prepared.series, prepared.config.the_task.inputs
    is_number = isinstance(form, Numbers)
    read_out = ReadOut(read, series)
    by_lag, shares = [], []
    for x in inputs_before(series, form):
        squares = read_out.squares(x)
        if not is_number:
            squares = [half.of_all_channels() for half in squares]
        r2, added = unbiased(squares, read_out.chance)
        by_lag.append(r2)
        shares.append(added)

    channels = np.concatenate(by_lag).astype(np.float32)
    counted = np.ones(channels.shape[1], np.bool_)
    numbers = form.count - 1
    if is_number:
        is_moving = moving(series)
        numbers = int(is_moving.sum())
        if numbers > 0:
            counted = is_moving
    of_a_number = np.sum(shares, axis=0)[..., counted].mean(axis=-1)
    return Memory(
        part=part.name,
        by_lag=channels[:, counted].mean(axis=1, dtype=np.float32),
        size=read.shape[-1],
        numbers_a_symbol=numbers,
        samples=read_out.samples,
        channels=channels if channels.shape[1] > 1 else channels[:, :0],
        total_spread=numbers * spread(of_a_number),
    )


class ReadOut:
    """Least squares on half of the rows of states, float32 [steps, rows, units]."""

    def __init__(self, read: Floats, series: Series) -> None:
        self._series = series
        fitted, others = self._halves(read)
        self.samples = others.shape[0] * others.shape[1]
        # By the eigenvalues of the units' correlations, five times as fast as a singular value
        # decomposition for hundreds of units; differences too small for this are too small for
        # float32 states as well
        spreads = fitted.std(axis=(0, 1))
        scale = np.divide(1, spreads, out=np.zeros_like(spreads), where=spreads > 0)
        self._fitted = fitted * scale
        self._others = others * scale
        sizes, directions = np.linalg.eigh(np.tensordot(self._fitted, self._fitted, SAMPLES))
        is_known = sizes > LEAST_SIZE * sizes[-1]
        directions = directions[:, is_known]
        self._inverse = (directions / sizes[is_known]) @ directions.T
        # The standard error of r2 where nothing is held: that of the product of two independent
        # fits to noise
        self.chance = math.sqrt(is_known.sum()) / self.samples

    def squares(self, x: Inputs) -> list[Squares]:
        """Of the fitted rows and of the others, for inputs [steps, rows, lags, channels]."""
        fitted_x, other_x = self._halves(x)
        weights = np.tensordot(self._inverse, np.tensordot(self._fitted, fitted_x, SAMPLES), 1)
        squares = []
        for states, x in ((self._fitted, fitted_x), (self._others, other_x)):
            errors = x - np.tensordot(states, weights, 1)
            squares.append(Squares((errors**2).sum(axis=0), (x**2).sum(axis=0)))
        return squares

    def _halves(self, values: npt.NDArray[Any]) -> list[Doubles]:
        """Two halves of the rows, each without its mean; in trials, without that of each step."""
        axes = 1 if self._series.of_trials else (0, 1)
        middle = values.shape[1] // 2
        halves = []
        for half in (values[:, :middle], values[:, middle:]):
            half = half.astype(np.float64)
            half -= half.mean(axis=axes, keepdims=True)
            halves.append(half)
        return halves


def unbiased(halves: Sequence[Squares], chance: float) -> tuple[Doubles, Doubles]:
    """r2, [lags, channels], and how much each row of both halves adds to its sum over lags by
    chance, [2, rows, channels].

    With p units, n samples and errors of variance v, a fit leaves v (1 - p/n) on the samples that
    it was made of, and about v / (1 - p/n) on others. The root of the product is v: neither the
    noise that the fit follows, nor that which it adds, is left in this r2. Where nothing is held it
    is 0 on average, so it may be a little below. If it is far below, the fit is worthless, as it is
    if units move in a few steps only; then it counts as 0.

    What a row adds is by the delta method: of ``u = sqrt(m1 / w1 * m2 / w2)``, with the squares m
    that each half misses of its whole w, a change of these squares changes ``u`` by
    ``u / 2 (dm1 / m1 - dw1 / w1 + dm2 / m2 - dw2 / w2)``, and r2 is ``1 - u``.
    """
    left = [_ratio(half.missing.sum(axis=0), half.whole.sum(axis=0)) for half in halves]
    u = np.sqrt(left[0] * left[1])
    is_worthless = u > 1 + BY_CHANCE * chance
    u[is_worthless] = 1
    half_u = np.where(is_worthless, 0, u / 2)
    added = []
    for half in halves:
        dm = _ratio(half.missing, half.missing.sum(axis=0))  # of each row, a share of m
        dw = _ratio(half.whole, half.whole.sum(axis=0))
        added.append((half_u * (dw - dm)).sum(axis=1))
    return 1 - u, np.stack(added)


def _ratio(part: Doubles, whole: Doubles) -> Doubles:
    """1 where the whole is 0: of what never changes, nothing can be explained."""
    return np.divide(part, whole, out=np.ones_like(part), where=whole > 0)


def spread(added: Doubles) -> float:
    """Two standard errors of a sum to which the rows of each half add so much, [halves, rows]."""
    rows = added.shape[1]
    variance = rows / (rows - 1) * float(np.square(added).sum())
    return STANDARD_ERRORS * math.sqrt(variance)


def moving(series: Series) -> Bools:
    """Which channels of the numbers that are read change at all; in trials, between them."""
    x = series.x[series.steps_back + 1 - series.lags :]
    first = x[:, :1] if series.of_trials else x[:1, :1]
    return np.asarray((x != first).any(axis=(0, 1)))
