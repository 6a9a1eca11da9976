"""Trains without the app: prints a line every 100 windows, and a line for each epoch."""

from __future__ import annotations

import signal
import sys
import threading
import time
from collections.abc import Callable

from echornn.config import ConfigError, EchoConfig
from echornn.progress import PopulationProgress
from echornn.runs.recorder import Recorder
from echornn.session.commands import Pause, Save
from echornn.session.pictures.frame import State
from echornn.session.session import Session
from tui.cli.lines import LinePrinter, lines_here
from tui.cli.records import SEEDS_NOTE, finished_record, lines_of, start_record
from tui.cli.rows import Record, as_json
from tui.commands.record import Saved, farewell, flags_to_go_on, forget_if_empty, saved_by
from tui.commands.training.background import BackgroundProcess
from tui.commands.training.epoch_report import EpochReport
from tui.commands.training.serving import Serving
from tui.term import terminal
from tui.term.exit_code import ExitCode

LOOK_SECONDS = 0.1
"""Seconds between two checks of the session, for warnings and for its end."""


def print_training(
    config: EchoConfig,
    speed: float,
    as_json_lines: bool,
    recorder: Recorder | None = None,
    at: int | None = None,
    serve: bool = True,
    paused: bool = False,
    background: BackgroundProcess | None = None,
) -> int:
    """Train all epochs, and print the progress; returns the exit code.

    Args:
        at: the window to start from; see `Session`.
        serve: whether viewers in other terminals may attach.
        paused: whether to begin paused.
        background: the parent process, if this one runs in the background; else None.
    """
    report = EpochReport(config)
    asked: list[int] = []

    def say(*records: Record) -> None:
        texts = [
            text for record in records for text in ([as_json(record)] if as_json_lines else lines_of(record, config))
        ]
        if texts:
            lines.print(texts, sys.stdout)

    def on_progress(progress: PopulationProgress) -> None:
        nonlocal report
        if not report.continues(progress, session.config):
            report = report.renewed(session.config)
        say(*report.records(progress))
        if progress.diverged[-1] and not is_watched():
            session.stop()

    def is_watched() -> bool:
        return background is not None and bool(session.viewers.names)

    def end(signal_number: int) -> None:
        if signal_number == signal.SIGINT and signal.SIGINT in asked:
            terminal.leave_process(ExitCode.FORCED)
        asked.append(signal_number)
        session.stop()

    session = Session(config, speed, on_progress=on_progress, recorder=recorder, at=at)
    if paused:
        session.send(Pause())
    serving = Serving(session, recorder.folder if serve and recorder is not None else None)
    serving.begin()
    if background is not None:
        trouble = serving.trouble if serve else "nobody can attach, because of --no-serve"
        background.let_go(recorder.folder if recorder is not None else None, trouble, as_json_lines)
    native_log = terminal.keep_native_stderr_off_the_screen()
    lines = lines_here(with_bar=not as_json_lines)
    terminal.when_terminal_is_gone(lambda: end(signal.SIGHUP))
    with terminal.signals_call(end, lambda: session.send(Save())):
        say(start_record(config, recorder, at))
        if config.unused_steps:
            say({"event": "note", "unused_steps_per_epoch": config.unused_steps})
        if config.replicas > 1 and not as_json_lines:
            lines.print([SEEDS_NOTE], sys.stdout)
        if recorder is not None and recorder.resumed is not None:
            report.go_on_after(recorder.resumed, at)
        begun = time.monotonic()
        saved = _train(session, asked, lines, is_watched)
    serving.end("the session was ended" if asked else "the session has ended")
    lines.close()
    return _conclude(session, recorder, native_log, saved, asked, begun, say, lines)


def _train(session: Session, asked: list[int], lines: LinePrinter, is_watched: Callable[[], bool]) -> Saved:
    """Train on a thread, so that signals are handled even while native code runs; warnings go to standard error. While
    viewers look at a session in the background, it stays after the last epoch.
    """
    notes = warning = session.recorder.warning
    if notes:  # they end with the first command, which may come at once
        lines.print([f"echornn-tui: {notes}"], sys.stderr)
    threading.Thread(target=session.run, name="training", daemon=True).start()
    while True:
        stopped = session.stopped.wait(LOOK_SECONDS)
        frame = session.frame
        newest = "; ".join(text for text in (frame.warning, lines.warning) if text)
        if newest != warning:
            before, warning = warning, newest
            if warning or before != notes:
                lines.print([f"echornn-tui: {warning or 'saved again'}"], sys.stderr)
        lines.show(frame)
        is_over = frame.state is State.FINISHED or (frame.state is State.PAUSED and frame.has_diverged)
        if is_over and not is_watched():
            session.stop()
        saved = saved_by(session.recorder)
        if stopped or (asked and saved is not Saved.NO):
            return saved


def _conclude(
    session: Session,
    recorder: Recorder | None,
    native_log: terminal.NativeLog,
    saved: Saved,
    asked: list[int],
    begun: float,
    say: Callable[[Record], None],
    lines: LinePrinter,
) -> int:
    frame = session.frame
    if session.refused is not None:
        forget_if_empty(recorder, frame.trained_in_all)
        raise session.refused
    if isinstance(session.error, BrokenPipeError):
        raise session.error
    if session.error is not None:
        tail = "" if isinstance(session.error, ConfigError) else native_log.tail()
        lines.print(f"echornn-tui: {frame.message}\n{tail}".splitlines(), sys.stderr)
        lines.print(farewell(recorder, flags_to_go_on(session)), sys.stderr)
        return ExitCode.FAILED
    diverged = frame.has_diverged
    if diverged:
        say({"event": "diverged", "epoch": frame.epoch, "window": frame.window, "loss": frame.loss})
    if asked or diverged:
        lines.print(farewell(recorder, flags_to_go_on(session)), sys.stderr)
        return saved.after_a_signal if asked else ExitCode.FAILED
    say(finished_record(frame, time.monotonic() - begun))
    lines.print(farewell(recorder, flags_to_go_on(session)), sys.stderr)
    return ExitCode.FAILED if lines.warning else saved.at_the_end
