"""What TensorBoard shows of a run: its curves as means over a moment, its commands as text, its configuration.

A run's step is the number of windows trained in the whole run. Each process writes a file of its own, which begins by
telling TensorBoard from which step on the files before it no longer count.
"""

from __future__ import annotations

import dataclasses
import io
import math
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from echornn.config import EchoConfig
from echornn.progress import Progress
from echornn.runs.append_log import AppendLog
from echornn.runs.checkpoint import LogEnd
from echornn.runs.command import Command

FOLDER = "tensorboard"
"""In the run's folder."""

FILES = "events.out.tfevents.*"

POINT_SECONDS = 0.25
"""A point of the curves comes at most so often (and at each checkpoint); slower windows have a point each."""

MOST_PENDING_BYTES = 1 << 20
"""While more than this waits for the disk, points are put off, and become means over longer moments."""


class EventLog:
    """Collects events, and writes them when told to. One thread may collect while another writes.

    Args:
        folder: the run's.
        config: what is trained.
        trained: windows trained before, in the whole run; events beyond them are withdrawn.
        commands: those that lie before; the ones given after the last window are written again.
        clock: seconds that never go back.
    """

    def __init__(
        self,
        folder: Path,
        config: EchoConfig,
        trained: int = 0,
        commands: tuple[Command, ...] = (),
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._run = folder.name
        self._file = _next_file(folder / FOLDER)
        self._log = AppendLog(self._file, LogEnd())
        self._config = config
        self._begun_at = self._trained = trained
        self._clock = clock
        self._point_at = -math.inf
        befores = [config, *(command.config for command in commands)]
        self._again = [pair for pair in zip(commands, befores, strict=False) if pair[0].at == trained]
        self._losses = 0.0
        self._errors = self._windows = 0

    @property
    def length(self) -> int:
        """Bytes collected so far; `flush` brings all up to there to the disk."""
        return self._log.length

    def command(self, command: Command) -> None:
        """A command was carried out (or the run has begun)."""
        self._point()
        if command.cause == "start":
            self._hyperparameters(command.config)
        self._say(command, self._config)
        self._config = command.config

    def windows(self, progress: Progress) -> None:
        """These windows were trained."""
        self._losses += float(progress.losses.sum(dtype="float64"))
        self._errors += int(progress.errors.sum(dtype="int64"))
        self._windows += len(progress.losses)
        self._trained += len(progress.losses)
        if self._clock() >= self._point_at:
            self.point()

    def point(self) -> None:
        """Set a point of each curve, unless too much waits for the disk."""
        if self._log.pending_bytes <= MOST_PENDING_BYTES:
            self._point()

    def _point(self) -> None:
        """The mean over the windows since the point before, if there are any."""
        if self._windows:
            from tensorboard.compat.proto.summary_pb2 import Summary

            predictions = self._windows * self._config.predictions_per_window
            curves = {
                "loss": self._losses / self._windows,
                "accuracy": 1 - self._errors / predictions,
                "learning_rate": self._config.learning_rate,
            }
            values = [Summary.Value(tag=tag, simple_value=value) for tag, value in curves.items()]
            self._add(self._trained, summary=Summary(value=values))
            self._losses = 0.0
            self._errors = self._windows = 0
            self._point_at = self._clock() + POINT_SECONDS

    def flush(self, length: int) -> None:
        """Bring all events up to where `length` was this to the disk.

        Raises:
            OSError: not all of them are there; what is missing stays in memory.
        """
        if length and not self._log.end.length:
            self._file.parent.mkdir(exist_ok=True)
            self._file.touch()
        self._log.flush(length)

    def _say(self, command: Command, before: EchoConfig) -> None:
        from tensorboard.plugins.text.summary_v2 import text_pb

        # Its step is the first window under it, so that a checkpoint before it withdraws it.
        self._add(command.at + 1, summary=text_pb("commands", described(command, before)))

    def _hyperparameters(self, config: EchoConfig) -> None:
        from tensorboard.plugins.hparams.summary_v2 import hparams_pb

        fields = {**dataclasses.asdict(config), "stride": config.window_stride}
        self._add(0, summary=hparams_pb(fields, trial_id=self._run))

    def _add(self, step: int, **what: Any) -> None:
        from tensorboard.compat.proto.event_pb2 import Event

        if not self._log.length:
            self._begin()
        self._log.append(_record(Event(wall_time=time.time(), step=step, **what)))

    def _begin(self) -> None:
        """Begin the file: what lies beyond the checkpoint in the ones before is withdrawn."""
        from tensorboard.compat.proto.event_pb2 import Event, SessionLog

        self._log.append(_record(Event(wall_time=time.time(), file_version="brain.Event:2")))
        self._add(self._begun_at + 1, session_log=SessionLog(status=SessionLog.START))
        for command, before in self._again:
            self._say(command, before)


def described(command: Command, before: EchoConfig) -> str:
    """A command for people, and the fields that it changed."""
    old, new = dataclasses.asdict(before), dataclasses.asdict(command.config)
    changes = [f"{name} {old[name]} to {new[name]}" for name in new if new[name] != old[name]]
    return ": ".join([command.cause, *([", ".join(changes)] if changes else [])])


def _record(event: Any) -> bytes:
    """An event as a record of the file, with its length and checksums."""
    from tensorboard.summary.writer.record_writer import RecordWriter

    record = io.BytesIO()
    RecordWriter(record).write(event.SerializeToString())
    return record.getvalue()


def _next_file(folder: Path) -> Path:
    """A file that TensorBoard reads after all that are there: it takes them in the order of their names."""
    there = [file.name.split(".")[3] for file in folder.glob(FILES)]
    newest = max((int(second) for second in there if second.isdecimal()), default=0)
    return folder / f"events.out.tfevents.{max(int(time.time()), newest + 1):010d}.echornn"
