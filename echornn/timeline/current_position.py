"""`CurrentPosition`: the current position of a run in its tree, and values that depend on it."""

from __future__ import annotations

from echornn.config import EchoConfig
from echornn.timeline import going_back
from echornn.timeline.branch import Branch, Position
from echornn.timeline.timeline import Timeline


class CurrentPosition:
    """The current position in a growing run.

    Attributes:
        timeline: all branches of the run.
        here: the current position, or the target while the run is on its way to another.
        config: the configuration at this position.
    """

    def __init__(self, config: EchoConfig) -> None:
        self.timeline = Timeline()
        self.here = Position(0, 0)
        self.config = config
        self._chosen = 0

    @property
    def replica(self) -> int:
        """The index (from 0) of the selected replica among those that are trained here."""
        return self._chosen if self._chosen < self.config.replicas else 0

    def choose(self, replica: int) -> None:
        """Select the replica to show, at most the last; no effect with a single network."""
        if self.config.replicas > 1:
            self._chosen = min(max(0, replica), self.config.replicas - 1)

    @property
    def is_past(self) -> bool:
        """Whether the position is before the end of its branch."""
        return self.here.window < self.timeline.end(self.here.branch).window

    @property
    def owner(self) -> Branch:
        """The branch whose configuration is in effect at this position."""
        return self.timeline.owner(self.here)

    @property
    def position(self) -> Position:
        """This position, with the number of the branch whose configuration is in effect here."""
        return Position(self.owner.number, self.here.window)

    @property
    def epoch_left(self) -> int:
        """The number of windows from here to the end of the epoch."""
        return self.config.windows_per_epoch - self.owner.epoch_and_window(self.here.window)[1]

    @property
    def continues_its_data(self) -> bool:
        """Whether the windows before this position have the same data and task as those after it; only False where a
        branch has just begun.
        """
        owner = self.owner
        if self.here.window != owner.start or owner.cause == "alone":
            return True
        before = self.timeline.parent_config(owner)
        return owner.cause in ("back", "edit") and before is not None and before.same_task(owner.config)

    @property
    def root(self) -> Position:
        """The beginning of the path to this position, with the number of the branch whose configuration is in effect
        here.
        """
        return Position(self.owner.number, 0)

    @property
    def diverged(self) -> bool:
        """Whether the last loss is NaN or infinite; with several networks, all last losses."""
        return bool(len(self.timeline)) and self.timeline.diverged(self.here)

    @property
    def before_it_diverged(self) -> int | None:
        """The number of windows along the path after which the loss was last finite. An undo goes there, or to the
        position before the edit that made it diverge. None if the loss has not diverged, or if the undo leaves the
        path.
        """
        return going_back.before_it_diverged(self.timeline, self.here) if len(self.timeline) else None

    @property
    def undoable(self) -> int:
        """How many changes can be undone; see `echornn.timeline.going_back`."""
        return going_back.undoable(self.timeline, self.here)

    @property
    def blamed(self) -> tuple[str, ...]:
        """The fields of the edits that made the loss diverge; see `echornn.timeline.going_back`."""
        return going_back.blamed(self.timeline, self.here)
