"""Carries out commands on the training thread, with a case for each command."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, assert_never

from echornn.run.branch import Position
from echornn.run.moves import configuration_to_begin, end_of_epoch, switch_target
from echornn.session import commands
from echornn.session.commands import Command, DriveCommand, SpeedCommand, speed_after
from echornn.session.exchange import Exchange, Viewers
from echornn.session.live_run import LiveRun
from echornn.session.pace import Pace
from echornn.session.pictures.frame import Drive
from echornn.session.pictures.look import ghosts_of
from echornn.session.probing import Probing
from echornn.training.structure import structure


@dataclass(eq=False)
class Handlers:
    live: LiveRun
    pace: Pace
    exchange: Exchange
    probing: Probing
    viewers: Viewers

    def do(self, command: Command) -> None:
        """Carry out a command that `echornn.session.rules` allows."""
        live, position = self.live, self.live.path_position
        if isinstance(command, DriveCommand):
            live.drive = live.drive.after(command, live.epoch_left)
            if live.drive.running:
                self.pace.restart()
            return
        if isinstance(command, SpeedCommand):
            rate = self.exchange.frame.rate
            self.pace.set_speed(speed_after(command, self.pace.speed, rate))
            # The next frame may have to wait for a compilation
            self.exchange.change(speed=self.pace.speed)
            return
        match command:
            case commands.Reset():
                live.reset(held=live.drive.running)
            case commands.Redraw():
                live.reset(further=1, held=live.drive.running)
            case commands.Regenerate():
                live.regenerate(held=live.drive.running)
            case commands.Edit(changes, held):
                self._edit(changes, held)
            case commands.StartOver(changes):
                live.edit(live.config.with_fields(changes), anew=True)
            case commands.Alone():
                live.alone()
            case commands.ToggleReplicas(replicas):
                self._toggle_replicas(replicas)
                self._stop_after_leaving(position)
            case commands.Undo():
                live.undo()
                self._stop_after_leaving(position)
            case commands.Redo():
                live.redo()
                self._stop_after_leaving(position)
            case commands.Go(branch, window):
                self._look_at(position.branch if branch is None else branch, window)
            case commands.Move(windows):
                self._look_at(position.branch, position.window + windows)
            case commands.MoveEpochs(epochs):
                self._look_at(position.branch, end_of_epoch(live.tree, position, epochs))
            case commands.Choose(replica):
                live.choose(replica)
            case commands.Name(branch, text):
                live.note(live.branch_notes.named(branch, text))
            case commands.Pin(branch, pinned):
                if pinned is None:
                    pinned = branch not in live.branch_notes.pinned
                live.note(live.branch_notes.with_pin(branch, pinned))
            case commands.Hide(branch, hidden):
                self._hide(branch, hidden)
            case commands.Ask():
                # What is needed now: viewers may have asked or left since, in any order
                self.probing.ask(self.viewers.question)
            case commands.Save():
                live.save()
            case _:
                assert_never(command)

    def _edit(self, changes: Mapping[str, Any], held: bool) -> None:
        before = self.live.config
        config = before.with_fields(changes)
        has_another_program = structure(config) != structure(before)
        # Other changes need another trainer, and making that shows the same
        if has_another_program and config.differs_only_live(before):
            self.exchange.show_compiling(config)
        self.live.edit(config, held=held)

    def _toggle_replicas(self, replicas: int | None) -> None:
        live = self.live
        target = switch_target(live.tree, live.path_position, replicas)
        if target is None:
            live.edit(configuration_to_begin(live.config, live.replica, replicas))
            live.choose(0)  # the first replica is the network from before
        else:
            live.go(target)

    def _stop_after_leaving(self, before: Position) -> None:
        """Pause if later windows of this branch were trained; on another branch, train none of the
        windows that were requested where the session was ``before``."""
        live = self.live
        if live.is_past:
            live.drive = Drive(False)
        elif live.path_position != before:
            live.drive = live.drive.trained()

    def _look_at(self, branch: int, window: int | None) -> None:
        """Go to a window of a branch's path, or to the nearest end of that path; None means its
        last."""
        live = self.live
        position = live.tree.end(branch)
        if window is not None:
            position = Position(branch, min(max(0, window), position.window))
        if position != live.path_position:
            live.go(position)
        live.drive = Drive(False)

    def _hide(self, branch: int, hidden: bool) -> None:
        live = self.live
        notes = live.branch_notes.with_hidden(branch, hidden)
        if not hidden:
            ghosts = ghosts_of(live.tree, live.path_position.branch, notes)
            if branch not in [ghost.key for ghost in ghosts]:
                notes = notes.with_pin(branch, True)
        live.note(notes)
