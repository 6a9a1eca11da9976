"""Remembers weights, to measure how much one window changes them."""

from __future__ import annotations

from dataclasses import dataclass

from echornn.progress import Floats, Progress
from echornn.snapshot import Snapshot
from echornn.timeline.branch import Moment
from echornn.trainer_state import TrainerState


@dataclass(frozen=True, eq=False)
class Weighed:
    """The weights at a moment, or how the window before it changed them."""

    moment: Moment
    weights: dict[str, Floats]


class Weighing:
    """Knows the newest weights that it was given, and the last change that it saw.

    The change is that of one window: over many windows, movements to and fro cancel out.
    """

    def __init__(self) -> None:
        self._newest: Weighed | None = None
        self._change: Weighed | None = None

    def is_weighed(self, here: Moment) -> bool:
        """Whether the weights of this moment are the newest known: then the next window, trained alone, shows the
        change of one.
        """
        return self._newest is not None and self._newest.moment == here

    def follows(self, here: Moment) -> bool:
        """Whether the newest known weights are those of one window before."""
        return self._newest is not None and here == Moment(self._newest.moment.branch, self._newest.moment.window + 1)

    def forget(self) -> None:
        """Forget the weights: the next ones are of another network."""
        self._newest = self._change = None

    def weigh(self, weights: dict[str, Floats], here: Moment) -> None:
        """Take note of the weights at a moment."""
        if self._newest is not None and self.follows(here):
            before = self._newest.weights
            self._change = Weighed(here, {name: value - before[name] for name, value in weights.items()})
        self._newest = Weighed(here, weights)

    def snapshot(self, state: TrainerState, here: Moment, progress: Progress | None) -> Snapshot:
        """The snapshot with the weights of one window before; if those were not seen, estimated by the last change
        seen.
        """
        self.weigh(state.weights, here)
        change = self._change
        if change is None or change.moment.branch != here.branch or change.moment.window > here.window:
            return Snapshot(state, here.branch, here.window, progress)
        before = {name: value - change.weights[name] for name, value in state.weights.items()}
        return Snapshot(state, here.branch, here.window, progress, before, 1)
