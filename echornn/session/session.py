"""`Session`: a training loop to which any thread can send commands, and whose newest frame any
thread can read."""

from __future__ import annotations

import contextlib
import math
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache
from typing import Any, Protocol

from echornn.config import ConfigError, EchoConfig
from echornn.errors import OwnError, RunError
from echornn.progress import PopulationProgress
from echornn.readings import Question
from echornn.run.branch import Position
from echornn.run.losses import Losses
from echornn.run.recorder import Recorder
from echornn.run.tree import Tree
from echornn.session.commands import Answer, Ask, ChangeCommand, Command, LookCommand, Sent
from echornn.session.exchange import COMPILING, LOCAL, Exchange, Viewers
from echornn.session.frame_fields import (
    first_frame,
    place_fields,
    recorded_fields,
    trained_fields,
)
from echornn.session.handlers import Handlers
from echornn.session.live_run import LiveRun
from echornn.session.pace import Pace, require_speed
from echornn.session.pictures.frame import WATCHABLE_SPEED, Drive, Frame, State
from echornn.session.pictures.look import look
from echornn.session.pictures.picture import Picture, Query
from echornn.session.preview import Preview
from echornn.session.probing import Examine, Probing
from echornn.session.probing import examine as by_probes
from echornn.session.rules import NotThereError, require_there, why_no_effect
from echornn.training.structure import AnyTrainer, MakeTrainer, tensorflow_trainers

PICTURES_KEPT = 8  # of a few viewers


class ViewedSession(Protocol):
    """What a viewer uses of a session, be it in this process (`Session`) or in another
    (`RemoteSession`)."""

    def look(self, query: Query) -> Picture: ...
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
        speed: windows per second, or infinity for full speed; by default that which the user chose
            for a run that continues, else ``usual_speed``.
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
        usual_speed: as ``speed``, and not kept with the run.
    """

    def __init__(
        self,
        config: EchoConfig,
        speed: float | None = None,
        make_trainer: MakeTrainer | None = None,
        on_progress: Callable[[PopulationProgress], None] | None = None,
        clock: Callable[[], float] = time.monotonic,
        recorder: Recorder | None = None,
        at: int | None = None,
        examine: Examine | None = None,
        usual_speed: float = math.inf,
    ) -> None:
        if speed is not None:
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
        self._preview: Preview | None = None
        # Of the newest frames, as a screen asks ten times a second also while nothing changes
        self._pictures = lru_cache(PICTURES_KEPT)(self._picture)
        resumed, first = self.recorder.resumed, config
        trained_by = () if resumed is None else resumed.trained_by
        if resumed is not None:
            first = resumed.config
            owner = None if at is None else resumed.owner(resumed.position_at(at))
            edited = first if owner is None else owner.config
            self.editing_first = edited.changes_to(config)
            if speed is None and resumed.checkpoint is not None:
                speed = resumed.checkpoint.speed
        self._make_trainer = make_trainer or tensorflow_trainers(*trained_by)
        self._pace = Pace(speed, clock, usual_speed)
        self._live = LiveRun(first, self._make, self.recorder, self._pace, clock)
        self._exchange = Exchange(first_frame(config, self.recorder, self._pace.speed, at), clock)
        self._probing = Probing(self._live, examine or by_probes, self._exchange, clock)
        self._handlers = Handlers(
            self._live, self._pace, self._exchange, self._probing, self.viewers
        )
        self.recorder.when_saved(lambda: self._exchange.notify(self._show_warning))

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
        # The handler of any `Ask` measures what the viewers that are left need
        self._exchange.send(Ask(None))

    @property
    def answers(self) -> tuple[Answer, ...]:
        return self._exchange.answers

    def not_done(self, number: int) -> Answer | None:
        """The answer to a command that was not carried out; None if it was, or if its turn has not
        come."""
        for answer in reversed(self.answers):
            if answer.number == number:
                return None if answer.done else answer
        return None

    @property
    def frame(self) -> Frame:
        """The newest frame, the same object if nothing has changed; while loading, with what waits
        carried out."""
        frame = self._exchange.frame
        if frame.state is not State.LOADING:
            return frame
        waiting = tuple(sent.command for sent in self._exchange.waiting)
        preview = Preview(frame, waiting, self._live.drive, int(self._exchange.seconds))
        if preview == self._preview:
            return self._preview.frame  # the same object: the screen compares by identity
        self._preview = preview
        return preview.frame

    @property
    def config(self) -> EchoConfig:
        """The configuration in training, or being compiled."""
        return self._live.config

    @property
    def tree(self) -> Tree:
        """The branches of the run."""
        return self._live.tree

    @property
    def timeline(self) -> Losses:
        """The losses of all branches."""
        return self._live.losses

    @property
    def before_it_diverged(self) -> int | None:
        """The number of windows after which the loss was last finite; None if it has not
        diverged."""
        return self._live.before_it_diverged

    @property
    def refused(self) -> ConfigError | None:
        """The error by which the configuration could not be loaded; None if it was, even if
        training has failed."""
        is_loaded = self._live.may_save  # which it may from then on
        if isinstance(self.error, ConfigError) and not is_loaded:
            return self.error
        return None

    def look(self, query: Query) -> Picture:
        """The picture of the newest frame that the query requests."""
        return self.look_at(query, self.frame)

    def look_again(self, query: Query, picture: Picture) -> Picture:
        """Another picture of the same position, whatever has happened since; the same if it answers
        the query."""
        return picture if query == picture.query else self.look_at(query, picture.frame)

    def look_at(self, query: Query, frame: Frame, viewer: int = LOCAL) -> Picture:
        """The picture of a frame of this session, for a viewer."""
        picture = self._pictures(query, frame, len(self.tree), self.tree.trained)
        return replace(picture, audience=self.viewers.audience(viewer))

    def _picture(self, query: Query, frame: Frame, _branches: int, _windows: int) -> Picture:
        """The picture, cached also by how many branches and windows the run has: it shows them."""
        return look(query, frame, self.timeline)

    def take_over(self) -> None:
        self.viewers.take_over(LOCAL)

    def when_idle(self, seconds: float | None = None) -> bool:
        """Wait until all commands sent so far are done, at most ``seconds``; returns whether they
        are."""
        return self._exchange.when_idle(seconds)

    def when_shown(self, number: int, seconds: float) -> None:
        """Wait until the newest frame shows what becomes of a command, at most ``seconds``."""
        self._exchange.wait_for(
            lambda frame: frame.answered >= number or frame.state is State.LOADING, seconds
        )

    def stop(self) -> None:
        """Make `run` return as soon as possible, between two slices of training."""
        self._exchange.stop()

    # ---- the training thread: load, then carry out commands, train a slice, save, show; repeat

    def run(self) -> None:
        """Load, then train as commands say until `stop`.

        Errors are not raised: they lead to the state `failed`.
        """
        live, exchange = self._live, self._exchange
        try:
            self._load()
            while exchange.wait(self._wait_seconds(), live.arrived and not live.drive.windows):
                self._obey_all()
                self._work()
        except Exception as error:  # the screen must survive any error of TensorFlow, and show it
            self._fail(error)
        finally:
            self._end()

    def _load(self) -> None:
        live, exchange, at = self._live, self._exchange, self.going_first
        live.may_save = False
        live.take_up()
        if len(live.tree):  # while there is no network yet
            exchange.change(**place_fields(live), **recorded_fields(live), warning=self._warning)
        live.trainer = live.trainers.make(live.config)
        if exchange.stopping:
            return
        exchange.change(message=COMPILING, device=live.trainer.device)
        try:
            live.trainers.compile(live.trainer)
        except OwnError:
            # Of a run whose task or cell cannot be used here as it is; elsewhere, or changed, it
            # may
            if at is None and not self.editing_first:
                raise
        live.begin()
        if at is not None:
            self._go_back_first(at)
        if self._wanted != live.config and not exchange.stopping:
            live.edit(self._wanted)
            self.editing_first = {}
        elif at is None and (live.trainer.finished or live.diverged):
            live.show_rows(lambda: exchange.stopping)
        if live.diverged:
            live.drive = Drive(False)
        live.may_save = True
        self._record_is_whole = True
        live.save()
        self._pace.restart()
        self._show()

    def _go_back_first(self, window: int) -> None:
        live, exchange = self._live, self._exchange
        position = Position(live.path_position.branch, window)
        if not live.tree.has(position):  # the commands that led there are lost
            raise ConfigError("at", window, "a window that the record still leads to")
        live.go(position)
        while not live.arrived and not exchange.stopping:
            exchange.change(message=live.going)
            self._step_on_the_way()
        if live.arrived:
            self.going_first = None

    def _wait_seconds(self) -> float | None:
        """The seconds for which there is nothing to do; None if only a command can end the wait."""
        # If it is stopped while loading, there is no branch yet
        if self._exchange.stopping or not self._live.arrived:
            return 0.0
        waits = (
            self._seconds_to_train(),
            self.recorder.seconds_to_save(),
            self._seconds_to_probe(),
        )
        return min((seconds for seconds in waits if seconds is not None), default=None)

    def _seconds_to_train(self) -> float | None:
        live = self._live
        if live.trainer.finished or not live.drive.trains:
            return None
        return self._pace.wait_seconds() if live.drive.running else 0.0

    def _seconds_to_probe(self) -> float | None:
        return self._probing.seconds_to_next(still=self._seconds_to_train() is None)

    def _obey_all(self) -> None:
        """Carry out all commands whose turn has come, and call what other threads ask to be
        called."""
        while (request := self._exchange.take(self._live.arrived)) is not None:
            if isinstance(request, Sent):
                self._obey(request)
            else:
                request()
            # Each command is judged by the frame, so the frame is updated after each
            self._show()

    def _obey(self, sent: Sent) -> None:
        live, command, before = self._live, sent.command, self._exchange.frame
        try:
            answer = Answer(sent.number, command, why_no_effect(command, before))
            if answer.done:
                require_there(command, live.path_position, live.tree)
                self._handlers.do(command)
            if isinstance(command, ChangeCommand | LookCommand):  # running training goes on
                self._pace.restart()
                if live.drive.to_the_end:
                    live.drive = Drive(False, live.epoch_left, to_the_end=True)
                self._exchange.change(refused=None)
        except Exception as error:
            answer = refusal(sent, error)
            self._exchange.show(replace(before, refused=answer))
        self._exchange.answer(answer)

    def _work(self) -> None:
        live = self._live
        if not live.arrived:
            self._step_on_the_way()
            if live.arrived:
                self._pace.restart()
            self._show()
        elif not live.trainer.finished:
            self._train_slice()
        if not live.arrived:
            return
        if live.trainer.finished:
            live.drive = live.drive.trained()
        seconds = self.recorder.seconds_to_save()
        if seconds is not None and seconds <= 0:
            live.save()
            self._show_warning()
        if self._seconds_to_probe() == 0:
            self._probing.begin(self._seconds_to_train() is None, self._pace.speed)
            self._show_warning()

    def _step_on_the_way(self) -> None:
        begun = self._clock()
        windows = self._live.step(self._pace.slice_windows())
        self._pace.took(windows, self._clock() - begun)

    def _train_slice(self) -> None:
        """Train as many windows as are due now, at most so many that the next key need not wait."""
        live, pace = self._live, self._pace
        windows = pace.slice_windows()
        if live.drive.running:
            if pace.speed <= WATCHABLE_SPEED:
                windows = 1
            windows = min(windows, pace.due())
        else:
            windows = min(windows, live.drive.windows)
        if windows > 1 and self._probing.trains_next_alone(live.position):
            windows = 1
        if windows:
            self._train(windows)

    def _train(self, windows: int) -> None:
        live, pace, begun = self._live, self._pace, self._clock()
        diverged_before = live.diverged
        self._record_is_whole = False
        try:
            progress = live.train(windows)
        except OwnError:  # the data could not be made, so the networks are as before
            self._record_is_whole = True
            raise
        seconds = self._clock() - begun
        # A window alone takes longer than one of many
        pace.trained(windows, seconds, is_typical=windows > 1 or pace.slice_windows() == 1)
        live.drive = live.drive.trained(len(progress.losses))
        self._record_is_whole = True
        if live.diverges_next:  # that window is trained alone, so that its rows are shown
            live.drive = Drive(False, 1)
        elif live.diverged and not diverged_before:
            live.drive = Drive(False)
        if self._on_progress is not None and len(progress.losses):
            self._on_progress(progress)
        self._show()

    def _make(self, config: EchoConfig) -> AnyTrainer:
        # If the network is not the first, the frame must show nothing of the previous one
        if self._record_is_whole:
            self._exchange.show_compiling(config)
            self._probing.forget()
        return self._make_trainer(config)

    def _end(self) -> None:
        try:
            with contextlib.closing(self.recorder):
                if self._record_is_whole:
                    self._live.save_all()
            self._show_warning()
        except Exception as error:
            self._fail(error)
        finally:
            # Even if the recorder raises an error at its end, wake threads that wait for this one
            self.stopped.set()
            self._exchange.end()
            self._probing.end()

    def _fail(self, error: Exception) -> None:
        if self.error is not None:
            return
        self.error = error
        message = str(error) if isinstance(error, OwnError) else f"{type(error).__name__}: {error}"
        # These are not faults of this program
        if not isinstance(error, (ConfigError, BrokenPipeError)):
            file = self.recorder.failed(error)
            if file:
                message = f"{message.splitlines()[0]} (traceback in {file})"
        self._exchange.change(state=State.FAILED, message=message, rate=0.0)

    # ---- frames

    def _show(self) -> None:
        live, state, before = self._live, self._state, self._exchange.frame
        changes = place_fields(live) | self._forgotten_fields
        if live.arrived:
            changes |= trained_fields(live)
            changes |= {
                "message": "",
                "speed": self._pace.speed,
                "rate": self._pace.rate() if state is State.RUNNING else 0.0,
            }
        else:
            changes |= {"message": live.going, "rate": 0.0}
        if before.own_config.seed != live.own_config.seed:  # another network is shown
            self._probing.forget()
        frame = replace(
            before,
            state=state,
            config=live.config,
            replica=live.replica,
            answered=self._exchange.answered,
            coming=None,
            warning=self._warning,
            **changes,
        )
        self._exchange.show(frame)

    @property
    def _state(self) -> State:
        live = self._live
        if live.trainer.finished and live.arrived and not live.is_past:
            return State.FINISHED
        if live.drive.running or (live.drive.windows and live.arrived):
            return State.RUNNING
        return State.PAUSED

    def _show_warning(self) -> None:
        warning = self._warning
        if warning != self._exchange.frame.warning:
            self._exchange.change(warning=warning)

    @property
    def _warning(self) -> str:
        live = self._live
        parts = [self.recorder.warning, live.trainers.note, self._probing.why_not_held_out]
        if live.arrived and live.diverged and live.rows.windows:
            newest = live.rows.windows[-1]
            loss = newest.of(live.replica).losses[-1]
            where = f"window {newest.window + 1} of epoch {newest.epoch + 1}"
            paused = "" if live.drive.running else ": paused there"
            parts.insert(0, f"the loss is {loss} in {where}{paused}")
        if live.unlike is not None:
            parts.append(str(live.unlike))
        return "; ".join(part for part in parts if part)

    @property
    def _forgotten_fields(self) -> dict[str, Any]:
        """What frames on the way to another network show: the target position, without window
        data."""
        before, own = self._exchange.frame.own_config, self._live.own_config
        is_same_network = before.differs_only_live(own)
        if is_same_network:
            return {}
        fields: dict[str, Any] = {}
        if not self._live.arrived:
            fields |= {"progress": None, "recent": (), **recorded_fields(self._live)}
        is_another_seed_only = before.differs_only_live(replace(own, seed=before.seed))
        if not is_another_seed_only:  # those of another seed stay until its own are there
            fields |= {"readings": None, "why_no_readings": ""}
        return fields


def refusal(sent: Sent, error: Exception) -> Answer:
    """The answer to a command that has failed."""
    # otherwise the error is TensorFlow's, about another network
    is_known = isinstance(error, (ConfigError, NotThereError, RunError))
    why_not = str(error) if is_known else f"{type(error).__name__}: {error}"
    field = error.field if isinstance(error, ConfigError) else ""
    return Answer(sent.number, sent.command, why_not, field, was_refused=True)
