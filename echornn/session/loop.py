"""The loop of the training thread: carry out commands, train a slice, save, show; repeat."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from echornn.config import ConfigError, EchoConfig, changes_text
from echornn.errors import OwnError
from echornn.progress import PopulationProgress
from echornn.readings import Readings
from echornn.replay.pace import Pace
from echornn.runs.recorder import Recorder
from echornn.session.commands import Answer, ChangeCommand, Command, LookCommand, Sent, SpeedCommand, When
from echornn.session.handlers import WATCHABLE_SPEED, Drive, Handlers, NotThereError, speed_after, why_nothing
from echornn.session.live_run import LiveRun, place_of
from echornn.session.pictures.frame import Frame, State
from echornn.session.probing import LEAST_SECONDS, Examine, Probing
from echornn.session.probing import examine as by_probes
from echornn.state import TrainerState
from echornn.timeline.branch import Position
from echornn.training.any_trainer import AnyTrainer, MakeTrainer, tensorflow_trainers

ANSWERS_KEPT = 1_000
"""The number of newest answers that are kept; a caller that needs all of them must read them in time."""

LOADING, COMPILING = "loading TensorFlow", "compiling the training loop"
"""What the frame says before the first window, and while another network is made."""

LEAST_PAIRED_SPEED = 1 / LEAST_SECONDS["screen"]
"""Up to this speed, two consecutive windows are examined together; at higher speeds, the weights before the examined
window are recorded first.
"""

Notice = Callable[[], object]
"""A function that another thread asks the training thread to call."""


class Exchange:
    """What threads exchange: commands and their answers one way, the newest frame the other. Sending never waits."""

    def __init__(self, frame: Frame, clock: Callable[[], float]) -> None:
        self.frame = frame
        self.stopping = False
        self._clock = clock
        self._since = clock()
        self._changed = threading.Condition()
        self._letters: deque[Sent | Notice] = deque()
        self._underway: Sent | None = None
        self._answers: deque[Answer] = deque(maxlen=ANSWERS_KEPT)
        self._numbered = self._sent = 0
        self._done = -1
        self._ended = False

    # ---- for any thread

    def send(self, command: Command) -> int:
        """Add a command; returns its number, counted from 1."""
        with self._changed:
            self._numbered += 1
            self._add(Sent(self._numbered, command))
            return self._numbered

    def notify(self, notice: Notice) -> None:
        """Have a function called on the training thread."""
        with self._changed:
            self._add(notice)

    def _add(self, letter: Sent | Notice) -> None:
        self._letters.append(letter)
        self._sent += 1
        self._changed.notify_all()

    @property
    def unanswered(self) -> tuple[Sent, ...]:
        """The command that is being carried out, and those that wait, oldest first; after the end they are lost."""
        with self._changed:
            letters = [self._underway, *self._letters]  # a copy, since a signal handler may send more
            return tuple(one for one in letters if isinstance(one, Sent))

    @property
    def answered(self) -> int:
        """The number of the newest command before which all are answered."""
        with self._changed:
            return min((one.number for one in self.unanswered), default=self._numbered + 1) - 1

    @property
    def answers(self) -> tuple[Answer, ...]:
        """The answers to the newest commands, oldest first."""
        with self._changed:
            return tuple(self._answers)

    def stop(self) -> None:
        """Ask the training thread to stop: from now on `wait` returns False."""
        with self._changed:
            self.stopping = True
            self._changed.notify_all()

    def when_idle(self, seconds: float | None = None) -> bool:
        """Wait until all commands sent so far are done, at most ``seconds``; returns whether they are."""
        self.notify(lambda: None)  # so that current work is done too
        with self._changed:
            sent = self._sent
            self._changed.wait_for(lambda: self._done >= sent or self._ended, seconds)
            return self._done >= sent

    def wait_for(self, shows: Callable[[Frame], bool], seconds: float) -> None:
        """Wait for a frame for which ``shows`` is true, at most ``seconds``."""
        with self._changed:
            self._changed.wait_for(lambda: shows(self.frame), seconds)

    @property
    def seconds(self) -> float:
        """For how long the frame has had this state and this message."""
        return self._clock() - self._since

    # ---- for the training thread

    def change(self, **changes: Any) -> None:
        """Replace the frame by one with these fields changed."""
        self.show(replace(self.frame, **changes))

    def show(self, frame: Frame) -> None:
        with self._changed:
            before, self.frame = self.frame, frame
            if (frame.state, frame.message) != (before.state, before.message):
                self._since = self._clock()
            self._changed.notify_all()

    def wait(self, seconds: float | None, idle: bool) -> bool:
        """Wait for a command or notice, at most ``seconds``; returns False if the thread should stop.

        Args:
            idle: whether all commands taken before are done.
        """
        with self._changed:
            if idle and not self._letters:
                self._done = self._sent
                self._changed.notify_all()
            if not (self.stopping or self._letters) and (seconds is None or seconds > 0):
                self._changed.wait(seconds)
            return not self.stopping

    def take(self, arrived: bool) -> Sent | Notice | None:
        """The next command or notice whose turn has come; None if there is none, or if the thread should stop. A
        command that has to wait is overtaken only by notices and commands of `When.AT_ONCE`.

        Args:
            arrived: whether the session has reached the position to which it was sent.
        """
        with self._changed:
            may_go = True
            for letter in () if self.stopping else list(self._letters):
                when = letter.command.when if isinstance(letter, Sent) else When.AT_ONCE
                if when is not When.AT_ONCE:
                    may_go = may_go and (arrived or when is When.IN_ORDER)
                if may_go or when is When.AT_ONCE:
                    self._letters.remove(letter)
                    self._underway = letter if isinstance(letter, Sent) else None
                    return letter
            return None

    def answer(self, answer: Answer) -> None:
        with self._changed:
            self._underway = None
            self._answers.append(answer)

    def end(self) -> None:
        """No more commands will be carried out: `when_idle` stops waiting."""
        with self._changed:
            self._ended = True
            self._changed.notify_all()


class Loop:
    """The training loop. Between slices of training, which are short, it carries out commands. For its arguments see
    `echornn.session.session.Session`.
    """

    def __init__(
        self,
        config: EchoConfig,
        speed: float,
        make_trainer: MakeTrainer | None,
        on_progress: Callable[[PopulationProgress], None] | None,
        clock: Callable[[], float],
        recorder: Recorder | None,
        at: int | None,
        examine: Examine | None = None,
        vitals: bool = False,
    ) -> None:
        self.stopped = threading.Event()
        self.error: Exception | None = None
        self.is_loaded = False
        self.recorder = recorder or Recorder()
        self.going_first = at  # the window to which to go first; None once it is reached
        self.editing_first: dict[str, Any] = {}  # what differs from the continued run, until it is edited
        self._wanted = config
        self._on_progress = on_progress
        self._clock = clock
        self._can_save = False
        self.pace = Pace(speed, clock)
        self.drive = Drive(self.pace)
        resumed, first = self.recorder.resumed, config
        trained_by = () if resumed is None else (resumed.devices, resumed.threshold, resumed.threads)
        if resumed is not None:
            first = resumed.config
            owner = None if at is None else resumed.owner(resumed.position_at(at))
            self.editing_first = (first if owner is None else owner.config).changes_to(config)
        self._make_trainer = make_trainer or tensorflow_trainers(*trained_by)
        self.live = LiveRun(first, self._made, self.recorder, self.pace, clock)
        self.exchange = exchange = Exchange(first_frame(config, self.recorder, speed, at), clock)
        self.probing = Probing(examine or by_probes, exchange.notify, exchange.change, clock, self._stands, vitals)
        self._handlers = Handlers(self)
        self.recorder.when_saved(lambda: exchange.notify(self._show_warning))

    def _stands(self) -> tuple[Position, EchoConfig]:
        return self.live.position, self.live.own_config

    def _made(self, config: EchoConfig) -> AnyTrainer:
        if self._can_save:  # if the network is not the first, the frame must show nothing of the previous one
            self.show_compiling(config)
            self.probing.forget()
        return self._make_trainer(config)

    def run(self) -> None:
        """Load, then train as commands say until `stop`, or until training fails; errors are not raised."""
        exchange = self.exchange
        try:
            self._load()
            self.is_loaded = True
            while exchange.wait(self._wait_seconds(), self.live.arrived and not self.drive.requested):
                # each command is judged by the frame, so the frame is updated after each
                while (letter := exchange.take(self.live.arrived)) is not None:
                    self.obey(letter) if isinstance(letter, Sent) else letter()
                    self._show()
                self._work()
        except Exception as error:  # the screen must survive any error of TensorFlow, and show it
            self._fail(error)
        finally:
            try:
                try:
                    # if a call failed halfway, the log lacks its windows, so the previous checkpoint is kept
                    if self._can_save:
                        self.live.save_all()
                finally:
                    self.recorder.close()
                self._show_warning()
            except Exception as error:
                self._fail(error)
            finally:  # even if the recorder raises an error at its end, wake threads that wait for this one
                self.stopped.set()
                exchange.end()
                self.probing.end()

    def _fail(self, error: Exception) -> None:
        if self.error is not None:
            return
        self.error = error
        message = str(error) if isinstance(error, OwnError) else f"{type(error).__name__}: {error}"
        if not isinstance(error, (ConfigError, BrokenPipeError)):  # these are not faults of this program
            file = self.recorder.failed(error)
            message = f"{message.splitlines()[0]} (traceback in {file})" if file else message
        self.exchange.change(state=State.FAILED, message=message, rate=0.0)

    def _load(self) -> None:
        live, exchange, at = self.live, self.exchange, self.going_first
        live.may_save = False
        live.take_up()
        if len(live.timeline):  # while there is no network yet
            exchange.change(**self._place, **live.recorded)
        live.load()
        if exchange.stopping:
            return
        exchange.change(message=COMPILING, device=live.trainer.device)
        self.probing.start()
        try:
            live.compile()
        except OwnError:  # of a run whose task or cell cannot be used here as it is; elsewhere, or changed, it may
            if at is None and not self.editing_first:
                raise
        live.begin()
        if at is not None:
            live.go(Position(live.here.branch, at))
            while not (live.arrived or exchange.stopping):
                exchange.change(message=self._going)
                self._step_on_the_way()
            self.going_first = None if live.arrived else at
        if self._wanted != live.config and not exchange.stopping:
            live.edit(self._wanted)
            self.editing_first = {}
        elif at is None and (live.trainer.finished or live.diverged):
            live.show_rows(lambda: exchange.stopping)
        if live.diverged:
            self.drive.pause()
        self._can_save = live.may_save = True
        live.save()
        self.pace.restart()
        self._show()

    # ---- commands

    def obey(self, sent: Sent) -> None:
        """Carry out a command, if it has something to do, and answer it. If it raises an error, the screen shows the
        error, and the previous network continues.
        """
        command, before = sent.command, self.exchange.frame
        answer = Answer(sent.number, command)
        try:
            answer = replace(answer, why_not=why_nothing(command, before))
            if answer.done:
                self._handlers.do(command)
            if isinstance(command, ChangeCommand | LookCommand):  # running training goes on
                self.pace.restart()
                if self.drive.to_the_end:
                    self.drive.finish(self.live.epoch_left)
                self.exchange.change(refused=None)
        except Exception as error:
            # otherwise the error is TensorFlow's, about another network
            is_known = isinstance(error, (ConfigError, NotThereError))
            why_not = str(error) if is_known else f"{type(error).__name__}: {error}"
            field = error.field if isinstance(error, ConfigError) else ""
            answer = replace(answer, why_not=why_not, field=field, was_refused=True)
            self.exchange.show(replace(before, refused=answer))
        self.exchange.answer(answer)

    def set_speed(self, command: SpeedCommand) -> None:
        """Set the speed, and show it: the next frame may have to wait for a compilation."""
        self.pace.set_speed(speed_after(command, self.pace.speed, self.exchange.frame.rate))
        self.exchange.change(speed=self.pace.speed)

    # ---- work, in slices so short that commands take effect at once

    def _wait_seconds(self) -> float | None:
        """The seconds for which there is nothing to do; None if only a command can end the wait."""
        if self.exchange.stopping or not self.live.arrived:  # if it is stopped while loading, there is no branch yet
            return 0.0
        waits = [self._seconds_to_train(), self.recorder.seconds_to_save(), self._seconds_to_probe()]
        return min((one for one in waits if one is not None), default=None)

    def _seconds_to_train(self) -> float | None:
        return None if self.live.trainer.finished else self.drive.wait_seconds()

    def _seconds_to_probe(self) -> float | None:
        if not (self.probing.asked and self.live.arrived):
            return None
        return self.probing.seconds(still=self._seconds_to_train() is None)

    def _work(self) -> None:
        live = self.live
        if not live.arrived:
            self._step_on_the_way()
            if live.arrived:
                self.pace.restart()
            self._show()
        elif not live.trainer.finished:
            # one window if the change of the weights is to be measured
            is_paired = self.probing.asked and self.probing.is_weighed(live.position)
            if windows := self.drive.windows(1 if is_paired else self.pace.slice_windows()):
                self._train(windows)
        if live.arrived and live.trainer.finished:
            self.drive.drop_requests()
        seconds = self.recorder.seconds_to_save()
        if seconds is not None and seconds <= 0 and live.arrived:
            live.save()
            self._show_warning()
        if self._seconds_to_probe() == 0:
            self._probe()

    def _step_on_the_way(self) -> None:
        begun = self._clock()
        windows = self.live.step(self.pace.slice_windows())
        self.pace.took(windows, self._clock() - begun)

    def _train(self, windows: int) -> None:
        live, begun = self.live, self._clock()
        self._can_save = False
        diverged_before = live.diverged
        try:
            progress = live.train(windows)
        except OwnError:  # the data could not be made, so the networks are as before
            self._can_save = True
            raise
        trained = len(progress.losses)
        self.pace.trained(windows, self._clock() - begun, is_typical=windows > 1 or self.pace.slice_windows() == 1)
        self.drive.trained(trained)
        self._can_save = True
        if not live.arrived:  # the loss diverges in the window after these, which is trained alone
            self.drive.pause()
            self.drive.step(1)
        elif live.diverged and not diverged_before:
            self.drive.pause()
        if self._on_progress is not None and trained:
            self._on_progress(progress)
        self._show()

    def _probe(self) -> None:
        live, still, replica = self.live, self._seconds_to_train() is None, self.live.replica

        def take() -> TrainerState:
            return live.trainer.state.of(replica)

        if not still and self.pace.speed > LEAST_PAIRED_SPEED and not self.probing.follows(live.position):
            self.probing.weigh(take, live.position)
            return
        newest = live.shown[-1].of(replica) if live.shown else None
        self.probing.begin(take, live.position, newest, still, self.pace.speed > WATCHABLE_SPEED)

    # ---- frames

    def _show(self) -> None:
        """Show the complete current state, and how far the session is on its way to a position, if it is."""
        live, trainer = self.live, self.live.trainer
        trains = self.drive.running or (self.drive.requested and live.arrived)
        state = State.RUNNING if trains else State.PAUSED
        if trainer.finished and live.arrived and not live.is_past:
            state = State.FINISHED
        changes = {**self._place, **self._forgotten, "answered": self.exchange.answered, "coming": None}
        if live.arrived:
            rate = self.pace.rate() if state is State.RUNNING else 0.0
            changes |= {**live.trained, "message": "", "speed": self.pace.speed, "rate": rate}
        else:
            changes |= {"message": self._going, "rate": 0.0}
        self.exchange.change(state=state, config=live.config, replica=live.replica, **changes)

    def show_compiling(self, config: EchoConfig) -> None:
        """Show that another network is being made, or the loop of another learning rule, and what is new in it; all
        else stays as at the previous position.
        """
        before = self.exchange.frame.config
        if config.replicas == before.replicas:
            changed = changes_text(before, config)
            of = f" of {changed}" if changed else ""
        else:
            of = " of one network alone" if config.replicas == 1 else f" of {config.replicas:,} networks"
        self.exchange.change(state=State.LOADING, message=f"{COMPILING}{of}", rate=0.0, coming=config)

    def _show_warning(self) -> None:
        if self._warning != self.exchange.frame.warning:
            self.exchange.change(warning=self._warning)

    @property
    def _place(self) -> dict[str, Any]:
        return {**self.live.place, "vitals": self._vitals(), "warning": self._warning}

    @property
    def _going(self) -> str:
        return f"going to window {self.live.here.window:,}: {self.live.on_the_way:,} to train again"

    @property
    def _warning(self) -> str:
        live, parts = self.live, [self.recorder.warning, self.live.moved]
        if live.arrived and live.diverged and live.shown:
            last = live.shown[-1]
            where = f"window {last.window + 1} of epoch {last.epoch + 1}"
            paused = "" if self.drive.running else ": paused there"
            parts.insert(0, f"the loss is {last.of(live.replica).losses[-1]} in {where}{paused}")
        if live.unlike is not None:
            parts.append(str(live.unlike))
        return "; ".join(part for part in parts if part)

    @property
    def _forgotten(self) -> dict[str, Any]:
        """What frames on the way to another network show: the target position, without window data."""
        before, own = self.exchange.frame.own_config, self.live.own_config
        if before.differs_only_live(own):
            return {}
        kept = {} if before.differs_only_live(replace(own, seed=before.seed)) else {"readings": None, "unread": ""}
        return kept if self.live.arrived else {"progress": None, "tape": (), **self.live.recorded, **kept}

    def _vitals(self) -> Readings | None:
        """The vitals of the previous frame, unless they are of another network, another branch or a later window."""
        frame, position = self.exchange.frame, self.live.position
        vitals = frame.vitals
        is_later = vitals is not None and (vitals.branch != position.branch or vitals.window > position.window)
        if frame.own_config.seed != self.live.own_config.seed or is_later:
            self.probing.forget()
            return None
        return vitals


def first_frame(config: EchoConfig, recorder: Recorder, speed: float, at: int | None = None) -> Frame:
    """The frame before anything is loaded: the position of the recorded run, and what will be done there first; for a
    new run, the beginning.
    """
    run = recorder.resumed
    message, position, is_unread = LOADING, (1, 0), False
    if run is not None and run.checkpoint is not None:
        state = run.checkpoint.state
        position = place_of(state.epoch, state.window, state.config)
        first = changes_text(state.config, config) if at is None else f"window {at:,}"
        message += f", then {first}" if first else ""
        config, is_unread = state.config, run.trained > 0
    folder = "" if recorder.folder is None else str(recorder.folder)
    return Frame(State.LOADING, config, message, *position, speed=speed, is_unread=is_unread, folder=folder)
