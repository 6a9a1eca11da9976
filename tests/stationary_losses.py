"""Series of losses that neither fall nor rise, as random as losses are."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from echornn.history.block_means import Numbers

TYPICAL = 1e-4

EPOCH = 666

Make = Callable[[np.random.Generator, int], Numbers]
"""A function that draws so many losses, float64 [windows]."""


def correlated(over: float, spread: float = 0.5) -> Make:
    """Logarithms of losses that are correlated over so many windows: each is near the one before (AR 1)."""

    def draw(rng: np.random.Generator, windows: int) -> Numbers:
        keeps = np.exp(-1 / over)
        span = int(20 * over)
        kernel = keeps ** np.arange(span) * np.sqrt(1 - keeps**2)
        noise = rng.standard_normal(windows + span - 1)
        size = len(noise) + span - 1
        sums = np.fft.irfft(np.fft.rfft(noise, size) * np.fft.rfft(kernel, size), size)[span - 1 : span - 1 + windows]
        return np.asarray(TYPICAL * np.exp(spread * sums))

    return draw


def independent(rng: np.random.Generator, windows: int) -> Numbers:
    return np.asarray(TYPICAL * np.exp(0.5 * rng.standard_normal(windows)))


def spikes(make: Make) -> Make:
    """The series with single spikes, about a thousand times as high, at one of 700 windows."""

    def draw(rng: np.random.Generator, windows: int) -> Numbers:
        losses, spike = make(rng, windows), rng.random(windows) < 1 / 700
        return np.asarray(np.where(spike, np.exp(np.log(1000) + rng.standard_normal(windows)), 1) * losses)

    return draw


def heavy_tails(rng: np.random.Generator, windows: int) -> Numbers:
    return np.asarray(TYPICAL * np.exp(np.minimum(rng.pareto(1.5, windows), 16)))


def epochs(rng: np.random.Generator, windows: int) -> Numbers:
    """A spike of random height at each epoch's start, from which the loss comes down over about 200 windows."""
    since = np.arange(windows) + rng.integers(EPOCH)
    heights = 3 + 5 * rng.random(windows // EPOCH + 2)
    falls = heights[since // EPOCH] * np.exp(-(since % EPOCH) / 60)
    return np.asarray(TYPICAL * np.exp(falls + 0.3 * rng.standard_normal(windows)))


STATIONARY: dict[str, Make] = {
    "independent": independent,
    "correlated over 10 windows": correlated(10),
    "single spikes": spikes(independent),
    "single spikes, correlated over 10 windows": spikes(correlated(10)),
    "heavy tails": heavy_tails,
    "epochs": epochs,
}
"""The series by name."""
