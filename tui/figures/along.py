"""The figures of what the probes say along a run: lines over windows, and pictures of lag against
window."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from echornn.arrays.along import LAGS, NOTHING, NUMBERS, PANELS, by_lag, records_along, series
from echornn.arrays.run_arrays import RunArrays, read
from echornn.config import EchoConfig
from echornn.data import source_lags
from tui.figures.data import FigureData, FigureRequest
from tui.figures.paper import (
    Name,
    draw_names,
    guide,
    line_style,
    number_axis,
    plain,
    title_case,
)
from tui.figures.style import GREY, INK, PAPER, SMALL, points, shade_map

POSITIONS = 50  # by default; chosen by eye
# At a radius of 1 a state neither grows nor decays, without squashing; 1e-3 is chosen by eye
GUIDES = {"spectral radius": 1.0, "update / weight": 1e-3}


def _measured(request: FigureRequest) -> tuple[RunArrays, list[dict[str, Any]], tuple[str, ...]]:
    run = read(request.run, request.trust, request.progress)
    where = {"at": request.at, "branch": request.branch, "replica": request.replica}
    records = [*records_along(run, request.along or POSITIONS, **where)]
    notes = run.notes
    if not records[-1]["as_recorded"]:
        notes += ("not as it was: losses differ from the recorded ones",)
    return run, records, notes


def lines(request: FigureRequest) -> FigureData:
    """A panel for each of `PANELS`, as in ``probe --along``."""
    _, records, notes = _measured(request)
    windows = np.array([record["window"] for record in records])

    def draw(figure: Any) -> None:
        all_axes = figure.subplots(len(PANELS), 1, sharex=True)
        panels = []
        for axes, (title, labels) in zip(all_axes, PANELS.items(), strict=True):
            names = []
            for number, (name, values) in enumerate(series(records, labels).items()):
                look = line_style(number, values)
                axes.plot(windows, values, label=plain(name), clip_on=False, **look)
                known = values[np.isfinite(values)]
                if len(known):
                    names.append(Name(plain(name), known[-1], look["color"]))
            if title in GUIDES:
                axes.axhline(GUIDES[title], **guide())
            if title == "update / weight":
                axes.set_yscale("log")
            if title == "saturated":
                axes.set_ylim(0, 1)
            axes.set_xlim(0, max(1, windows[-1]))
            axes.set_ylabel(title_case(title).replace(" ", "\n", 1))
            panels.append(names)
        number_axis(all_axes[-1].xaxis, "window")
        for axes, names in zip(all_axes, panels, strict=True):
            draw_names(axes, names)
        figure.align_ylabels()

    columns = {"window": windows, **series(records, NUMBERS)}
    return FigureData(columns, draw, 1.1 * len(PANELS), notes)


def picture(request: FigureRequest, key: str) -> FigureData:
    """One of `LAGS`, of the gradient its log10: what is below `NOTHING` is grey."""
    run, records, notes = _measured(request)
    windows = np.array([record["window"] for record in records])
    values = by_lag(records, key)
    config = run.config_at(request.at, request.branch)
    columns = {"window": windows, **series(records, {key: key})}
    return FigureData(columns, partial(_draw_lags, key, config, windows, values), 2.4, notes)


def _draw_lags(key: str, config: EchoConfig, windows: Any, values: Any, figure: Any) -> None:
    """Draw an image of values [lags, windows], where T cuts, and the lags of the target."""

    if key == "gradient_by_lag":
        ends = {"vmin": NOTHING, "vmax": np.nanmax(values, initial=0.0)}
        label, extend = "log₁₀ of the gradient\n(grey: nothing is learned)", "min"
    else:
        values = np.maximum(values, 0)  # r2 is below 0 by chance only
        ends = {"vmin": 0, "vmax": 1}
        label, extend = "r² of a linear read-out", "neither"
    lags, last = len(values), windows[-1]
    half = last / max(1, len(windows) - 1) / 2 or 0.5
    where = {
        "origin": "lower",
        "extent": (-half, last + half, -0.5, lags - 0.5),
        "aspect": "auto",
        "interpolation": "nearest",
    }
    axes = figure.subplots()
    shades = shade_map().with_extremes(under=(GREY, 0.3))
    image = axes.imshow(values, shades, **where, **ends)
    axes.spines[:].set_visible(False)
    bar = figure.colorbar(image, extend=extend)
    bar.outline.set_visible(False)
    bar.set_label(label)
    reach = config.reach
    if reach is not None and reach < lags:
        line = {"linewidth": points(0.7), "y": reach - 0.5}
        axes.axhline(color=PAPER, **line)  # else no dashes are seen on dark shades
        axes.axhline(color=INK, linestyle=(0, (4, 2)), **line)
        look = {"va": "center", "fontsize": SMALL, "annotation_clip": False}
        place = {"xycoords": axes.get_yaxis_transform(), "textcoords": "offset points"}
        axes.annotate(f"T = {reach}", (1, reach - 0.5), (points(2), 0), **place, **look)
    look = {"color": INK, "markersize": points(3), "clip_on": False}
    for lag in source_lags(config):
        axes.plot(0, lag, ">", transform=axes.get_yaxis_transform(), **look)
    number_axis(axes.xaxis, "window")
    number_axis(axes.yaxis, f"{LAGS[key].split()[0]} by lag (steps)")
