"""Draws what depends on the lag: memory, gradient, and the bias of the truncated gradient."""

from __future__ import annotations

from typing import Any

import numpy as np

from tui.figures.drawn.paper import COLOURS, GREY, Table, legend_above, numbers, whole_numbers

MOST_BARS = 80
"""The most lags that are drawn as bars; more become a line."""


def draw_memory(figure: Any, table: Table, facts: dict[str, Any]) -> None:
    """Draw r2 by lag; the lags on which targets depend are hatched."""
    axes = figure.add_subplot()
    lags, r2, sources = (numbers(table, name) for name in ("lag", "r2", "source"))
    if len(lags) <= MOST_BARS:
        bars(axes, lags[sources == 0], r2[sources == 0], "other lags", color=COLOURS[4])
        bars(axes, lags[sources > 0], r2[sources > 0], f"lag of the {facts['source']}", color=COLOURS[1], hatch="/////")
    else:
        axes.plot(lags, r2, color=COLOURS[0])
    cut_line(axes, facts["T"], lags[-1])
    axes.set_ylim(0, 1.02)
    whole_numbers(axes.xaxis)
    axes.set_xlabel("lag (steps)")
    axes.set_ylabel("r² of a linear read-out")
    legend_above(figure, axes)


def draw_gradient(figure: Any, table: Table, facts: dict[str, Any]) -> None:
    """Draw the size of the gradient by lag, and below it the bias of a gradient that is cut off."""
    upper, lower = figure.subplots(2, 1)
    lags, sizes, sources = (numbers(table, name) for name in ("lag", "gradient", "source"))
    there = np.isfinite(sizes) & (sizes > 0)
    upper.plot(lags[there], sizes[there], color=COLOURS[0], marker="o", markersize=3)
    marked = there & (sources > 0)
    label = f"lag of the {facts['source']}"
    upper.plot(lags[marked], sizes[marked], "D", color=COLOURS[1], markersize=5, label=label)
    if there.any():
        upper.set_yscale("log")
    cut_line(upper, facts["T"], lags[-1])
    whole_numbers(upper.xaxis)
    upper.set_xlabel("lag (steps)")
    unit = facts["unit"]
    label = f"gradient ({unit}\nper unit of state)"
    upper.set_ylabel(label if len(unit) < 6 else f"gradient\n({unit} per\nunit of state)")
    if marked.any():
        upper.legend(loc="best")
    steps, bias, spread = (numbers(table, name) for name in ("steps", "bias", "bias_spread"))
    known = np.isfinite(bias) & np.isfinite(spread)
    lower.set_xlim(*upper.get_xlim())
    if not known.any():
        lower.text(0.1, 0.5, "not known", transform=lower.transAxes, color=GREY)
        lower.set_yticks([])
    steps, bias, spread = steps[known], bias[known], spread[known]
    lower.fill_between(steps, bias - spread, bias + spread, color=COLOURS[0], alpha=0.3, linewidth=0)
    lower.plot(steps, bias, color=COLOURS[0], marker="s", markersize=2.5)
    cut_line(lower, facts["T"], lags[-1])
    lower.set_ylim(bottom=0)
    whole_numbers(lower.xaxis)
    lower.set_xlabel("steps followed back")
    lower.set_ylabel("relative bias\nof the gradient")


def bars(axes: Any, lags: Any, heights: Any, label: str, **style: Any) -> None:
    """Draw bars with dark edges; none if there are none."""
    if len(lags):
        axes.bar(lags, heights, 0.8, edgecolor="black", linewidth=0.5, label=label, **style)


def cut_line(axes: Any, steps: int | None, last: float) -> None:
    """Draw a line where the learning rule cuts the gradient off, if it does, and if that is on the axis."""
    if steps is not None and steps <= last:
        axes.axvline(steps, color="black", linewidth=0.7, linestyle=(0, (4, 2)))
        axes.annotate(
            f"T = {steps}",
            (steps, 1),
            (2, -1),
            xycoords=axes.get_xaxis_transform(),
            textcoords="offset points",
            va="top",
            fontsize=6,
            color=GREY,
        )
