"""Draws states on two principal components, where the prediction changes, and fixed points."""

from __future__ import annotations

from typing import Any

import numpy as np

from tui.figures.drawn.paper import COLOURS, GREY, MARKERS, Table, chosen, numbers

POINTS = {
    "stable": ("o", "full"),
    "marginal": ("o", "bottom"),
    "saddle": ("x", "full"),
    "unstable": ("o", "none"),
    "slow": ("+", "full"),
}
"""The marker of each kind of fixed point, and which part of it is filled."""

TONES = tuple("#6A3D9A" if colour == "#000000" else colour for colour in COLOURS)
"""The colours of groups; fixed points are black."""

FINE = 200
"""The number of places along each axis at which the prediction is computed."""

MARGIN = 0.08


def draw(figure: Any, table: Table, facts: dict[str, Any]) -> None:
    """Draw the states by the group of their target, the borders between predictions, and the fixed points."""
    axes = figure.subplots()
    states, points = chosen(table, "part", "state"), chosen(table, "part", "fixed point")
    for number, name in enumerate(facts["groups"]):
        rows = chosen(states, "group", name)
        marker, colour = MARKERS[number % len(MARKERS)], TONES[number % len(TONES)]
        axes.plot(numbers(rows, "z1"), numbers(rows, "z2"), marker, color=colour, markersize=2, alpha=0.6, label=name)
    unknown = chosen(states, "group", "")
    axes.plot(numbers(unknown, "z1"), numbers(unknown, "z2"), ".", color=GREY, markersize=2)
    for kind, (marker, filled) in POINTS.items():
        rows = chosen(points, "group", kind)
        if rows["group"]:
            count = len(rows["group"])
            label = f"{count} {kind}{'s' if kind == 'saddle' and count > 1 else ''}"
            place = numbers(rows, "z1"), numbers(rows, "z2")
            axes.plot(*place, marker, color="black", markersize=4, fillstyle=filled, label=label)
    axes.margins(MARGIN)
    low, high = (np.array(ends) for ends in zip(axes.get_xlim(), axes.get_ylim(), strict=True))
    borders(axes, low, high, facts)
    for axis, name, share in zip((axes.xaxis, axes.yaxis), ("1", "2"), facts["shares"], strict=True):
        axis.set_label_text(f"component {name} ({share:.0%} of variance)")
    title = facts["of"] + (f"; fixed points under {facts['held']}" if points["group"] else "")
    figure.legend(title=title, title_fontsize=6, fontsize=6, loc="outside upper center", ncols=4, markerscale=1.5)


def borders(axes: Any, low: Any, high: Any, facts: dict[str, Any]) -> None:
    """Draw lines where the predicted group changes, in the plane through the mean state."""
    if not facts["readout"]:
        return
    x, y = np.meshgrid(*(np.linspace(*ends, FINE) for ends in zip(low, high, strict=True)))
    readout = np.array(facts["readout"], np.float64)
    outputs = readout[:, 0] + np.stack([x, y], axis=-1) @ readout[:, 1:].T
    if facts["borders"]:
        for channel, values in enumerate(facts["borders"]):
            axes.contour(x, y, outputs[..., channel], sorted(set(values)), colors=GREY, linewidths=0.7)
        return
    for symbol in range(outputs.shape[-1]):
        others = np.delete(outputs, symbol, axis=-1).max(axis=-1)
        axes.contour(x, y, outputs[..., symbol] - others, [0], colors=GREY, linewidths=0.7, linestyles="-")
