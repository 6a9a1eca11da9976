"""A session: any thread can send commands to a training loop, and read its newest frame.

The app and headless runs share it.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable
from typing import Any

from echornn.config import EchoConfig
from echornn.progress import PopulationProgress
from echornn.replay.pace import require_speed
from echornn.runs.recorder import Recorder
from echornn.session.commands import Answer, Command, Pause, Resume, Toggle
from echornn.session.frame import Frame, State
from echornn.session.look import look
from echornn.session.loop import Loop
from echornn.session.picture import Picture
from echornn.session.preview import previewed
from echornn.session.probing import Examine
from echornn.session.queries import Query
from echornn.timeline.timeline import Timeline
from echornn.training.any_trainer import MakeTrainer


class Session:
    """A run that trains on the thread that calls `run`, while other threads command and watch it.

    Every method except `run` may be called from any thread, and only `when_idle` waits.

    Args:
        config: what to train.
        speed: windows a second, or infinity for full speed.
        make_trainer: makes the trainer, on the training thread; by default `echornn.training.trainer.Trainer`.
        on_progress: called on the training thread after each stretch of windows.
        clock: seconds that never go back.
        recorder: keeps the run on disk; by default nothing is kept. A run that was begun before continues from where it
            stopped; if ``config`` differs from the one trained there, this is an edit, which can be undone. An edit
            that fails makes the session fail, and leaves the disk as it was.
        at: for a run that continues: first go back to after so many windows along its path.
        examine: runs the probes on a thread of its own; by default `echornn.probes.examine.examine`.
        vitals: whether to read now and then, unasked, what the sentence depends on besides the losses; see `Frame`.
    """

    def __init__(
        self,
        config: EchoConfig,
        speed: float = math.inf,
        make_trainer: MakeTrainer | None = None,
        on_progress: Callable[[PopulationProgress], None] | None = None,
        clock: Callable[[], float] = time.monotonic,
        recorder: Recorder | None = None,
        at: int | None = None,
        examine: Examine | None = None,
        vitals: bool = False,
    ) -> None:
        require_speed(speed)
        self._previewed: tuple[object, Frame] | None = None
        self._loop = Loop(config, speed, make_trainer, on_progress, clock, recorder, at, examine, vitals)

    def run(self) -> None:
        """Load, then train as commanded until `stop`, or until training fails.

        An error in training is not raised; it ends in the state `failed` with the error's text.
        """
        self._loop.run()

    @property
    def stopped(self) -> threading.Event:
        """Set when `run` has returned."""
        return self._loop.stopped

    @property
    def error(self) -> Exception | None:
        """Why the session failed, or could not close its record."""
        return self._loop.error

    @property
    def going_first(self) -> int | None:
        """The window ``at`` to which the session goes back first, until it is reached; else None."""
        return self._loop.going_first

    @property
    def editing_first(self) -> dict[str, Any]:
        """The fields of ``config`` that differ from the run that continues, until they are edited."""
        return self._loop.editing_first

    @property
    def before_it_diverged(self) -> int | None:
        """Windows along the path after which the loss was still finite; see `Position.before_it_diverged`."""
        return self._loop.live.before_it_diverged

    @property
    def outstanding(self) -> int:
        """The number of commands to train, to change something or to go to a position that are not carried out yet."""
        return sum(command.is_work for command in self._loop.mailbox.unanswered)

    @property
    def recorder(self) -> Recorder:
        """Keeps the run; an `Unrecorded` one keeps nothing."""
        return self._loop.recorder

    # ---- for every thread

    def send(self, command: Command) -> int:
        """Send a command to the session; it is done, and answered, when its turn comes.

        While the session loads, `Toggle` becomes the `Pause` or `Resume` that changes the start shown by the frame.

        Returns:
            The command's number among all that were sent, from 1; its `echornn.session.commands.Answer` has it too.

        Raises:
            TypeError: ``command`` is not a command.
        """
        if not isinstance(command, Command):
            raise TypeError(f"{command!r} cannot be sent: an object of a class in echornn.session.commands")
        if isinstance(command, Toggle) and self._loop.holder.frame.state is State.LOADING:
            command = Pause() if self.frame.start.trains else Resume()
        return self._loop.mailbox.send(command)

    @property
    def answers(self) -> tuple[Answer, ...]:
        """What came of the newest thousand commands whose turn has come, oldest first."""
        return self._loop.mailbox.answers

    @property
    def frame(self) -> Frame:
        """The newest frame; the same object as before if nothing has changed. While the session loads, commands are
        carried out later, but the frame shows at once what they will lead to.
        """
        frame = self._loop.holder.frame
        if frame.state is not State.LOADING:
            return frame
        pending = self._loop.mailbox.pending
        start, known = self._loop.drive.start_after(pending), self._previewed
        if known is None or known[0] != (frame, pending, start):
            known = self._previewed = (frame, pending, start), previewed(frame, pending, start)
        return known[1]

    @property
    def config(self) -> EchoConfig:
        """The configuration that is trained or compiled now."""
        return self._loop.live.config

    @property
    def timeline(self) -> Timeline:
        """All branches of the run, with their losses."""
        return self._loop.live.timeline

    def look(self, query: Query, before: Picture | None = None) -> Picture:
        """The newest frame, with those of the run's losses and branches that the query asks for.

        Args:
            before: the viewer's last picture. What is the same in both is taken from it, and is not made again.
        """
        return look(query, self.frame, self._loop.live.timeline, before)

    def look_again(self, query: Query, picture: Picture) -> Picture:
        """Another look at the moment that a picture shows, whatever has been done since; the same picture, where it
        answers this query."""
        if query == picture.query:
            return picture
        return look(query, picture.frame, self._loop.live.timeline, picture)

    def when_idle(self, seconds: float | None = None) -> bool:
        """Wait until all commands given so far are done, but at most so long; returns whether they are."""
        return self._loop.mailbox.when_idle(seconds)

    def stop(self) -> None:
        """Make `run` return at the next safe point: between two slices of training."""
        self._loop.mailbox.stop()
