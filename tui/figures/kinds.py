"""The table of the kinds of figures: each has a function for its numbers, and one that draws them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tui.figures import counted, losses, plane, probed
from tui.figures.data import FigureData, FigureRequest


@dataclass(frozen=True)
class FigureKind:
    """A kind of figure.

    Attributes:
        numbers: computes its numbers.
        drawn: the file in ``tui/figures/drawn`` and the function in it that draws it.
        uses: the flags that it takes besides those of all figures.
    """

    numbers: Callable[[FigureRequest], FigureData]
    drawn: tuple[str, str]
    uses: frozenset[str] = frozenset()

    @property
    def trains(self) -> bool:
        """Whether probes measure its numbers, for which windows may have to be trained again."""
        return self.numbers.__module__ in (probed.__name__, plane.__name__)


_PLACE = frozenset({"at", "branch", "replica"})
_LOG = frozenset({"log"})
_OF_MAPS = frozenset({"across", "down", "show", "filter"})

KINDS = {
    "curve": FigureKind(losses.curve_numbers, ("curve", "draw"), _PLACE | _LOG),
    "memory": FigureKind(probed.memory_numbers, ("lags", "draw_memory"), _PLACE),
    "gradient": FigureKind(probed.gradient_numbers, ("lags", "draw_gradient"), _PLACE),
    "weights": FigureKind(probed.weights_numbers, ("weights", "draw"), _PLACE),
    "plane": FigureKind(plane.plane_numbers, ("plane", "draw"), _PLACE),
    "seeds": FigureKind(counted.seeds_numbers, ("seeds", "draw"), _PLACE - {"replica"} | _LOG),
    "branches": FigureKind(losses.branches_numbers, ("compared", "draw"), _LOG | {"branch"}),
    "runs": FigureKind(losses.runs_numbers, ("compared", "draw"), _LOG),
    "map": FigureKind(counted.map_numbers, ("map", "draw"), _OF_MAPS),
}
"""The kinds by name."""
