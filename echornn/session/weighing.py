"""Remembers weights, to measure by how much a window changes them."""

from __future__ import annotations

from dataclasses import dataclass

from echornn.progress import Floats, Progress
from echornn.snapshot import Snapshot
from echornn.timeline.branch import Moment
from echornn.trainer_state import TrainerState


@dataclass(frozen=True, eq=False)
class Weighed:
    """The weights at a position, or the weights before and after a window."""

    moment: Moment
    weights: dict[str, Floats]


class Weighing:
    """Keeps the newest weights, and the last change of weights by a single window.

    Only changes by single windows count: over many windows, movements cancel out.
    """

    def __init__(self) -> None:
        self._newest: Weighed | None = None
        self._change: Weighed | None = None

    def is_weighed(self, here: Moment) -> bool:
        """Whether the newest weights were recorded at this position, so that the change by the next window can be
        measured.
        """
        return self._newest is not None and self._newest.moment == here

    def follows(self, here: Moment) -> bool:
        """Whether the newest weights were recorded one window before this position."""
        return self._newest is not None and here == Moment(self._newest.moment.branch, self._newest.moment.window + 1)

    def forget(self) -> None:
        """Forget the weights, since the next ones belong to another network."""
        self._newest = self._change = None

    def weigh(self, weights: dict[str, Floats], here: Moment) -> None:
        """Record the weights at a position."""
        if self._newest is not None and self.follows(here):
            before = self._newest.weights
            self._change = Weighed(here, {name: value - before[name] for name, value in weights.items()})
        self._newest = Weighed(here, weights)

    def snapshot(self, state: TrainerState, here: Moment, progress: Progress | None) -> Snapshot:
        """A snapshot with the weights of one window before; if these were not recorded, estimated from the last known
        change.
        """
        self.weigh(state.weights, here)
        change = self._change
        if change is None or change.moment.branch != here.branch or change.moment.window > here.window:
            return Snapshot(state, here.branch, here.window, progress)
        before = {name: value - change.weights[name] for name, value in state.weights.items()}
        return Snapshot(state, here.branch, here.window, progress, before, 1)
