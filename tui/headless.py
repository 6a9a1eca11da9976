"""The session as lines, for logs and scripts: one for every 100 windows, and one for every epoch."""

from __future__ import annotations

import json
import math
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict
from typing import Any

import numpy as np

from echornn.config import ConfigError, EchoConfig
from echornn.progress import Progress
from echornn.session import Session
from tui import terminal
from tui.exit_code import ExitCode

LINE_EVERY = 100
"""Windows from one line to the next, as in the tutorial."""

Record = dict[str, Any]


class EpochReport:
    """Turns progress into records: plain dictionaries, of one window or of one whole epoch each."""

    def __init__(self, config: EchoConfig, clock: Callable[[], float] = time.monotonic) -> None:
        self.config = config
        self._clock = clock
        self._begun = clock()
        self._losses: list[float] = []
        self._errors = 0

    def records(self, progress: Progress) -> Iterator[Record]:
        """What there is to say of these windows, in order."""
        per_epoch = self.config.windows_per_epoch
        number = progress.epoch * per_epoch + progress.window + 1 - len(progress.losses)
        for loss, errors in zip(progress.losses.tolist(), progress.errors.tolist(), strict=True):
            epoch, window = divmod(number, per_epoch)
            self._losses.append(loss)
            self._errors += errors
            number += 1
            if window % LINE_EVERY == 0:
                yield {
                    "event": "window",
                    "epoch": epoch + 1,
                    "window": window + 1,
                    "loss": loss,
                    "accuracy": 1 - errors / self.config.predictions_per_window,
                }
            if window == per_epoch - 1:
                yield {
                    "event": "epoch",
                    "epoch": epoch + 1,
                    "loss": float(np.mean(self._losses)),
                    "accuracy": 1 - self._errors / (per_epoch * self.config.predictions_per_window),
                    "seconds": self._clock() - self._begun,
                }
                self._losses, self._errors = [], 0


def as_line(record: Record, config: EchoConfig) -> str:
    """A record for people."""
    match record["event"]:
        case "window":
            return (
                f"epoch {record['epoch']}/{config.num_epochs}  window {record['window']}/{config.windows_per_epoch}"
                f"  loss {record['loss']:.4f}  accuracy {record['accuracy']:.1%}"
            )
        case "epoch":
            return (
                f"epoch {record['epoch']}/{config.num_epochs} done  mean loss {record['loss']:.4f}"
                f"  accuracy {record['accuracy']:.1%}  at {record['seconds']:.1f} s"
            )
        case event:
            return "  ".join([event, *(f"{name} {value}" for name, value in record.items() if name != "event")])


def as_json(record: Record) -> str:
    """A record for programs: one line; a number that is not finite becomes null, since JSON has none."""
    finite = {
        name: None if isinstance(value, float) and not math.isfinite(value) else value for name, value in record.items()
    }
    return json.dumps(finite)


def print_training(config: EchoConfig, speed: float, as_json_lines: bool) -> int:
    """Train all epochs and print what happens. Returns the exit code."""
    native_log = terminal.keep_native_stderr_off_the_screen()
    report = EpochReport(config)

    def say(record: Record) -> None:
        print(as_json(record) if as_json_lines else as_line(record, config))

    def on_progress(progress: Progress) -> None:
        for record in report.records(progress):
            say(record)
        sys.stdout.flush()
        if (progress.epoch, progress.window) == (config.num_epochs - 1, config.windows_per_epoch - 1):
            session.stop()

    session = Session(config, speed, on_progress=on_progress)
    stopped_by: list[int] = []

    def stop(signal_number: int) -> None:
        stopped_by.append(signal_number)
        session.stop()

    with terminal.ending_signals_call(stop):
        say({"event": "start", **asdict(config)})
        if config.unused_steps:
            say({"event": "note", "unused_steps_per_epoch": config.unused_steps})
        sys.stdout.flush()
        begun = time.monotonic()
        session.run()
    if isinstance(session.error, (ConfigError, BrokenPipeError)):
        raise session.error
    if session.error is not None:
        print(f"echornn-tui: {session.frame.message}", native_log.tail(), sep="\n", file=sys.stderr)
        return ExitCode.FAILED
    if stopped_by:
        return 128 + stopped_by[0]
    say({"event": "finished", "windows": session.frame.trained, "seconds": round(time.monotonic() - begun, 3)})
    return ExitCode.DONE
