"""`Run`: its tree of branches, its losses and its states, while it trains and in its folder."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt

from echornn.config import EchoConfig
from echornn.errors import RunError
from echornn.files import safe_files
from echornn.files.recorded_values import shortened
from echornn.files.safe_files import NO_LOG, LogEnd
from echornn.history.windows import StoredWindows, are_lost, losses_of, stored_windows
from echornn.levels import RECENT_WINDOWS
from echornn.progress import Floats, PopulationProgress
from echornn.run import branch_notes, folders
from echornn.run import checkpoint as checkpoints
from echornn.run.branch import Branch, Position, index_in, letter_of, number_of, task_since
from echornn.run.checkpoint import Checkpoint
from echornn.run.commands import (
    NO_COMMANDS,
    ReadCommands,
    RecordedCommand,
    read_commands,
    tree_of,
)
from echornn.run.folders import (
    COMMAND_FILE,
    KEYFRAME_FILE,
    LOSS_FILE,
    NORM_FILE,
    RUN_FILE,
    SLOTS,
    SOLVED_FILE,
    WEIGHT_FILE,
    About,
)
from echornn.run.layout import OF_ONE, LossLayout, row_bytes
from echornn.run.log import WholeLog, WindowLog, WindowReader
from echornn.run.logs import SOLVED, LogEnds, RunLogs
from echornn.run.losses import Losses
from echornn.run.states import Keyframe, States, read_keyframes
from echornn.run.tree import LogRange
from echornn.solved import SolvedAt
from echornn.tasks.data_file import keep_again
from echornn.training.structure import NO_DEVICES, Devices

BYTES_AT_A_TIME = 1 << 20  # of a log of windows; with twice as many it is no quicker

# Of the loss log, below what its checkpoint says: half a billion windows of one network. So many
# are marked as lost in seconds; more would keep whoever reads the run busy without an end
MOST_MISSING_BYTES = 1 << 32
MOST_BYTES_OF_A_SMALL_LOG = 1 << 28  # commands, and the solved: memory has them as a whole

BranchName = str | int
"""A branch, by its letter or its number: "b", "1" or 1."""


class Run:
    """A run, new or as it is in a folder up to its newest checkpoint.

    Attributes:
        tree: its branches.
        checkpoint: the newest that is whole; None if none was saved, so that the run starts over.
        commands: all before the checkpoint.
        lost_commands: how many may be missing: branches may be elsewhere because of them.
        notes: about faults in the folder.
        logs: where it is recorded while it trains; None if it is not.
        folder, about: of a stored run, where it was read from, and what its ``run.json`` says.
    """

    is_stored = False
    folder: Path
    about: About

    def __init__(
        self,
        config: EchoConfig,
        checkpoint: Checkpoint | None = None,
        commands: ReadCommands = NO_COMMANDS,
    ) -> None:
        self.checkpoint = checkpoint
        self.commands = commands.commands
        self.lost_commands = commands.lost
        self._command_bytes = commands.data
        self.notes: tuple[str, ...] = ()
        self.tree = tree_of(commands.commands, self.trained, commands.lost)
        self.logs: RunLogs | None = None
        self._config = config if checkpoint is None else checkpoint.state.config
        self._losses: Losses | None = None
        self._ends = LogEnds()

    # ---- reading a folder

    @classmethod
    def read(cls, folder: Path, quickly: bool = False) -> Run:
        """The run in a folder, which is not changed; a RunError if there is none that this version
        can continue.

        The newest whole checkpoint serves. Windows that the loss log lacks are unknown, and what
        differs from what was recorded is kept; the notes say so. ``quickly`` reads no log of
        windows until its losses are asked for, and does not check them.
        """
        names = ""
        try:
            if not os.path.lexists(folder / RUN_FILE):
                raise RunError(f"{folder} holds no run")
            about = folders.about(folder)
            keep_again(about.config.weights, folder / WEIGHT_FILE)
            checkpoint, wrong = _newest_checkpoint(folder, about)
            commands = NO_COMMANDS
            if checkpoint is not None:
                data = _start_of(folder / COMMAND_FILE, checkpoint.commands.length)
                commands = read_commands(
                    data, checkpoint.commands, checkpoint.trained, about.config
                )
            run = cls(about.config, checkpoint, commands)
            run.is_stored = True
            run.folder = folder
            run.about = about
            if not quickly and checkpoint is not None:
                run._load()
                wrong += run._faults_of_logs()
            names = branch_notes.fault(folder)
        except OSError as error:
            raise RunError(f"{folder} cannot be read: {error}") from error
        if names:
            wrong.append(names)
        if commands.fault:
            wrong.append(f"{COMMAND_FILE} is damaged: {commands.fault}")
        run.notes = (*about.notes, *wrong)
        return run

    def _load(self) -> None:
        """Read all losses, and with them the checksums of their logs: in one pass."""
        losses = Losses(self.tree)
        self._read_into(losses, LogEnds())
        self._losses = losses

    def _read_into(self, losses: Losses, ends: LogEnds) -> None:
        """Add the windows that these losses lack. The checksums go on from ``ends``."""
        with (
            self._reader(LOSS_FILE, ends.losses) as log,
            self._reader(NORM_FILE, ends.norms) as norms,
        ):
            for grown in self.tree.ranges():
                branch = grown.branch
                while len(losses) <= branch.number:
                    losses.begin(self.tree.branch(len(losses)))
                solved_at = self._solved_at(branch)
                for part in _parts(grown, since=losses.read):
                    solved = np.where(solved_at <= part.last, solved_at, 0)
                    losses.append(branch.number, log.read(part), solved, norms.read(part))
            self._ends = LogEnds(losses=log.end, norms=norms.end)

    def _reader(self, file: str, end: LogEnd = NO_LOG) -> WindowReader:
        return WindowReader(self.folder / file, self.layout, end)

    def _faults_of_logs(self) -> list[str]:
        """What differs from the checkpoint, in words."""
        assert self.checkpoint is not None
        faults = []
        losses, solved = self._ends.losses, NO_LOG.after(self._solved_bytes)
        missing = self.trained - self.layout.windows(losses.length)
        if missing:
            faults.append(f"{LOSS_FILE} is damaged: its last {missing:,} windows are missing")
        elif losses != self.checkpoint.losses:
            faults.append(f"{LOSS_FILE} is damaged: some losses are not as they were recorded")
        # earlier versions kept no checksum of norms, and no log of the solved
        if self.checkpoint.norms not in (NO_LOG, self._ends.norms):
            faults.append(f"{NORM_FILE} is damaged: some norms are wrong or lost")
        if self.checkpoint.solved not in (NO_LOG, solved):
            faults.append(
                f"{SOLVED_FILE} is damaged: when some networks were solved is wrong or lost"
            )
        return faults

    def refreshed(self) -> Run:
        """The run as it is in its folder now, with its losses; a RunError or an OSError if it
        cannot be read. If it is the same that went on, only what is new is read: the losses of this
        run grow, also for who draws them meanwhile."""
        run = Run.read(self.folder, quickly=True)
        losses = self.losses
        if run.checkpoint is None or not self._goes_on_as(run):
            run._load()
            return run
        if self.checkpoint is not None and run.checkpoint.serial == self.checkpoint.serial:
            return self
        losses.tree = run.tree  # of which this run's own is the beginning
        run._read_into(losses, self._ends)
        if run._ends.losses == run.checkpoint.losses:
            run._losses = losses
        else:  # what was read before is no longer there
            run._load()
        return run

    def _goes_on_as(self, later: Run) -> bool:
        begins_alike = later.commands[: len(self.commands)] == self.commands
        has_more = later.trained >= self.losses.read
        return later.about.is_of(self.about) and begins_alike and has_more

    # ---- what was read

    @property
    def config(self) -> EchoConfig:
        return self._config

    @property
    def trained(self) -> int:
        """The number of windows in all branches, of a stored run."""
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

    # ---- positions

    @property
    def position(self) -> Position:
        """Where the run stands."""
        if not len(self.tree):
            return Position(0, 0)
        if self.checkpoint and self.checkpoint.position and not self.lost_commands:
            position = Position(*self.checkpoint.position)
            if self.tree.has(position):
                return position
        return self.tree.end(self.tree.growing)

    def position_at(self, at: int | None = None, branch: BranchName | None = None) -> Position:
        """The position after ``at`` windows of the path to the run's current position, or to the
        end of a branch; by default that position, or that end. A RunError if there is no such
        branch, or the path is shorter.
        """
        position = self.position
        path = "the run's path"
        if branch is not None:
            number = number_of(str(branch))
            if number is None or number >= len(self.tree):
                raise RunError(
                    f"branch = {shortened(repr(branch))} cannot be used: {self._branches_there}"
                )
            position = self.tree.end(number)
            path = f"the path of branch {letter_of(number)}"
        if at is None:
            return position
        end = self.tree.end(position.branch).window if len(self.tree) else 0
        if not 0 <= at <= end:
            raise RunError(
                f"at = {at} cannot be used: it must be 0 to {end}, the windows along {path}"
            )
        return Position(position.branch, at)

    @property
    def _branches_there(self) -> str:
        if not len(self.tree):
            return "the run has none yet"
        last = len(self.tree) - 1
        return f"a to {letter_of(last)}, or 0 to {last}, as branches prints them"

    def owner(self, position: Position) -> Branch | None:
        """The branch whose configuration is in effect at a position; None if nothing was saved."""
        return self.tree.owner(position) if len(self.tree) else None

    def config_at(self, position: Position) -> EchoConfig:
        """The configuration in effect at a position: that which trained the last window before
        it."""
        owner = self.owner(position)
        if owner is None or position == self.position:
            return self.config
        return owner.config

    # ---- losses

    @property
    def has_losses(self) -> bool:
        """Whether they are in memory, so that nobody waits for a disk."""
        return self._losses is not None

    @property
    def losses(self) -> Losses:
        """All branches with all losses, in memory; read when they are first asked for."""
        if self._losses is None:
            if self.is_stored:
                self._load()
            else:
                self._losses = Losses(self.tree)
        assert self._losses is not None
        return self._losses

    def windows(self, first: int, last: int, replicas: int = 1) -> StoredWindows:
        """Windows of the loss log, [n, replicas]; see `WindowReader.windows`."""
        with self._reader(LOSS_FILE) as log:
            return log.windows(first, last, replicas)

    def stored(
        self, ranges: Iterable[LogRange]
    ) -> Iterator[tuple[LogRange, StoredWindows, StoredWindows]]:
        """Windows of the logs in parts, each with the norms of gradients, which are stored
        alike."""
        with self._reader(LOSS_FILE) as log, self._reader(NORM_FILE) as norms:
            for grown in ranges:
                for part in _parts(grown):
                    yield part, log.read(part), norms.read(part)

    def newest_losses(self, position: Position) -> Floats:
        """The newest losses of each network at a position, oldest first: float32 [up to
        RECENT_WINDOWS, replicas]. Only these are read. Losses from before the weights were new, of
        another task, of networks left behind, or from before an unknown window are left out.
        """
        config = self.config_at(position)
        newest = np.empty((0, config.replicas), np.float32)
        if not len(self.tree):
            return newest
        since = max(task_since(self.tree.path(position)), position.window - RECENT_WINDOWS)
        for part, windows, _ in self.stored(self.tree.ranges(position, since)):
            first = index_in(part.branch.config, config)
            if not 0 <= first <= part.branch.config.replicas - config.replicas:
                continue
            windows = windows[:, first : first + config.replicas]
            unknown = np.flatnonzero(are_lost(windows))
            if len(unknown):
                newest, windows = newest[:0], windows[unknown[-1] + 1 :]
            newest = np.concatenate([newest, losses_of(windows)])
        return newest

    def has_diverged(self, position: Position) -> bool:
        """Whether the loss of the last window there is NaN or infinite, in all networks."""
        newest = self.newest_losses(position)
        return bool(len(newest)) and not bool(np.isfinite(newest[-1]).any())

    def solved(self, position: Position) -> SolvedAt:
        """When each network at a position had solved the task by then, and lost it again; where the
        run stands, no losses are read for it."""
        checkpoint = self.checkpoint
        if checkpoint is None:
            return SolvedAt.never(self.config.replicas)
        solved_at, lost_at = checkpoint.solved_at, checkpoint.lost_at
        if position != self.position or solved_at is None or lost_at is None:
            return self.losses.solved(position)
        if self.config.replicas > 1:
            return checkpoint.state.solved
        never = SolvedAt.never(1)
        return replace(never, at=np.array([solved_at]), lost_at=np.array([lost_at]))

    def _solved_at(self, branch: Branch) -> npt.NDArray[np.int64]:
        """The window along its path, from 1, at which each network of a branch was solved, int64
        [replicas], or 0."""
        solved_at = np.zeros(branch.config.replicas, np.int64)
        if branch.config.replicas == 1:
            return solved_at  # its losses say it
        records = self._solved
        is_of_branch = records["branch"] == branch.number
        is_there = records["replica"] < len(solved_at)
        has_come = records["window"] <= self.tree.end(branch.number).window
        found = records[is_of_branch & is_there & has_come]
        solved_at[found["replica"]] = found["window"]
        return solved_at

    @cached_property
    def _solved(self) -> npt.NDArray[np.void]:
        return np.frombuffer(self._solved_bytes, SOLVED)

    @cached_property
    def _solved_bytes(self) -> bytes:
        if self.checkpoint is None:
            return b""
        data = _start_of(self.folder / SOLVED_FILE, self.checkpoint.solved.length)
        return data[: len(data) // SOLVED.itemsize * SOLVED.itemsize]

    # ---- states

    @cached_property
    def states(self) -> States:
        """The states to which the run can go back, in memory."""
        states = States()
        for keyframe in self.keyframes():
            states.add(keyframe)
        return states

    def keyframes(self) -> list[Keyframe]:
        """The intact keyframes on disk that belong to this run; none if commands are lost, as
        keyframes refer to branches by number."""
        if self.lost_commands or not self.is_stored:
            return []
        found = []
        for keyframe in read_keyframes(self.folder / KEYFRAME_FILE):
            if self.tree.has(keyframe.position):
                if keyframe.digest == self.tree.digest(keyframe.position.branch):
                    found.append(keyframe)
        return found

    def kept(self, number: int) -> dict[int, Keyframe]:
        """The states on disk along the path to a branch's end, by their window: the keyframes, and
        that where the run stands."""
        if self.checkpoint is None:
            return {}
        owner, end = self.tree.owner(self.position), self.tree.end(number).window
        newest = Keyframe(Position(owner.number, self.position.window), self.checkpoint.state)
        kept = {}
        for keyframe in [*self.keyframes(), newest]:
            branch, window = keyframe.position
            if window <= end and self.tree.owner(Position(number, window)).number == branch:
                kept[window] = keyframe
        return kept

    # ---- training

    def record_in(self, folder: Path) -> None:
        """Keep in this folder what is trained from now on; until the first save nothing in it
        changes, except that a new run gets its files."""
        self.states = States(folder / KEYFRAME_FILE)
        commands, solved_at = self._command_bytes, np.zeros(1, np.int64)
        if self.checkpoint is None:
            for name in (LOSS_FILE, COMMAND_FILE):
                safe_files.write_whole(folder / name, b"")
        else:
            if self._losses is None:
                self._load()
            solved_at = self._solved_at(self.tree.branch(self.tree.growing))
        if self.lost_commands:  # what could be read, and whole again
            commands = self._commands_anew()
        window_bytes = self.layout.offset(self.trained)
        self.logs = RunLogs(
            self.layout,
            WindowLog(folder / LOSS_FILE, self._ends.losses, window_bytes),
            WholeLog(folder / COMMAND_FILE, commands, is_stored=not self.lost_commands),
            WholeLog(folder / SOLVED_FILE, self._solved_bytes),
            WindowLog(folder / NORM_FILE, self._ends.norms, window_bytes),
            solved_at,
        )

    def _commands_anew(self) -> bytes:
        lines, begun = [], 0
        for grown in self.tree.ranges():
            if grown.branch.number == begun:
                command = RecordedCommand.begins(grown.branch, grown.at)
                begun += 1
            else:
                end = Position(grown.branch.number, grown.first)
                command = RecordedCommand.returns(grown.branch, end, grown.at)
            lines.append(command.as_line())
        return b"".join(lines)

    def begin(self, branch: Branch) -> None:
        """Begin the next branch; a ValueError if it cannot begin at its position."""
        at = self.tree.trained
        branch = self.tree.begin(branch)
        self.losses.begin(branch)
        if self.logs is not None:
            self.logs.begins(branch, at)

    def go_on(self, number: int) -> None:
        """Train on at the end of this branch."""
        if self.logs is not None:
            branch, end = self.tree.branch(number), self.tree.end(number)
            self.logs.goes_on(branch, end, self.tree.trained)
        self.tree.go_on(number)

    def append(self, progress: PopulationProgress) -> None:
        """Add windows to the branch that grows."""
        branch = self.tree.branch(self.tree.growing)
        windows, norms = stored_windows(progress, branch.config)
        self.losses.append(branch.number, windows, progress.solved_at, norms)
        self.tree.grew(len(windows))
        if self.logs is not None:
            self.logs.windows(branch.number, windows, norms, progress.solved_at)


def _newest_checkpoint(folder: Path, about: About) -> tuple[Checkpoint | None, list[str]]:
    """The newest whole checkpoint of a run, None if none was ever saved; and messages about
    faults."""
    whole, wrong = checkpoints.load(folder)
    if wrong and not whole:
        raise RunError(f"{folder} is damaged: {'; '.join(wrong)}")
    log = _size(folder / LOSS_FILE)
    if not whole:
        windows = LossLayout(((0, about.config.replicas),)).windows(log)
        if windows:
            wrong.append(
                f"it has no checkpoint: it starts over, without the {windows:,} windows of its "
                "loss log"
            )
        return None, wrong
    newest = whole[0]
    if len(whole) == 1 and newest.serial and not wrong:
        other = SLOTS[(newest.serial + 1) % len(SLOTS)]
        wrong.append(f"{other} is missing, which may have been the newest")
    if wrong:
        wrong.append(f"taken from the checkpoint after window {newest.trained}")
    missing = newest.losses.length - log
    if missing > MOST_MISSING_BYTES:
        raise RunError(f"{folder} is damaged: {LOSS_FILE} lacks {missing:,} bytes")
    return newest, wrong


def _size(file: Path) -> int:
    with contextlib.suppress(OSError):
        return file.lstat().st_size
    return 0


def _start_of(file: Path, length: int) -> bytes:
    """The first bytes of a small log: fewer if it is shorter or cannot be read."""
    with contextlib.suppress(OSError), safe_files.reader(file) as log:
        return log.read(min(length, MOST_BYTES_OF_A_SMALL_LOG))
    return b""


def _parts(grown: LogRange, since: int = 0) -> Iterator[LogRange]:
    """The windows of a range from window ``since`` of the logs on, as many as are read at a
    time."""
    branch, first, last, at = grown
    at_a_time = max(1, BYTES_AT_A_TIME // row_bytes(branch.config.replicas))
    for begin in range(first + max(0, since - at), last, at_a_time):
        yield LogRange(branch, begin, min(begin + at_a_time, last), at + begin - first)
