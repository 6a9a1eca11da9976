"""Reads a run from its folder: configuration, checkpoint, and the logs of all windows and commands.

The folder contains

- ``run.json``: format, start time, configuration at the start, and the versions that trained it (`echornn.runs.about`);
- ``checkpoint-0``, ``checkpoint-1``: written in turn (`echornn.runs.checkpoint`);
- ``losses.bin``: all windows in the order trained: 8 bytes for a single network, 4 for each of several
  (`echornn.history.windows`);
- ``commands.jsonl``: a line for the start and for each reset, edit, ... (`echornn.runs.command_log`);
- ``keyframes.bin``: states along the branches (`echornn.runs.keyframes`), without which going back takes longer;
- ``solved.bin``: when each of several networks was solved (`echornn.runs.command_log`);
- ``traceback.txt``: the traceback of the error that ended training, if one did;
- ``tensorboard/``: in runs of versions up to 0.2, events for TensorBoard, which nothing here reads;
- ``lock``: held by the process that writes, and free as soon as that process ends, in whatever way.
"""

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
from echornn.files.append_log import LogEnd
from echornn.files.lock import LOCK_FILE as LOCK_FILE
from echornn.files.recorded_values import NO_RECORD, shortened
from echornn.history.windows import WINDOW as WINDOW
from echornn.history.windows import StoredWindows
from echornn.runs import about, command_log, run_dir
from echornn.runs.checkpoint import Checkpoint
from echornn.runs.chosen_checkpoint import newest_usable
from echornn.runs.command_log import RecordedCommand, read_commands, solved_at
from echornn.runs.keyframes import MOST_FILE_BYTES, Keyframe, records
from echornn.runs.loss_layout import OF_ONE, LossLayout, read_windows, windows_at_a_time
from echornn.runs.recorded_tree import Stretch, tree_of
from echornn.runs.run_files import COMMAND_FILE as COMMAND_FILE
from echornn.runs.run_files import KEYFRAME_FILE as KEYFRAME_FILE
from echornn.runs.run_files import LOSS_FILE as LOSS_FILE
from echornn.runs.run_files import RUN_FILE as RUN_FILE
from echornn.runs.run_files import SOLVED_FILE
from echornn.runs.run_files import remove as remove
from echornn.runs.run_files import size as size
from echornn.runtime import small_loops
from echornn.timeline.branch import Branch, Position, letter_of, path_to, path_to_end, spans_to
from echornn.timeline.timeline import Timeline
from echornn.training.structure import NO_DEVICES, Devices


@dataclass(frozen=True, eq=False)
class Run:
    """The contents of a run's folder, up to its newest usable checkpoint.

    Attributes:
        folder: the run's folder.
        begun: when the run began, in seconds since 1970.
        config: the current configuration.
        checkpoint: the checkpoint to continue from; None if none was saved, so that the run starts over.
        commands: all commands before the checkpoint.
        notes: messages about faults in the folder.
        identity: a value that distinguishes the run from all others.
        intact: whether the logs up to the checkpoint were read and found unchanged; False if they were not read.
        lost_commands: the number of unreadable lines of the command log; branches may have other positions because of
            them.
        threshold: the threshold of small loops with which its networks are trained; see `echornn.runtime.small_loops`.
        threads: the threads per operation with which its networks are trained; see `echornn.training.device`.
    """

    folder: Path
    begun: float
    config: EchoConfig
    checkpoint: Checkpoint | None
    commands: tuple[RecordedCommand, ...]
    notes: tuple[str, ...]
    identity: about.Identity
    intact: bool
    lost_commands: int = 0
    threshold: int = small_loops.DEFAULT_THRESHOLD
    threads: int = 1

    @staticmethod
    def read(folder: Path) -> Run:
        """The run in a folder; see the function `read`."""
        return read(folder)

    @property
    def trained(self) -> int:
        """The number of windows trained up to the checkpoint, in all branches."""
        return 0 if self.checkpoint is None else self.checkpoint.trained

    @property
    def devices(self) -> Devices:
        """The device that trained each of its networks, as far as recorded."""
        return NO_DEVICES if self.checkpoint is None else self.checkpoint.devices

    @property
    def layout(self) -> LossLayout:
        """The position of each window in the loss log."""
        return OF_ONE if self.checkpoint is None else self.checkpoint.layout

    def windows(self, first: int, last: int, replicas: int = 1) -> StoredWindows:
        """Windows ``first`` to ``last`` of the run, which have ``replicas`` networks; see
        `echornn.runs.loss_layout.read_windows`.
        """
        return read_windows(self.folder / LOSS_FILE, self.layout, first, last, replicas)

    @functools.cached_property
    def tree(self) -> tuple[list[Branch], list[Stretch]]:
        """The branches of the run, and the stretches of its loss log; see `tree_of`."""
        return tree_of(self.commands, self.trained, self.lost_commands, self.layout)

    @property
    def extends(self) -> Branch | None:
        """The branch that was trained last; None if nothing was saved."""
        branches, stretches = self.tree
        return branches[stretches[-1].branch] if stretches else None

    @property
    def position(self) -> Position:
        """The current position of the run, from which it continues."""
        branches, stretches = self.tree
        if not stretches:
            return Position(0, 0)
        newest = stretches[-1]
        end = Position(newest.branch, newest.along + newest.last - newest.first)
        recorded = self.checkpoint.position if self.checkpoint and not self.lost_commands else None
        there = recorded is not None and 0 <= recorded[0] < len(branches) and 0 <= recorded[1] <= self.ends[recorded[0]]
        return Position(*recorded) if recorded is not None and there else end

    def position_at(self, at: int | None = None, branch: int | None = None) -> Position:
        """The position after ``at`` windows of the path to the run's current position; by default that position.

        Args:
            branch: an existing branch, to use the path to its end instead; without ``at``, the position is that end.

        Raises:
            RunError: the path has fewer windows.
        """
        position = self.position if branch is None else Position(branch, self.ends[branch])
        if at is None:
            return position
        end = self.ends[position.branch] if self.ends else 0
        if at and not self.ends:
            raise RunError(f"at = {at} cannot be used: the run was never saved, so it must be 0, the start")
        if not 0 <= at <= end:
            path = "the run's path" if branch is None else f"the path of branch {letter_of(branch)}"
            raise RunError(f"at = {at} cannot be used: it must be 0 to {end}, the windows along {path}")
        return Position(position.branch, at)

    def owner(self, position: Position) -> Branch | None:
        """The branch whose configuration is in effect at a position; None if nothing was saved."""
        branches = self.tree[0]
        return path_to(position.window, self._whole_path(position.branch))[-1] if branches else None

    def _whole_path(self, number: int) -> tuple[Branch, ...]:
        branches = self.tree[0]
        return path_to_end(branches[number], branches.__getitem__) if branches else ()

    def solved_at(self, branch: int) -> npt.NDArray[np.int64]:
        """The window along its path, from 1, at which each network of a branch was solved, int64 [replicas]; 0 if it
        was not, or if it is not recorded.
        """
        return solved_at(self._solved, branch, self.tree[0][branch].config.replicas, self.ends[branch])

    @functools.cached_property
    def _solved(self) -> npt.NDArray[np.void]:
        try:
            return command_log.read(self.folder / SOLVED_FILE, self.checkpoint.solved if self.checkpoint else LogEnd())
        except OSError:
            return command_log.read(self.folder, LogEnd())

    def pieces(self) -> Iterator[tuple[Stretch, StoredWindows]]:
        """All windows in the order trained, in pieces (see `windows`), each with its part of the stretch."""
        for stretch in self.tree[1]:
            for first, windows in self.windows_of(stretch):
                along = stretch.along + first - stretch.first
                yield stretch._replace(along=along, first=first, last=first + len(windows)), windows

    def windows_of(self, stretch: Stretch) -> Iterator[tuple[int, StoredWindows]]:
        """The windows of a stretch, in pieces: the number of the first window in the loss log, and the windows (see
        `windows`).
        """
        replicas = self.tree[0][stretch.branch].config.replicas
        at_a_time = windows_at_a_time(replicas)
        for first in range(stretch.first, stretch.last, at_a_time):
            yield first, self.windows(first, min(first + at_a_time, stretch.last), replicas)

    @functools.cached_property
    def ends(self) -> list[int]:
        """The number of windows along the path of each branch."""
        branches, stretches = self.tree
        ends = [branch.start for branch in branches]
        for stretch in stretches:
            ends[stretch.branch] = stretch.along + stretch.last - stretch.first
        return ends

    def path(self, position: Position, since: int = 0) -> Iterator[tuple[Branch, int, StoredWindows]]:
        """The windows on the path to a position, in pieces: their branch, the number of the first window along the
        path, and the windows.

        Args:
            since: the number of windows at the beginning of the path to leave out.
        """
        path = self._whole_path(position.branch)
        for branch, first, last in spans_to(position.window, path) if path else ():
            for stretch in self.tree[1]:
                begin, end = max(first, stretch.along, since), min(last, stretch.along + stretch.last - stretch.first)
                if stretch.branch == branch.number:
                    log = stretch.first - stretch.along
                    for at, windows in self.windows_of(stretch._replace(first=begin + log, last=end + log)):
                        yield branch, at - log, windows

    def timeline(self) -> Timeline:
        """All branches, with everything trained in them."""
        timeline = Timeline()
        branches = self.tree[0]
        for stretch, windows in self.pieces():
            while len(timeline) <= stretch.branch:
                timeline.begin(branches[len(timeline)])
            self.tell(timeline, stretch, windows)
        for branch in branches[len(timeline) :]:
            timeline.begin(branch)
        return timeline

    def tell(self, timeline: Timeline, stretch: Stretch, windows: StoredWindows) -> None:
        """Add windows of a stretch (see `windows`) to a timeline; they are the next in the order trained."""
        number = stretch.branch
        solved, end = self.solved_at(number), timeline.end(number).window + len(windows)
        timeline.append(number, windows, np.where(solved <= end, solved, 0))

    def keyframes(self) -> list[Keyframe]:
        """The intact keyframes on disk. Empty if they cannot be read, since none is needed; or if commands are lost,
        since keyframes refer to branches by number.
        """
        if self.lost_commands:
            return []
        try:
            return records(own_files.read_bytes(self.folder / KEYFRAME_FILE, MOST_FILE_BYTES))
        except OSError:
            return []


def read(folder: Path) -> Run:
    """The run in a folder, which is not changed.

    The newest checkpoint is used if it and its logs are intact, otherwise the previous one; the notes say so.

    Raises:
        RunError: the folder has no run, or one that this version cannot continue.
    """
    return _found(folder, look_into_logs=True)


def glance(folder: Path) -> Run:
    """Like `read`, but only checks the lengths of the logs, so that long logs take no longer.

    Raises:
        RunError: as in `read`.
    """
    return _found(folder, look_into_logs=False)


def _found(folder: Path, look_into_logs: bool) -> Run:
    try:
        return _read(folder, look_into_logs)
    except RunError:
        raise
    except OSError as error:
        raise RunError(f"{folder} cannot be read: {error}") from error
    except NO_RECORD as error:
        raise RunError(f"{folder} is damaged: {shortened(error)}") from error


def _read(folder: Path, look_into_logs: bool) -> Run:
    described = about.read(folder)
    chosen, wrong, intact = newest_usable(folder, look_into_logs, described.config)
    commands, unreadable, lines = read_commands(folder / COMMAND_FILE, chosen, described.config)
    if unreadable:
        wrong.append(f"{COMMAND_FILE} is damaged: {unreadable} of {lines} commands cannot be read")
    if chosen is not None and look_into_logs and not command_log.is_whole(folder / SOLVED_FILE, chosen.solved):
        wrong.append(f"{SOLVED_FILE} is damaged: when some networks were solved is wrong or lost")
    return Run(
        folder,
        described.begun,
        described.config if chosen is None else chosen.state.config,
        chosen,
        commands,
        (*described.notes, *wrong),
        described.identity,
        intact,
        unreadable,
        described.threshold,
        described.threads,
    )


class RunSnapshot(NamedTuple):
    """A run as it was read at one time.

    Attributes:
        timeline: everything trained in the run, as far as it was read.
        position: the current position of the run.
        config: the configuration at this position.
    """

    timeline: Timeline
    position: Position
    config: EchoConfig


class FollowedRun:
    """Follows the folder of a run; `refresh` reads what was added. Nothing in the folder is changed.

    If the folder contains another run later, or the run lost commands, everything is read again.

    Attributes:
        folder: the run's folder.
        seen: the newest snapshot. It is replaced as a whole, so other threads may read it at any time.

    Args:
        folder: the run's folder.

    Raises:
        RunError: the folder has no run that can be read.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._run = run_dir.glance(folder)
        self.seen = RunSnapshot(Timeline(), self._run.position, self._run.config)

    def refresh(self) -> bool:
        """Read what was added; returns whether there was anything.

        Raises:
            RunError: the folder has no run any more.
            OSError: the losses cannot be read; `seen` is unchanged.
        """
        run, before, timeline = run_dir.glance(self.folder), self._run, self.seen.timeline
        is_the_same = run.identity == before.identity and run.commands[: len(before.commands)] == before.commands
        if not is_the_same or run.trained < timeline.trained:
            timeline = Timeline()
        elif (run.trained, run.position, run.config) == (timeline.trained, *self.seen[1:]):
            return False
        branches, stretches = run.tree
        for stretch in stretches:
            while len(timeline) <= stretch.branch:
                timeline.begin(branches[len(timeline)])
            for _, windows in run.windows_of(stretch._replace(first=max(stretch.first, timeline.trained))):
                run.tell(timeline, stretch, windows)
        self.seen, self._run = RunSnapshot(timeline, run.position, run.config), run
        return True
