"""Remembers weights, to measure how much one window changes them."""

from __future__ import annotations

from dataclasses import dataclass

from echornn.progress import Floats, Progress
from echornn.runs.branch import Moment
from echornn.specimen import Specimen
from echornn.trainer_state import TrainerState


@dataclass(frozen=True, eq=False)
class Weighed:
    """The weights at a moment, or what the window before it changed of them."""

    moment: Moment
    weights: dict[str, Floats]


class Weighing:
    """Knows the newest weights that were taken note of, and the last change that was seen.

    What one window changes is seen from one window to the next: over many, what goes to and fro cancels out.
    """

    def __init__(self) -> None:
        self._newest: Weighed | None = None
        self._change: Weighed | None = None

    def is_weighed(self, here: Moment) -> bool:
        """Whether the weights of this moment are the newest known: the next window, alone, tells what one changes."""
        return self._newest is not None and self._newest.moment == here

    def follows(self, here: Moment) -> bool:
        """Whether they are those of one window before."""
        return self._newest is not None and here == Moment(self._newest.moment.branch, self._newest.moment.window + 1)

    def forget(self) -> None:
        """Whose weights come next are another network's."""
        self._newest = self._change = None

    def weigh(self, weights: dict[str, Floats], here: Moment) -> None:
        """Take note of the weights of a moment."""
        if self._newest is not None and self.follows(here):
            before = self._newest.weights
            self._change = Weighed(here, {name: value - before[name] for name, value in weights.items()})
        self._newest = Weighed(here, weights)

    def specimen(self, state: TrainerState, here: Moment, progress: Progress | None) -> Specimen:
        """With the weights one window before; where that was not seen, by the last change seen on the way here."""
        self.weigh(state.weights, here)
        change = self._change
        if change is None or change.moment.branch != here.branch or change.moment.window > here.window:
            return Specimen(state, here.branch, here.window, progress)
        before = {name: value - change.weights[name] for name, value in state.weights.items()}
        return Specimen(state, here.branch, here.window, progress, before, 1)
