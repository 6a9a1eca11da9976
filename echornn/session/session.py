"""`Session`: a training loop to which any thread can send commands, and whose newest frame any thread can read.

The app and headless runs both use it.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Protocol

from echornn.config import ConfigError, EchoConfig
from echornn.progress import PopulationProgress
from echornn.readings import Question
from echornn.replay.pace import require_speed
from echornn.runs.recorder import Recorder
from echornn.session.audience import ALONE, LOCAL, Viewers
from echornn.session.commands import Answer, Ask, Command, Pause, Resume, Toggle
from echornn.session.loop import Loop
from echornn.session.pictures.frame import Frame, State
from echornn.session.pictures.look import look
from echornn.session.pictures.picture import Picture
from echornn.session.pictures.queries import Query
from echornn.session.preview import previewed
from echornn.session.probing import Examine
from echornn.timeline.timeline import Timeline
from echornn.training.any_trainer import MakeTrainer


class ViewedSession(Protocol):
    """What a viewer uses of a session, be it in this process or in another; see `Session`."""

    def look(self, query: Query, before: Picture | None = None) -> Picture:
        """The newest picture."""

    def look_again(self, query: Query, picture: Picture) -> Picture:
        """Another picture of the same position."""

    def send(self, command: Command) -> int:
        """Send a command; returns its number."""

    def not_done(self, number: int) -> Answer | None:
        """The answer to a command that was not carried out; None if it was, or if its turn has not come."""

    def take_over(self) -> None:
        """Let this viewer steer the session."""

    def run(self) -> None:
        """Do the session's work, on the thread that calls it, until `stop`."""

    def stop(self) -> None:
        """Make `run` return soon."""


class Session:
    """A run that trains on the thread that calls `run`, while other threads send commands and watch it.

    Every method except `run` may be called from any thread; only `when_idle` and `when_shown` wait.

    Args:
        config: the configuration to train.
        speed: windows per second, or infinity for full speed.
        make_trainer: makes the trainer, on the training thread; by default
            `echornn.training.any_trainer.tensorflow_trainers`.
        on_progress: called on the training thread after each slice of windows.
        clock: a monotonic clock, in seconds.
        recorder: saves the run; by default nothing is saved. A run that exists already continues from where it stopped.
            If ``config`` differs from its configuration, this is an edit, which can be undone; if the edit fails, the
            session fails, and the disk is unchanged.
        at: for a run that continues: the number of windows along its path to which to go back first.
        examine: the function that runs the probes, on a separate thread; by default `echornn.probes.examine.examine`.
        vitals: whether to examine from time to time, unasked, what diagnoses depend on besides the losses; see `Frame`.
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
        self.viewers = Viewers()
        """Who looks at the session. The viewer in this process has the number `LOCAL`."""
        self._loop = Loop(config, speed, make_trainer, on_progress, clock, recorder, at, examine, vitals)

    def run(self) -> None:
        """Load, then train as commands say until `stop`, or until training fails.

        Errors in training are not raised: they lead to the state `failed`, with the error's text.
        """
        self._loop.run()

    @property
    def stopped(self) -> threading.Event:
        """Set when `run` has returned."""
        return self._loop.stopped

    @property
    def error(self) -> Exception | None:
        """The error that ended the session, or that occurred when the record was closed; None if there is none."""
        return self._loop.error

    @property
    def refused(self) -> ConfigError | None:
        """The error by which the configuration could not be loaded; None if it was, even if training has failed."""
        error = self._loop.error
        return error if isinstance(error, ConfigError) and not self._loop.is_loaded else None

    @property
    def going_first(self) -> int | None:
        """The window ``at`` to which the session goes first; None once it is reached."""
        return self._loop.going_first

    @property
    def editing_first(self) -> dict[str, Any]:
        """The fields of ``config`` that differ from the continued run; empty once they are edited."""
        return self._loop.editing_first

    @property
    def before_it_diverged(self) -> int | None:
        """The number of windows after which the loss was last finite; see `CurrentPosition.before_it_diverged`."""
        return self._loop.live.before_it_diverged

    @property
    def outstanding(self) -> int:
        """The number of commands that train, change or move something and are not carried out yet."""
        return sum(command.is_work for command in self._loop.mailbox.unanswered)

    @property
    def recorder(self) -> Recorder:
        """The recorder that saves the run; a plain `Recorder` saves nothing."""
        return self._loop.recorder

    # ---- for any thread

    def send(self, command: Command) -> int:
        """Send a command to the session; it is carried out and answered when its turn comes.

        While the session loads, `Toggle` is replaced by the `Pause` or `Resume` that changes the start shown by the
        frame.

        Returns:
            The number of the command, counted from 1 over all commands; its `echornn.session.commands.Answer` has it
            too.

        Raises:
            TypeError: ``command`` is not a command.
        """
        if not isinstance(command, Command):
            raise TypeError(f"{command!r} cannot be sent: only an object of a class in echornn.session.commands")
        if isinstance(command, Toggle) and self._loop.holder.frame.state is State.LOADING:
            command = Pause() if self.frame.start.trains else Resume()
        if isinstance(command, Ask):
            return self.ask(self.viewers.asks(LOCAL, command.question))
        return self._loop.mailbox.send(command)

    def ask(self, question: Question | None) -> int:
        """Have these readings measured, which all viewers need together; returns the command's number."""
        return self._loop.mailbox.send(Ask(question))

    @property
    def answers(self) -> tuple[Answer, ...]:
        """The answers to the newest thousand commands, oldest first."""
        return self._loop.mailbox.answers

    def not_done(self, number: int) -> Answer | None:
        """The answer to a command that was not carried out; see `ViewedSession`."""
        return next((one for one in reversed(self.answers) if one.number == number and not one.done), None)

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
        of = frame, pending, start, int(self._loop.holder.seconds)
        if known is None or known[0] != of:
            known = self._previewed = of, previewed(*of)
        return known[1]

    @property
    def config(self) -> EchoConfig:
        """The configuration in training, or being compiled."""
        return self._loop.live.config

    @property
    def timeline(self) -> Timeline:
        """All branches of the run, with their losses."""
        return self._loop.live.timeline

    def look(self, query: Query, before: Picture | None = None) -> Picture:
        """The picture of the newest frame, with the losses and branches that the query requests.

        Args:
            before: the viewer's previous picture, from which unchanged parts are reused.
        """
        return self._to_local(self.look_at(query, self.frame, before))

    def look_again(self, query: Query, picture: Picture) -> Picture:
        """A new picture of the same position as this picture, whatever has happened since; the same picture if it
        answers the query already.
        """
        if query == picture.query:
            return picture
        return self._to_local(self.look_at(query, picture.frame, picture))

    def look_at(self, query: Query, frame: Frame, before: Picture | None) -> Picture:
        """The picture of a frame of this session, for any viewer."""
        return look(query, frame, self._loop.live.timeline, before)

    def _to_local(self, picture: Picture) -> Picture:
        audience = self.viewers.audience(LOCAL)
        return picture if audience is ALONE else replace(picture, audience=audience)

    def take_over(self) -> None:
        """Let the viewer in this process steer; see `Audience`."""
        self.viewers.take_over(LOCAL)

    def when_idle(self, seconds: float | None = None) -> bool:
        """Wait until all commands sent so far are done, at most ``seconds``; returns whether they are."""
        return self._loop.mailbox.when_idle(seconds)

    def when_shown(self, number: int, seconds: float) -> None:
        """Wait until the newest frame shows what became of a command, at most ``seconds``. While the session loads, the
        frame shows at once what will become of it.
        """
        self._loop.holder.wait_for(lambda one: one.answered >= number or one.state is State.LOADING, seconds)

    def stop(self) -> None:
        """Make `run` return as soon as possible, between two slices of training."""
        self._loop.mailbox.stop()
