"""One training loop on one thread: commands in, the newest frame out. The app and headless runs share it."""

from __future__ import annotations

import math
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import fields, replace
from typing import Any

from echornn.analysis.loss_history import Cause, Curve
from echornn.config import ConfigError, EchoConfig
from echornn.progress import Progress
from echornn.runs.recorded_evidence import evidence_of
from echornn.runs.recorder import Recorder
from echornn.session.chronicle import Chronicle
from echornn.session.edits import Moment, Past, edited
from echornn.session.frame import Frame, State
from echornn.session.pace import Pace, require_speed
from echornn.session.stage import Stage, place
from echornn.training.any_trainer import MakeTrainer, Trains, tensorflow_trainers

WATCHABLE_SPEED = 100.0
"""Up to this speed, in windows a second, windows are trained one by one, so that the tape has no gaps."""

HELD_SECONDS = 1.0
"""Weights that run for less before they begin anew are not kept for undo."""

Command = Callable[[], None]


class Session:
    """Trains on the thread that calls `run`; every other method may be called from any thread, and none waits.

    Args:
        config: what to train.
        speed: windows a second, or infinity for full speed.
        make_trainer: makes the trainer, on the training thread; `echornn.training.trainer.Trainer` unless given.
        on_progress: called on the training thread after each stretch of windows.
        clock: seconds that never go back.
        recorder: keeps the run on disk. One that has been begun before goes on where it left off; where ``config``
            differs from what was trained there, it is an edit, which can be undone. One that cannot be made fails
            the session, and leaves the disk as it was.
    """

    def __init__(
        self,
        config: EchoConfig,
        speed: float = math.inf,
        make_trainer: MakeTrainer | None = None,
        on_progress: Callable[[Progress], None] | None = None,
        clock: Callable[[], float] = time.monotonic,
        recorder: Recorder | None = None,
    ) -> None:
        self.config = config
        self._chronicle = Chronicle(recorder, clock)
        self.history = self._chronicle.history
        self.stopped = threading.Event()
        """Set when `run` has returned."""
        self.error: Exception | None = None
        """Why the session failed."""
        self._make_trainer = make_trainer or tensorflow_trainers()
        self._on_progress = on_progress
        self._clock = clock
        self._can_save = False
        self._speed = require_speed(speed)
        self._pace = Pace(speed, clock)
        self._commands: deque[Command] = deque()
        self._wake = threading.Condition()
        self._stopping = False
        self._running = True
        self._owed = 0
        self._past = Past()
        self._anew_at: tuple[float, int] | None = None
        self._trainer: Trains
        self._stage = Stage(Frame(State.LOADING, config, "loading TensorFlow", *_place_of(recorder), speed=speed))
        if recorder is not None:
            recorder.when_saved(lambda: self._send(self._show_warning))

    # ---- for every thread

    @property
    def frame(self) -> Frame:
        """The newest frame; the same object as before where nothing has changed."""
        return self._stage.frame

    @property
    def speed(self) -> float:
        """Windows a second asked for, by the newest command; infinity is full speed."""
        return self._speed

    def curve(self, columns: int, first: int = 0, last: int | None = None) -> Curve:
        """Part of the loss curve; see `LossHistory.curve`."""
        return self.history.curve(columns, first, last)

    def pause(self) -> None:
        """Stop training after the windows under way."""
        self._send(self._pause)

    def resume(self) -> None:
        """Train on, at the speed set."""
        self._send(self._resume)

    def toggle(self) -> None:
        """Pause where it runs, resume where it is paused."""
        self._send(lambda: self._pause() if self._running or self._owed else self._resume())

    def step(self, windows: int = 1) -> None:
        """Train so many windows, then pause."""
        self._send(lambda: self._step(windows))

    def finish_epoch(self) -> None:
        """Train to the end of the epoch at full speed, then pause."""
        self._send(lambda: self._step(self.config.windows_per_epoch - self._trainer.window - self._owed))

    def set_speed(self, speed: float) -> None:
        """Windows a second from now on; infinity is full speed.

        Raises:
            ValueError: the speed is out of range; see `echornn.session.pace.require_speed`.
        """
        self._speed = require_speed(speed)
        self._send(lambda: self._pace.set_speed(speed))

    def reset(self) -> None:
        """Start over with the weights of this draw, from the first epoch; the data stays."""
        self._send(lambda: self._reset(0))

    def redraw(self) -> None:
        """Start over with new weights, the next of the seed's random starts; the data stays."""
        self._send(lambda: self._reset(1))

    def regenerate(self) -> None:
        """New data; the epoch starts again with it, the weights stay."""
        self._send(self._regenerate)

    def edit(self, **changes: Any) -> None:
        """Change these fields of what is trained when the command's turn comes: at once where only live fields
        differ, else with a new trainer.

        What cannot be done leaves all as it was, and is said in `Frame.refusal`.

        Raises:
            TypeError: a name is no field of `EchoConfig`.
        """
        if unknown := set(changes) - {field.name for field in fields(EchoConfig)}:
            raise TypeError(f"EchoConfig has no field {', '.join(sorted(unknown))}")
        self._send(lambda: self._edit(lambda: replace(self.config, **changes)))

    def start_with(self, config: EchoConfig) -> None:
        """Start over with this configuration and its first weights, as one command; see `edit`."""
        self._send(lambda: self._edit(lambda: config, anew=True))

    def undo(self) -> None:
        """Go back to the moment before the last reset, redraw, regeneration or edit; the curve keeps what was."""
        self._send(self._undo)

    def save(self) -> None:
        """Bring all that was trained to the disk now."""
        self._send(self._save)

    def stop(self) -> None:
        """Make `run` return at the next safe point: between two stretches of windows."""
        with self._wake:
            self._stopping = True
            self._wake.notify_all()

    def _send(self, command: Command) -> None:
        with self._wake:
            self._commands.append(command)
            self._wake.notify_all()

    # ---- on the training thread

    def run(self) -> None:
        """Load, then train as commanded until `stop`, or until training fails.

        What goes wrong in training ends in the state `failed` with the error's text; it is not raised.
        """
        try:
            self._load()
            while self._obey():
                windows = self._due()
                if windows:
                    self._train(windows)
                self._save_if_due()
        except Exception as error:  # the screen must survive whatever TensorFlow raises, and show it
            self.error = error
            self._stage.change(state=State.FAILED, message=f"{type(error).__name__}: {error}", rate=0.0)
        finally:
            try:
                self._end_record()
            finally:  # whatever a record does at its end, whoever waits for ours is told
                self.stopped.set()

    def _load(self) -> None:
        run = self._chronicle.resumed
        wanted, self.config = self.config, self.config if run is None else run.config
        self._trainer = self._make_trainer(self.config)
        if self._stopping:
            return
        self._stage.change(message="compiling the training loop", device=self._trainer.device)
        self._trainer.compile()
        self._take_up()
        if wanted != self.config:
            self._change(wanted)
        self._can_save = True
        self._save()
        self._pace.restart()
        self._show()

    def _obey(self) -> bool:
        """Wait until there is something to do, and carry out the commands; False when told to stop."""
        with self._wake:
            if not (self._stopping or self._commands):
                seconds = self._wait_seconds()
                if (to_save := self._chronicle.seconds_to_save()) is not None:
                    seconds = to_save if seconds is None else min(seconds, to_save)
                if seconds is None or seconds > 0:
                    self._wake.wait(seconds)
            commands = list(self._commands)
            self._commands.clear()
            stopping = self._stopping
        if stopping:
            return False
        for command in commands:
            command()
        if commands:
            self._show()
        return True

    def _wait_seconds(self) -> float | None:
        """How long there is nothing to train; None until a command comes."""
        if self._trainer.finished or not (self._running or self._owed):
            return None
        if self._owed:
            return 0.0
        return self._pace.wait_seconds()

    def _due(self) -> int:
        """How many windows to train now: what is owed or due, in slices that leave room for commands."""
        if self._trainer.finished:
            return 0
        if self._owed:
            return min(self._owed, self._pace.slice_windows())
        if not self._running:
            return 0
        if self._pace.speed <= WATCHABLE_SPEED:
            return min(self._pace.due(), 1)
        return min(self._pace.due(), self._pace.slice_windows())

    def _train(self, windows: int) -> None:
        begun = self._clock()
        self._can_save = False
        divergence = self._chronicle.divergence
        diverged_before = divergence.message
        divergence.goes_on(self._trainer, len(self.history))
        progress = divergence.cut(self._trainer.advance(windows), self._trainer, len(self.history))
        if divergence.message and not diverged_before:
            self._pause()
            self._past.diverged()
            self._stage.change(undoable=len(self._past))
        self._pace.trained(windows, self._clock() - begun)
        self._owed = 0 if self._trainer.finished else max(0, self._owed - windows)
        self._chronicle.windows(progress, self.config)
        self._stage.windows(progress, self.config)
        self._can_save = True
        if self._on_progress is not None:
            self._on_progress(progress)
        self._show()

    def _pause(self) -> None:
        self._running = False
        self._owed = 0

    def _resume(self) -> None:
        self._running = True
        self._owed = 0
        self._pace.restart()

    def _step(self, windows: int) -> None:
        self._running = False
        self._owed = 0 if self._trainer.finished else self._owed + max(0, windows)

    def _reset(self, further: int) -> None:
        """Begin anew; undo keeps no weights that began anew just before, as they do where the key is held down."""
        self._save()
        if not self._began_just_before():
            self._remember(self._moment())
        self._trainer.reset(self._trainer.draw + further)
        self._begin("redraw" if further else "reset")

    def _began_just_before(self) -> bool:
        if self._anew_at is None:
            return False
        at, trained = self._anew_at
        return trained == len(self.history) or (self._running and self._clock() - at < HELD_SECONDS)

    def _regenerate(self) -> None:
        self._save()
        self._remember(self._moment())
        self._trainer.regenerate()
        self._begin("regenerate")

    def _begin(self, cause: Cause, goes_on: bool = False, back: tuple[int, int] | None = None) -> None:
        """Begin a new stretch of windows; one that ``goes_on`` with weights, data and task keeps what is shown."""
        self._owed = 0
        anew = cause in ("reset", "redraw", "preset")
        self._anew_at = (self._clock(), len(self.history)) if anew else None
        self._pace.restart()
        weights_stay = goes_on or cause == "regenerate"
        self._chronicle.command(cause, self._trainer, self.config, weights_stay, back)
        if not goes_on:
            self._stage.begin(self.config, weights_stay)
        self._stage.change(refusal="")

    # ---- edits and undo, on the training thread

    def _moment(self) -> Moment:
        return Moment(self._trainer, self._trainer.state, self.frame, self._chronicle.place)

    def _remember(self, moment: Moment) -> None:
        self._past.remember(moment)
        self._stage.change(undoable=len(self._past))

    def _edit(self, wanted: Callable[[], EchoConfig], anew: bool = False) -> None:
        before = self.frame
        try:
            config = wanted()
            if config == self.config and not anew:
                self._stage.change(refusal="")
                return
            self._save()
            before = self.frame
            self._change(config, anew)
        except Exception as error:  # whatever TensorFlow raises for this configuration, the one before still trains
            text = str(error) if isinstance(error, ConfigError) else f"{type(error).__name__}: {error}"
            self._stage.frame = replace(before, refusal=text, refusals=before.refusals + 1)

    def _change(self, config: EchoConfig, anew: bool = False) -> None:
        """Go on with this configuration, which can be undone; what is raised leaves trainer and record as they were."""
        before = self._moment()
        self._trainer = edited(self._trainer, config, self._make_another, anew)
        self._pace.forget()
        self._remember(before)
        self.config = config
        self._begin("preset" if anew else "edit", goes_on=not anew and before.state.config.same_task(config))
        self._stage.change(config=config, device=self._trainer.device)

    def _make_another(self, config: EchoConfig) -> Trains:
        self._stage.compile(config)
        return self._make_trainer(config)

    def _undo(self) -> None:
        if not self._past:
            return
        self._save()
        moment = self._past.newest()
        moment.come_back()
        self._trainer, self.config = moment.trainer, moment.state.config
        self._pace.forget()
        self._begin("undo", back=moment.place)
        self._stage.go_back(self.config, moment.frame)
        self._stage.change(device=self._trainer.device, undoable=len(self._past))

    # ---- the record, on the training thread

    def _take_up(self) -> None:
        """Begin the history, or go on with the one on disk."""
        run = self._chronicle.resumed
        if run is not None and run.checkpoint is not None:
            self._trainer.restore(run.checkpoint.state)
            self._chronicle.go_on(run, run.checkpoint.state)
            self._stage.change(evidence=evidence_of(run))
        else:
            self._chronicle.command("start", self._trainer, self.config)

    def _save_if_due(self) -> None:
        seconds = self._chronicle.seconds_to_save()
        if seconds is not None and seconds <= 0:
            self._save()

    def _save(self) -> None:
        moment = self._moment()
        self._chronicle.save(moment.state)
        self._past.passed(moment)
        self._show_warning()

    def _show_warning(self) -> None:
        if self._chronicle.warning != self.frame.warning:
            self._stage.change(warning=self._chronicle.warning)

    def _end_record(self) -> None:
        """The last checkpoint; of a call that failed halfway the log lacks windows, so the one before stays."""
        if self._can_save:
            self._chronicle.save(self._trainer.state)
        self._chronicle.close()
        self._show_warning()

    def _show(self) -> None:
        """Show everything as it is now."""
        going = State.RUNNING if self._running or self._owed else State.PAUSED
        state = State.FINISHED if self._trainer.finished else going
        self._stage.stand(
            self._trainer,
            self.config,
            state=state,
            message="",
            trained=len(self.history),
            rate=self._pace.rate() if state is State.RUNNING else 0.0,
            speed=self._pace.speed,
            warning=self._chronicle.warning,
        )


def _place_of(recorder: Recorder | None) -> tuple[int, int]:
    """Epoch and window, as a frame has them, at which the recorded run goes on."""
    run = None if recorder is None else recorder.resumed
    if run is None or run.checkpoint is None:
        return 1, 0
    state = run.checkpoint.state
    return place(state.epoch, state.window, state.config)
