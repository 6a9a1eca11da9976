"""The loop on the training thread: obey, train a slice, save, show; and again."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import replace

from echornn.config import ConfigError, EchoConfig
from echornn.progress import Progress
from echornn.readings import Readings
from echornn.runs.branch import Moment
from echornn.runs.recorder import Recorder, Unrecorded
from echornn.session.frame import Frame, State
from echornn.session.live_run import LiveRun
from echornn.session.mailbox import Command, Mailbox
from echornn.session.pace import Pace
from echornn.session.probing import LEAST_SECONDS, Examine, Probing
from echornn.session.probing import examine as by_probes
from echornn.session.stage import Stage, place
from echornn.training.any_trainer import AnyTrainer, MakeTrainer, tensorflow_trainers

WATCHABLE_SPEED = 100.0
"""Up to this speed, in windows a second, windows are trained one by one, so that the tape has no gaps."""

LEAST_PAIRED_SPEED = 1 / LEAST_SECONDS["screen"]
"""Up to this speed windows that follow each other are examined; above it, the one before is weighed first."""


class Loop:
    """Does what its mailbox says, between slices of training that are short enough for that.

    Attributes:
        mailbox: the door to it: whoever is on another thread sends one of the commands below through it.
        live: what is trained, and where in the run's tree.
        stage: what is shown of it.
        pace: how many windows are due.
        probing: what is read of them.

    Args: see `echornn.session.session.Session`.
    """

    def __init__(
        self,
        config: EchoConfig,
        speed: float,
        make_trainer: MakeTrainer | None,
        on_progress: Callable[[Progress], None] | None,
        clock: Callable[[], float],
        recorder: Recorder | None,
        at: int | None,
        examine: Examine | None = None,
        vitals: bool = False,
    ) -> None:
        self.stopped = threading.Event()
        """Set when `run` has returned."""
        self.error: Exception | None = None
        """Why the session failed."""
        self.recorder: Recorder = Unrecorded() if recorder is None else recorder
        self._on_progress = on_progress
        self._clock = clock
        self._can_save = False
        self.pace = Pace(speed, clock)
        self.mailbox = Mailbox()
        self.running = True
        self.owed = 0
        self._changes: deque[tuple[Callable[[], None], bool]] = deque()
        self.going_first = at
        """The window to which it goes before all else; None from there on."""
        self._wanted = config
        resumed = self.recorder.resumed
        made = make_trainer or tensorflow_trainers()
        first = config if resumed is None else resumed.config
        self.live = LiveRun(first, self._made_by(made), self.recorder, self.pace, clock)
        self.stage = Stage(Frame(State.LOADING, config, "loading TensorFlow", *_place_of(self.recorder), speed=speed))
        self.probing = Probing(examine or by_probes, self.mailbox.send, self.stage.change, clock, self._stands, vitals)
        self.recorder.when_saved(lambda: self.mailbox.send(self.show_warning))

    def _stands(self) -> tuple[Moment, EchoConfig]:
        return self.live.moment, self.live.config

    def _made_by(self, make_trainer: MakeTrainer) -> MakeTrainer:
        def make(config: EchoConfig) -> AnyTrainer:
            if self._can_save:  # another network than the first: nothing of the one before is shown
                self.stage.compile(config)
                self.probing.forget()
            return make_trainer(config)

        return make

    def run(self) -> None:
        """Load, then train as commanded until `stop`, or until training fails.

        What goes wrong in training ends in the state `failed` with the error's text; it is not raised.
        """
        try:
            self._load()
            while (commands := self.mailbox.take(self._wait_seconds(), self._is_idle)) is not None:
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
                self.mailbox.end()
                self.probing.end()

    def _fail(self, error: Exception) -> None:
        if self.error is not None:
            return
        self.error = error
        message = f"{type(error).__name__}: {error}"
        if not isinstance(error, (ConfigError, BrokenPipeError)):  # those are not this program's faults
            file = self.recorder.failed(error)
            message = f"{message.splitlines()[0]} (traceback in {file})" if file else message
        self.stage.change(state=State.FAILED, message=message, rate=0.0)

    def _load(self) -> None:
        live = self.live
        live.may_save = False
        live.load()
        if self.mailbox.stopping:
            return
        self.stage.change(message="compiling the training loop", device=live.trainer.device)
        self.probing.start()
        live.trainer.compile()
        live.begin()
        at = self.going_first
        if at is not None:
            self._go_first(at)
        if self._wanted != live.config and not self.mailbox.stopping:
            live.edit(self._wanted)
        elif live.trainer.finished and at is None:
            live.show_rows()
        self._can_save = live.may_save = True
        live.save()
        self.pace.restart()
        self._show()

    def _go_first(self, at: int) -> None:
        self.live.go(Moment(self.live.here.branch, at))
        while not (self.live.arrived or self.mailbox.stopping):
            self.stage.change(message=self._going)
            self._step_on_the_way()
        if self.live.arrived:
            self.going_first = None

    def _obey(self, commands: list[Command]) -> None:
        for command in commands:
            command()
        if commands:
            self._show()

    @property
    def _is_idle(self) -> bool:
        """Whether nothing is left to do of what was commanded, but to train on."""
        return self.live.arrived and not self.owed and not self._changes

    def _wait_seconds(self) -> float | None:
        """How long there is nothing to do; None until a command comes."""
        if not self.live.arrived:
            return 0.0
        waits = [self._seconds_to_train(), self.recorder.seconds_to_save(), self._seconds_to_probe()]
        return min((one for one in waits if one is not None), default=None)

    def _seconds_to_train(self) -> float | None:
        if self.live.trainer.finished or not (self.running or self.owed):
            return None
        if self.owed:
            return 0.0
        return self.pace.wait_seconds()

    def _seconds_to_probe(self) -> float | None:
        if not (self.probing.asked and self.live.arrived):
            return None
        return self.probing.seconds(self.live.moment, self.live.config, self._stands_still)

    @property
    def _stands_still(self) -> bool:
        return self._seconds_to_train() is None

    def _work(self) -> None:
        """The next slice of what there is to do, short enough for commands to be obeyed at once."""
        if not self.live.arrived:
            self._walk()
        elif windows := self._due():
            self._train(windows)
        seconds = self.recorder.seconds_to_save()
        if seconds is not None and seconds <= 0 and self.live.arrived:
            self.live.save()
            self.show_warning()
        if self._seconds_to_probe() == 0:
            self._probe()

    def _probe(self) -> None:
        live, probing = self.live, self.probing
        if not self._stands_still and self.pace.speed > LEAST_PAIRED_SPEED and not probing.follows(live.moment):
            probing.weigh(lambda: live.trainer.state, live.moment)
            return
        newest = live.shown[-1] if live.shown else None
        flat_out = self.pace.speed > WATCHABLE_SPEED
        probing.begin(lambda: live.trainer.state, live.moment, newest, self._stands_still, flat_out)

    @property
    def _slice_windows(self) -> int:
        """How many windows to train at the most: one alone, where it is to be seen what it changes."""
        alone = self.probing.asked and self.probing.is_weighed(self.live.moment)
        return 1 if alone else self.pace.slice_windows()

    def _due(self) -> int:
        """How many windows to train now: what is owed or due, in slices that leave room for commands."""
        if self.live.trainer.finished:
            return 0
        if self.owed:
            return min(self.owed, self._slice_windows)
        if not self.running:
            return 0
        if self.pace.speed <= WATCHABLE_SPEED:
            return min(self.pace.due(), 1)
        return min(self.pace.due(), self._slice_windows)

    def _train(self, windows: int) -> None:
        live = self.live
        begun = self._clock()
        self._can_save = False
        diverged_before = live.diverged
        progress = live.train(windows)
        trained = len(progress.losses)
        self.pace.trained(windows, self._clock() - begun, is_typical=windows > 1 or self.pace.slice_windows() == 1)
        self.owed = 0 if live.trainer.finished else max(0, self.owed - windows)
        self._can_save = True
        if not live.arrived:  # the loss diverges in the window after these, which is trained alone
            self.running, self.owed = False, 1
        elif live.diverged and not diverged_before:
            self.pause()
        if self._on_progress is not None and trained:
            self._on_progress(progress)
        self._show()

    def _walk(self) -> None:
        """Some steps on the way to the moment that is to be shown."""
        self._step_on_the_way()
        if self.live.arrived:
            self.pace.restart()
            self._make_changes()
        self._show()

    def _step_on_the_way(self) -> None:
        begun = self._clock()
        windows = self.live.step(self.pace.slice_windows())
        self.pace.took(windows, self._clock() - begun)

    def pause(self) -> None:
        self.running = False
        self.owed = 0

    def resume(self) -> None:
        self.running = True
        self.owed = 0
        self.pace.restart()

    def step(self, windows: int) -> None:
        self.running = False
        self.owed = 0 if self.live.trainer.finished else self.owed + max(0, windows)

    def finish_epoch(self) -> None:
        self.change(lambda: self.step(self.live.config.windows_per_epoch - self.live.trainer.window))

    def change(self, change: Callable[[], None], anywhere: bool = False) -> None:
        """Begin another branch, or go to a moment; training goes on if it did.

        Whatever it raises is said, and what trained before still does.

        Args:
            anywhere: whether it can be done on the way to a moment too; else it waits, and all that come after it.
        """
        self._changes.append((change, anywhere))
        self._make_changes()

    def _make_changes(self) -> None:
        while self._changes and (self.live.arrived or self._changes[0][1]):
            self._make(self._changes.popleft()[0])

    def _make(self, change: Callable[[], None]) -> None:
        before = self.stage.frame
        try:
            self.owed = 0
            change()
            self.pace.restart()
            self.stage.change(refusal="")
        except ConfigError as error:
            self._refuse(before, str(error), error.field)
        except Exception as error:  # whatever TensorFlow raises for another network
            self._refuse(before, f"{type(error).__name__}: {error}")

    def edit(self, wanted: Callable[[], EchoConfig], anew: bool = False, held: bool = False) -> None:
        """Go on with another configuration; see `LiveRun.edit`."""

        def edit() -> None:
            config = wanted()
            if config != self.live.config or anew:
                self.live.edit(config, anew, held)

        self.change(edit, anywhere=anew)

    def undo(self, undo: Callable[[], None]) -> None:
        """Go where this leads: a moment in the past is looked at, and the end of a branch is where training goes on."""

        def look() -> None:
            undo()
            if self.live.is_past:
                self.pause()

        self.change(look, anywhere=True)

    def _refuse(self, before: Frame, text: str, field: str = "") -> None:
        self.stage.frame = replace(before, refusal=text, refused_field=field, refusals=before.refusals + 1)

    def go_within(self, branch: int, window: int) -> None:
        timeline = self.live.timeline
        if not 0 <= branch < len(timeline):
            self._refuse(self.stage.frame, f"branch = {branch} cannot be shown: 0 to {len(timeline) - 1}")
            return
        moment = Moment(branch, min(max(0, window), timeline.end(branch).window))
        self.pause()
        if moment != self.live.here:
            self.change(lambda: self.live.go(moment), anywhere=True)

    def move_epochs(self, epochs: int) -> None:
        timeline, here = self.live.timeline, self.live.here
        per_epoch = self.live.config.windows_per_epoch
        _, done = timeline.owner(here).position(here.window)
        back = done if done else per_epoch
        window = here.window - back if epochs < 0 else here.window + per_epoch - done
        window += (epochs - 1) * per_epoch if epochs > 0 else (epochs + 1) * per_epoch
        self.go_within(here.branch, window)

    # ---- the record, on the training thread

    def show_warning(self) -> None:
        if self._warning != self.stage.frame.warning:
            self.stage.change(warning=self._warning)

    @property
    def _warning(self) -> str:
        live, parts = self.live, [self.recorder.warning]
        if live.diverged and live.shown:
            last = live.shown[-1]
            where = f"window {last.window + 1} of epoch {last.epoch + 1}"
            parts.insert(0, f"the loss is {last.losses[-1]} in {where}{'' if self.running else ': paused there'}")
        return "; ".join(part for part in parts if part)

    @property
    def _going(self) -> str:
        return f"going to window {self.live.here.window:,}: {self.live.on_the_way:,} to train again"

    def _end_record(self) -> None:
        """The last checkpoint; of a call that failed halfway the log lacks windows, so the one before stays."""
        try:
            if self._can_save:
                self.live.save()
        finally:
            self.recorder.close()
        self.show_warning()

    def _show(self) -> None:
        """Show everything as it is now; on the way to a moment, that it is going there."""
        live = self.live
        here, trainer = live.here, live.trainer
        going = State.RUNNING if self.running or (self.owed and live.arrived) else State.PAUSED
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
            "vitals": self._vitals(),
        }
        if not live.arrived:
            self.stage.change(state=state, message=self._going, rate=0.0, config=live.config, **where)
            return
        self.stage.stand(
            trainer,
            live.config,
            live.shown,
            live.timeline.evidence(here),
            state=state,
            message="",
            device=trainer.device,
            rate=self.pace.rate() if state is State.RUNNING else 0.0,
            speed=self.pace.speed,
            warning=self._warning,
            blamed=live.blamed,
            **where,
        )

    def _vitals(self) -> Readings | None:
        """Those that are shown, where they are not another network's: of this branch, and of no later moment."""
        vitals, moment = self.stage.frame.vitals, self.live.moment
        if vitals is not None and (vitals.branch != moment.branch or vitals.window > moment.window):
            self.probing.forget()
            return None
        return vitals


def _place_of(recorder: Recorder) -> tuple[int, int]:
    """Epoch and window, as a frame has them, at which the recorded run goes on."""
    run = recorder.resumed
    if run is None or run.checkpoint is None:
        return 1, 0
    state = run.checkpoint.state
    return place(state.epoch, state.window, state.config)
