"""The loop of the training thread: carry out commands, train a slice, save, show; repeat."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from echornn.config import ConfigError, EchoConfig
from echornn.errors import OwnError
from echornn.progress import PopulationProgress
from echornn.replay.pace import Pace
from echornn.runs.recorder import Recorder
from echornn.session.commands import Sent
from echornn.session.drive import WATCHABLE_SPEED, Drive
from echornn.session.frames import COMPILING, FrameHolder, FrameMaker, first_frame
from echornn.session.handlers import Handlers
from echornn.session.live_run import LiveRun
from echornn.session.mailbox import Mailbox
from echornn.session.pictures.frame import State
from echornn.session.probing import LEAST_SECONDS, Examine, Probing
from echornn.session.probing import examine as by_probes
from echornn.state import TrainerState
from echornn.timeline.branch import Position
from echornn.training.any_trainer import AnyTrainer, MakeTrainer, tensorflow_trainers

LEAST_PAIRED_SPEED = 1 / LEAST_SECONDS["screen"]
"""Up to this speed, two consecutive windows are examined together; at higher speeds, the weights before the examined
window are recorded first.
"""


class Loop:
    """The training loop. Between slices of training, which are short, it carries out commands.

    Attributes:
        mailbox: receives commands from other threads.
        live: the run in training, and its position in the tree.
        holder: holds the newest frame.
        pace: tells how many windows are due.
        drive: tells whether to train.
        probing: examines the network.
        handlers: carries out the commands.

    Args: see `echornn.session.session.Session`.
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
        """Is set when `run` has returned."""
        self.error: Exception | None = None
        """The error that ended the session; None if there is none."""
        self.is_loaded = False
        """Whether the session has loaded, so that an error is a failure of training."""
        self.recorder = recorder or Recorder()
        self._on_progress = on_progress
        self._clock = clock
        self._can_save = False
        self.pace = Pace(speed, clock)
        self.mailbox = Mailbox()
        self.drive = Drive(self.pace)
        self.going_first = at
        """The window to which to go first; None once it is reached."""
        self.editing_first: dict[str, Any] = {}
        """The fields of ``config`` that differ from the continued run, until they are edited."""
        self._wanted = config
        resumed = self.recorder.resumed
        if resumed is not None:
            owner = None if at is None else resumed.owner(resumed.position_at(at))
            self.editing_first = (resumed if owner is None else owner).config.changes_to(config)
        trained_by = () if resumed is None else (resumed.devices, resumed.threshold, resumed.threads)
        made = make_trainer or tensorflow_trainers(*trained_by)
        first = config if resumed is None else resumed.config
        self.live = LiveRun(first, self._made_by(made), self.recorder, self.pace, clock)
        self.holder = FrameHolder(first_frame(config, self.recorder, speed, at), clock)
        notify = self.mailbox.notify
        self.probing = Probing(examine or by_probes, notify, self.holder.change, clock, self._stands, vitals)
        self.handlers = Handlers(self.mailbox, self.live, self.holder, self.pace, self.drive, self.probing)
        self._frame_maker = FrameMaker(
            self.holder, self.live, self.pace, self.drive, self.recorder, self.probing, self.mailbox
        )
        self.recorder.when_saved(lambda: notify(self._frame_maker.show_warning))

    def _stands(self) -> tuple[Position, EchoConfig]:
        return self.live.position, self.live.config.of(self.live.replica)

    def _made_by(self, make_trainer: MakeTrainer) -> MakeTrainer:
        def make(config: EchoConfig) -> AnyTrainer:
            if self._can_save:  # if the network is not the first, the frame must show nothing of the previous one
                self.holder.compile(config)
                self.probing.forget()
            return make_trainer(config)

        return make

    def run(self) -> None:
        """Load, then train as commands say until `stop`, or until training fails.

        Errors in training are not raised: they lead to the state `failed`, with the error's text.
        """
        try:
            self._load()
            self.is_loaded = True
            while self.mailbox.wait(self._wait_seconds(), self._is_idle):
                self._obey()
                self._work()
        except Exception as error:  # the screen must survive any error of TensorFlow, and show it
            self._fail(error)
        finally:
            try:
                self._end_record()
            except Exception as error:
                self._fail(error)
            finally:  # even if the recorder raises an error at its end, wake threads that wait for this one
                self.stopped.set()
                self.mailbox.end()
                self.probing.end()

    def _fail(self, error: Exception) -> None:
        if self.error is not None:
            return
        self.error = error
        message = str(error) if isinstance(error, OwnError) else f"{type(error).__name__}: {error}"
        if not isinstance(error, (ConfigError, BrokenPipeError)):  # these are not faults of this program
            file = self.recorder.failed(error)
            message = f"{message.splitlines()[0]} (traceback in {file})" if file else message
        self.holder.change(state=State.FAILED, message=message, rate=0.0)

    def _load(self) -> None:
        live = self.live
        live.may_save = False
        live.take_up()
        self._frame_maker.show_recorded()
        live.load()
        if self.mailbox.stopping:
            return
        self.holder.change(message=COMPILING, device=live.trainer.device)
        self.probing.start()
        at = self.going_first
        try:
            live.compile()
        except OwnError:  # of a run whose task or cell cannot be used here as it is; elsewhere, or changed, it may
            if at is None and not self.editing_first:
                raise
        live.begin()
        if at is not None:
            self._go_first(at)
        if self._wanted != live.config and not self.mailbox.stopping:
            live.edit(self._wanted)
            self.editing_first = {}
        elif at is None and (live.trainer.finished or live.diverged):
            live.show_rows(lambda: self.mailbox.stopping)
        if live.diverged:
            self.drive.pause()
        self._can_save = live.may_save = True
        live.save()
        self.pace.restart()
        self._frame_maker.show()

    def _go_first(self, at: int) -> None:
        self.live.go(Position(self.live.here.branch, at))
        while not (self.live.arrived or self.mailbox.stopping):
            self._frame_maker.show_going()
            self._step_on_the_way()
        if self.live.arrived:
            self.going_first = None

    def _obey(self) -> None:
        """Carry out all commands whose turn has come. Each is judged by the frame, so the frame is updated after
        each.
        """
        while (letter := self.mailbox.take(self.live.arrived)) is not None:
            if isinstance(letter, Sent):
                self.handlers.obey(letter)
            else:
                letter()
            self._frame_maker.show()

    @property
    def _is_idle(self) -> bool:
        """Whether all commands are done, apart from training without end."""
        return self.live.arrived and not self.drive.requested

    def _wait_seconds(self) -> float | None:
        """The seconds for which there is nothing to do; None if only a command can end the wait."""
        if self.mailbox.stopping or not self.live.arrived:  # if it is stopped while loading, there is no branch yet
            return 0.0
        waits = [self._seconds_to_train(), self.recorder.seconds_to_save(), self._seconds_to_probe()]
        return min((one for one in waits if one is not None), default=None)

    def _seconds_to_train(self) -> float | None:
        return None if self.live.trainer.finished else self.drive.wait_seconds()

    def _seconds_to_probe(self) -> float | None:
        if not (self.probing.asked and self.live.arrived):
            return None
        return self.probing.seconds(*self._stands(), self._stands_still)

    @property
    def _stands_still(self) -> bool:
        return self._seconds_to_train() is None

    def _work(self) -> None:
        """Do the next slice of work, so short that commands take effect at once."""
        if not self.live.arrived:
            self._walk()
        elif not self.live.trainer.finished and (windows := self.drive.windows(self._slice_windows)):
            self._train(windows)
        if self.live.arrived and self.live.trainer.finished:
            self.drive.drop_requests()
        seconds = self.recorder.seconds_to_save()
        if seconds is not None and seconds <= 0 and self.live.arrived:
            self.live.save()
            self._frame_maker.show_warning()
        if self._seconds_to_probe() == 0:
            self._probe()

    def _probe(self) -> None:
        live, probing = self.live, self.probing
        replica = live.replica

        def take() -> TrainerState:
            return live.trainer.state.of(replica)

        if not self._stands_still and self.pace.speed > LEAST_PAIRED_SPEED and not probing.follows(live.position):
            probing.weigh(take, live.position)
            return
        newest = live.shown[-1].of(replica) if live.shown else None
        flat_out = self.pace.speed > WATCHABLE_SPEED
        probing.begin(take, live.position, newest, self._stands_still, flat_out)

    @property
    def _slice_windows(self) -> int:
        """The most windows to train now: one if the change of the weights is to be measured."""
        alone = self.probing.asked and self.probing.is_weighed(self.live.position)
        return 1 if alone else self.pace.slice_windows()

    def _train(self, windows: int) -> None:
        live = self.live
        begun = self._clock()
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
        self._frame_maker.show()

    def _walk(self) -> None:
        """Go some steps further towards the position to be shown."""
        self._step_on_the_way()
        if self.live.arrived:
            self.pace.restart()
        self._frame_maker.show()

    def _step_on_the_way(self) -> None:
        begun = self._clock()
        windows = self.live.step(self.pace.slice_windows())
        self.pace.took(windows, self._clock() - begun)

    def _end_record(self) -> None:
        """Save the last checkpoint. If a call failed halfway, the log lacks its windows, so the previous checkpoint is
        kept.
        """
        try:
            if self._can_save:
                self.live.save_all()
        finally:
            self.recorder.close()
        self._frame_maker.show_warning()
