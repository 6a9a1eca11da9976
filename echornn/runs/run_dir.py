"""Reads a run from its folder: its newest checkpoint, and the logs up to it; see docs/files.md."""

from __future__ import annotations

import contextlib
import functools
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, NamedTuple, get_args

import numpy as np
import numpy.typing as npt

from echornn.config import EchoConfig
from echornn.errors import RunError
from echornn.files import own_files, recorded_values
from echornn.files.own_files import NO_LOG, end_of
from echornn.files.recorded_values import NO_RECORD, shortened, whole
from echornn.history.curve import Cause
from echornn.history.windows import StoredWindows, lost
from echornn.runs import folders, states
from echornn.runs.folders import (
    COMMAND_FILE,
    KEYFRAME_FILE,
    LOSS_FILE,
    NORM_FILE,
    RUN_FILE,
    SLOTS,
    SOLVED_FILE,
    About,
)
from echornn.runs.states import (
    MOST_BYTES_OF_LARGE,
    OF_ONE,
    Checkpoint,
    Keyframe,
    LossLayout,
    records,
    row_bytes,
)
from echornn.timeline.branch import (
    Branch,
    Position,
    can_continue_under,
    letter_of,
    number_of,
    path_to,
    path_to_end,
    spans_to,
    starts_over,
)
from echornn.timeline.timeline import Timeline
from echornn.training.structure import NO_DEVICES, Devices

StretchCause = Literal[Cause, "return", "undo"]
"""What began a stretch of windows: a branch, or training on at a branch's end (return); undo only
in version 0.1.0."""


@dataclass(frozen=True)
class RecordedCommand:
    """A command that began a stretch of windows; the fields without a comment are as in `Branch`,
    after it. Records of version 0.1.0 lack the last three: each of their commands began a branch.
    """

    at: int  # the windows trained before, in the whole run
    cause: StretchCause
    epoch: int
    window: int
    data_version: int
    init_index: int
    config: EchoConfig
    # Where an undo led: a command's number, and the windows in the run by then
    back: tuple[int, int] | None = None
    branch: int | None = None  # that it begins or continues
    parent: tuple[int, int] | None = None
    before: tuple[int, int] | None = None

    @classmethod
    def begins(cls, branch: Branch, at: int) -> RecordedCommand:
        position = (branch.epoch, branch.window, branch.data_version, branch.init_index)
        return cls(
            at,
            branch.cause,
            *position,
            branch.config,
            None,
            branch.number,
            branch.parent,
            branch.before,
        )

    @classmethod
    def returns(cls, branch: Branch, end: Position, at: int) -> RecordedCommand:
        position = (*branch.epoch_and_window(end.window), branch.data_version, branch.init_index)
        return cls(at, "return", *position, branch.config, None, branch.number)

    def as_line(self) -> bytes:
        """The command as a line of the log, which needs no other line, in case some are lost."""
        fields = recorded_values.as_recorded(
            {name: value for name, value in vars(self).items() if value is not None}
        )
        fields["config"] = recorded_values.record_of_changes(self.config)
        return json.dumps(fields).encode() + b"\n"

    @classmethod
    def from_line(cls, line: bytes) -> RecordedCommand:
        """The command in a line of the log; an error of `NO_RECORD` if it is none."""
        fields = recorded_values.from_recorded(json.loads(line))
        fields["config"] = recorded_values.config_from(fields["config"])
        for name, value in fields.items():
            if name in ("back", "parent", "before") and value is not None:
                number, windows = value
                fields[name] = (whole(number, name), whole(windows, name))
            elif name not in ("cause", "config") and value is not None:
                whole(value, name)
        command = cls(**fields)
        if command.cause not in get_args(StretchCause):
            raise ValueError("not a cause")
        return command


def read_commands(
    file: Path, chosen: Checkpoint | None, at_the_start: EchoConfig
) -> tuple[list[RecordedCommand], int, int]:
    """The commands up to a checkpoint, and how many lines are unreadable, and there are."""
    commands: list[RecordedCommand] = []
    if chosen is None:
        return commands, 0, 0
    with own_files.reader(file) as log:
        lines = log.read(chosen.commands.length).splitlines()
    for line in lines:
        with contextlib.suppress(*NO_RECORD):
            command = RecordedCommand.from_line(line)
            if (commands[-1].at if commands else 0) <= command.at <= chosen.trained:
                commands.append(command)
    unreadable = len(lines) - len(commands)
    if not commands or commands[0].at:
        commands.insert(0, RecordedCommand(0, "start", 0, 0, 0, 0, at_the_start))
    return commands, unreadable, len(lines)


class Stretch(NamedTuple):
    """Windows that were trained in a branch one after the other: ``first <= window < last`` in the
    loss log."""

    branch: int
    along: int  # the windows of the branch's path before them
    first: int
    last: int


class RecordedTree(NamedTuple):
    """The tree of a run's branches, and the loss log in its order."""

    branches: list[Branch]
    stretches: list[Stretch]
    ends: list[int]  # the windows along the path of each branch


def tree_of(commands: Sequence[RecordedCommand], trained: int, lost: int) -> RecordedTree:
    """The tree that the commands made. If ``lost`` lines are damaged, branches that refer to them
    begin at the root, and empty branches take their numbers, so that all other branches keep
    theirs.
    """
    builder = _Builder(lost)
    for command, last in zip(commands, [*(one.at for one in commands[1:]), trained], strict=False):
        builder.take(command, last)
    return builder.tree


class _Builder:
    def __init__(self, lost: int) -> None:
        self.tree = RecordedTree([], [], [])
        self._lost = lost
        self._number_of: dict[int | None, int] = {}  # by the number in the record
        self._here = 0

    def take(self, command: RecordedCommand, last: int) -> None:
        _, stretches, ends = self.tree
        if command.cause == "return" and command.branch in self._number_of:
            self._here = self._number_of[command.branch]
        else:
            self._begin(command)
        stretches.append(Stretch(self._here, ends[self._here], command.at, last))
        ends[self._here] += last - command.at

    def _begin(self, command: RecordedCommand) -> None:
        branches, _, ends = self.tree
        place = (
            command.epoch,
            command.window,
            command.data_version,
            command.init_index,
            command.config,
        )
        missing = (command.branch or 0) - len(branches)
        if 0 < missing <= self._lost:
            self._lost -= missing
            for number in range(len(branches), len(branches) + missing):
                root = Position(0, 0) if branches else None
                branches.append(Branch(number, "lost", root, root, *place))
                ends.append(0)
                self._number_of[number] = number
        number, parent, before = len(branches), None, None
        if number:
            before = self._position(*command.before) if command.before else self._end()
            parent = self._parent(command)
            own = branches[parent.branch].config
            if parent.window and not can_continue_under(command.cause, own, command.config):
                parent = Position(parent.branch, 0)
        cause: Cause = (
            "back" if command.cause == "undo" or command.cause == "return" else command.cause
        )
        branches.append(Branch(number, cause, parent, before, *place))
        ends.append(branches[-1].start)
        self._here = self._number_of[number if command.branch is None else command.branch] = number

    def _parent(self, command: RecordedCommand) -> Position:
        branches, stretches, _ = self.tree
        if command.parent:
            return self._owned(self._position(*command.parent))
        if command.cause == "undo":
            number, trained = command.back or (-1, 0)
            begun = next((one.first for one in stretches if one.branch == number), None)
            if begun is None:
                return Position(self._here, 0)
            return self._owned(self._position(number, branches[number].start + trained - begun))
        if starts_over(command.cause, branches[self._here].config, command.config):
            return Position(self._here, 0)
        return self._end()

    def _end(self) -> Position:
        return Position(self._here, self.tree.ends[self._here])

    def _position(self, recorded_number: int, window: int) -> Position:
        number = self._number_of.get(recorded_number)
        if number is None or not 0 <= window <= self.tree.ends[number]:
            return Position(self._here, 0)
        return Position(number, window)

    def _owned(self, position: Position) -> Position:
        """This position, with the number of the branch that trained it."""
        number, window = position
        while window and window < self.tree.branches[number].start:
            number = (self.tree.branches[number].parent or Position(0, 0)).branch
        return Position(number, window)


BYTES_AT_A_TIME = 1 << 21  # of the loss log

SOLVED = np.dtype([("branch", "<u4"), ("replica", "<u4"), ("window", "<u8")])
"""A record of the log of solved networks: branch, index of the network, window along the branch's
path, from 1."""

BranchName = str | int
"""A branch, by its letter or its number: "b", "1" or 1."""


class Piece(NamedTuple):
    """Windows of one branch, one after the other; ``along`` are before them on its path, and
    ``first`` in the logs."""

    branch: Branch
    along: int
    first: int
    windows: StoredWindows
    norms: StoredWindows  # of gradients, in the same form


@dataclass(frozen=True, eq=False)
class Run:
    """The contents of a run's folder, up to its newest usable checkpoint."""

    folder: Path
    about: About
    checkpoint: Checkpoint | None  # None if none was saved, so that the run starts over
    commands: list[RecordedCommand]  # all before the checkpoint
    notes: tuple[str, ...]  # about faults in the folder
    # The unreadable lines of the command log: branches may be elsewhere because of them
    lost_commands: int

    @classmethod
    def read(cls, folder: Path, quickly: bool = False) -> Run:
        """The run in a folder, which is not changed; a RunError if there is none that this version
        can continue. If the newest checkpoint or its logs are damaged, the previous one is used,
        and the notes say so; ``quickly`` checks only the lengths of the logs.
        """
        try:
            if not (folder / RUN_FILE).exists():
                raise RunError(f"{folder} holds no run")
            about = folders.about(folder)
            chosen, wrong = _newest_usable(folder, quickly, about.config.replicas)
            commands, unreadable, lines = read_commands(folder / COMMAND_FILE, chosen, about.config)
            end, solved = (
                NO_LOG if chosen is None or quickly else chosen.solved,
                folder / SOLVED_FILE,
            )
            is_solved_whole = end == NO_LOG or (
                solved.exists() and end_of(solved, end.length) == end
            )
        except OSError as error:
            raise RunError(f"{folder} cannot be read: {error}") from error
        if unreadable:
            wrong.append(
                f"{COMMAND_FILE} is damaged: {unreadable} of {lines} commands cannot be read"
            )
        if not is_solved_whole:
            wrong.append(
                f"{SOLVED_FILE} is damaged: when some networks were solved is wrong or lost"
            )
        return cls(folder, about, chosen, commands, (*about.notes, *wrong), unreadable)

    @functools.cached_property
    def config(self) -> EchoConfig:
        return self.about.config if self.checkpoint is None else self.checkpoint.state.config

    @property
    def trained(self) -> int:
        """The number of windows in all branches."""
        return 0 if self.checkpoint is None else self.checkpoint.trained

    @property
    def layout(self) -> LossLayout:
        return OF_ONE if self.checkpoint is None else self.checkpoint.layout

    @property
    def devices(self) -> Devices:
        return NO_DEVICES if self.checkpoint is None else self.checkpoint.devices

    @property
    def trained_by(self) -> tuple[Devices, int, int]:
        """What `tensorflow_trainers` takes, to train the run as before."""
        return self.devices, self.about.threshold, self.about.threads

    # ---- branches and positions

    @functools.cached_property
    def tree(self) -> RecordedTree:
        return tree_of(self.commands, self.trained, self.lost_commands)

    @property
    def position(self) -> Position:
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
        """The position after ``at`` windows of the path to the run's current position, or to the
        end of a branch; by default that position, or that end. A RunError if there is no such
        branch, or the path is shorter.
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
            path = (
                "the run's path"
                if branch is None
                else f"the path of branch {letter_of(position.branch)}"
            )
            raise RunError(
                f"at = {at} cannot be used: it must be 0 to {end}, the windows along {path}"
            )
        return Position(position.branch, at)

    def config_at(self, position: Position) -> EchoConfig:
        """The configuration in effect at a position: that which trained the last window before
        it."""
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

    def windows(
        self, first: int, last: int, replicas: int = 1, file: str = LOSS_FILE
    ) -> StoredWindows:
        """Windows of the loss log, or of another with its layout; lost ones where it has none, or
        has them for another number of networks, or if there is no such log, as earlier versions
        wrote none of norms.
        """
        windows = lost(last - first, replicas)
        with contextlib.suppress(FileNotFoundError), own_files.reader(self.folder / file) as log:
            for begin, end, count in self.layout.parts(first, last):
                if count == replicas:
                    log.seek(self.layout.offset(begin))
                    there = own_files.read_records(log, windows.dtype, (end - begin) * replicas)
                    whole = len(there) // replicas
                    windows[begin - first :][:whole] = there[: whole * replicas].reshape(
                        whole, replicas
                    )
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
                    yield from self._pieces_of(
                        stretch, max(first, since, stretch.along) + ahead, end
                    )

    def _pieces_of(self, stretch: Stretch, first: int, last: int) -> Iterator[Piece]:
        branch, ahead = self.tree.branches[stretch.branch], stretch.first - stretch.along
        replicas = branch.config.replicas
        at_a_time = max(1, BYTES_AT_A_TIME // row_bytes(replicas))
        for begin in range(first, last, at_a_time):
            part = begin, min(begin + at_a_time, last), replicas
            yield Piece(
                branch, begin - ahead, begin, self.windows(*part), self.windows(*part, NORM_FILE)
            )

    def timeline(self, timeline: Timeline | None = None) -> Timeline:
        """All branches, with everything trained in them; an earlier timeline of this run is given
        what it lacks."""
        timeline = Timeline() if timeline is None else timeline
        for stretch in self.tree.stretches:
            number = stretch.branch
            while len(timeline) <= number:
                timeline.begin(self.tree.branches[len(timeline)])
            solved = self.solved_at(number)
            for piece in self._pieces_of(
                stretch, max(stretch.first, timeline.trained), stretch.last
            ):
                end = piece.along + len(piece.windows)
                timeline.append(
                    number, piece.windows, np.where(solved <= end, solved, 0), piece.norms
                )
        return timeline

    def solved_at(self, number: int) -> npt.NDArray[np.int64]:
        """The window along its path, from 1, at which each network of a branch was solved, int64
        [replicas], or 0."""
        solved, all_of_them = (
            np.zeros(self.tree.branches[number].config.replicas, np.int64),
            self._solved,
        )
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
        """The intact keyframes on disk; none if commands are lost, as keyframes refer to branches
        by number."""
        if self.lost_commands:
            return []
        try:
            return records(
                own_files.read_bytes(self.folder / KEYFRAME_FILE, 2 * MOST_BYTES_OF_LARGE)
            )
        except OSError:
            return []


def _newest_usable(
    folder: Path, quickly: bool, replicas_at_start: int
) -> tuple[Checkpoint | None, list[str]]:
    """The newest intact checkpoint whose logs exist, None if none was ever saved; and messages
    about faults."""
    whole, wrong = states.load(folder)
    if wrong and not whole:
        raise RunError(f"{folder} is damaged: {'; '.join(wrong)}")
    if len(whole) == 1 and whole[0].serial and not wrong:
        wrong.append(
            f"{SLOTS[(whole[0].serial + 1) % len(SLOTS)]} is missing, which may have been the "
            "newest"
        )

    def reaches(one: Checkpoint) -> bool:
        ends = ((folder / LOSS_FILE, one.losses), (folder / COMMAND_FILE, one.commands))
        if quickly:
            return all(log.stat().st_size >= end.length for log, end in ends)
        return all(end_of(log, end.length) == end for log, end in ends)

    chosen = next(filter(reaches, whole), None)
    if whole and chosen is None:
        chosen = whole[0]
        wrong.append(
            "the logs differ from what was recorded: some losses in the curve are wrong or lost"
        )
    elif whole and chosen is not whole[0]:
        wrong.append("the logs do not reach the newest checkpoint")
    if chosen is None:
        length = (folder / LOSS_FILE).stat().st_size
        if dropped := LossLayout(((0, replicas_at_start),)).windows(length):
            wrong.append(
                f"it has no checkpoint: it starts over, without the {dropped:,} windows of its "
                "loss log"
            )
    elif wrong:
        wrong.append(f"taken from the checkpoint after window {chosen.trained}")
    return chosen, wrong
