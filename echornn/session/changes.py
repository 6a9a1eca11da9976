"""Carries out commands in the order in which they were sent; a change that is impossible is refused, with a reason.

If a change has to wait, all commands after it wait too. What they refer to is looked up when their turn comes.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import replace

from echornn.config import ConfigError, EchoConfig
from echornn.runs.branch import Moment
from echornn.session import turning
from echornn.session.drive import Drive
from echornn.session.epoch_ends import end_of_epoch
from echornn.session.frame import Frame
from echornn.session.live_run import LiveRun
from echornn.session.pace import Pace
from echornn.session.stage import Stage


class NotThereError(Exception):
    """The branch that should be shown does not exist."""


class Changes:
    """Carries out commands that change or show something, in order, on the training thread.

    Args:
        live: the run that they change.
        stage: shows what was refused, and why.
        pace: its clock starts again after each change.
        drive: paused when an earlier window is shown. A change, or a refused one, does not alter what is owed.
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
        """How many commands wait until the session has arrived at the moment to which it goes."""
        return len(self._waiting)

    def in_turn(self, do: Callable[[], None], anywhere: bool = True) -> None:
        """Do this after all commands that were sent before.

        Args:
            anywhere: whether it can be done while the session still goes to a moment; if not, it waits, and all
                commands after it wait too.
        """
        self._waiting.append((do, anywhere))
        self.do_waiting()

    def do_waiting(self) -> None:
        """Carry out the commands that need not wait any longer."""
        while self._waiting and (self._live.arrived or self._waiting[0][1]):
            self._waiting.popleft()[0]()

    def make(self, change: Callable[[], None], anywhere: bool = False) -> None:
        """Begin another branch, or go to a moment, when its turn comes. Running training goes on afterwards.

        If the change raises an error, the screen shows it, and the old network trains on.
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
        """Change the configuration; see `LiveRun.edit`."""

        def edit() -> None:
            config = wanted()
            if config != self._live.config or anew:
                self._live.edit(config, anew, held)

        self.make(edit, anywhere=anew)

    def alone(self) -> None:
        """Train only the chosen replica on; see `LiveRun.alone`."""
        self.make(self._live.alone)

    def replicas(self, replicas: int) -> None:
        """Go from one network to so many replicas, or back; see `echornn.session.session.Session.replicas`."""
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
        """Go back to before the last undo; see `LiveRun.redo`."""
        self._go_where_it_leads(self._live.redo)

    def _go_where_it_leads(self, go: Callable[[], None], anywhere: bool = True) -> None:
        """Go to a moment, with ``go``. If it is in the past, training pauses; if it is the end of a branch, training
        goes on there, without the windows that were still owed elsewhere."""

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
        """Show the moment so many windows later along the line, or earlier if negative."""
        self.make(lambda: self._look_at(self._live.here.branch, self._live.here.window + windows), anywhere=True)

    def move_epochs(self, epochs: int) -> None:
        """Show the end of the next epoch (1), or of the previous one (-1)."""

        def move() -> None:
            here = self._live.here
            self._look_at(here.branch, end_of_epoch(self._live.timeline, here, epochs))

        self.make(move, anywhere=True)

    def _look_at(self, branch: int, window: int) -> None:
        timeline = self._live.timeline
        if not 0 <= branch < len(timeline):
            raise NotThereError(f"branch = {branch} cannot be shown: 0 to {len(timeline) - 1}")
        moment = Moment(branch, min(max(0, window), timeline.end(branch).window))
        if moment != self._live.here:
            self._live.go(moment)
        self._drive.pause()
