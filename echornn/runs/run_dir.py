"""Reads a run from its folder: its newest checkpoint, and the logs up to it; see docs/files.md."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from echornn.config import EchoConfig
from echornn.errors import RunError
from echornn.files import own_files
from echornn.files.own_files import NO_LOG, end_of
from echornn.files.recorded_values import shortened
from echornn.history.windows import StoredWindows, lost
from echornn.runs import checkpoint, folders
from echornn.runs.checkpoint import OF_ONE, Checkpoint, LossLayout, row_bytes
from echornn.runs.command_log import RecordedCommand, RecordedTree, Stretch, read_commands, tree_of
from echornn.runs.folders import COMMAND_FILE, KEYFRAME_FILE, LOSS_FILE, RUN_FILE, SLOTS, SOLVED_FILE, About
from echornn.runs.keyframes import MOST_BYTES_OF_LARGE, Keyframe, records
from echornn.timeline.branch import Branch, Position, letter_of, number_of, path_to, path_to_end, spans_to
from echornn.timeline.timeline import Timeline
from echornn.training.structure import NO_DEVICES, Devices

BYTES_AT_A_TIME = 1 << 21  # of the loss log

SOLVED = np.dtype([("branch", "<u4"), ("replica", "<u4"), ("window", "<u8")])
"""A record of the log of solved networks: branch, index of the network, window along the branch's path, from 1."""

BranchName = str | int
"""A branch, by its letter or its number: "b", "1" or 1."""


class Piece(NamedTuple):
    """Windows of one branch, one after the other; ``along`` are before them on its path, and ``first`` in the log."""

    branch: Branch
    along: int
    first: int
    windows: StoredWindows


@dataclass(frozen=True, eq=False)
class Run:
    """The contents of a run's folder, up to its newest usable checkpoint."""

    folder: Path
    about: About
    checkpoint: Checkpoint | None  # None if none was saved, so that the run starts over
    commands: list[RecordedCommand]  # all before the checkpoint
    notes: tuple[str, ...]  # about faults in the folder
    lost_commands: int  # the unreadable lines of the command log: branches may be elsewhere because of them

    @classmethod
    def read(cls, folder: Path, quickly: bool = False) -> Run:
        """The run in a folder, which is not changed.

        The newest checkpoint is used if it and its logs are intact, otherwise the previous one; the notes say so.

        Args:
            quickly: only check the lengths of the logs, so that long logs take no longer.

        Raises:
            RunError: the folder has no run, or one that this version cannot continue.
        """
        try:
            if not (folder / RUN_FILE).exists():
                raise RunError(f"{folder} holds no run")
            about = folders.about(folder)
            chosen, wrong = _newest_usable(folder, quickly, about.config.replicas)
            commands, unreadable, lines = read_commands(folder / COMMAND_FILE, chosen, about.config)
        except RunError:
            raise
        except OSError as error:
            raise RunError(f"{folder} cannot be read: {error}") from error
        if unreadable:
            wrong.append(f"{COMMAND_FILE} is damaged: {unreadable} of {lines} commands cannot be read")
        if chosen is not None and not quickly and not _is_whole(folder / SOLVED_FILE, chosen):
            wrong.append(f"{SOLVED_FILE} is damaged: when some networks were solved is wrong or lost")
        return cls(folder, about, chosen, commands, (*about.notes, *wrong), unreadable)

    @functools.cached_property
    def config(self) -> EchoConfig:
        """The current configuration."""
        return self.about.config if self.checkpoint is None else self.checkpoint.state.config

    @property
    def trained(self) -> int:
        """The number of windows trained up to the checkpoint, in all branches."""
        return 0 if self.checkpoint is None else self.checkpoint.trained

    @property
    def layout(self) -> LossLayout:
        return OF_ONE if self.checkpoint is None else self.checkpoint.layout

    @property
    def devices(self) -> Devices:
        return NO_DEVICES if self.checkpoint is None else self.checkpoint.devices

    @property
    def threshold(self) -> int:
        return self.about.threshold

    @property
    def threads(self) -> int:
        return self.about.threads

    # ---- branches and positions

    @functools.cached_property
    def tree(self) -> RecordedTree:
        return tree_of(self.commands, self.trained, self.lost_commands)

    @property
    def position(self) -> Position:
        """The current position of the run, from which it continues."""
        _, stretches, ends = self.tree
        if not stretches:
            return Position(0, 0)
        if self.checkpoint and self.checkpoint.position and not self.lost_commands:
            branch, window = self.checkpoint.position
            if 0 <= branch < len(ends) and 0 <= window <= ends[branch]:
                return Position(branch, window)
        newest = stretches[-1].branch
        return Position(newest, ends[newest])

    def position_at(self, at: int | None = None, branch: BranchName | None = None) -> Position:
        """The position after ``at`` windows of the path to the run's current position; by default that position.

        Args:
            branch: use the path to the end of this branch instead; without ``at``, the position is that end.

        Raises:
            RunError: there is no such branch, or the path has fewer windows.
        """
        ends = self.tree.ends
        position = self.position
        if branch is not None:
            number = number_of(str(branch))
            if number is None or number >= len(ends):
                last = len(ends) - 1
                there = f"a to {letter_of(last)}, or 0 to {last}, as branches prints them"
                allowed = there if ends else "the run has none yet"
                raise RunError(f"branch = {shortened(repr(branch))} cannot be used: {allowed}")
            position = Position(number, ends[number])
        if at is None:
            return position
        end = ends[position.branch] if ends else 0
        if not 0 <= at <= end:
            path = "the run's path" if branch is None else f"the path of branch {letter_of(position.branch)}"
            raise RunError(f"at = {at} cannot be used: it must be 0 to {end}, the windows along {path}")
        return Position(position.branch, at)

    def config_at(self, position: Position) -> EchoConfig:
        """The configuration in effect at a position: that which trained the last window before it."""
        owner = self.owner(position)
        return self.config if owner is None or position == self.position else owner.config

    def owner(self, position: Position) -> Branch | None:
        """The branch whose configuration is in effect at a position; None if nothing was saved."""
        path = path_to(position.window, self.path_of(position.branch))
        return path[-1] if path else None

    def path_of(self, number: int) -> tuple[Branch, ...]:
        branches = self.tree.branches
        return path_to_end(branches[number], branches.__getitem__) if branches else ()

    # ---- windows

    def windows(self, first: int, last: int, replicas: int = 1) -> StoredWindows:
        """The windows ``first <= window < last`` of the loss log; those that it lacks, or has for another number of
        networks, are lost windows.
        """
        windows = lost(last - first, replicas)
        with own_files.reader(self.folder / LOSS_FILE) as log:
            for begin, end, count in self.layout.parts(first, last):
                if count == replicas:
                    log.seek(self.layout.offset(begin))
                    there = own_files.read_records(log, windows.dtype, (end - begin) * replicas)
                    whole = len(there) // replicas
                    windows[begin - first :][:whole] = there[: whole * replicas].reshape(whole, replicas)
        return windows

    def pieces(self) -> Iterator[Piece]:
        """All windows in the order trained."""
        for stretch in self.tree.stretches:
            yield from self._pieces_of(stretch, stretch.first, stretch.last)

    def path(self, position: Position, since: int = 0) -> Iterator[Piece]:
        """The windows on the path to a position, except the first ``since``."""
        path = self.path_of(position.branch)
        for branch, first, last in spans_to(position.window, path) if path else ():
            for stretch in self.tree.stretches:
                if stretch.branch == branch.number:
                    ahead = stretch.first - stretch.along
                    end = min(last + ahead, stretch.last)
                    yield from self._pieces_of(stretch, max(first, since, stretch.along) + ahead, end)

    def _pieces_of(self, stretch: Stretch, first: int, last: int) -> Iterator[Piece]:
        branch, ahead = self.tree.branches[stretch.branch], stretch.first - stretch.along
        replicas = branch.config.replicas
        at_a_time = max(1, BYTES_AT_A_TIME // row_bytes(replicas))
        for begin in range(first, last, at_a_time):
            windows = self.windows(begin, min(begin + at_a_time, last), replicas)
            yield Piece(branch, begin - ahead, begin, windows)

    def timeline(self, timeline: Timeline | None = None) -> Timeline:
        """All branches, with everything trained in them; an earlier timeline of this run is given what it lacks."""
        timeline = Timeline() if timeline is None else timeline
        for stretch in self.tree.stretches:
            number = stretch.branch
            while len(timeline) <= number:
                timeline.begin(self.tree.branches[len(timeline)])
            solved = self.solved_at(number)
            for piece in self._pieces_of(stretch, max(stretch.first, timeline.trained), stretch.last):
                end = piece.along + len(piece.windows)
                timeline.append(number, piece.windows, np.where(solved <= end, solved, 0))
        return timeline

    def solved_at(self, number: int) -> npt.NDArray[np.int64]:
        """The window along its path, from 1, at which each network of a branch was solved, int64 [replicas]; 0 if it
        was not, or if it is not recorded.
        """
        solved, all_of_them = np.zeros(self.tree.branches[number].config.replicas, np.int64), self._solved
        is_its = (all_of_them["branch"] == number) & (all_of_them["replica"] < len(solved))
        its = all_of_them[is_its & (all_of_them["window"] <= self.tree.ends[number])]
        solved[its["replica"]] = its["window"]
        return solved

    @functools.cached_property
    def _solved(self) -> npt.NDArray[np.void]:
        length = self.checkpoint.solved.length if self.checkpoint else 0
        try:
            with own_files.reader(self.folder / SOLVED_FILE) as log:
                return own_files.read_records(log, SOLVED, length // SOLVED.itemsize)
        except OSError:
            return np.empty(0, SOLVED)

    def keyframes(self) -> list[Keyframe]:
        """The intact keyframes on disk; none if commands are lost, as keyframes refer to branches by number."""
        if self.lost_commands:
            return []
        try:
            return records(own_files.read_bytes(self.folder / KEYFRAME_FILE, 2 * MOST_BYTES_OF_LARGE))
        except OSError:
            return []


def _newest_usable(folder: Path, quickly: bool, replicas_at_start: int) -> tuple[Checkpoint | None, list[str]]:
    """The newest intact checkpoint whose logs exist, None if none was ever saved; and messages about faults."""
    whole, wrong = checkpoint.load(folder)
    if wrong and not whole:
        raise RunError(f"{folder} is damaged: {'; '.join(wrong)}")
    if len(whole) == 1 and whole[0].serial and not wrong:
        wrong.append(f"{SLOTS[(whole[0].serial + 1) % len(SLOTS)]} is missing, which may have been the newest")

    def reaches(one: Checkpoint) -> bool:
        ends = ((folder / LOSS_FILE, one.losses), (folder / COMMAND_FILE, one.commands))
        if quickly:
            return all(log.stat().st_size >= end.length for log, end in ends)
        return all(end_of(log, end.length) == end for log, end in ends)

    chosen = next(filter(reaches, whole), None)
    if whole and chosen is None:
        chosen = whole[0]
        wrong.append("the logs differ from what was recorded: some losses in the curve are wrong or lost")
    elif whole and chosen is not whole[0]:
        wrong.append("the logs do not reach the newest checkpoint")
    if chosen is None:
        length = (folder / LOSS_FILE).stat().st_size
        if dropped := LossLayout(((0, replicas_at_start),)).windows(length):
            wrong.append(f"it has no checkpoint: it starts over, without the {dropped:,} windows of its loss log")
    elif wrong:
        wrong.append(f"taken from the checkpoint after window {chosen.trained}")
    return chosen, wrong


def _is_whole(solved: Path, chosen: Checkpoint) -> bool:
    try:
        return chosen.solved == NO_LOG or end_of(solved, chosen.solved.length) == chosen.solved
    except OSError:
        return False
