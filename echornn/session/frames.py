"""Holds the newest frame of a session; a change replaces the whole frame, and wakes threads that wait for it."""

from __future__ import annotations

import dataclasses
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from echornn.config import EchoConfig, changes_text
from echornn.progress import PopulationProgress, Progress
from echornn.readings import Readings
from echornn.replay.pace import Pace
from echornn.runs.recorder import Recorder
from echornn.session.drive import Drive
from echornn.session.live_run import LiveRun
from echornn.session.mailbox import Mailbox
from echornn.session.pictures.frame import Frame, State
from echornn.session.probing import Probing
from echornn.training.any_trainer import AnyTrainer

COMPILING = "compiling the training loop"
"""The message while a training loop is compiled."""


class FrameHolder:
    """Holds the newest frame. The training thread sets it; any thread may read ``frame``.

    Args:
        frame: the first frame.
        clock: a monotonic clock, in seconds.
    """

    def __init__(self, frame: Frame, clock: Callable[[], float] = time.monotonic) -> None:
        self.frame = frame
        self._clock = clock
        self._since = clock()
        self._changed = threading.Condition()

    def change(self, **changes: Any) -> None:
        """Replace the frame by one with these attributes changed."""
        self.show(dataclasses.replace(self.frame, **changes))

    def show(self, frame: Frame) -> None:
        """Replace the frame."""
        with self._changed:
            before, self.frame = self.frame, frame
            if (frame.state, frame.message) != (before.state, before.message):
                self._since = self._clock()
            self._changed.notify_all()

    @property
    def seconds(self) -> float:
        """For how long the frame has had this state and this message."""
        return self._clock() - self._since

    def wait_for(self, shows: Callable[[Frame], bool], seconds: float) -> None:
        """Wait for a frame for which ``shows`` is true, at most ``seconds``."""
        with self._changed:
            self._changed.wait_for(lambda: shows(self.frame), seconds)

    def compile(self, config: EchoConfig) -> None:
        """Show that another network is being made, or the loop of another learning rule, and what is new in it; all
        other attributes stay those of the previous position.
        """
        if config.replicas == self.frame.config.replicas:
            changed = changes_text(self.frame.config, config)
            of = f" of {changed}" if changed else ""
        else:
            of = " of one network alone" if config.replicas == 1 else f" of {config.replicas:,} networks"
        self.change(state=State.LOADING, message=f"{COMPILING}{of}", rate=0.0, coming=config)


LOADING = "loading TensorFlow"
"""The message during the first seconds, while TensorFlow loads."""


def first_frame(config: EchoConfig, recorder: Recorder, speed: float, at: int | None = None) -> Frame:
    """The frame before anything is loaded: the position of the recorded run, and what will be done there first; for a
    new run, the beginning.
    """
    run = recorder.resumed
    message, position, is_unread = LOADING, (1, 0), False
    if run is not None and run.checkpoint is not None:
        state = run.checkpoint.state
        position = place(state.epoch, state.window, state.config)
        first = changes_text(state.config, config) if at is None else f"window {at:,}"
        message += f", then {first}" if first else ""
        config, is_unread = state.config, run.trained > 0
    folder = "" if recorder.folder is None else str(recorder.folder)
    return Frame(State.LOADING, config, message, *position, speed=speed, is_unread=is_unread, folder=folder)


def place(epoch: int, window: int, config: EchoConfig) -> tuple[int, int]:
    """A trainer's next epoch and window, both from 0, converted to those of a frame: the epoch from 1, and the number
    of windows trained in it.

    After the last epoch, this is the last epoch with all of its windows.
    """
    return (epoch + 1, window) if epoch < config.num_epochs else (epoch, config.windows_per_epoch)


def newest_windows(trainer: AnyTrainer, config: EchoConfig, shown: Sequence[Progress]) -> dict[str, Any]:
    """The fields of a frame about the trainer's position: after the windows ``shown``, or before the next window if
    there are none.

    Args:
        shown: the newest windows with their data, oldest first.
    """
    shown = [one.newest for one in shown]
    epoch, window = place(trainer.epoch, trainer.window, config)
    if shown:
        epoch, window = shown[-1].epoch + 1, shown[-1].window + 1
    position = {
        "epoch": epoch,
        "window": window,
        "data_version": trainer.data_version,
        "init_index": trainer.init_index,
    }
    return {"progress": shown[-1] if shown else None, "tape": tuple(shown[:-1]), **position}


class FrameMaker:
    """Collects the values of frames from the parts of the session, on the training thread.

    Args:
        holder: holds the frame.
        live: the run in training, and its position in the tree.
        pace: measures the speed.
        drive: tells whether it trains.
        recorder: saves the run to disk.
        probing: examines the network.
        mailbox: tells which commands are answered.
    """

    def __init__(
        self,
        holder: FrameHolder,
        live: LiveRun,
        pace: Pace,
        drive: Drive,
        recorder: Recorder,
        probing: Probing,
        mailbox: Mailbox,
    ) -> None:
        self._holder = holder
        self._live = live
        self._pace = pace
        self._drive = drive
        self._recorder = recorder
        self._probing = probing
        self._mailbox = mailbox
        self._own: list[tuple[PopulationProgress, int, Progress]] = []

    def show(self) -> None:
        """Show the complete current state, and how far the session is on its way to a position, if it is."""
        live = self._live
        trainer = live.trainer
        going = State.RUNNING if self._drive.running or (self._drive.requested and live.arrived) else State.PAUSED
        state = State.FINISHED if trainer.finished and live.arrived and not live.is_past else going
        changes = {**self._where, **self._forgotten, "answered": self._mailbox.answered, "coming": None}
        if live.arrived:
            changes |= newest_windows(trainer, live.config, self._of_the_replica(live.shown))
            changes |= {"loss_stats": live.timeline.loss_stats(live.here, live.replica)}
            changes |= {"message": "", "device": trainer.device, "speed": self._pace.speed}
            changes |= {"rate": self._pace.rate() if state is State.RUNNING else 0.0}
        else:
            changes |= {"message": self._going, "rate": 0.0}
        self._holder.change(state=state, config=live.config, replica=live.replica, **changes)

    def _of_the_replica(self, shown: Sequence[PopulationProgress]) -> Sequence[Progress]:
        """The windows of the chosen replica; those that were shown before are the same objects again."""
        replica = self._live.replica
        known = {id(one): own for one, of, own in self._own if of == replica}
        owns = [known.get(id(one)) or one.of(replica) for one in shown]
        self._own = [(one, replica, own) for one, own in zip(shown, owns, strict=True)]
        return owns

    def show_recorded(self) -> None:
        """Show the position of the recorded run, and the losses before it, while there is no network yet."""
        if len(self._live.timeline):
            self._holder.change(**self._where, **self._read_there)

    @property
    def _where(self) -> dict[str, Any]:
        """The attributes about the position in the run's tree."""
        live, here = self._live, self._live.here
        return {
            "branch": live.owner.number,
            "line": here.branch,
            "line_end": live.timeline.end(here.branch).window,
            "is_past": live.is_past,
            "trained": here.window,
            "trained_in_all": live.timeline.trained,
            "notes": live.notes,
            "undoable": live.undoable,
            "redoable": live.redoable,
            "vitals": self._vitals(),
            "seed_stats": live.timeline.seed_stats(here),
            "blamed": live.blamed,
            "warning": self._warning,
            "is_unread": False,
        }

    @property
    def _read_there(self) -> dict[str, Any]:
        """The attributes that are known from the record alone: the position, and the loss statistics."""
        live, owner, here = self._live, self._live.owner, self._live.here
        epoch, window = place(*owner.epoch_and_window(here.window), live.config)
        position = {
            "epoch": epoch,
            "window": window,
            "data_version": owner.data_version,
            "init_index": owner.init_index,
        }
        return {"loss_stats": live.timeline.loss_stats(here, live.replica), **position}

    def show_going(self) -> None:
        """Update only the message on how far the target still is."""
        self._holder.change(message=self._going)

    def show_warning(self) -> None:
        """Update only the warning about the loss or the record."""
        if self._warning != self._holder.frame.warning:
            self._holder.change(warning=self._warning)

    @property
    def _going(self) -> str:
        return f"going to window {self._live.here.window:,}: {self._live.on_the_way:,} to train again"

    @property
    def _warning(self) -> str:
        live, parts = self._live, [self._recorder.warning, self._live.moved]
        if live.arrived and live.diverged and live.shown:
            last = live.shown[-1]
            where = f"window {last.window + 1} of epoch {last.epoch + 1}"
            paused = "" if self._drive.running else ": paused there"
            parts.insert(0, f"the loss is {last.of(live.replica).losses[-1]} in {where}{paused}")
        if live.unlike is not None:
            parts.append(str(live.unlike))
        return "; ".join(part for part in parts if part)

    @property
    def _forgotten(self) -> dict[str, Any]:
        """The attributes of the target position, without window data, while the session is on its way to another
        network.
        """
        live, frame = self._live, self._holder.frame
        before, own = frame.own_config, live.config.of(live.replica)
        if before.differs_only_live(own):
            return {}
        kept = {} if before.differs_only_live(replace(own, seed=before.seed)) else {"readings": None, "unread": ""}
        if live.arrived:
            return kept
        return {"progress": None, "tape": (), **self._read_there, **kept}

    def _vitals(self) -> Readings | None:
        """The vitals of the previous frame, unless they are of another network, another branch or a later window."""
        frame, live = self._holder.frame, self._live
        vitals, position = frame.vitals, live.position
        if frame.own_config.seed != live.config.of(live.replica).seed:
            self._probing.forget()
            return None
        if vitals is not None and (vitals.branch != position.branch or vitals.window > position.window):
            self._probing.forget()
            return None
        return vitals
