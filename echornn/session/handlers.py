"""Carries out commands on the training thread: one case for each command."""

from __future__ import annotations

from collections import deque
from dataclasses import replace
from typing import assert_never

from echornn.config import ConfigError
from echornn.replay.pace import Pace
from echornn.session.command_base import When
from echornn.session.commands import (
    Alone,
    Answer,
    Ask,
    ChangeCommand,
    Choose,
    Edit,
    Faster,
    FinishEpoch,
    Go,
    LookCommand,
    Move,
    MoveEpochs,
    Pause,
    Redo,
    Redraw,
    Regenerate,
    Reset,
    Resume,
    Save,
    Sent,
    SetSpeed,
    Slower,
    StartOver,
    Step,
    Toggle,
    ToggleReplicas,
    Undo,
)
from echornn.session.drive import Drive
from echornn.session.frame_holder import FrameHolder
from echornn.session.live_run import LiveRun
from echornn.session.mailbox import Mailbox
from echornn.session.preview import speed_after
from echornn.session.probing import Probing
from echornn.timeline import turning
from echornn.timeline.branch import Moment
from echornn.timeline.epoch_ends import end_of_epoch


class NotThereError(Exception):
    """The branch to be shown does not exist."""


class Handlers:
    """Carries out commands in the order in which they were sent, and answers each.

    If a command waits until the session has arrived at a position, all later commands wait too; see `When`.

    Args:
        mailbox: gets the answers.
        live: the run that is changed.
        holder: shows the frame; after a refused command, it shows the frame from before.
        pace: its clock starts again after each change.
        drive: paused when an earlier window is shown. A change, or a refused one, does not alter the windows owed.
        probing: measures.
    """

    def __init__(
        self, mailbox: Mailbox, live: LiveRun, holder: FrameHolder, pace: Pace, drive: Drive, probing: Probing
    ) -> None:
        self._mailbox = mailbox
        self._live = live
        self._holder = holder
        self._pace = pace
        self._drive = drive
        self._probing = probing
        self._waiting: deque[Sent] = deque()
        self._turned: turning.Turn | None = None

    @property
    def are_waiting(self) -> bool:
        """Whether commands wait until the session has arrived at the position to which it goes."""
        return bool(self._waiting)

    def take(self, sent: Sent) -> None:
        """Carry out a command when its turn comes."""
        if sent.command.when is When.AT_ONCE:
            self._obey(sent)
        else:
            self._waiting.append(sent)
            self.do_waiting()

    def do_waiting(self) -> None:
        """Carry out the commands that need not wait any longer."""
        while self._waiting and (self._live.arrived or self._waiting[0].command.when is not When.ON_ARRIVAL):
            self._obey(self._waiting.popleft())

    def _obey(self, sent: Sent) -> None:
        self._mailbox.begin(sent)
        self._mailbox.answer(self._answer(sent))

    def _answer(self, sent: Sent) -> Answer:
        command = sent.command
        if isinstance(command, ChangeCommand | LookCommand):
            return self._answer_to_change(sent.number, command)
        match command:
            case Pause() | Resume() | Toggle() | Step() | FinishEpoch():
                self._drive.obey(command, self._live.epoch_left)
            case SetSpeed() | Faster() | Slower():
                self._pace.set_speed(speed_after(command, self._pace.speed, self._holder.frame.rate))
                self._holder.change(speed=self._pace.speed)  # the next frame may have to wait for a compilation
            case Choose(replica):
                self._live.choose(replica)
            case Ask(question):
                self._probing.ask(question)
            case Save():
                self._live.save()
            case _:
                assert_never(command)
        return Answer(sent.number, command)

    def _answer_to_change(self, number: int, command: ChangeCommand | LookCommand) -> Answer:
        """Change something, or go somewhere; running training goes on afterwards.

        If that raises an error, the screen shows it, and the old network trains on.
        """
        before, field = self._holder.frame, ""
        try:
            why_not = self._change(command)
            self._pace.restart()
            if self._drive.to_the_end:
                self._drive.finish(self._live.epoch_left)
            self._holder.change(refused=None)
            return Answer(number, command, why_not)
        except ConfigError as error:
            why_not, field = str(error), error.field
        except NotThereError as error:
            why_not = str(error)
        except Exception as error:  # whatever TensorFlow raises for another network
            why_not = f"{type(error).__name__}: {error}"
        refused = Answer(number, command, why_not, field, was_refused=True)
        self._holder.frame = replace(before, refused=refused)
        return refused

    def _change(self, command: ChangeCommand | LookCommand) -> str:
        """Change something, or go to a position; returns why there was nothing to do, empty if something was done."""
        live, running = self._live, self._drive.running
        here = live.here
        match command:
            case Reset():
                return "" if live.reset(held=running) else "this is the start"
            case Redraw():
                live.reset(further=1, held=running)
            case Regenerate():
                live.regenerate(held=running)
            case Edit(changes, held):
                config = replace(live.config, **changes)
                if config == live.config:
                    return "this is what is trained"
                live.edit(config, held=held)
            case StartOver(changes):
                live.edit(replace(live.config, **changes), anew=True)
            case Alone():
                return "" if live.alone() else "this is one network"
            case ToggleReplicas(replicas):
                self._toggle_replicas(replicas)
                self._stay(here)
            case Undo():
                if not live.undo():
                    return "nothing to undo on this path"
                self._stay(here)
            case Redo():
                if not live.redo():
                    return "nothing to redo"
                self._stay(here)
            case Go(branch, window):
                self._look_at(branch, window)
            case Move(windows):
                self._look_at(here.branch, here.window + windows)
            case MoveEpochs(epochs):
                self._look_at(here.branch, end_of_epoch(live.timeline, here, epochs))
            case _:
                assert_never(command)
        return ""

    def _toggle_replicas(self, replicas: int) -> None:
        live = self._live
        here, replica, at_its_end = live.here, live.replica, not live.is_past
        target = turning.there(live.timeline, here, self._turned)
        if target is None:
            live.edit(turning.begun(live.config, replica, replicas))
            live.choose(0)  # of the replicas, the first is the network that was there before
        else:
            live.go(target[0])
            live.choose(target[1])
        self._turned = turning.Turn(here, replica, at_its_end, live.config)

    def _stay(self, before: Moment) -> None:
        """Pause if the new position is in the past; at the end of another branch, training goes on there without the
        windows that were still owed elsewhere.
        """
        if self._live.is_past:
            self._drive.pause()
        elif self._live.here != before:
            self._drive.forgive()

    def _look_at(self, branch: int, window: int | None) -> None:
        timeline = self._live.timeline
        if not 0 <= branch < len(timeline):
            raise NotThereError(f"branch = {branch} cannot be shown: 0 to {len(timeline) - 1}")
        end = timeline.end(branch)
        moment = end if window is None else Moment(branch, min(max(0, window), end.window))
        if moment != self._live.here:
            self._live.go(moment)
        self._drive.pause()
