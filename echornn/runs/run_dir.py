"""A run on disk: its configuration, checkpoints, and the logs of every window and every command.

A folder holds

- ``run.json``: format, start time, configuration at the start, and the versions that trained it;
- ``checkpoint-0``, ``checkpoint-1``: written in turn (`echornn.runs.checkpoint`);
- ``losses.bin``: 8 bytes a window, `WINDOW`, in the order trained;
- ``commands.jsonl``: a line for the start and for each reset, edit, ... (`echornn.runs.command.Command`);
- ``keyframes.bin``: states along the branches (`echornn.runs.keyframes`), without which going back takes longer;
- ``tensorboard/``: what TensorBoard shows of it (`echornn.runs.events`), which nothing here reads;
- ``lock``: held by the process that writes, and free as soon as that process is gone, however it went.
"""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import json
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from echornn.config import EchoConfig
from echornn.runs import checkpoint, events
from echornn.runs.append_log import end_of, ends_at
from echornn.runs.branch import Branch, Moment, path_to, spans_to, whole_path
from echornn.runs.checkpoint import Checkpoint, LogEnd, config_from
from echornn.runs.command import Command
from echornn.runs.keyframes import Keyframe, records
from echornn.runs.lock import LOCK_FILE, Lock
from echornn.runs.recorded_tree import Stretch, tree_of
from echornn.runs.run_error import RunError
from echornn.runs.timeline import Timeline

FORMAT = 1
RUN_FILE, LOSS_FILE, COMMAND_FILE = "run.json", "losses.bin", "commands.jsonl"
KEYFRAME_FILE = "keyframes.bin"

WINDOW = np.dtype([("loss", "<f4"), ("errors", "<i4")])
"""A window in the loss log: mean cross-entropy in nats, and wrong predictions among batch_size * T."""

LOST_WINDOW = np.array([(np.nan, -1)], WINDOW).tobytes()
"""Stands for a window that was trained while nothing could be saved, for longer than memory could hold."""

WINDOWS_AT_A_TIME = 1 << 18

PACKAGES = ("tensorflow", "keras", "numpy")
"""What can change the last bits of a run."""


@dataclass(frozen=True, eq=False)
class Run:
    """What a run's folder holds, up to its newest usable checkpoint.

    Attributes:
        folder: where it is.
        begun: seconds since 1970 when it was begun.
        config: what is trained now.
        checkpoint: where it goes on; None where it never came to one, and starts over.
        commands: all that lie before it.
        notes: what is wrong with the folder, in words.
        lost_commands: lines of the command log that cannot be read; without them, branches are not where they were.
    """

    folder: Path
    begun: float
    config: EchoConfig
    checkpoint: Checkpoint | None
    commands: tuple[Command, ...]
    notes: tuple[str, ...]
    lost_commands: int = 0

    @staticmethod
    def read(folder: Path) -> Run:
        """The run in a folder; see `read`."""
        return read(folder)

    @property
    def trained(self) -> int:
        """Windows trained up to the checkpoint, over all resets."""
        return 0 if self.checkpoint is None else self.checkpoint.losses.length // WINDOW.itemsize

    def windows(self, first: int, last: int) -> npt.NDArray[Any]:
        """Windows ``first`` to ``last`` of the run, `WINDOW` [n]; those that the log lacks are lost windows."""
        count = last - first
        there = np.fromfile(self.folder / LOSS_FILE, WINDOW, count, offset=first * WINDOW.itemsize)
        lacking = np.frombuffer(LOST_WINDOW * (count - len(there)), WINDOW)
        return np.concatenate([there, lacking])

    @functools.cached_property
    def tree(self) -> tuple[list[Branch], list[Stretch]]:
        """The run's branches, and the stretches of its loss log; see `tree_of`."""
        return tree_of(self.commands, self.trained)

    @property
    def stands(self) -> Moment:
        """Where the run goes on."""
        branches, stretches = self.tree
        if not stretches:
            return Moment(0, 0)
        newest = stretches[-1]
        end = Moment(newest.branch, newest.along + newest.last - newest.first)
        told = self.checkpoint.stands if self.checkpoint and not self.lost_commands else None
        there = told is not None and 0 <= told[0] < len(branches) and 0 <= told[1] <= self.ends[told[0]]
        return Moment(*told) if told is not None and there else end

    def moment(self, at: int | None = None) -> Moment:
        """The moment after so many windows along the line on which the run stands; where it stands, unless given.

        Raises:
            RunError: the line is not so long.
        """
        stands = self.stands
        if at is None:
            return stands
        end = self.ends[stands.branch] if self.ends else 0
        if not 0 <= at <= end:
            raise RunError(f"at = {at} cannot be used: 0 to {end}, the windows along the run's path")
        return Moment(stands.branch, at)

    def owner(self, moment: Moment) -> Branch | None:
        """The branch on whose terms one stands there; None where nothing was ever saved."""
        branches = self.tree[0]
        return path_to(moment.window, self._whole_path(moment.branch))[-1] if branches else None

    def _whole_path(self, number: int) -> tuple[Branch, ...]:
        branches = self.tree[0]
        return whole_path(branches[number], branches.__getitem__) if branches else ()

    def pieces(self) -> Iterator[tuple[Stretch, npt.NDArray[Any]]]:
        """All windows in the order trained, some at a time (`WINDOW` [n]), with the part of their stretch."""
        for stretch in self.tree[1]:
            for first in range(stretch.first, stretch.last, WINDOWS_AT_A_TIME):
                last = min(first + WINDOWS_AT_A_TIME, stretch.last)
                along = stretch.along + first - stretch.first
                yield stretch._replace(along=along, first=first, last=last), self.windows(first, last)

    @property
    def ends(self) -> list[int]:
        """Of each branch, the windows along its path."""
        branches, stretches = self.tree
        ends = [branch.start for branch in branches]
        for stretch in stretches:
            ends[stretch.branch] = stretch.along + stretch.last - stretch.first
        return ends

    def path(self, moment: Moment, since: int = 0) -> Iterator[tuple[Branch, int, npt.NDArray[Any]]]:
        """The windows that lead to a moment, some at a time: their branch, the first along the path, `WINDOW` [n].

        Args:
            since: windows along the path that are left out.
        """
        path = self._whole_path(moment.branch)
        for branch, first, last in spans_to(moment.window, path) if path else ():
            for stretch in self.tree[1]:
                begin, end = max(first, stretch.along, since), min(last, stretch.along + stretch.last - stretch.first)
                if stretch.branch == branch.number:
                    for at in range(begin, end, WINDOWS_AT_A_TIME):
                        log = stretch.first + at - stretch.along
                        yield branch, at, self.windows(log, log + min(WINDOWS_AT_A_TIME, end - at))

    def timeline(self) -> Timeline:
        """All branches, and all that was trained in them.

        Raises:
            OSError: the log could not be read.
        """
        timeline = Timeline()
        branches = self.tree[0]
        for stretch, windows in self.pieces():
            while len(timeline) <= stretch.branch:
                timeline.begin(branches[len(timeline)])
            rates = error_rates(windows, branches[stretch.branch].config)
            timeline.append(stretch.branch, windows["loss"], rates.astype(np.float32))
        for branch in branches[len(timeline) :]:
            timeline.begin(branch)
        return timeline

    def keyframes(self) -> list[Keyframe]:
        """The whole keyframes on disk; none where commands are lost, since they tell by number whose they are."""
        file = self.folder / KEYFRAME_FILE
        return records(file.read_bytes()) if file.is_file() and not self.lost_commands else []


def error_rates(windows: npt.NDArray[Any], config: EchoConfig) -> npt.NDArray[np.float64]:
    """Wrong predictions per prediction, 0 to 1, of these windows (`WINDOW` [n]); NaN where one was lost."""
    errors = windows["errors"]
    return np.where(errors < 0, np.nan, errors / config.predictions_per_window)


def create(folder: Path, config: EchoConfig) -> Lock:
    """Begin a run in a folder that does not exist or is empty, and take its lock.

    Raises:
        RunError: the folder holds something, or cannot be made or written to.
    """
    begun = False
    try:
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            there = "holds a run already; go on with --resume" if (folder / RUN_FILE).exists() else "is not empty"
            raise RunError(f"{folder} {there}, or name another folder")
        folder.mkdir(parents=True, exist_ok=True)
        begun = True
        lock = Lock(folder)
        about = {
            "format": FORMAT,
            "begun": time.time(),
            "config": dataclasses.asdict(config),
            "versions": _versions(),
        }
        for name in (LOSS_FILE, COMMAND_FILE):
            (folder / name).touch()
        checkpoint.write_whole(folder / RUN_FILE, json.dumps(about, indent=1).encode())
    except OSError as error:
        if begun:
            with contextlib.suppress(OSError):
                remove(folder)
        raise RunError(f"{folder} cannot hold a run: {error.strerror or error}") from error
    return lock


def size(folder: Path) -> int:
    """Bytes of all files in the folder."""
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())


def remove(folder: Path) -> None:
    """Remove a run's files, and its folder where nothing else is in it."""
    for file in (folder / events.FOLDER).glob(events.FILES):
        file.unlink()
    with contextlib.suppress(OSError):
        (folder / events.FOLDER).rmdir()
    for name in (*checkpoint.SLOTS, LOSS_FILE, COMMAND_FILE, KEYFRAME_FILE, RUN_FILE, LOCK_FILE):
        (folder / name).unlink(missing_ok=True)
    if not any(folder.iterdir()):
        folder.rmdir()


def read(folder: Path) -> Run:
    """What the folder holds; nothing in it is changed.

    The newest checkpoint counts that is whole and whose logs are; the one before it otherwise, and the notes say so.

    Raises:
        RunError: the folder holds no run, or one that this version cannot go on with.
    """
    try:
        return _read(folder)
    except OSError as error:
        raise RunError(f"{folder} cannot be read: {error.strerror or error}") from error


def _read(folder: Path) -> Run:
    if not (folder / RUN_FILE).is_file():
        raise RunError(f"{folder} holds no run")
    try:
        about = json.loads((folder / RUN_FILE).read_bytes())
        if about["format"] != FORMAT:
            raise RunError(f"{folder} holds a run of format {about['format']!r}: this version reads {FORMAT}")
        begun, config, versions = float(about["begun"]), config_from(about["config"]), dict(about["versions"])
    except (LookupError, TypeError, ValueError, RecursionError) as error:
        if isinstance(error, RunError):
            raise
        raise RunError(f"{folder}/{RUN_FILE} is damaged: {error}") from error
    for name in (LOSS_FILE, COMMAND_FILE):
        if not (folder / name).is_file():
            raise RunError(f"{folder} is damaged: {name} is missing")
    notes = [
        f"begun with {name} {then}, which may give other last digits than {now}"
        for (name, now) in _versions().items()
        if (then := versions.get(name, "another version")) != now
    ]
    whole, wrong = checkpoint.load(folder)
    if not whole and (wrong or os.path.getsize(folder / LOSS_FILE)):
        raise RunError(f"{folder} is damaged: {'; '.join(wrong) or 'it has no checkpoint'}")
    chosen = next((one for one in whole if _logs_reach(folder, one)), None)
    if whole and chosen is None:
        chosen = whole[0]
        wrong.append("the logs differ from what was recorded: some losses in the curve are wrong or lost")
    elif whole and chosen is not whole[0]:
        wrong.append("the logs do not reach the newest checkpoint")
    if chosen is not None and wrong:
        wrong.append(f"taken from the checkpoint after window {chosen.losses.length // WINDOW.itemsize}")
    commands, unreadable, lines = _read_commands(folder, chosen)
    if unreadable:
        wrong.append(f"{COMMAND_FILE} is damaged: {unreadable} of {lines} commands cannot be read")
    return Run(
        folder,
        begun,
        config if chosen is None else chosen.state.config,
        chosen,
        commands,
        (*notes, *wrong),
        unreadable,
    )


def _logs_reach(folder: Path, one: Checkpoint) -> bool:
    return ends_at(folder / LOSS_FILE, one.losses) and ends_at(folder / COMMAND_FILE, one.commands)


def _read_commands(folder: Path, chosen: Checkpoint | None) -> tuple[tuple[Command, ...], int, int]:
    """The commands up to the checkpoint, how many lines cannot be read (what they began has none), and of how many."""
    if chosen is None:
        return (), 0, 0
    with open(folder / COMMAND_FILE, "rb") as file:
        lines = file.read(chosen.commands.length).splitlines()
    trained = chosen.losses.length // WINDOW.itemsize
    commands: list[Command] = []
    for line in lines:
        with contextlib.suppress(ValueError):
            command = Command.from_line(line)
            if (commands[-1].at if commands else 0) <= command.at <= trained:
                commands.append(command)
    unreadable = len(lines) - len(commands)
    if not commands or commands[0].at:
        commands.insert(0, Command(0, "start", 0, 0, 0, 0, chosen.state.config))
    return tuple(commands), unreadable, len(lines)


def cut_back(run: Run) -> tuple[LogEnd, LogEnd]:
    """Cut the logs back to the checkpoint, so that what is trained again is not recorded twice.

    A loss log that is too short is filled up with lost windows.

    Returns:
        The ends of the loss log and of the command log.

    Raises:
        OSError: they could not be changed.
    """
    losses, commands = run.folder / LOSS_FILE, run.folder / COMMAND_FILE
    there = min(run.trained, losses.stat().st_size // WINDOW.itemsize)
    os.truncate(losses, there * WINDOW.itemsize)
    with open(losses, "ab") as file:
        file.write(LOST_WINDOW * (run.trained - there))
    length = run.checkpoint.commands.length if run.checkpoint else 0
    os.truncate(commands, min(length, commands.stat().st_size))
    return end_of(losses), end_of(commands)


def _versions() -> dict[str, str]:
    return {name: version(name) for name in PACKAGES}
