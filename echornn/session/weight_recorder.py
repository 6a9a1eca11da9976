"""Remembers weights, to measure by how much a window changes them."""

from __future__ import annotations

from dataclasses import dataclass

from echornn.progress import Floats, Progress
from echornn.snapshot import Snapshot
from echornn.timeline.branch import Position
from echornn.trainer_state import TrainerState


@dataclass(frozen=True, eq=False)
class WeightChange:
    """The weights at a position, or the weights before and after a window."""

    position: Position
    weights: dict[str, Floats]


class WeightRecorder:
    """Keeps the newest weights, and the last change of weights by a single window.

    Only changes by single windows count: over many windows, movements cancel out.
    """

    def __init__(self) -> None:
        self._newest: WeightChange | None = None
        self._change: WeightChange | None = None

    def is_weighed(self, here: Position) -> bool:
        """Whether the newest weights were recorded at this position, so that the change by the next window can be
        measured.
        """
        return self._newest is not None and self._newest.position == here

    def follows(self, here: Position) -> bool:
        """Whether the newest weights were recorded one window before this position."""
        return self._newest is not None and here == Position(
            self._newest.position.branch, self._newest.position.window + 1
        )

    def forget(self) -> None:
        """Forget the weights, since the next weights belong to another network."""
        self._newest = self._change = None

    def weigh(self, weights: dict[str, Floats], here: Position) -> None:
        """Record the weights at a position."""
        if self._newest is not None and self.follows(here):
            before = self._newest.weights
            self._change = WeightChange(here, {name: value - before[name] for name, value in weights.items()})
        self._newest = WeightChange(here, weights)

    def snapshot(self, state: TrainerState, here: Position, progress: Progress | None) -> Snapshot:
        """A snapshot with the weights of one window before; if these were not recorded, estimated from the last known
        change.
        """
        self.weigh(state.weights, here)
        change = self._change
        if change is None or change.position.branch != here.branch or change.position.window > here.window:
            return Snapshot(state, here.branch, here.window, progress)
        before = {name: value - change.weights[name] for name, value in state.weights.items()}
        return Snapshot(state, here.branch, here.window, progress, before, 1)
