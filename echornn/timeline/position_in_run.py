"""The position of a run in its tree, and what follows from it."""

from __future__ import annotations

from echornn.config import EchoConfig
from echornn.timeline import going_back
from echornn.timeline.branch import Branch, Moment
from echornn.timeline.timeline import Timeline


class Position:
    """A position in a growing run.

    Attributes:
        timeline: all branches of the run.
        here: the present position, or the one to which it is on its way.
        config: the configuration there.
    """

    def __init__(self, config: EchoConfig) -> None:
        self.timeline = Timeline()
        self.here = Moment(0, 0)
        self.config = config
        self._chosen = 0

    @property
    def replica(self) -> int:
        """The chosen replica of those that are trained here, from 0."""
        return self._chosen if self._chosen < self.config.replicas else 0

    def choose(self, replica: int) -> None:
        """Choose the replica to show; if there are fewer, the last one. Does nothing for a single network."""
        if self.config.replicas > 1:
            self._chosen = min(max(0, replica), self.config.replicas - 1)

    @property
    def is_past(self) -> bool:
        """Whether the position is before the end of its branch."""
        return self.here.window < self.timeline.end(self.here.branch).window

    @property
    def owner(self) -> Branch:
        """The branch that sets the configuration at this position."""
        return self.timeline.owner(self.here)

    @property
    def moment(self) -> Moment:
        """This position, on the branch that sets its configuration."""
        return Moment(self.owner.number, self.here.window)

    @property
    def epoch_left(self) -> int:
        """Windows from here to the end of the epoch."""
        return self.config.windows_per_epoch - self.owner.position(self.here.window)[1]

    @property
    def is_of_a_piece(self) -> bool:
        """Whether the windows before this position have the same data and task as those after it: always true, except
        where a branch has just begun.
        """
        owner = self.owner
        if self.here.window != owner.start or owner.cause == "alone":
            return True
        before = self.timeline.parent_config(owner)
        return owner.cause in ("back", "edit") and before is not None and before.same_task(owner.config)

    @property
    def root(self) -> Moment:
        """The beginning of the path that leads here, on the branch that sets the configuration here."""
        return Moment(self.owner.number, 0)

    @property
    def diverged(self) -> bool:
        """Whether the last window's loss is not finite; for several networks, the loss of each."""
        return bool(len(self.timeline)) and self.timeline.diverged(self.here)

    @property
    def before_it_diverged(self) -> int | None:
        """Windows along the path after which the loss was still finite. Undo leads to about there: before the edit that
        made the loss diverge, or one window earlier. None if the loss has not diverged, or if undo leads off the path.
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
