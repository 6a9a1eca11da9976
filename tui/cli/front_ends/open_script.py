"""Does the lines of a script on a run: on the session that trains it, or in this process."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from echornn.config import TASK, EchoConfig
from echornn.diagnosis.loss_stats import loss_text
from echornn.errors import RunError
from echornn.files.recorded_values import shortened
from echornn.remote.client import OtherVersionError, RemoteSession, viewers_of
from echornn.remote.messages import AddressError
from echornn.runs.run_dir import Run
from echornn.session.commands import ChangingCommand, Pause
from echornn.session.pictures.frame import Frame
from echornn.session.session import Session
from echornn.tasks.own_task import OwnTask
from echornn.tasks.table import TASKS
from echornn.tasks.task import settings_of
from echornn.timeline.branch import letter_of
from tui.app.keys import keymap_with
from tui.app.script import Outcome
from tui.app.script_app import ScriptApp
from tui.app.words import Line
from tui.commands import record
from tui.commands.flags import ConfigFlags
from tui.commands.printed.lines import LinePrinter
from tui.commands.printed.records import Record, as_json
from tui.term import terminal
from tui.term.exit_code import ExitCode, ThreadErrors

PICTURES_A_SECOND = 20.0

NAME = "a script"
"""The name of a script for the other viewers of a session."""


def do_lines(
    run: str, lines: Sequence[Line], json: bool, size: tuple[int, int], ascii_only: bool, trust: bool = False
) -> int:
    """Do these lines on a run, and print what became of each; returns the exit code."""
    folder = record.find(run)
    _require_known_names(folder, [line.what.changes for line in lines if isinstance(line.what, ChangingCommand)])
    printer = _Printer(json)
    session = _attached(folder, printer)
    if session is not None:
        app = ScriptApp(session, lines, printer.say, False, ascii_only=ascii_only)
        code = _run(app, size)
        session.stop()
        _note_undone(app, lines, printer)
        if app.trouble is not None:
            raise app.trouble
        return code
    return _in_this_process(folder, lines, printer, size, ascii_only, trust)


def _require_known_names(folder: Path, changes: Sequence[Mapping[str, Any]]) -> None:
    """Check that some task has each of these fields, before anything is done. The fields of a user's own task are
    known if the run has that task; if the script names its file, they are checked when their turn comes.
    """
    if any(isinstance(one.get(TASK), OwnTask) for one in changes):
        return
    known = {*EchoConfig.names(), TASK, *(one.name for task in TASKS.values() for one in settings_of(task))}
    unknown = [name for one in changes for name in one if name not in known]
    if unknown:  # only then is the run read for it
        for branch in Run.read(folder, quickly=True).tree[0]:
            known |= branch.config.fields().keys()
    for name in unknown:
        if name not in known:
            close = get_close_matches(name, known, 1)
            raise RunError(f"{shortened(name)!r} is no field{f': did you mean {close[0]}?' if close else ''}")


def _attached(folder: Path, printer: _Printer) -> RemoteSession | None:
    """The session that trains the run in another process, which is steered from here now; None if there is none."""
    try:
        _, steering = viewers_of(folder)
    except OtherVersionError as error:  # without this, the reason would be that the run is locked
        raise RunError(str(error)) from error
    except AddressError:
        return None
    try:
        session = RemoteSession(folder, NAME, PICTURES_A_SECOND)
    except AddressError as error:
        raise RunError(str(error)) from error
    session.take_over()
    printer.note(f"a session trains this run: the script steers it{f', instead of {steering}' if steering else ''}")
    return session


def _in_this_process(
    folder: Path, lines: Sequence[Line], printer: _Printer, size: tuple[int, int], ascii_only: bool, trust: bool
) -> int:
    """Continue the run here, begin paused, and save at the end."""
    config, recorder = record.go_on(str(folder), ConfigFlags(), trust=trust)
    session = Session(config, recorder=recorder, vitals=True)
    session.send(Pause())
    native_log = terminal.keep_native_stderr_off_the_screen()
    errors = ThreadErrors()
    app = ScriptApp(session, lines, printer.say, True, ascii_only=ascii_only)
    errors.tell = printer.note
    terminal.when_terminal_is_gone(lambda: terminal.leave_process(record.end(session).after_a_signal))
    with errors.keeping():
        code = _run(app, size)
    saved = record.end(session)
    if session.refused is not None:
        raise session.refused
    if session.error is not None:
        printer.note(*f"{session.frame.message}\n{native_log.tail()}".splitlines())
    _note_undone(app, lines, printer)
    printer.note(*record.farewell(recorder, record.flags_to_go_on(session)), mark="")
    if app.trouble is not None:
        raise app.trouble
    if code == ExitCode.CHECKPOINTED:
        code = saved.after_a_signal
    return errors.conclude(max(code, saved.at_the_end))


def _note_undone(app: ScriptApp, lines: Sequence[Line], printer: _Printer) -> None:
    """Say how many lines were not done."""
    if app.undone:
        printer.note(f"{app.undone} of {len(lines)} lines were not done")


def _run(app: ScriptApp, size: tuple[int, int]) -> int:
    """Run the app until the script has ended; returns the exit code."""
    # asyncio.run would close the loop, and for that wait forever for the training thread
    code = asyncio.new_event_loop().run_until_complete(app.run_async(headless=True, size=size, mouse=False))
    return ExitCode.FAILED if app.return_code or code is None else code


class _Printer:
    """Prints what became of lines, each as soon as it is known, to the output that the program began with: while an
    app runs, it has another.
    """

    def __init__(self, json: bool) -> None:
        self._json = json
        self._out, self._err = sys.stdout, sys.stderr
        self._printer = LinePrinter()

    def say(self, outcome: Outcome, frame: Frame) -> None:
        """Print a line about an outcome."""
        text = as_json(outcome_record(outcome, frame)) if self._json else outcome_text(outcome, frame)
        self._printer.print([text], self._out)

    def note(self, *texts: str, mark: str = "echornn-tui: ") -> None:
        """Print lines to standard error."""
        self._printer.print([f"{mark}{text}" for text in texts], self._err)


def result_of(outcome: Outcome) -> str:
    """What became of a line, in a word or three."""
    if outcome.has_failed:
        return "failed"
    if outcome.is_refused:
        return "refused"
    return "nothing to do" if outcome.why_not else "done"


def _why(outcome: Outcome) -> str:
    """Why a line was not done, or what was done besides. A script has no keys; the built-in ones are named."""
    return keymap_with({}).text(outcome.why_not or outcome.note)


def outcome_text(outcome: Outcome, frame: Frame) -> str:
    """What became of a line, and the position and the loss after it."""
    what = f"{outcome.line.text}: {result_of(outcome)}"
    if outcome.why_not or outcome.note:
        return f"{what}: {_why(outcome)}"
    loss = f", loss {loss_text(frame.loss)}" if frame.trained else ""
    return f"{what} (branch {letter_of(frame.line)}, window {frame.trained:,}{loss})"


def outcome_record(outcome: Outcome, frame: Frame) -> Record:
    """The same as a record."""
    return {
        "line": outcome.line.text,
        "result": result_of(outcome),
        "why": _why(outcome),
        "state": str(frame.state),
        "branch": letter_of(frame.line),
        "window": frame.trained,
        "epoch": frame.epoch,
        "loss": frame.loss,
    }
