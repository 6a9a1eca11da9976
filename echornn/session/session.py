"""`Session`: a training loop to which any thread can send commands, and whose newest frame any thread can read.

The app and headless runs both use it.
"""

from __future__ import annotations

import itertools
import math
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any, Protocol

from echornn.config import ConfigError, EchoConfig
from echornn.progress import PopulationProgress
from echornn.readings import Question
from echornn.replay.pace import require_speed
from echornn.runs.recorder import Recorder
from echornn.session.commands import Answer, Ask, Command, Pause, Resume, SpeedCommand, Toggle, ToggleReplicas
from echornn.session.handlers import speed_after
from echornn.session.loop import Loop
from echornn.session.pictures.frame import Frame, Start, State
from echornn.session.pictures.look import look
from echornn.session.pictures.picture import ALONE, Audience, Picture, Query
from echornn.session.probing import Examine, union
from echornn.timeline.replica_switch import configuration_to_begin
from echornn.timeline.timeline import Timeline
from echornn.training.any_trainer import MakeTrainer

LOCAL = 0
"""The number of the viewer in the session's own process."""


class ViewedSession(Protocol):
    """What a viewer uses of a session, be it in this process (`Session`) or in another (`RemoteSession`)."""

    def look(self, query: Query, before: Picture | None = None) -> Picture: ...
    def look_again(self, query: Query, picture: Picture) -> Picture: ...
    def send(self, command: Command) -> int: ...
    def not_done(self, number: int) -> Answer | None: ...
    def take_over(self) -> None: ...
    def run(self) -> None: ...
    def stop(self) -> None: ...


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
        self._loop = Loop(config, speed, make_trainer, on_progress, clock, recorder, at, examine, vitals)
        self._exchange = self._loop.exchange

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
        """The number of windows after which the loss was last finite; None if it has not diverged."""
        return self._loop.live.before_it_diverged

    @property
    def outstanding(self) -> int:
        """The number of commands that train, change or move something and are not carried out yet."""
        return sum(sent.command.is_work for sent in self._exchange.unanswered)

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
        if isinstance(command, Toggle) and self._exchange.frame.state is State.LOADING:
            command = Pause() if self.frame.start.trains else Resume()
        if isinstance(command, Ask):
            return self.ask(self.viewers.asks(LOCAL, command.question))
        return self._exchange.send(command)

    def ask(self, question: Question | None) -> int:
        """Have these readings measured, which all viewers need together; returns the command's number."""
        return self._exchange.send(Ask(question))

    @property
    def answers(self) -> tuple[Answer, ...]:
        """The answers to the newest thousand commands, oldest first."""
        return self._exchange.answers

    def not_done(self, number: int) -> Answer | None:
        """The answer to a command that was not carried out; None if it was, or if its turn has not come."""
        return next((one for one in reversed(self.answers) if one.number == number and not one.done), None)

    @property
    def frame(self) -> Frame:
        """The newest frame; the same object as before if nothing has changed. While the session loads, commands are
        carried out later, but the frame shows at once what they will lead to.
        """
        frame = self._exchange.frame
        if frame.state is not State.LOADING:
            return frame
        waiting = tuple(sent.command for sent in self._exchange.unanswered)
        start, known = self._loop.drive.start_after(waiting), self._previewed
        of = frame, waiting, start, int(self._exchange.seconds)
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
        return look(query, frame, self.timeline, before)

    def _to_local(self, picture: Picture) -> Picture:
        audience = self.viewers.audience(LOCAL)
        return picture if audience is ALONE else replace(picture, audience=audience)

    def take_over(self) -> None:
        """Let the viewer in this process steer; see `Audience`."""
        self.viewers.take_over(LOCAL)

    def when_idle(self, seconds: float | None = None) -> bool:
        """Wait until all commands sent so far are done, at most ``seconds``; returns whether they are."""
        return self._exchange.when_idle(seconds)

    def when_shown(self, number: int, seconds: float) -> None:
        """Wait until the newest frame shows what became of a command, at most ``seconds``. While the session loads, the
        frame shows at once what will become of it.
        """
        self._exchange.wait_for(lambda one: one.answered >= number or one.state is State.LOADING, seconds)

    def stop(self) -> None:
        """Make `run` return as soon as possible, between two slices of training."""
        self._exchange.stop()


def previewed(frame: Frame, waiting: Sequence[Command], start: Start, seconds: int) -> Frame:
    """The frame of a session that loads, with the speed and the network to which the waiting commands will lead.

    Args:
        start: what will be trained first after them.
        seconds: for how long it has been loading.
    """
    speed, coming, begins = frame.speed, frame.coming or frame.config, frame.coming
    many, toggles = coming.replicas > 1, list[ToggleReplicas]()
    for command in waiting:
        if isinstance(command, SpeedCommand):
            speed = speed_after(command, speed, frame.rate)
        elif isinstance(command, ToggleReplicas) and not (many and command.replicas is not None):
            many = not many
            toggles.append(command)
    if len(toggles) % 2:
        with suppress(ConfigError):  # it will be refused
            replica = frame.replica if frame.replica < coming.replicas else 0
            begins = configuration_to_begin(coming, replica, toggles[-1].replicas)
    return replace(frame, speed=speed, start=start, coming=begins, seconds=seconds)


class Viewers:
    """The viewers of a session. The first one steers, until it leaves or another takes over; those that only look never
    do. Any thread may call.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._names: dict[int, str] = {}
        self._only_look: set[int] = set()
        self._questions: dict[int, Question | None] = {}
        self._steering: int | None = None
        self._numbers = itertools.count(LOCAL + 1)

    def join(self, name: str, number: int | None = None, only_looks: bool = False) -> int:
        """Add a viewer; returns its number. If another has its name, it gets the name with ``(2)``, ``(3)``, ...

        Args:
            number: `LOCAL` for the viewer in the session's own process; by default a new number.
            only_looks: whether it can never steer.
        """
        with self._lock:
            number = next(self._numbers) if number is None else number
            others = {other for one, other in self._names.items() if one != number}
            names = itertools.chain([name], (f"{name} ({count})" for count in itertools.count(2)))
            self._names[number] = next(one for one in names if one not in others)
            if only_looks:
                self._only_look.add(number)
            elif self._steering is None:
                self._steering = number
            return number

    def leave(self, number: int) -> Question | None:
        """Remove a viewer; returns the probe readings that the remaining viewers need. If it steered, the viewer that
        joined first steers now.
        """
        with self._lock:
            self._names.pop(number, None)
            self._questions.pop(number, None)
            self._only_look.discard(number)
            if self._steering == number:
                self._steering = next((one for one in self._names if one not in self._only_look), None)
            return union(*self._questions.values())

    def take_over(self, number: int) -> None:
        """Let this viewer steer, unless it only looks."""
        with self._lock:
            if number in self._names and number not in self._only_look:
                self._steering = number

    def asks(self, number: int, question: Question | None) -> Question | None:
        """Note which probe readings a viewer needs; returns those that all viewers need together."""
        with self._lock:
            questions = {**self._questions, number: question}
            needed = union(*questions.values())
            self._questions = questions  # only now: a question that cannot be joined concerns nobody else
            return needed

    def may_steer(self, number: int) -> bool:
        """Whether a viewer's commands are carried out."""
        with self._lock:
            return number not in self._only_look and self._steering in (number, None)

    def audience(self, number: int) -> Audience:
        """Who looks at the session, as told to this viewer."""
        with self._lock:
            only_looks = number in self._only_look
            if len(self._names) < 2 and self._steering in (number, None) and not only_looks:
                return ALONE
            others = tuple(name for one, name in self._names.items() if one != number)
            steering = "" if self._steering in (number, None) else self._names[self._steering]
            return Audience(others, steering, only_looks=only_looks)

    @property
    def names(self) -> tuple[str, ...]:
        """The names of all viewers, in the order in which they joined."""
        with self._lock:
            return tuple(self._names.values())

    @property
    def steering(self) -> str:
        """The name of the viewer that steers; empty if there is none."""
        with self._lock:
            return "" if self._steering is None else self._names[self._steering]
