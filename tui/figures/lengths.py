"""The figure of how well networks do on longer and shorter trials than those of their training."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from echornn.arrays.evaluated import Evaluated, LeftOut, evaluated
from echornn.arrays.numbers import network_at
from echornn.arrays.run_arrays import read
from echornn.config import EchoConfig
from echornn.data import check_own_files, held_out_config
from echornn.levels import chance_level, guessing_errors
from echornn.sweeps.grid import sizes_of
from tui.figures.data import FigureData, FigureError, FigureRequest
from tui.figures.fates import draw_networks, fates_of
from tui.figures.losses import MOST_LINES
from tui.figures.paper import Name, draw_legend, draw_names, guide, scale_losses, title_case
from tui.figures.style import BLUE, GREY, INK, points
from tui.text.held_out import scores_of

WIDE = 8  # how many times the smallest size the largest is, for a logarithmic axis; chosen by eye
MOST_TICKS = 8  # chosen by eye


def lengths(request: FigureRequest) -> FigureData:
    """The accuracy of each network at each size, or without classes its loss, as ``evaluate
    --sizes`` prints them."""
    stored = read(request.run, request.trust, request.progress)
    position = stored.run.position_at(request.at, request.branch)
    config = network_at(stored.run, position, request.replica).config
    check_own_files(config)
    if not request.sizes:
        raise FigureError("lengths needs --sizes SETTING=VALUES, as length=10,20,40")
    sizes = sizes_of(config, request.sizes)
    setting, first = sizes[0][-1]
    if isinstance(first, str):
        raise FigureError(f"sizes = {request.sizes!r} cannot be drawn: only numbers")
    chances = {size: _chance(held_out_config(config, dict(size))) for size in sizes}

    columns: dict[str, list[Any]] = {}
    notes = [*stored.notes]
    for network in evaluated(stored, position, request.replica, sizes):
        if isinstance(network, LeftOut):
            notes.append(str(network))
            continue
        row = _row(network) | {"chance": chances[network.size]}
        for name, cell in row.items():
            columns.setdefault(name, []).append(cell)
    if not columns:
        raise FigureError("the weights of no network are finite: nothing to draw")

    facts = []
    for fact in stored.networks(request.at, request.branch):
        if fact.replica in columns["replica"]:
            facts.append(fact)
    picture = LengthsPicture(config, setting, columns, fates_of(config, facts))
    return FigureData(columns, picture.draw, 2.4, tuple(notes))


def _row(network: Evaluated) -> dict[str, Any]:
    seeds = {"replica": network.replica, "seed": network.seed}
    return {**dict(network.size), **seeds, **scores_of(network.held_out)}


def _chance(config: EchoConfig) -> float:
    """The accuracy of guessing, or without classes its loss; NaN if it is not known."""
    if config.has_classes:
        return 1 - guessing_errors(config)
    return chance_level(config)


@dataclass(frozen=True, eq=False)
class LengthsPicture:
    config: EchoConfig  # of the training
    setting: str  # of the task, which the sizes are values of
    columns: dict[str, list[Any]]  # the sizes of one network after the other
    fates: Sequence[str]  # of the networks

    def draw(self, figure: Any) -> None:
        axes = figure.add_subplot()
        what = "accuracy" if self.config.has_classes else "loss"
        sizes, chances = self._by_network(self.setting)[0], self._by_network("chance")[0]
        scores, label = self._by_network(what), "mean"
        mean = scores.mean(axis=0)
        if len(scores) == 1:
            label = f"seed {self.columns['seed'][0]}"
            spread = self._by_network(f"{what}_spread")[0]
        else:
            spread = 2 * scores.std(axis=0, ddof=1) / math.sqrt(len(scores))
        if what == "accuracy":
            axes.set(ylim=(0, 1), ylabel="Accuracy")
        else:
            values = [*scores, mean - spread, mean + spread, chances]
            scale_losses(axes, self.config.loss_name, False, values)
        self._shade_training(axes)
        if 1 < len(scores) <= MOST_LINES:
            draw_networks(axes, self.fates, [(sizes, line) for line in scores], clip_on=False)
            axes.plot(sizes, mean, label=label, color=INK, linewidth=points(1.4))
        else:
            band = {"color": BLUE, "alpha": 0.3, "linewidth": 0, "label": "± 2 standard errors"}
            axes.fill_between(sizes, mean - spread, mean + spread, **band)
            look = {"color": BLUE, "marker": "o", "markersize": points(2.5), "clip_on": False}
            axes.plot(sizes, mean, label=label, **look)
        self._scale_sizes(axes, sizes)
        axes.plot(sizes, chances, **guide())
        draw_legend(figure, axes, "upper")
        if np.isfinite(chances[-1]):
            draw_names(axes, [Name("chance", chances[-1])])

    def _by_network(self, column: str) -> Any:
        """A column of the table as float64 [networks, sizes]."""
        return np.array(self.columns[column], float).reshape(len(self.fates), -1)

    def _shade_training(self, axes: Any) -> None:
        """The sizes of the training are one, or those from the shortest trial on."""
        values = self.config.fields()
        longest = values[self.setting]
        shortest = values.get(f"{self.setting}_from") or longest
        look = {"color": GREY, "alpha": 0.3, "linewidth": points(3), "zorder": 0}
        axes.axvspan(shortest, longest, label="in training", **look)

    def _scale_sizes(self, axes: Any, sizes: Any) -> None:
        from matplotlib.ticker import NullLocator

        if sizes.min() > 0 and sizes.max() > WIDE * sizes.min():
            axes.set_xscale("log", base=2)
            axes.xaxis.set_minor_locator(NullLocator())
        shown = sizes[:: -(-len(sizes) // MOST_TICKS)]
        axes.set_xticks(shown, [f"{size:,g}" for size in shown])
        name = "trial length" if self.setting == "length" else self.setting.replace("_", " ")
        axes.set_xlabel(title_case(name))
