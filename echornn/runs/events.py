"""Writes TensorBoard's files: curves of mean losses, commands as text, and the configuration.

For several networks, the curves show quantiles of their losses, and how many have solved the task
(`echornn.runs.event_points`).

A step is the number of windows trained in the whole run. Each process writes a new file, whose beginning tells
TensorBoard from which step on earlier files are void. The windows that have a point depend only on earlier commands, so
a run that was killed and continued shows the same points as one that was not.
"""

from __future__ import annotations

import io
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from echornn.config import EchoConfig
from echornn.config_text import shown
from echornn.files import own_files
from echornn.files.append_log import AppendLog, LogEnd
from echornn.history.kept_windows import StoredWindows
from echornn.progress import PopulationProgress
from echornn.runs.event_points import EventPoint
from echornn.runs.logs.command_log import RecordedCommand
from echornn.runs.logs.loss_log import windows_at_a_time

FOLDER = "tensorboard"
"""The name of the folder in the run's folder with these files."""

FILES = "events.out.tfevents.*"

POINTS_APART = 100
"""After a command, each window has a point, up to twice this number of windows; from then on the distance between
points is 1/100 of the windows since the command. This makes 231 points per power of ten: 851 (70 kB) at 10^5 windows, 1
545 (128 kB) at 10^8.
"""

MOST_PENDING_BYTES = 1 << 20
"""If more bytes than this wait for the disk, points are left out, and the next point is a mean over more windows."""

ReadWindows = Callable[[int, int, int], StoredWindows]
"""Reads windows of the run's loss log: ``first <= window < last``, counted from 0; the third argument is the number of
networks.
"""


def next_point(windows: int) -> int:
    """The number of windows since the last command at which the next point is due, from that of the previous point."""
    return windows + max(1, windows // POINTS_APART)


def last_point(windows: int) -> int:
    """The number of windows since the last command at which the newest point was due, after ``windows`` windows; see
    `next_point`.
    """
    point = 0
    while (following := next_point(point)) <= windows:
        point = following
    return point


class EventLog:
    """Collects events, and writes them on request. One thread may collect while another writes.

    Args:
        folder: the run's folder.
        config: the configuration that was trained last.
        trained: the number of windows trained before, in the whole run; events beyond are declared void.
        commands: the earlier commands; those after the last point are written again.
        read: reads the windows after the last point; needed if windows were trained before.
        solved: for several networks, how many have solved the task so far.
    """

    def __init__(
        self,
        folder: Path,
        config: EchoConfig,
        trained: int = 0,
        commands: tuple[RecordedCommand, ...] = (),
        read: ReadWindows | None = None,
        solved: int = 0,
    ) -> None:
        # events are UTF-8, but folder names may not be
        self._run = os.fsencode(folder.name).decode(errors="backslashreplace")
        self._file = _next_file(folder / FOLDER)
        self._log = AppendLog(self._file, LogEnd())
        self._is_made = False
        self._withdraws = any((folder / FOLDER).glob(FILES))
        self._config = config
        self._command_at = commands[-1].at if commands else 0
        self._point_at = self._trained = self._command_at + last_point(trained - self._command_at)
        self._goes_on_at = self._point_at
        self._due_at = self._command_at + next_point(self._point_at - self._command_at)
        befores = [config, *(command.config for command in commands)]
        self._again = [pair for pair in zip(commands, befores, strict=False) if pair[0].at == self._point_at]
        self._point = EventPoint(config, solved)
        if read is not None:
            at_a_time = windows_at_a_time(config.replicas)
            for first in range(self._point_at, trained, at_a_time):
                last = min(first + at_a_time, trained)
                self._point.take_again(read(first, last, config.replicas))
                self._trained = last

    @property
    def length(self) -> int:
        """The number of bytes collected so far; `flush` with this value writes all of them."""
        return self._log.length

    def command(self, command: RecordedCommand) -> None:
        """Add a command that was carried out, or the start of the run."""
        self.point()
        if command.cause == "start":
            self._hyperparameters(command.config)
        self._say(command, self._config)
        self._config = command.config
        self._point = EventPoint(command.config)
        self._command_at = self._trained
        self._due_at = self._trained + next_point(0)

    def windows(self, progress: PopulationProgress) -> None:
        """Add windows that were trained."""
        begin, last = 0, len(progress.losses)
        while begin < last:
            end = min(last, begin + self._due_at - self._trained)
            self._point.take(progress, begin, end)
            self._trained += end - begin
            begin = end
            if self._trained == self._due_at:
                self._due_at = self._command_at + next_point(self._due_at - self._command_at)
                if self._log.pending_bytes <= MOST_PENDING_BYTES:
                    self.point()

    def withdraw(self) -> None:
        """Declare void what a killed process left beyond the checkpoint, even if nothing more is trained."""
        if self._withdraws and not self._log.length:
            self._begin()

    def point(self) -> None:
        """Add a point to each curve, the mean over the windows since the previous point, if there are any."""
        windows = self._trained - self._point_at
        if windows:
            from tensorboard.compat.proto.summary_pb2 import Summary

            curves = {**self._point.curves(windows), "learning_rate": self._config.learning_rate}
            values = [Summary.Value(tag=tag, simple_value=value) for tag, value in curves.items()]
            self._add(self._trained, summary=Summary(value=values))
            self._point = EventPoint(self._config)
            self._point_at = self._trained

    def flush(self, length: int) -> None:
        """Write all events up to an earlier value of `length` to the disk.

        Raises:
            OSError: some events were not written; they stay in memory.
        """
        if length and not self._is_made:
            own_files.make_folder(self._file.parent)
            own_files.create(self._file)
            self._is_made = True
        self._log.flush(length)

    def _say(self, command: RecordedCommand, before: EchoConfig) -> None:
        from tensorboard.plugins.text.summary_v2 import text_pb

        # The step is that of the next window, so that a checkpoint before the command makes it void.
        self._add(command.at + 1, summary=text_pb("commands", described(command, before)))

    def _hyperparameters(self, config: EchoConfig) -> None:
        from tensorboard.plugins.hparams.summary_v2 import hparams_pb

        fields = {**shown(config.fields()), "stride": config.window_stride}
        self._add(0, summary=hparams_pb(fields, trial_id=self._run))

    def _add(self, step: int, **what: Any) -> None:
        from tensorboard.compat.proto.event_pb2 import Event

        if not self._log.length:
            self._begin()
        self._log.append(_record(Event(wall_time=time.time(), step=step, **what)))

    def _begin(self) -> None:
        """Begin the file: it declares void what earlier files have beyond the point from which this one continues."""
        from tensorboard.compat.proto.event_pb2 import Event, SessionLog

        self._log.append(_record(Event(wall_time=time.time(), file_version="brain.Event:2")))
        self._add(self._goes_on_at + 1, session_log=SessionLog(status=SessionLog.START))
        for command, before in self._again:
            self._say(command, before)


def described(command: RecordedCommand, before: EchoConfig) -> str:
    """A command as text, with the fields that it changed."""
    old, new = before.fields(), before.changes_to(command.config)
    changes = [f"{name} {old[name]} to {new[name]}" if name in old else f"{name} {new[name]}" for name in new]
    return ": ".join([command.cause, *([", ".join(changes)] if changes else [])])


def _record(event: Any) -> bytes:
    """An event as a record of the file, with length and checksums."""
    from tensorboard.summary.writer.record_writer import RecordWriter

    record = io.BytesIO()
    RecordWriter(record).write(event.SerializeToString())
    return record.getvalue()


def _next_file(folder: Path) -> Path:
    """The path of a new file that TensorBoard reads after all existing files, since it sorts them by name."""
    there = [file.name.split(".")[3] for file in folder.glob(FILES)]
    newest = max((int(second) for second in there if second.isdecimal()), default=0)
    return folder / f"events.out.tfevents.{max(int(time.time()), newest + 1):010d}.echornn"
