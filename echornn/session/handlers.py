"""Carries out commands on the training thread, with one case for each command."""

from __future__ import annotations

import math
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import assert_never

from echornn.config import ConfigError
from echornn.session import commands
from echornn.session.commands import Command
from echornn.session.exchange import Exchange, Viewers
from echornn.session.live_run import LiveRun
from echornn.session.pace import Pace, faster, slower
from echornn.session.pictures.frame import Drive, Frame, State
from echornn.session.pictures.look import ghosts_of
from echornn.session.probing import Probing
from echornn.timeline import moves
from echornn.timeline.branch import Position, letter_of
from echornn.timeline.moves import configuration_to_begin, end_of_epoch
from echornn.training.structure import structure

AT_THE_START = "this is the start: nothing was trained before it"
NOTHING_ON_THIS_PATH = (
    "nothing to undo on this path: «seeds» and «branches» lead to the rest of the run"
)
ONE_NETWORK = "this is one network"


class NotThereError(Exception):
    """The branch or the window to show does not exist."""


def speed_after(command: commands.SpeedCommand, speed: float, rate: float) -> float:
    """The speed after a command; slower than full speed means slower than the measured ``rate``, 0
    if unknown."""
    if isinstance(command, commands.SetSpeed):
        return command.speed
    if isinstance(command, commands.Faster):
        return faster(speed)
    return slower(rate if math.isinf(speed) and rate else speed)


def previewed(frame: Frame, waiting: Sequence[Command], start: Drive, seconds: int) -> Frame:
    """The frame of a session that loads, with what the waiting commands will lead to."""
    speed, coming = frame.speed, (first := frame.coming or frame.config)
    for command in waiting:
        start = start.after(command)
        if isinstance(command, commands.SpeedCommand):
            speed = speed_after(command, speed, frame.rate)
        elif isinstance(command, commands.ToggleReplicas) and (
            coming.replicas == 1 or command.replicas is None
        ):
            with suppress(ConfigError):  # it will be refused
                replica = frame.replica if frame.replica < coming.replicas else 0
                coming = configuration_to_begin(coming, replica, command.replicas)
    shown = frame.coming if coming == first else coming
    return replace(frame, speed=speed, start=start, coming=shown, seconds=seconds)


def why_nothing(command: Command, frame: Frame) -> str:
    """Why a command would have no effect, or empty, also while that is unknown; a ConfigError for a
    bad value."""
    is_known = frame.state is not State.LOADING
    match command:
        case commands.Reset() if is_known and frame.trained == 0:
            return AT_THE_START
        case commands.Undo() if is_known and frame.undoable == 0:
            return (
                NOTHING_ON_THIS_PATH if frame.trained_in_all > frame.line_end else "nothing to undo"
            )
        case commands.Redo() if not frame.redoable:
            return "nothing to redo"
        case commands.Alone() if frame.config.replicas == 1:
            return ONE_NETWORK
        case commands.ToggleReplicas(int()) if frame.config.replicas > 1:
            return f"{frame.config.replicas} seeds are trained already: «seeds» goes to one network"
        case commands.Edit(changes) if frame.config.with_fields(changes) == frame.config:
            return "this is what is trained"
        case _:
            return ""


@dataclass(eq=False)
class Handlers:
    live: LiveRun
    pace: Pace
    exchange: Exchange
    probing: Probing
    viewers: Viewers

    def do(self, command: Command) -> None:
        live, running, here = self.live, self.live.drive.running, self.live.here
        match command:
            case (
                commands.Pause()
                | commands.Resume()
                | commands.Toggle()
                | commands.Step()
                | commands.FinishEpoch()
            ):
                live.drive = live.drive.after(command, live.epoch_left)
                if live.drive.running:
                    self.pace.restart()
            case commands.SetSpeed() | commands.Faster() | commands.Slower():
                self.pace.set_speed(speed_after(command, self.pace.speed, self.exchange.frame.rate))
                # The next frame may have to wait for a compilation
                self.exchange.change(speed=self.pace.speed)
            case commands.Reset():
                live.reset(held=running)
            case commands.Redraw():
                live.reset(further=1, held=running)
            case commands.Regenerate():
                live.regenerate(held=running)
            case commands.Edit(changes, held):
                config = live.config.with_fields(changes)
                if config.differs_only_live(live.config) and structure(config) != structure(
                    live.config
                ):
                    self.exchange.compiling(config)
                live.edit(config, held=held)
            case commands.StartOver(changes):
                live.edit(live.config.with_fields(changes), anew=True)
            case commands.Alone():
                live.alone()
            case commands.ToggleReplicas(replicas):
                self._toggle_replicas(replicas)
            case commands.Undo():
                live.undo()
            case commands.Redo():
                live.redo()
            case commands.Go(branch, window, is_exact):
                self._look_at(here.branch if branch is None else branch, window, is_exact)
            case commands.Move(windows, is_exact):
                self._look_at(here.branch, here.window + windows, is_exact)
            case commands.MoveEpochs(epochs):
                self._look_at(here.branch, end_of_epoch(live.timeline, here, epochs))
            case commands.Choose(replica):
                live.choose(replica)
            case commands.Name(branch, text):
                live.note(live.notes.named(self._there(branch), text))
            case commands.Pin(branch, pinned):
                is_pinned = self._there(branch) in live.notes.pinned
                live.note(live.notes.with_pin(branch, not is_pinned if pinned is None else pinned))
            case commands.Hide(branch, hidden):
                notes = live.notes.with_hidden(self._there(branch), hidden)
                if not hidden and all(
                    one.key != branch for one in ghosts_of(live.timeline, here.branch, notes)
                ):
                    notes = notes.with_pin(branch, True)
                live.note(notes)
            case commands.Ask():
                # What is needed now: viewers may have asked or left since, in any order
                self.probing.ask(self.viewers.question)
            case commands.Save():
                live.save()
            case _:
                assert_never(command)
        if isinstance(command, commands.ToggleReplicas | commands.Undo | commands.Redo):
            if live.is_past:
                live.drive = Drive(False)
            elif live.here != here:  # the end of another branch: windows were requested elsewhere
                live.drive = live.drive.trained()

    def _toggle_replicas(self, replicas: int | None) -> None:
        live = self.live
        target = moves.switch_target(live.timeline, live.here, replicas)
        if target is None:
            live.edit(configuration_to_begin(live.config, live.replica, replicas))
            live.choose(0)  # the first replica is the network from before
        else:
            live.go(target)

    def _there(self, branch: int) -> int:
        branches = len(self.live.timeline)
        if not 0 <= branch < branches:
            named = letter_of(branch) if branch >= 0 else str(branch)
            raise NotThereError(f"{named} is no branch of this run: a to {letter_of(branches - 1)}")
        return branch

    def _look_at(self, branch: int, window: int | None, is_exact: bool = False) -> None:
        end = self.live.timeline.end(self._there(branch))
        if is_exact and window is not None and not 0 <= window <= end.window:
            there = f"0 to {end.window:,} on branch {letter_of(branch)}"
            raise NotThereError(f"window = {window:,} cannot be shown: {there}")
        position = end if window is None else Position(branch, min(max(0, window), end.window))
        if position != self.live.here:
            self.live.go(position)
        self.live.drive = Drive(False)
