"""One training loop on one thread: commands in, the newest frame out. The app and headless runs share it."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable
from dataclasses import fields, replace
from typing import Any

from echornn.analysis.loss_history import Curve, curve_of
from echornn.config import ConfigError, EchoConfig
from echornn.progress import Progress
from echornn.runs.branch import Moment
from echornn.runs.recorder import Recorder, Unrecorded
from echornn.runs.timeline import Timeline
from echornn.session.frame import Frame, State
from echornn.session.live_run import LiveRun
from echornn.session.mailbox import Command, Mailbox
from echornn.session.pace import Pace, require_speed
from echornn.session.stage import Stage, place
from echornn.training.any_trainer import AnyTrainer, MakeTrainer, tensorflow_trainers

WATCHABLE_SPEED = 100.0
"""Up to this speed, in windows a second, windows are trained one by one, so that the tape has no gaps."""


class Session:
    """AnyTrainer on the thread that calls `run`; every other method may be called from any thread, and none waits but
    `when_idle`.

    Args:
        config: what to train.
        speed: windows a second, or infinity for full speed.
        make_trainer: makes the trainer, on the training thread; `echornn.training.trainer.Trainer` unless given.
        on_progress: called on the training thread after each stretch of windows.
        clock: seconds that never go back.
        recorder: keeps the run on disk; unset, nothing is kept. One that has been begun before goes on where it left
            off; where ``config`` differs from what was trained there, it is an edit, which can be undone. One that
            cannot be made fails the session, and leaves the disk as it was.
        at: of a run that goes on: go back to after so many windows along its path first.
    """

    def __init__(
        self,
        config: EchoConfig,
        speed: float = math.inf,
        make_trainer: MakeTrainer | None = None,
        on_progress: Callable[[Progress], None] | None = None,
        clock: Callable[[], float] = time.monotonic,
        recorder: Recorder | None = None,
        at: int | None = None,
    ) -> None:
        self.stopped = threading.Event()
        """Set when `run` has returned."""
        self.error: Exception | None = None
        """Why the session failed."""
        self.recorder: Recorder = Unrecorded() if recorder is None else recorder
        self._on_progress = on_progress
        self._clock = clock
        self._can_save = False
        self._speed = require_speed(speed)
        self._pace = Pace(speed, clock)
        self._mailbox = Mailbox()
        self._running = True
        self._owed = 0
        self._at = at
        self._wanted = config
        resumed = self.recorder.resumed
        made = make_trainer or tensorflow_trainers()
        first = config if resumed is None else resumed.config
        self._live = LiveRun(first, self._made_by(made), self.recorder, self._pace, clock)
        self._stage = Stage(Frame(State.LOADING, config, "loading TensorFlow", *_place_of(self.recorder), speed=speed))
        self.recorder.when_saved(lambda: self._mailbox.send(self._show_warning))

    def _made_by(self, make_trainer: MakeTrainer) -> MakeTrainer:
        def make(config: EchoConfig) -> AnyTrainer:
            if self._can_save:  # another network than the first: nothing of the one before is shown
                self._stage.compile(config)
            return make_trainer(config)

        return make

    # ---- for every thread

    @property
    def frame(self) -> Frame:
        """The newest frame; the same object as before where nothing has changed."""
        return self._stage.frame

    @property
    def speed(self) -> float:
        """Windows a second asked for, by the newest command; infinity is full speed."""
        return self._speed

    @property
    def config(self) -> EchoConfig:
        """What is trained now, or compiled."""
        return self._live.config

    @property
    def timeline(self) -> Timeline:
        """All branches of the run, and what was lost in them."""
        return self._live.timeline

    def curve(self, columns: int, first: int = 0, last: int | None = None) -> Curve:
        """Part of the loss along the line that the frame shows; see `Timeline.curve`."""
        timeline = self._live.timeline
        if not len(timeline):
            return curve_of([], columns, 0, 0)
        return timeline.curve(min(self.frame.line, len(timeline) - 1), columns, first, last)

    def when_idle(self, seconds: float | None = None) -> bool:
        """Wait until nothing is left to do of all commands given so far, at most so long; whether it came to that."""
        return self._mailbox.when_idle(seconds)

    def pause(self) -> None:
        """Stop training after the windows under way."""
        self._mailbox.send(self._pause)

    def resume(self) -> None:
        """Train on, at the speed set; from a moment in the past, as a new branch."""
        self._mailbox.send(self._resume)

    def toggle(self) -> None:
        """Pause where it runs, resume where it is paused."""
        self._mailbox.send(lambda: self._pause() if self._running or self._owed else self._resume())

    def step(self, windows: int = 1) -> None:
        """Train so many windows, then pause."""
        self._mailbox.send(lambda: self._step(windows))

    def finish_epoch(self) -> None:
        """Train to the end of the epoch at full speed, then pause."""
        self._mailbox.send(self._finish_epoch)

    def set_speed(self, speed: float) -> None:
        """Windows a second from now on; infinity is full speed.

        Raises:
            ValueError: the speed is out of range; see `echornn.session.pace.require_speed`.
        """
        self._speed = require_speed(speed)
        self._mailbox.send(lambda: self._pace.set_speed(speed))

    def reset(self) -> None:
        """Start over with the weights of this draw, from the first epoch; the data stays."""
        self._mailbox.send(lambda: self._change(lambda: self._live.reset(held=self._running)))

    def redraw(self) -> None:
        """Start over with new weights, the next of the seed's random starts; the data stays."""
        self._mailbox.send(lambda: self._change(lambda: self._live.reset(1, held=self._running)))

    def regenerate(self) -> None:
        """New data; the epoch starts again with it, the weights stay."""
        self._mailbox.send(lambda: self._change(lambda: self._live.regenerate(self._running)))

    def edit(self, **changes: Any) -> None:
        """Change these fields of what is trained when the command's turn comes: at once where only live fields
        differ, else with a new trainer.

        What cannot be done leaves all as it was, and is said in `Frame.refusal`.

        Raises:
            TypeError: a name is no field of `EchoConfig`.
        """
        _require_fields(changes)
        self._mailbox.send(lambda: self._edit(lambda: replace(self._live.config, **changes)))

    def nudge(self, **changes: Any) -> None:
        """As `edit`, by a key that may be held: nudges of the same fields in quick succession are undone together.

        Raises:
            TypeError: a name is no field of `EchoConfig`.
        """
        _require_fields(changes)
        self._mailbox.send(lambda: self._edit(lambda: replace(self._live.config, **changes), held=True))

    def start_with(self, config: EchoConfig) -> None:
        """Start over with this configuration and its first weights, as one command; see `edit`."""
        self._mailbox.send(lambda: self._edit(lambda: config, anew=True))

    def go(self, branch: int, window: int) -> None:
        """Show the moment after ``window`` windows along a branch's path, as it was; training pauses.

        Beyond the path's ends its ends are shown. A branch that is not there is said in `Frame.refusal`.
        """
        self._mailbox.send(lambda: self._go_within(branch, window))

    def move(self, windows: int) -> None:
        """Show the moment so many windows on along the line, or back; see `go`."""
        self._mailbox.send(lambda: self._go_within(self._live.here.branch, self._live.here.window + windows))

    def move_epochs(self, epochs: int) -> None:
        """Show the next moment at which an epoch ends, or the one before (-1); see `go`."""
        self._mailbox.send(lambda: self._move_epochs(epochs))

    def undo(self) -> None:
        """Go to before the last reset, redraw, regeneration, edit or going back; nothing trained is lost."""
        self._mailbox.send(lambda: self._change(self._live.undo))

    def redo(self) -> None:
        """Go forth again to where the last undo came from."""
        self._mailbox.send(lambda: self._change(self._live.redo))

    def save(self) -> None:
        """Bring all that was trained to the disk now."""
        self._mailbox.send(self._live.save)

    def stop(self) -> None:
        """Make `run` return at the next safe point: between two stretches of windows."""
        self._mailbox.stop()

    # ---- on the training thread

    def run(self) -> None:
        """Load, then train as commanded until `stop`, or until training fails.

        What goes wrong in training ends in the state `failed` with the error's text; it is not raised.
        """
        try:
            self._load()
            while (commands := self._mailbox.take(self._wait_seconds(), self._is_idle)) is not None:
                self._obey(commands)
                self._work()
        except Exception as error:  # the screen must survive whatever TensorFlow raises, and show it
            self._fail(error)
        finally:
            try:
                self._end_record()
            except Exception as error:
                self._fail(error)
            finally:  # whatever a record does at its end, whoever waits for ours is told
                self.stopped.set()
                self._mailbox.end()

    def _fail(self, error: Exception) -> None:
        if self.error is not None:
            return
        self.error = error
        message = f"{type(error).__name__}: {error}"
        if not isinstance(error, (ConfigError, BrokenPipeError)):  # those are not this program's faults
            file = self.recorder.failed(error)
            message = f"{message.splitlines()[0]} (traceback in {file})" if file else message
        self._stage.change(state=State.FAILED, message=message, rate=0.0)

    def _load(self) -> None:
        live = self._live
        live.may_save = False
        live.load()
        if self._mailbox.stopping:
            return
        self._stage.change(message="compiling the training loop", device=live.trainer.device)
        live.trainer.compile()
        live.begin()
        if self._at is not None:
            live.go(Moment(live.here.branch, self._at))
            self._arrive()
        if self._wanted != live.config and not self._mailbox.stopping:
            live.edit(self._wanted)
        self._can_save = live.may_save = True
        live.save()
        self._pace.restart()
        self._show()

    def _obey(self, commands: list[Command]) -> None:
        for command in commands:
            command()
        if commands:
            self._show()

    @property
    def _is_idle(self) -> bool:
        """Whether nothing is left to do of what was commanded, but to train on."""
        return self._live.arrived and not self._owed

    def _wait_seconds(self) -> float | None:
        """How long there is nothing to do; None until a command comes."""
        if not self._live.arrived:
            return 0.0
        waits = [self._seconds_to_train(), self.recorder.seconds_to_save()]
        return min((one for one in waits if one is not None), default=None)

    def _seconds_to_train(self) -> float | None:
        if self._live.trainer.finished or not (self._running or self._owed):
            return None
        if self._owed:
            return 0.0
        return self._pace.wait_seconds()

    def _work(self) -> None:
        """The next slice of what there is to do, short enough for commands to be obeyed at once."""
        if not self._live.arrived:
            self._walk()
        elif windows := self._due():
            self._train(windows)
        seconds = self.recorder.seconds_to_save()
        if seconds is not None and seconds <= 0 and self._live.arrived:
            self._live.save()
            self._show_warning()

    def _due(self) -> int:
        """How many windows to train now: what is owed or due, in slices that leave room for commands."""
        if self._live.trainer.finished:
            return 0
        if self._owed:
            return min(self._owed, self._pace.slice_windows())
        if not self._running:
            return 0
        if self._pace.speed <= WATCHABLE_SPEED:
            return min(self._pace.due(), 1)
        return min(self._pace.due(), self._pace.slice_windows())

    def _train(self, windows: int) -> None:
        live = self._live
        begun = self._clock()
        self._can_save = False
        diverged_before = live.diverged
        progress = live.train(windows)
        trained = len(progress.losses)
        self._pace.trained(windows, self._clock() - begun)
        self._owed = 0 if live.trainer.finished else max(0, self._owed - windows)
        self._can_save = True
        if not live.arrived:  # the loss diverges in the window after these, which is trained alone
            self._running, self._owed = False, 1
        elif live.diverged and not diverged_before:
            self._pause()
        if self._on_progress is not None and trained:
            self._on_progress(progress)
        self._show()

    def _walk(self) -> None:
        """Some steps on the way to the moment that is to be shown."""
        begun = self._clock()
        windows = self._live.step(self._pace.slice_windows())
        self._pace.took(windows, self._clock() - begun)
        if self._live.arrived:
            self._pace.restart()
            self._show()

    def _arrive(self) -> None:
        """All steps on the way to the moment under way: what comes next is done there."""
        while not (self._live.arrived or self._mailbox.stopping):
            self._walk()

    def _pause(self) -> None:
        self._running = False
        self._owed = 0

    def _resume(self) -> None:
        self._running = True
        self._owed = 0
        self._pace.restart()

    def _step(self, windows: int) -> None:
        self._running = False
        self._owed = 0 if self._live.trainer.finished else self._owed + max(0, windows)

    def _finish_epoch(self) -> None:
        self._arrive()
        self._step(self._live.config.windows_per_epoch - self._live.trainer.window - self._owed)

    def _change(self, change: Callable[[], None]) -> None:
        """Begin another branch, or go to a moment; training goes on if it did."""
        self._arrive()
        if self._mailbox.stopping:
            return
        change()
        self._owed = 0
        self._pace.restart()
        self._stage.change(refusal="")

    def _edit(self, wanted: Callable[[], EchoConfig], anew: bool = False, held: bool = False) -> None:
        before = self.frame
        try:
            self._arrive()
            config = wanted()
            if config == self._live.config and not anew:
                self._stage.change(refusal="")
            else:
                before = self.frame
                self._change(lambda: self._live.edit(config, anew, held))
        except Exception as error:  # whatever TensorFlow raises for this configuration, the one before still trains
            self._stage.frame = before
            if isinstance(error, ConfigError):
                self._refuse(str(error), error.field)
            else:
                self._refuse(f"{type(error).__name__}: {error}")

    def _refuse(self, text: str, field: str = "") -> None:
        self._stage.change(refusal=text, refused_field=field, refusals=self.frame.refusals + 1)

    def _go_within(self, branch: int, window: int) -> None:
        timeline = self._live.timeline
        if not 0 <= branch < len(timeline):
            self._refuse(f"branch = {branch} cannot be shown: 0 to {len(timeline) - 1}")
            return
        moment = Moment(branch, min(max(0, window), timeline.end(branch).window))
        self._pause()
        self._stage.change(refusal="")
        if moment != self._live.here:
            self._live.go(moment)

    def _move_epochs(self, epochs: int) -> None:
        timeline, here = self._live.timeline, self._live.here
        per_epoch = self._live.config.windows_per_epoch
        _, done = timeline.owner(here).position(here.window)
        back = done if done else per_epoch
        window = here.window - back if epochs < 0 else here.window + per_epoch - done
        window += (epochs - 1) * per_epoch if epochs > 0 else (epochs + 1) * per_epoch
        self._go_within(here.branch, window)

    # ---- the record, on the training thread

    def _show_warning(self) -> None:
        if self._warning != self.frame.warning:
            self._stage.change(warning=self._warning)

    @property
    def _warning(self) -> str:
        live, parts = self._live, [self.recorder.warning]
        if live.diverged and live.shown:
            last = live.shown[-1]
            where = f"window {last.window + 1} of epoch {last.epoch + 1}"
            parts.insert(0, f"the loss is {last.losses[-1]} in {where}: paused there")
        return "; ".join(part for part in parts if part)

    def _end_record(self) -> None:
        """The last checkpoint; of a call that failed halfway the log lacks windows, so the one before stays."""
        try:
            if self._can_save:
                self._live.save()
        finally:
            self.recorder.close()
        self._show_warning()

    def _show(self) -> None:
        """Show everything as it is now; on the way to a moment, that it is going there."""
        live = self._live
        here, trainer = live.here, live.trainer
        going = State.RUNNING if self._running or (self._owed and live.arrived) else State.PAUSED
        state = State.FINISHED if trainer.finished and live.arrived and not live.is_past else going
        where = {
            "branch": live.owner.number,
            "line": here.branch,
            "line_end": live.timeline.end(here.branch).window,
            "is_past": live.is_past,
            "trained": here.window,
            "trained_in_all": live.timeline.trained,
            "undoable": live.undoable,
            "redoable": live.redoable,
        }
        if not live.arrived:
            message = f"going to window {here.window:,}: {live.on_the_way:,} to train again"
            self._stage.change(state=state, message=message, rate=0.0, config=live.config, **where)
            return
        self._stage.stand(
            trainer,
            live.config,
            live.shown,
            live.timeline.evidence(here),
            state=state,
            message="",
            device=trainer.device,
            rate=self._pace.rate() if state is State.RUNNING else 0.0,
            speed=self._pace.speed,
            warning=self._warning,
            blamed=live.blamed,
            **where,
        )


def _require_fields(changes: dict[str, Any]) -> None:
    if unknown := set(changes) - {field.name for field in fields(EchoConfig)}:
        raise TypeError(f"EchoConfig has no field {', '.join(sorted(unknown))}")


def _place_of(recorder: Recorder) -> tuple[int, int]:
    """Epoch and window, as a frame has them, at which the recorded run goes on."""
    run = recorder.resumed
    if run is None or run.checkpoint is None:
        return 1, 0
    state = run.checkpoint.state
    return place(state.epoch, state.window, state.config)
