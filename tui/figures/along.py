"""The figures of what the probes say along a run: lines over windows, and pictures of lag against
window."""

from __future__ import annotations

from typing import Any

import numpy as np

from echornn.arrays.along import LAGS, NOTHING, NUMBERS, PANELS, by_lag, records_along, series
from echornn.arrays.run_arrays import RunArrays, read
from echornn.data import source_lags
from tui.figures.data import FigureData, FigureRequest
from tui.figures.paper import GREY, SHADES, plain, style, whole_numbers

POSITIONS = 50
GUIDES = {"spectral radius": 1.0, "update / weight": 1e-3}


def _measured(request: FigureRequest) -> tuple[RunArrays, list[dict[str, Any]], tuple[str, ...]]:
    run = read(request.run, request.trust, request.progress)
    where = {"at": request.at, "branch": request.branch}
    records = [*records_along(run, request.along or POSITIONS, replica=request.replica, **where)]
    unlike = (
        ()
        if records[-1]["as_recorded"]
        else ("not as it was: losses differ from the recorded ones",)
    )
    return run, records, (*run.notes, *unlike)


def lines(request: FigureRequest) -> FigureData:
    """A panel for each of `PANELS`, as in ``probe --along``."""
    _, records, notes = _measured(request)
    windows = np.array([record["window"] for record in records])

    def draw(figure: Any) -> None:
        all_axes = figure.subplots(len(PANELS), 1, sharex=True)
        for axes, (title, labels) in zip(all_axes, PANELS.items(), strict=True):
            for number, (name, values) in enumerate(series(records, labels).items()):
                axes.plot(
                    windows, values, **style(number) | {"markersize": 2, "label": plain(name)}
                )
            if title in GUIDES:
                axes.axhline(
                    GUIDES[title], color=GREY, linewidth=0.6, linestyle=(0, (2, 2)), zorder=0
                )
            if title == "update / weight":
                axes.set_yscale("log")
            axes.set_ylabel(title.replace(" ", "\n", 1))
            axes.legend(fontsize=5, loc="upper left", bbox_to_anchor=(1, 1))
        whole_numbers(all_axes[-1].xaxis, "window")
        figure.align_ylabels()

    return FigureData(
        {"window": windows, **series(records, NUMBERS)}, draw, 1.1 * len(PANELS), notes
    )


def picture(request: FigureRequest, key: str) -> FigureData:
    """One of `LAGS`, of the gradient its log10: what is below `NOTHING` is grey."""
    run, records, notes = _measured(request)
    windows, values = np.array([record["window"] for record in records]), by_lag(records, key)
    config, is_gradient = run.config_at(request.at, request.branch), key == "gradient_by_lag"
    shown = values if is_gradient else np.maximum(values, 0)  # r2 is below 0 by chance only

    def draw(figure: Any) -> None:
        from matplotlib import colormaps

        axes, half = figure.subplots(), windows[-1] / max(1, len(windows) - 1) / 2 or 0.5
        shades = colormaps[SHADES].with_extremes(under="0.85")
        where = {
            "origin": "lower",
            "extent": (-half, windows[-1] + half, -0.5, len(values) - 0.5),
            "aspect": "auto",
        }
        ends = (
            {"vmin": NOTHING, "vmax": np.nanmax(values, initial=0.0)}
            if is_gradient
            else {"vmin": 0, "vmax": 1}
        )
        image = axes.imshow(shown, shades, interpolation="nearest", **where, **ends)
        bar = figure.colorbar(image, extend="min" if is_gradient else "neither")
        bar.set_label(
            "log10 of the gradient\ngrey: nothing is learned"
            if is_gradient
            else "r² of a linear read-out"
        )
        if config.reach is not None and config.reach < len(values):
            axes.axhline(config.reach - 0.5, color="black", linewidth=0.7, linestyle=(0, (4, 2)))
            axes.annotate(
                f"T = {config.reach}", (windows[-1], config.reach - 0.4), ha="right", fontsize=6
            )
        for lag in source_lags(config):
            axes.plot(
                0,
                lag,
                ">",
                color="black",
                markersize=4,
                transform=axes.get_yaxis_transform(),
                clip_on=False,
            )
        whole_numbers(axes.xaxis, "window")
        whole_numbers(axes.yaxis, f"{LAGS[key].split()[0]} by lag (steps)")

    return FigureData({"window": windows, **series(records, {key: key})}, draw, 2.4, notes)
