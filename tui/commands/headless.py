"""The session as lines, for logs and scripts: one for every 100 windows, and one for every epoch."""

from __future__ import annotations

import json
import math
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict
from typing import Any

import numpy as np

from echornn.analysis.loss_text import loss_text
from echornn.config import ConfigError, EchoConfig
from echornn.progress import AnyProgress, Progress
from echornn.runs.recorder import Recorder
from echornn.runs.run_dir import Run
from echornn.session.frame import Frame, State
from echornn.session.session import Session
from tui.commands.lines import Lines
from tui.commands.record import code_after_a_signal, code_at_the_end, farewell, forget_if_empty, is_unsaved
from tui.exit_code import ExitCode
from tui.tty import terminal

LINE_EVERY = 100
"""Windows from one line to the next, as in the tutorial."""

LOOK_SECONDS = 0.1
"""How often the session is looked at, for warnings and for its end."""

Record = dict[str, Any]


class EpochReport:
    """Turns progress into records: plain dictionaries, of one window or of one whole epoch each."""

    def __init__(self, config: EchoConfig, clock: Callable[[], float] = time.monotonic) -> None:
        self.config = config
        self._clock = clock
        self._begun = clock()
        self._losses: list[float] = []
        self._errors = 0

    def go_on_after(self, run: Run, at: int | None = None) -> None:
        """Take in the windows of the epoch under way that were trained before, if it is the same epoch's now.

        Args:
            at: after how many windows along the run's path it goes on; where it stands, unless given.
        """
        moment = run.moment(at)
        owner = run.owner(moment)
        if owner is None or not owner.config.differs_only_live(self.config):
            return
        _, before = owner.position(moment.window)
        for _, _, windows in run.path(moment, moment.window - before):
            self._losses += windows["loss"].tolist()
            self._errors += int(windows["errors"].sum())

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
                    "accuracy": 1 - self._errors / (len(self._losses) * self.config.predictions_per_window),
                    "seconds": self._clock() - self._begun,
                }
                self._losses, self._errors = [], 0


def as_line(record: Record, config: EchoConfig) -> str:
    """A record for people."""
    match record["event"]:
        case "window":
            return (
                f"epoch {record['epoch']}/{config.num_epochs}  window {record['window']}/{config.windows_per_epoch}"
                f"  loss {loss_text(record['loss'])}  accuracy {record['accuracy']:.1%}"
            )
        case "epoch":
            return (
                f"epoch {record['epoch']}/{config.num_epochs} done  mean loss {loss_text(record['loss'])}"
                f"  accuracy {record['accuracy']:.1%}  at {record['seconds']:.1f} s"
            )
        case "finished":
            solved = "not solved" if record["solved_at"] is None else f"solved at {record['solved_at']}"
            return (
                f"finished  windows {record['windows']} in all  mean loss {loss_text(record['final_loss'])}  {solved}"
                f"  seconds {record['seconds']}"
            )
        case event:
            return "  ".join([event, *(f"{name} {value}" for name, value in record.items() if name != "event")])


def as_json(record: Record) -> str:
    """A record for programs: one line; a number that is not finite becomes null, since JSON has none."""
    finite = {
        name: None if isinstance(value, float) and not math.isfinite(value) else value for name, value in record.items()
    }
    return json.dumps(finite)


def print_training(
    config: EchoConfig, speed: float, as_json_lines: bool, recorder: Recorder | None = None, at: int | None = None
) -> int:
    """Train all epochs and print what happens. Returns the exit code.

    Args:
        at: see `Session`.
    """
    native_log = terminal.keep_native_stderr_off_the_screen()
    report = EpochReport(config)
    lines = _lines(with_bar=not as_json_lines)
    asked: list[int] = []

    def say(*records: Record) -> None:
        texts = [as_json(record) if as_json_lines else as_line(record, config) for record in records]
        if texts:
            lines.print(texts, sys.stdout)

    def on_progress(progress: AnyProgress) -> None:
        assert isinstance(progress, Progress)  # of a network alone: others have no lines yet
        say(*report.records(progress))
        if not math.isfinite(progress.losses[-1]):
            position = {"epoch": progress.epoch + 1, "window": progress.window + 1}
            say({"event": "diverged", **position, "loss": float(progress.losses[-1])})
            session.stop()

    def end(signal_number: int) -> None:
        if signal_number == signal.SIGINT and signal.SIGINT in asked:
            terminal.leave_process(ExitCode.FORCED)
        asked.append(signal_number)
        session.stop()

    session = Session(config, speed, on_progress=on_progress, recorder=recorder, at=at)
    terminal.when_terminal_is_gone(lambda: end(signal.SIGHUP))
    with terminal.signals_call(end, session.save):
        say(start_record(config, recorder, at))
        if config.unused_steps:
            say({"event": "note", "unused_steps_per_epoch": config.unused_steps})
        if recorder is not None and recorder.resumed is not None:
            report.go_on_after(recorder.resumed, at)
        begun = time.monotonic()
        _train(session, asked, lines)
    lines.close()
    return _conclude(session, recorder, native_log, asked, begun, say, lines)


def start_record(config: EchoConfig, recorder: Recorder | None, at: int | None = None) -> Record:
    """What is trained, where it is kept, and after how many windows along the run's path it goes on."""
    record = {"event": "start", **asdict(config)}
    if recorder is not None:
        record["run"] = None if recorder.folder is None else str(recorder.folder)
        record["trained"] = recorder.resumed.moment(at).window if recorder.resumed else 0
    return record


def finished_record(frame: Frame, seconds: float) -> Record:
    """What has come of it: windows trained in the whole run, the mean loss of the last of them
    (`echornn.analysis.evidence.RECENT_WINDOWS`), and the window along the path at which the echo was solved; None where
    it was not."""
    return {
        "event": "finished",
        "windows": frame.trained_in_all,
        "final_loss": frame.evidence.mean,
        "solved_at": frame.evidence.solved_at,
        "seconds": round(seconds, 3),
    }


def _lines(with_bar: bool) -> Lines:
    """Lines, above a bar where there is a terminal for it."""
    screen = terminal.screen_for_a_bar() if with_bar else None
    if screen is None:
        return Lines()
    from tui.commands.progress_bar import LinesAboveABar

    return LinesAboveABar(screen)


def _train(session: Session, asked: list[int], lines: Lines) -> None:
    """Train on a thread, so that signals are heard also while native code runs; warnings go to standard error."""
    threading.Thread(target=session.run, name="training", daemon=True).start()
    warning = ""
    stopped = False
    while not stopped:
        stopped = session.stopped.wait(LOOK_SECONDS)
        frame = session.frame
        newest = "; ".join(text for text in (frame.warning, lines.warning) if text)
        if newest != warning:
            warning = newest
            lines.print([f"echornn-tui: {warning or 'saved again'}"], sys.stderr)
        lines.show(frame)
        if frame.state is State.FINISHED:
            session.stop()
        if asked and not is_unsaved(session.recorder):
            return


def _conclude(
    session: Session,
    recorder: Recorder | None,
    native_log: terminal.NativeLog,
    asked: list[int],
    begun: float,
    say: Callable[[Record], None],
    lines: Lines,
) -> int:
    frame = session.frame
    if isinstance(session.error, ConfigError):
        forget_if_empty(recorder, frame.trained_in_all)
    if isinstance(session.error, (ConfigError, BrokenPipeError)):
        raise session.error
    if session.error is not None:
        lines.print(f"echornn-tui: {frame.message}\n{native_log.tail()}".splitlines(), sys.stderr)
        return ExitCode.FAILED
    diverged = frame.progress is not None and not math.isfinite(frame.loss)
    if asked or diverged:
        lines.print(farewell(recorder, session.going_first), sys.stderr)
        return code_after_a_signal(recorder) if asked else ExitCode.FAILED
    say(finished_record(frame, time.monotonic() - begun))
    return ExitCode.FAILED if lines.warning else code_at_the_end(recorder)
