"""A session: any thread can send commands to a training loop, and read its newest frame.

The app and headless runs share it.
"""

from __future__ import annotations

import math
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import fields, replace
from typing import Any

from echornn.config import EchoConfig
from echornn.progress import AnyProgress
from echornn.readings import Question
from echornn.runs.recorder import Recorder
from echornn.runs.timeline import Timeline
from echornn.session import turning
from echornn.session.drive import Drive
from echornn.session.frame import Frame, State
from echornn.session.loop import Loop
from echornn.session.mailbox import Command
from echornn.session.pace import require_speed
from echornn.session.picture import Picture
from echornn.session.probing import Examine
from echornn.training.any_trainer import MakeTrainer

Order = Callable[[Drive], None]
"""What a key that pauses, resumes or steps does."""


class Session:
    """A run that trains on the thread that calls `run`, while other threads command and watch it.

    Every method but `run` may be called from any thread, and none waits but `when_idle`.

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
        examine: reads what is asked, on a thread of its own; `echornn.probes.examine.examine` unless given.
        vitals: whether to read now and then, unasked, what the sentence stands on beside the losses; see `Frame`.
    """

    def __init__(
        self,
        config: EchoConfig,
        speed: float = math.inf,
        make_trainer: MakeTrainer | None = None,
        on_progress: Callable[[AnyProgress], None] | None = None,
        clock: Callable[[], float] = time.monotonic,
        recorder: Recorder | None = None,
        at: int | None = None,
        examine: Examine | None = None,
        vitals: bool = False,
    ) -> None:
        self._speed = require_speed(speed)
        self._orders: deque[Order] = deque()
        self._turns: deque[int] = deque()
        self._shown_while_loading: tuple[object, Frame] | None = None
        self._given = self._done = 0
        self._loop = Loop(config, speed, make_trainer, on_progress, clock, recorder, at, examine, vitals)

    def run(self) -> None:
        """Load, then train as commanded until `stop`, or until training fails.

        What goes wrong in training ends in the state `failed` with the error's text; it is not raised.
        """
        self._loop.run()

    @property
    def stopped(self) -> threading.Event:
        """Set when `run` has returned."""
        return self._loop.stopped

    @property
    def error(self) -> Exception | None:
        """Why the session failed, or could not end its record."""
        return self._loop.error

    @property
    def going_first(self) -> int | None:
        """The window ``at`` to which it was to go back first, as long as it has not come there; else None."""
        return self._loop.going_first

    @property
    def editing_first(self) -> dict[str, Any]:
        """The fields of ``config`` in which it differs from the run that goes on, as long as they are not edited."""
        return self._loop.editing_first

    @property
    def before_it_diverged(self) -> int | None:
        """Windows along the path after which the loss was still finite; see `Whereabouts.before_it_diverged`."""
        return self._loop.live.before_it_diverged

    @property
    def outstanding(self) -> int:
        """Commands to train, to change what is trained or to go to a moment that are not carried out yet."""
        return self._given - self._done + self._loop.changes.waiting

    @property
    def is_behind(self) -> bool:
        """Whether a command is not obeyed yet, or the frame does not show yet what came of it."""
        return self._loop.mailbox.is_behind

    def _have_done(self, command: Command) -> None:
        def do() -> None:
            command()
            self._done += 1

        self._given += 1
        self._loop.mailbox.send(do)

    def _ordered(self, order: Order, anywhere: bool = True) -> Command:
        """A command that gives this order to the drive in turn; until then it counts among those to be obeyed."""
        self._orders.append(order)

        def obey() -> None:
            self._orders.popleft()
            order(self._loop.drive)

        return lambda: self._loop.changes.in_turn(obey, anywhere)

    def _have_looked(self, look: Command) -> None:
        """Show another moment, where training pauses; while it loads, only the pause is shown."""

        def pause(drive: Drive) -> None:
            if drive is not self._loop.drive:  # which is paused by the look itself, if there is such a moment
                drive.pause()

        turn = self._ordered(pause)

        def do() -> None:
            turn()
            look()

        self._have_done(do)

    def _in_turn(self, command: Command) -> None:
        self._loop.mailbox.send(lambda: self._loop.changes.in_turn(command))

    @property
    def recorder(self) -> Recorder:
        """What keeps the run; one of them keeps nothing."""
        return self._loop.recorder

    # ---- for every thread

    @property
    def frame(self) -> Frame:
        """The newest frame; the same object as before where nothing has changed. While it loads, keys are obeyed later,
        but what they asked for is shown at once."""
        frame = self._loop.stage.frame
        if frame.state is not State.LOADING:
            return frame
        start, turns = self._loop.drive.start_after(tuple(self._orders)), tuple(self._turns)
        made, known = (frame, self._speed, start, turns), self._shown_while_loading
        if known is None or known[0] != made:
            base = frame.coming or frame.config
            coming = turning.begun(base, frame.replica, turns[-1]) if len(turns) % 2 else frame.coming
            shown = replace(frame, speed=self._speed, start=start, coming=coming)
            known = self._shown_while_loading = made, shown
        return known[1]

    @property
    def speed(self) -> float:
        """Windows a second asked for, by the newest command; infinity is full speed."""
        return self._speed

    @property
    def config(self) -> EchoConfig:
        """What is trained now, or compiled."""
        return self._loop.live.config

    @property
    def timeline(self) -> Timeline:
        """All branches of the run, and what was lost in them."""
        return self._loop.live.timeline

    @property
    def picture(self) -> Picture:
        """The newest frame with the losses along its line."""
        return Picture(self.frame, self._loop.live.timeline)

    def when_idle(self, seconds: float | None = None) -> bool:
        """Wait until nothing is left to do of all commands given so far, at most so long; whether it came to that."""
        return self._loop.mailbox.when_idle(seconds)

    def pause(self) -> None:
        """Stop training after the windows under way."""
        self._loop.mailbox.send(self._ordered(Drive.pause))

    def resume(self) -> None:
        """Train on, at the speed set; from a moment in the past, as a new branch."""
        self._loop.mailbox.send(self._ordered(Drive.resume))

    def toggle(self) -> None:
        """Pause where it runs, resume where it is paused; while it loads, change how the frame says that it starts."""
        start, order = self.frame.start, Drive.toggle
        if self._loop.stage.frame.state is State.LOADING:
            order = Drive.pause if start.running or start.windows else Drive.resume
        self._loop.mailbox.send(self._ordered(order))

    def step(self, windows: int = 1) -> None:
        """Train so many windows, then pause.

        They are trained also where something is changed meanwhile, or refused. `pause`, `toggle`, `resume` and what
        leads to another moment end them.
        """
        self._have_done(self._ordered(lambda drive: drive.step(windows)))

    def finish_epoch(self) -> None:
        """Train to the end of the epoch at full speed, then pause; as `step`."""
        loop = self._loop

        def finish(drive: Drive) -> None:
            drive.finish(loop.live.epoch_left if drive is loop.drive else 1)  # while it loads, the number is not known

        self._have_done(self._ordered(finish, anywhere=False))

    def set_speed(self, speed: float) -> None:
        """Windows a second from now on; infinity is full speed.

        Raises:
            ValueError: the speed is out of range; see `echornn.session.pace.require_speed`.
        """
        self._speed = require_speed(speed)
        self._loop.mailbox.send(lambda: self._loop.pace.set_speed(speed))

    def reset(self) -> None:
        """Start over with the weights of this draw, from the first epoch; the data stays. There, nothing is done."""
        self._have_done(self._loop.changes.start_over)

    def redraw(self) -> None:
        """Start over with new weights, the next of the seed's random starts; the data stays."""
        self._have_done(lambda: self._loop.changes.start_over(further=1))

    def regenerate(self) -> None:
        """New data; the epoch starts again with it, the weights stay."""
        self._have_done(self._loop.changes.regenerate)

    def edit(self, anew: bool = False, **changes: Any) -> None:
        """Change these fields of what is trained when the command's turn comes: at once where only live fields
        differ, else with a new trainer. All other fields stay.

        What cannot be done leaves all as it was, and is said in `Frame.refusal`.

        Args:
            anew: whether to start over with the first weights, whatever differs.

        Raises:
            TypeError: a name is no field of `EchoConfig`.
        """
        _require_fields(changes)
        self._have_done(lambda: self._loop.changes.edit(lambda: replace(self._loop.live.config, **changes), anew))

    def nudge(self, **changes: Any) -> None:
        """As `edit`, by a key that may be held: nudges of the same fields in quick succession are undone together.

        Raises:
            TypeError: a name is no field of `EchoConfig`.
        """
        _require_fields(changes)
        self._have_done(lambda: self._loop.changes.edit(lambda: replace(self._loop.live.config, **changes), held=True))

    def go(self, branch: int, window: int) -> None:
        """Show the moment after ``window`` windows along a branch's path, as it was; training pauses.

        Beyond the path's ends its ends are shown. A branch that is not there is said in `Frame.refusal`.
        """
        self._have_looked(lambda: self._loop.changes.go(branch, window))

    def move(self, windows: int) -> None:
        """Show the moment so many windows on along the line, or back; see `go`."""
        self._have_looked(lambda: self._loop.changes.move(windows))

    def move_epochs(self, epochs: int) -> None:
        """Show the next moment at which an epoch ends, or the one before (-1); see `go`."""
        self._have_looked(lambda: self._loop.changes.move_epochs(epochs))

    def choose(self, replica: int) -> None:
        """Show this one of several replicas, counted from 0: rows, memory, gradient and weights are its own.

        Of a number that is not there, the nearest is shown.
        """
        self._in_turn(lambda: self._loop.live.choose(replica))

    def alone(self) -> None:
        """The chosen replica goes on alone from this moment, as a new branch. Of a network alone, nothing is done."""
        self._have_done(self._loop.changes.alone)

    def replicas(self, replicas: int = 64) -> None:
        """Go from one network to several replicas, and back: each goes on where it was left.

        The first time, so many replicas start over with the network's seed and the next ones; or the chosen one of
        several replicas starts over, alone.
        """
        self._turns.append(replicas)

        def turn() -> None:
            self._turns.popleft()
            self._loop.changes.replicas(replicas)

        self._have_done(turn)

    lottery = replicas
    """The name that `replicas` had at first."""

    def undo(self) -> None:
        """Go to before the last reset, redraw, regeneration, edit or going back; nothing trained is lost."""
        self._have_done(self._loop.changes.undo)

    def redo(self) -> None:
        """Go forth again to where the last undo came from."""
        self._have_done(self._loop.changes.redo)

    def ask(self, question: Question | None) -> None:
        """Have this read of the newest moment, and of later ones while windows are trained, until another is asked.

        What is read comes in `Frame.readings`; why nothing could be, in `Frame.unread`. None asks for nothing.
        """
        self._loop.mailbox.send(lambda: self._loop.probing.ask(question))

    def save(self) -> None:
        """Bring all that was trained to the disk now."""
        self._loop.mailbox.send(self._loop.live.save)

    def stop(self) -> None:
        """Make `run` return at the next safe point: between two stretches of windows."""
        self._loop.mailbox.stop()


def _require_fields(changes: dict[str, Any]) -> None:
    if unknown := set(changes) - {field.name for field in fields(EchoConfig)}:
        raise TypeError(f"EchoConfig has no field {', '.join(sorted(unknown))}")
