"""The bar chart of the gradient view: gradient size by lag, and which bars the learning rule cuts off."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from echornn.config import EchoConfig
from echornn.data.series import source_lags
from echornn.readings import Gradient
from tui.app.drawings.lag_chart import GUTTER, LagChart, sample_texts
from tui.app.views.gradient_words import size_text
from tui.kit.phrases import source_name

DECADES = 8
"""The most powers of ten on the axis; values below the axis have no bar."""

LAGS_BEYOND = 3
"""The number of lags shown beyond the truncation, so that the chart shows whether the truncation cuts anything."""


def chart_of(config: EchoConfig, gradient: Gradient, width: int) -> LagChart:
    """The bar chart, on an axis in powers of ten: of all lags if they fit, otherwise of the important lags. Bars of
    lags that the learning rule cuts off are hollow.
    """
    sources, wall = source_lags(config), config.truncated_backprop_length
    lags = min(len(gradient.by_lag), max(lags_that_matter(config), (width - GUTTER - 2) // 3))
    phi = gradient.by_lag[:lags].astype(np.float64)
    bottom, top = decades(phi)
    with np.errstate(divide="ignore", invalid="ignore"):
        heights = (np.log10(np.where(phi > 0, phi, np.nan)) - bottom) / (top - bottom)
    heights = np.where(heights >= 0, np.clip(heights, 0.01, 1), np.nan)
    whole = gradient.complete and wall >= config.window_steps
    goes_on = whole or config.is_uncut
    styles = tuple(
        "view--beyond" if lag >= wall and not goes_on else "view--echo" if lag in sources else "view--bar"
        for lag in range(lags)
    )
    every = max(1, (top - bottom) // 3)
    ticks = tuple(((power - bottom) / (top - bottom), f"1e{power}") for power in range(bottom, top + 1, every))
    values = tuple(size_text(value) for value in phi.tolist())
    slots = np.zeros(lags, np.bool_)
    return LagChart(
        heights,
        values,
        styles,
        slots,
        ticks,
        sources,
        wall,
        wall_texts(config, whole),
        sample=sample_texts(gradient.samples, "losses"),
        source_name=source_name(config),
        hollow_from=None if goes_on else wall,
    )


def decades(phi: npt.NDArray[np.floating[Any]]) -> tuple[int, int]:
    """The lowest and highest power of ten of the axis, so that it contains all finite values above zero."""
    positive = phi[np.isfinite(phi) & (phi > 0)]
    if not positive.size:
        return -1, 0
    top = math.ceil(math.log10(float(positive.max())) + 1e-9)
    return max(min(math.floor(math.log10(float(positive.min()))), top - 1), top - DECADES), top


def lags_that_matter(config: EchoConfig) -> int:
    """The number of lags to show: up to the targets' sources and T, and some beyond."""
    return max(*source_lags(config), config.truncated_backprop_length, 0) + LAGS_BEYOND


def wall_texts(config: EchoConfig, whole: bool) -> tuple[str, ...]:
    """The label of the wall, longest first: whether the learning rule cuts errors off there.

    Args:
        whole: whether no error goes farther back than to the wall.
    """
    name = f"T {config.truncated_backprop_length}"
    if whole:
        return f"{name}: the whole trial", name
    if config.is_uncut:
        return f"{name}: {config.rule} goes on", f"{name}: no cut", name
    return f"{name}: cut off by {config.rule}", f"{name}: cut off", name
