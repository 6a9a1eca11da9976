"""Carries out commands on the training thread, with one case for each command."""

from __future__ import annotations

from dataclasses import replace
from typing import assert_never

from echornn.config import ConfigError
from echornn.replay.pace import Pace
from echornn.session import commands
from echornn.session.drive import Drive
from echornn.session.frames import FrameHolder
from echornn.session.live_run import LiveRun
from echornn.session.mailbox import Mailbox
from echornn.session.nothing_to_do import why_nothing
from echornn.session.pictures.rows import ghosts_of
from echornn.session.preview import speed_after
from echornn.session.probing import Probing
from echornn.timeline.branch import Position, letter_of
from echornn.timeline.moves import ReplicaSwitch, configuration_to_begin, end_of_epoch, switch_target


class NotThereError(Exception):
    """The branch or the window to show does not exist."""


class Handlers:
    """Carries out commands one after the other, and answers each.

    Args:
        mailbox: receives the answers.
        live: the run that commands change.
        holder: holds the frame; after a refused command, the earlier frame is shown again.
        pace: measures and limits the speed; its clock starts again after each change.
        drive: starts and pauses training. It is paused when an earlier window is shown. Changes do not alter the
            requested windows, even if they are refused.
        probing: measures what commands ask for.
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
        self._last_switch: ReplicaSwitch | None = None

    def obey(self, sent: commands.Sent) -> None:
        """Carry out a command, if it has something to do, and answer it. If it raises an error, the screen shows the
        error, and the previous network continues.
        """
        command, before = sent.command, self._holder.frame
        answer = commands.Answer(sent.number, command)
        try:
            if why_not := why_nothing(command, before):
                answer = replace(answer, why_not=why_not)
            else:
                self._do(command)
            if isinstance(command, commands.ChangeCommand | commands.LookCommand):
                self._go_on()
        except Exception as error:
            # otherwise the error is TensorFlow's, about another network
            is_known = isinstance(error, (ConfigError, NotThereError))
            why_not = str(error) if is_known else f"{type(error).__name__}: {error}"
            field = error.field if isinstance(error, ConfigError) else ""
            answer = replace(answer, why_not=why_not, field=field, was_refused=True)
            self._holder.show(replace(before, refused=answer))
        self._mailbox.answer(answer)

    def _go_on(self) -> None:
        """Continue running training after a change, or after going to a position."""
        self._pace.restart()
        if self._drive.to_the_end:
            self._drive.finish(self._live.epoch_left)
        self._holder.change(refused=None)

    def _do(self, command: commands.Command) -> None:
        live, running, here = self._live, self._drive.running, self._live.here
        match command:
            case commands.Pause() | commands.Resume() | commands.Toggle() | commands.Step() | commands.FinishEpoch():
                self._drive.obey(command, live.epoch_left)
            case commands.SetSpeed() | commands.Faster() | commands.Slower():
                self._pace.set_speed(speed_after(command, self._pace.speed, self._holder.frame.rate))
                self._holder.change(speed=self._pace.speed)  # the next frame may have to wait for a compilation
            case commands.Reset():
                live.reset(held=running)
            case commands.Redraw():
                live.reset(further=1, held=running)
            case commands.Regenerate():
                live.regenerate(held=running)
            case commands.Edit(changes, held):
                config = live.config.with_fields(changes)
                if config.rule != live.config.rule and config.differs_only_live(live.config):
                    self._holder.compile(config)
                live.edit(config, held=held)
            case commands.StartOver(changes):
                live.edit(live.config.with_fields(changes), anew=True)
            case commands.Alone():
                live.alone()
            case commands.ToggleReplicas(replicas):
                self._toggle_replicas(replicas)
                self._stay(here)
            case commands.Undo():
                live.undo()
                self._stay(here)
            case commands.Redo():
                live.redo()
                self._stay(here)
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
                live.note(
                    live.notes.with_pin(
                        self._there(branch), branch not in live.notes.pinned if pinned is None else pinned
                    )
                )
            case commands.Hide(branch, hidden):
                self._hide(self._there(branch), hidden)
            case commands.Ask(question):
                self._probing.ask(question)
            case commands.Save():
                live.save()
            case _:
                assert_never(command)

    def _toggle_replicas(self, replicas: int | None) -> None:
        live = self._live
        here, replica, at_its_end = live.here, live.replica, not live.is_past
        target = switch_target(live.timeline, here, self._last_switch, replicas)
        if target is None:
            live.edit(configuration_to_begin(live.config, replica, replicas))
            live.choose(0)  # the first replica is the network from before
        else:
            live.go(target[0])
            live.choose(target[1])
        self._last_switch = ReplicaSwitch(here, replica, at_its_end, live.config)

    def _stay(self, before: Position) -> None:
        """Pause if the new position is in the past. At the end of another branch, training continues there, without
        windows that were requested elsewhere.
        """
        if self._live.is_past:
            self._drive.pause()
        elif self._live.here != before:
            self._drive.drop_requests()

    def _there(self, branch: int) -> int:
        """The number of a branch, if there is such a branch.

        Raises:
            NotThereError: there is none.
        """
        branches = len(self._live.timeline)
        if not 0 <= branch < branches:
            named = letter_of(branch) if branch >= 0 else str(branch)
            raise NotThereError(f"{named} is no branch of this run: a to {letter_of(branches - 1)}")
        return branch

    def _hide(self, branch: int, hidden: bool) -> None:
        live = self._live
        notes = live.notes.with_hidden(branch, hidden)
        if not hidden and all(one.key != branch for one in ghosts_of(live.timeline, live.here.branch, notes)):
            notes = notes.with_pin(branch, True)
        live.note(notes)

    def _look_at(self, branch: int, window: int | None, is_exact: bool = False) -> None:
        end = self._live.timeline.end(self._there(branch))
        if is_exact and window is not None and not 0 <= window <= end.window:
            there = f"0 to {end.window:,} on branch {letter_of(branch)}"
            raise NotThereError(f"window = {window:,} cannot be shown: {there}")
        position = end if window is None else Position(branch, min(max(0, window), end.window))
        if position != self._live.here:
            self._live.go(position)
        self._drive.pause()
