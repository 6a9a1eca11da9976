"""`Session`: a training loop to which any thread can send commands, and whose newest frame any
thread can read."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Protocol

from echornn.config import ConfigError, EchoConfig
from echornn.errors import OwnError
from echornn.progress import PopulationProgress
from echornn.readings import Question
from echornn.runs.recorder import Recorder
from echornn.session.commands import Answer, Ask, ChangeCommand, Command, LookCommand, Sent
from echornn.session.exchange import COMPILING, LOCAL, Exchange, Viewers
from echornn.session.handlers import Handlers, NotThereError, previewed, why_nothing
from echornn.session.live_run import LiveRun, first_frame
from echornn.session.pace import Pace, require_speed
from echornn.session.pictures.frame import WATCHABLE_SPEED, Drive, Frame, State
from echornn.session.pictures.look import look
from echornn.session.pictures.picture import Picture, Query
from echornn.session.probing import Examine, Probing
from echornn.session.probing import examine as by_probes
from echornn.timeline.branch import Position
from echornn.timeline.timeline import Timeline
from echornn.training.structure import AnyTrainer, MakeTrainer, tensorflow_trainers


class ViewedSession(Protocol):
    """What a viewer uses of a session, be it in this process (`Session`) or in another
    (`RemoteSession`)."""

    def look(self, query: Query, before: Picture | None = None) -> Picture: ...
    def look_again(self, query: Query, picture: Picture) -> Picture: ...
    def send(self, command: Command) -> int: ...
    def not_done(self, number: int) -> Answer | None: ...
    def take_over(self) -> None: ...
    def run(self) -> None: ...
    def stop(self) -> None: ...


class Session:
    """A run that trains on the thread that calls `run`, while other threads send commands and watch
    it.

    Every method except `run` may be called from any thread; only `when_idle` and `when_shown` wait.

    Args:
        config: the configuration to train.
        speed: windows per second, or infinity for full speed.
        make_trainer: makes the trainer, on the training thread; by default TensorFlow's.
        on_progress: called on the training thread after each slice of windows.
        clock: a monotonic clock, in seconds.
        recorder: by default nothing is saved. A run that exists already continues from where it
            stopped; if ``config`` differs from its configuration, with an edit, which can be
            undone.
        at: for a run that continues: the number of windows along its path to which to go back
            first.
        examine: the function that runs the probes, on a separate thread; by default
            `echornn.probes.examine.examine`.
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
    ) -> None:
        require_speed(speed)
        self.recorder = recorder or Recorder()
        self.stopped = threading.Event()  # set when `run` has returned
        # What ended the session, or occurred when the record was closed
        self.error: Exception | None = None
        self.going_first = at  # None once it is reached
        # What differs from the continued run, until it is edited
        self.editing_first: dict[str, Any] = {}
        self.viewers = Viewers()
        self._wanted = config
        self._on_progress = on_progress
        self._clock = clock
        # While it is, the log lacks nothing that the trainer has trained
        self._record_is_whole = False
        self._previewed: tuple[object, Frame] | None = None
        resumed, first = self.recorder.resumed, config
        trained_by = () if resumed is None else resumed.trained_by
        if resumed is not None:
            first = resumed.config
            owner = None if at is None else resumed.owner(resumed.position_at(at))
            self.editing_first = (first if owner is None else owner.config).changes_to(config)
        self._make_trainer = make_trainer or tensorflow_trainers(*trained_by)
        self._pace = Pace(speed, clock)
        self._live = live = LiveRun(first, self._made, self.recorder, self._pace, clock)
        self._exchange = exchange = Exchange(first_frame(config, self.recorder, speed, at), clock)
        self._probing = Probing(live, examine or by_probes, exchange, clock)
        self._handlers = Handlers(self._live, self._pace, exchange, self._probing, self.viewers)
        self.recorder.when_saved(lambda: exchange.notify(self._show_warning))

    # ---- for any thread

    def send(self, command: Command) -> int:
        """Send a command, which is carried out and answered when its turn comes; a TypeError if it
        is not a command. Returns its number, counted from 1, which its
        `echornn.session.commands.Answer` has too.
        """
        if not isinstance(command, Command):
            raise TypeError(
                f"{command!r} cannot be sent: only an object of a class in echornn.session.commands"
            )
        if isinstance(command, Ask):
            return self.ask(LOCAL, command.question)
        return self._exchange.send(command)

    def ask(self, viewer: int, question: Question | None) -> int:
        """Note which readings a viewer needs; what all viewers need is measured together. Returns
        the command's number."""
        self.viewers.asks(viewer, question)
        return self._exchange.send(Ask(question))

    def leave(self, viewer: int) -> None:
        """Remove a viewer; what only this one needs is measured no longer."""
        self.viewers.leave(viewer)
        self._exchange.send(Ask(None))

    @property
    def answers(self) -> tuple[Answer, ...]:
        return self._exchange.answers

    def not_done(self, number: int) -> Answer | None:
        """The answer to a command that was not carried out; None if it was, or if its turn has not
        come."""
        return next(
            (one for one in reversed(self.answers) if one.number == number and not one.done), None
        )

    @property
    def frame(self) -> Frame:
        """The newest frame, the same object if nothing has changed; while loading, with what waits
        carried out."""
        frame = self._exchange.frame
        if frame.state is not State.LOADING:
            return frame
        waiting = tuple(sent.command for sent in self._exchange.waiting)
        of = frame, waiting, self._live.drive, int(self._exchange.seconds)
        if (known := self._previewed) is None or known[0] != of:
            known = self._previewed = of, previewed(*of)
        return known[1]

    @property
    def config(self) -> EchoConfig:
        """The configuration in training, or being compiled."""
        return self._live.config

    @property
    def timeline(self) -> Timeline:
        return self._live.timeline

    @property
    def before_it_diverged(self) -> int | None:
        """The number of windows after which the loss was last finite; None if it has not
        diverged."""
        return self._live.before_it_diverged

    @property
    def refused(self) -> ConfigError | None:
        """The error by which the configuration could not be loaded; None if it was, even if
        training has failed."""
        return (
            self.error if isinstance(self.error, ConfigError) and not self._live.may_save else None
        )

    def look(self, query: Query, before: Picture | None = None) -> Picture:
        """The picture of the newest frame that the query requests; unchanged parts are those of
        ``before``."""
        return self.look_at(query, self.frame, before)

    def look_again(self, query: Query, picture: Picture) -> Picture:
        """Another picture of the same position, whatever has happened since; the same if it answers
        the query."""
        return picture if query == picture.query else self.look_at(query, picture.frame, picture)

    def look_at(
        self, query: Query, frame: Frame, before: Picture | None, viewer: int = LOCAL
    ) -> Picture:
        return replace(
            look(query, frame, self.timeline, before), audience=self.viewers.audience(viewer)
        )

    def take_over(self) -> None:
        self.viewers.take_over(LOCAL)

    def when_idle(self, seconds: float | None = None) -> bool:
        """Wait until all commands sent so far are done, at most ``seconds``; returns whether they
        are."""
        return self._exchange.when_idle(seconds)

    def when_shown(self, number: int, seconds: float) -> None:
        """Wait until the newest frame shows what becomes of a command, at most ``seconds``."""
        self._exchange.wait_for(
            lambda one: one.answered >= number or one.state is State.LOADING, seconds
        )

    def stop(self) -> None:
        """Make `run` return as soon as possible, between two slices of training."""
        self._exchange.stop()

    # ---- the training thread: carry out commands, train a slice, save, show; repeat

    def run(self) -> None:
        """Load, then train as commands say until `stop`.

        Errors are not raised: they lead to the state `failed`.
        """
        exchange, live = self._exchange, self._live
        try:
            self._load()
            while exchange.wait(self._wait_seconds(), live.arrived and not live.drive.windows):
                # each command is judged by the frame, so the frame is updated after each
                while (letter := exchange.take(live.arrived)) is not None:
                    self._obey(letter) if isinstance(letter, Sent) else letter()
                    self._show()
                self._work()
        except Exception as error:  # the screen must survive any error of TensorFlow, and show it
            self._fail(error)
        finally:
            try:
                try:
                    if self._record_is_whole:
                        live.save_all()
                finally:
                    self.recorder.close()
                self._show_warning()
            except Exception as error:
                self._fail(error)
            finally:
                # Even if the recorder raises an error at its end, wake threads that wait for this
                # one
                self.stopped.set()
                exchange.end()
                self._probing.end()

    def _fail(self, error: Exception) -> None:
        if self.error is not None:
            return
        self.error = error
        message = str(error) if isinstance(error, OwnError) else f"{type(error).__name__}: {error}"
        # These are not faults of this program
        if not isinstance(error, (ConfigError, BrokenPipeError)):
            file = self.recorder.failed(error)
            message = f"{message.splitlines()[0]} (traceback in {file})" if file else message
        self._exchange.change(state=State.FAILED, message=message, rate=0.0)

    def _load(self) -> None:
        live, exchange, at = self._live, self._exchange, self.going_first
        live.may_save = False
        live.take_up()
        if len(live.timeline):  # while there is no network yet
            exchange.change(**self._place_fields, **live.recorded_fields)
        live.trainer = live.make(live.config)
        if exchange.stopping:
            return
        exchange.change(message=COMPILING, device=live.trainer.device)
        try:
            live.compile(live.trainer)
        except OwnError:
            # Of a run whose task or cell cannot be used here as it is; elsewhere, or changed, it
            # may
            if at is None and not self.editing_first:
                raise
        live.begin()
        if at is not None:
            live.go(Position(live.here.branch, at))
            while not (live.arrived or exchange.stopping):
                exchange.change(message=live.going)
                self._step_on_the_way()
            self.going_first = None if live.arrived else at
        if self._wanted != live.config and not exchange.stopping:
            live.edit(self._wanted)
            self.editing_first = {}
        elif at is None and (live.trainer.finished or live.diverged):
            live.show_rows(lambda: exchange.stopping)
        if live.diverged:
            self._live.drive = Drive(False)
        self._record_is_whole = live.may_save = True
        live.save()
        self._pace.restart()
        self._show()

    def _made(self, config: EchoConfig) -> AnyTrainer:
        # If the network is not the first, the frame must show nothing of the previous one
        if self._record_is_whole:
            self._exchange.compiling(config)
            self._probing.forget()
        return self._make_trainer(config)

    def _obey(self, sent: Sent) -> None:
        command, before = sent.command, self._exchange.frame
        try:
            answer = Answer(sent.number, command, why_nothing(command, before))
            if answer.done:
                self._handlers.do(command)
            if isinstance(command, ChangeCommand | LookCommand):  # running training goes on
                self._pace.restart()
                if self._live.drive.to_the_end:
                    self._live.drive = Drive(False, self._live.epoch_left, to_the_end=True)
                self._exchange.change(refused=None)
        except Exception as error:
            # otherwise the error is TensorFlow's, about another network
            is_known = isinstance(error, (ConfigError, NotThereError))
            why_not = str(error) if is_known else f"{type(error).__name__}: {error}"
            field = error.field if isinstance(error, ConfigError) else ""
            answer = Answer(sent.number, command, why_not, field, was_refused=True)
            self._exchange.show(replace(before, refused=answer))
        self._exchange.answer(answer)

    def _wait_seconds(self) -> float | None:
        """The seconds for which there is nothing to do; None if only a command can end the wait."""
        # If it is stopped while loading, there is no branch yet
        if self._exchange.stopping or not self._live.arrived:
            return 0.0
        waits = [
            self._seconds_to_train(),
            self.recorder.seconds_to_save(),
            self._seconds_to_probe(),
        ]
        return min((one for one in waits if one is not None), default=None)

    def _seconds_to_train(self) -> float | None:
        live = self._live
        if live.trainer.finished or not live.drive.trains:
            return None
        return self._pace.wait_seconds() if live.drive.running else 0.0

    def _seconds_to_probe(self) -> float | None:
        return (
            self._probing.seconds(self._seconds_to_train() is None) if self._live.arrived else None
        )

    def _work(self) -> None:
        live = self._live
        if not live.arrived:
            self._step_on_the_way()
            if live.arrived:
                self._pace.restart()
            self._show()
        elif not live.trainer.finished:
            drive, most = self._live.drive, self._pace.slice_windows()
            if drive.running:
                most = min(self._pace.due(), 1 if self._pace.speed <= WATCHABLE_SPEED else most)
            else:
                most = min(drive.windows, most)
            if most:
                self._train(1 if self._probing.is_weighed(live.position) else most)
        if live.arrived and live.trainer.finished:
            self._live.drive = self._live.drive.trained()
        seconds = self.recorder.seconds_to_save()
        if seconds is not None and seconds <= 0 and live.arrived:
            live.save()
            self._show_warning()
        if self._seconds_to_probe() == 0:
            self._probing.begin(self._seconds_to_train() is None, self._pace.speed)
            self._show_warning()

    def _step_on_the_way(self) -> None:
        begun = self._clock()
        windows = self._live.step(self._pace.slice_windows())
        self._pace.took(windows, self._clock() - begun)

    def _train(self, windows: int) -> None:
        live, pace, begun = self._live, self._pace, self._clock()
        self._record_is_whole = False
        diverged_before = live.diverged
        try:
            progress = live.train(windows)
        except OwnError:  # the data could not be made, so the networks are as before
            self._record_is_whole = True
            raise
        pace.trained(
            windows, self._clock() - begun, is_typical=windows > 1 or pace.slice_windows() == 1
        )
        self._live.drive = self._live.drive.trained(len(progress.losses))
        self._record_is_whole = True
        if live.diverges_next:  # that window is trained alone, so that its rows are shown
            self._live.drive = Drive(False, 1)
        elif live.diverged and not diverged_before:
            self._live.drive = Drive(False)
        if self._on_progress is not None and len(progress.losses):
            self._on_progress(progress)
        self._show()

    # ---- frames

    def _show(self) -> None:
        live, trainer = self._live, self._live.trainer
        trains = self._live.drive.running or (self._live.drive.windows and live.arrived)
        state = State.RUNNING if trains else State.PAUSED
        if trainer.finished and live.arrived and not live.is_past:
            state = State.FINISHED
        changes = {
            **self._place_fields,
            **self._forgotten_fields,
            "answered": self._exchange.answered,
            "coming": None,
        }
        if live.arrived:
            rate = self._pace.rate() if state is State.RUNNING else 0.0
            changes |= {
                **live.trained_fields,
                "message": "",
                "speed": self._pace.speed,
                "rate": rate,
            }
        else:
            changes |= {"message": live.going, "rate": 0.0}
        before = self._exchange.frame
        if before.own_config.seed != live.own_config.seed:  # another network is shown
            self._probing.forget()
        self._exchange.show(
            replace(before, state=state, config=live.config, replica=live.replica, **changes)
        )

    def _show_warning(self) -> None:
        if (warning := self._warning) != self._exchange.frame.warning:
            self._exchange.change(warning=warning)

    @property
    def _place_fields(self) -> dict[str, Any]:
        return self._live.place_fields | {"warning": self._warning}

    @property
    def _warning(self) -> str:
        live = self._live
        parts = [self.recorder.warning, live.device_note, self._probing.why_not_held_out]
        if live.arrived and live.diverged and live.shown:
            last = live.shown[-1]
            where = f"window {last.window + 1} of epoch {last.epoch + 1}"
            paused = "" if self._live.drive.running else ": paused there"
            parts.insert(0, f"the loss is {last.of(live.replica).losses[-1]} in {where}{paused}")
        if live.unlike is not None:
            parts.append(str(live.unlike))
        return "; ".join(part for part in parts if part)

    @property
    def _forgotten_fields(self) -> dict[str, Any]:
        """What frames on the way to another network show: the target position, without window
        data."""
        before, own = self._exchange.frame.own_config, self._live.own_config
        if before.differs_only_live(own):
            return {}
        kept = (
            {}
            if before.differs_only_live(replace(own, seed=before.seed))
            else {"readings": None, "unread": ""}
        )
        return (
            kept
            if self._live.arrived
            else {"progress": None, "tape": (), **self._live.recorded_fields, **kept}
        )
