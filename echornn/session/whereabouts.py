"""The position of a run in its tree, and what follows from it."""

from __future__ import annotations

from echornn.config import EchoConfig
from echornn.runs.branch import Branch, Moment
from echornn.runs.timeline import Timeline
from echornn.session import going_back


class Whereabouts:
    """A moment of a run that grows.

    Attributes:
        timeline: all branches of the run.
        here: the moment where it stands, or to which it is on its way.
        config: what is trained there.
    """

    def __init__(self, config: EchoConfig) -> None:
        self.timeline = Timeline()
        self.here = Moment(0, 0)
        self.config = config
        self._chosen = 0

    @property
    def replica(self) -> int:
        """The chosen one, from 0: of those that are trained here."""
        return self._chosen if self._chosen < self.config.replicas else 0

    def choose(self, replica: int) -> None:
        """Have this one shown; where that many are not there, the nearest. Of a network alone, nothing is done."""
        if self.config.replicas > 1:
            self._chosen = min(max(0, replica), self.config.replicas - 1)

    @property
    def is_past(self) -> bool:
        """Whether it stands before the end of its branch."""
        return self.here.window < self.timeline.end(self.here.branch).window

    @property
    def owner(self) -> Branch:
        """The branch on whose terms one stands here."""
        return self.timeline.owner(self.here)

    @property
    def moment(self) -> Moment:
        """Where it stands, on the branch on whose terms that is."""
        return Moment(self.owner.number, self.here.window)

    @property
    def epoch_left(self) -> int:
        """Windows from here to the end of the epoch."""
        return self.config.windows_per_epoch - self.owner.position(self.here.window)[1]

    @property
    def is_of_a_piece(self) -> bool:
        """Whether the windows before this moment are of the data and the task of those after it: always, but where a
        branch has just begun."""
        owner = self.owner
        if self.here.window != owner.start or owner.cause == "alone":
            return True
        before = self.timeline.parent_config(owner)
        return owner.cause in ("back", "edit") and before is not None and before.same_task(owner.config)

    @property
    def root(self) -> Moment:
        """The beginning of the path that leads here, on the branch on whose terms one stands here."""
        return Moment(self.owner.number, 0)

    @property
    def diverged(self) -> bool:
        """Whether the last window's loss is not finite; of several networks, the loss of each."""
        return bool(len(self.timeline)) and self.timeline.diverged(self.here)

    @property
    def before_it_diverged(self) -> int | None:
        """Windows along the path after which the loss was still finite, about where an undo leads: before the edit that
        made it diverge, one window earlier. None where it has not diverged, or an undo leads off the path."""
        return going_back.before_it_diverged(self.timeline, self.here) if len(self.timeline) else None

    @property
    def undoable(self) -> int:
        """How many changes can be undone; see `echornn.session.going_back`."""
        return going_back.undoable(self.timeline, self.here)

    @property
    def blamed(self) -> tuple[str, ...]:
        """The fields of the edits that made the loss diverge; see `echornn.session.going_back`."""
        return going_back.blamed(self.timeline, self.here)
