"""What is commanded is done in its order: all that comes after a change that waits, waits too, and means what it means
when its turn comes. A change that cannot be made is refused."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import replace

from echornn.config import ConfigError, EchoConfig
from echornn.runs.branch import Moment
from echornn.session import turning
from echornn.session.drive import Drive
from echornn.session.frame import Frame
from echornn.session.live_run import LiveRun
from echornn.session.pace import Pace
from echornn.session.stage import Stage


class NotThereError(Exception):
    """What is to be shown is not there."""


class Changes:
    """Does what was commanded, in its order, on the training thread.

    Args:
        live: what they change.
        stage: where it is said what was refused, and why.
        pace: begins anew after each.
        drive: what a way to a moment pauses. What is owed stays owed whatever is changed, or refused.
    """

    def __init__(self, live: LiveRun, stage: Stage, pace: Pace, drive: Drive) -> None:
        self._live = live
        self._stage = stage
        self._pace = pace
        self._drive = drive
        self._waiting: deque[tuple[Callable[[], None], bool]] = deque()
        self._turned: turning.Turn | None = None

    @property
    def waiting(self) -> int:
        """How many wait until it is where it shall be."""
        return len(self._waiting)

    def in_turn(self, do: Callable[[], None], anywhere: bool = True) -> None:
        """Do this after all that was commanded before.

        Args:
            anywhere: whether it can be done on the way to a moment too; else it waits, and all that come after it.
        """
        self._waiting.append((do, anywhere))
        self.do_waiting()

    def do_waiting(self) -> None:
        """Do all whose turn it is."""
        while self._waiting and (self._live.arrived or self._waiting[0][1]):
            self._waiting.popleft()[0]()

    def make(self, change: Callable[[], None], anywhere: bool = False) -> None:
        """Begin another branch, or go to a moment, in turn; training goes on if it did.

        Whatever it raises is said, and what trained before still does.
        """
        self.in_turn(lambda: self._make(change), anywhere)

    def _make(self, change: Callable[[], None]) -> None:
        before = self._stage.frame
        try:
            change()
            self._pace.restart()
            if self._drive.to_the_end:
                self._drive.finish(self._live.epoch_left)
            self._stage.change(refusal="")
        except ConfigError as error:
            self._refuse(before, str(error), error.field)
        except NotThereError as error:
            self._refuse(before, str(error))
        except Exception as error:  # whatever TensorFlow raises for another network
            self._refuse(before, f"{type(error).__name__}: {error}")

    def _refuse(self, before: Frame, text: str, field: str = "") -> None:
        self._stage.frame = replace(before, refusal=text, refused_field=field, refusals=before.refusals + 1)

    # ---- each of them

    def start_over(self, further: int = 0) -> None:
        """Start over with the weights of this draw, or of one further on; see `LiveRun.reset`."""
        self.make(lambda: self._live.reset(further, held=self._drive.running), anywhere=True)

    def regenerate(self) -> None:
        """New data; see `LiveRun.regenerate`."""
        self.make(lambda: self._live.regenerate(self._drive.running))

    def edit(self, wanted: Callable[[], EchoConfig], anew: bool = False, held: bool = False) -> None:
        """Go on with another configuration; see `LiveRun.edit`."""

        def edit() -> None:
            config = wanted()
            if config != self._live.config or anew:
                self._live.edit(config, anew, held)

        self.make(edit, anywhere=anew)

    def alone(self) -> None:
        """The chosen replica goes on without the others; see `LiveRun.alone`."""
        self.make(self._live.alone)

    def replicas(self, replicas: int) -> None:
        """From one network to so many, and back; see `echornn.session.session.Session.replicas`."""
        live = self._live

        def turn() -> None:
            here, replica, at_its_end = live.here, live.replica, not live.is_past
            target = turning.there(live.timeline, here, self._turned)
            if target is None:
                live.edit(turning.begun(live.config, replica, replicas))
                live.choose(0)  # of many, the one that it was
            else:
                live.go(target[0])
                live.choose(target[1])
            self._turned = turning.Turn(here, replica, at_its_end, live.config)

        self._go_where_it_leads(turn, anywhere=False)

    def undo(self) -> None:
        """Go to before the last change; see `LiveRun.undo`."""
        self._go_where_it_leads(self._live.undo)

    def redo(self) -> None:
        """Go forth again; see `LiveRun.redo`."""
        self._go_where_it_leads(self._live.redo)

    def _go_where_it_leads(self, go: Callable[[], None], anywhere: bool = True) -> None:
        """A moment in the past is looked at, and the end of a branch is where training goes on; what was owed elsewhere
        is not."""

        def look() -> None:
            before = self._live.here
            go()
            if self._live.is_past:
                self._drive.pause()
            elif self._live.here != before:
                self._drive.forgive()

        self.make(look, anywhere)

    def go(self, branch: int, window: int) -> None:
        """Show the moment after so many windows along a branch's path, within its ends; training pauses."""
        self.make(lambda: self._look_at(branch, window), anywhere=True)

    def move(self, windows: int) -> None:
        """Show the moment so many windows on along the line, or back."""
        self.make(lambda: self._look_at(self._live.here.branch, self._live.here.window + windows), anywhere=True)

    def move_epochs(self, epochs: int) -> None:
        """Show the next moment at which an epoch ends, or the one before (-1)."""
        self.make(lambda: self._look_at(self._live.here.branch, self._end_of_epoch(epochs)), anywhere=True)

    def _look_at(self, branch: int, window: int) -> None:
        timeline = self._live.timeline
        if not 0 <= branch < len(timeline):
            raise NotThereError(f"branch = {branch} cannot be shown: 0 to {len(timeline) - 1}")
        moment = Moment(branch, min(max(0, window), timeline.end(branch).window))
        if moment != self._live.here:
            self._live.go(moment)
        self._drive.pause()

    def _end_of_epoch(self, epochs: int) -> int:
        """The window along the line at which so many epochs end from here on, or back."""
        here, left, per_epoch = self._live.here.window, self._live.epoch_left, self._live.config.windows_per_epoch
        if epochs < 0:
            return here - ((per_epoch - left) or per_epoch) + (epochs + 1) * per_epoch
        return here + left + (epochs - 1) * per_epoch
