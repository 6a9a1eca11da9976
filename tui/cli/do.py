"""What an app does by itself: ``do`` does the lines of a script without a screen, ``tour`` shows a
lesson."""

from __future__ import annotations

import asyncio
import re
import signal
import sys
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from echornn import ConfigError, EchoConfig, Frame, Session
from echornn.diagnosis.loss_stats import loss_text
from echornn.remote.address import AddressError
from echornn.remote.client import RemoteSession, viewers_of
from echornn.run.branch import letter_of
from echornn.session.commands import Pause
from tui.cli import train
from tui.cli.flags import ScreenFlags
from tui.cli.parameters import Json, RunName, Trust
from tui.cli.preferences import preferences
from tui.cli.rows import Record, RecordPrinter, named
from tui.term import guardian, terminal
from tui.term.exit_code import ENDING_SIGNALS, ExitCode, UsageError
from tui.term.thread_errors import ThreadErrors

if TYPE_CHECKING:
    from tui.app.lesson import LessonStep
    from tui.app.script import Outcome
    from tui.app.words import Line

PICTURES_A_SECOND = 20.0  # twice the app's, so that a line of a script waits for less
# Windows a second: the tutorial's network learns the echo in seconds that can be watched
TOUR_SPEED = 100.0


def do(
    run: RunName,
    script: Annotated[str | None, Parameter(allow_leading_hyphen=True)] = None,
    /,
    *,
    file: Path | None = None,
    size: str = "100x30",
    ascii: bool = False,
    json: Json = False,
    trust: Trust = False,
) -> int:
    """Do what the keys of the app do, without a screen: the words are those after : in the app.

    echornn-tui do newest "edit learning_rate=0.1; step 100; view memory; save a.svg"

    Lines are separated by semicolons, and # begins a comment; the first that is refused ends the
    script, with exit code
    2. docs/cli.md lists the words.

    Args:
        script: Commands; - reads standard input.
        file: Read the commands from this file instead.
        size: Columns and lines of the screen that save FILE.svg draws.
        ascii: Draw with ASCII characters only.
    """
    if (script is None) == (file is None):
        raise UsageError('do takes either commands, such as "step 100", or --file')
    from tui.app.script import script_of
    from tui.app.words import no_person

    lines = script_of(_text(script, file), str(file))
    no_person(lines)
    if not lines:
        raise UsageError("the script has no commands")
    columns_and_rows = _columns_and_rows(size)
    folder = named(run)

    native_log = terminal.keep_native_stderr_off_the_screen()
    printer = RecordPrinter(json)
    script_app = ScriptRun(lines, columns_and_rows, ascii, printer)
    session = _session_elsewhere(folder, printer)
    if session is not None:
        code = script_app.run(session, trains_itself=False)
        session.stop()
        return code
    return _do_here(folder, trust, script_app, printer, native_log)


def _text(script: str | None, file: Path | None) -> str:
    if file is None and script != "-":
        return script or ""
    name = file or "the standard input"
    try:
        if file is None:
            return sys.stdin.buffer.read().decode()
        return file.read_bytes().decode()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{name} cannot be read: {error}") from error


def _columns_and_rows(size: str) -> tuple[int, int]:
    found = re.fullmatch(r"([0-9]{1,4})x([0-9]{1,4})", size)
    if found:
        columns, rows = int(found[1]), int(found[2])
        if 20 <= columns <= 1000 and 5 <= rows <= 1000:
            return columns, rows
    raise ConfigError("size", size, "columns and lines, 20x5 to 1000x1000")


class ScriptRun:
    """Does the lines of a script; what became of each is printed at once."""

    def __init__(
        self, lines: Sequence[Line], size: tuple[int, int], ascii: bool, printer: RecordPrinter
    ) -> None:
        self._lines = lines
        self._size = size
        self._ascii = ascii
        self._printer = printer

    def run(self, session: Session | RemoteSession, trains_itself: bool) -> int:
        """Returns the exit code."""
        from tui.app.script_app import ScriptApp

        printer = self._printer
        app = ScriptApp(session, self._lines, self._say, trains_itself, ascii_only=self._ascii)

        async def shown() -> int | None:
            leave = partial(app.call_later, app.leave, ExitCode.CHECKPOINTED)
            calls: dict[int, Callable[[], object]] = dict.fromkeys(ENDING_SIGNALS, leave)
            calls[signal.SIGUSR1] = app.save
            with terminal.signals_heard(calls):
                return await app.run_async(headless=True, size=self._size, mouse=False)

        # asyncio.run would close the loop, and for that wait forever for the training thread
        code = asyncio.new_event_loop().run_until_complete(shown())
        if printer.warning:
            printer.note(printer.warning)
        if app.undone:
            printer.note(f"{app.undone} of {len(self._lines)} lines were not done")
        if app.return_code or code is None or printer.warning:
            return ExitCode.FAILED
        return code

    def _say(self, outcome: Outcome, frame: Frame) -> None:
        from tui.app.keys import keymap_with

        result = _result(outcome)
        # A script has no keys: the built-in ones are named
        why = keymap_with({}).text(outcome.why_not or outcome.note)
        branch = letter_of(frame.path_branch)
        record: Record = {
            "line": outcome.line.text,
            "result": result,
            "why": why,
            "state": str(frame.state),
            "branch": branch,
            "window": frame.trained,
            "epoch": frame.epoch,
            "loss": frame.loss,
        }
        text = f"{outcome.line.text}: {result}"
        if why:
            text += f": {why}"
        elif frame.trained:
            loss = loss_text(frame.loss)
            text += f" (branch {branch}, window {frame.trained:,}, loss {loss})"
        else:
            text += f" (branch {branch}, window 0)"
        try:
            self._printer.print((record, [text]))
        except OSError as error:
            if not isinstance(error, BrokenPipeError):
                self._printer.note(f"standard output: {error.strerror}")
            raise


def _result(outcome: Outcome) -> str:
    if outcome.has_failed:
        return "failed"
    if outcome.is_refused:
        return "refused"
    if outcome.why_not:
        return "nothing to do"
    return "done"


def _do_here(
    folder: Path,
    trust: bool,
    script: ScriptRun,
    printer: RecordPrinter,
    native_log: terminal.NativeLog,
) -> int:
    """Continue the run in this process."""
    config, recorder, _ = train.go_on(str(folder), {}, None, trust)
    session = Session(config, recorder=recorder)
    session.send(Pause())
    errors = ThreadErrors()
    errors.tell = printer.note
    terminal.when_terminal_is_gone(
        lambda: terminal.leave_process(train.end(session, after_a_signal=True))
    )
    with errors.keeping():
        code = script.run(session, trains_itself=True)
    saved = train.end(session, after_a_signal=code == ExitCode.CHECKPOINTED)
    if session.refused is not None:
        raise session.refused
    if session.error is not None:
        printer.say(*train.why_it_failed(session, native_log))
    printer.say(*train.farewell(session))
    if code == ExitCode.CHECKPOINTED:
        return errors.conclude(saved)
    return errors.conclude(max(code, saved))


def _session_elsewhere(folder: Path, printer: RecordPrinter) -> RemoteSession | None:
    """The session that trains this run in another process, steered from here."""
    try:
        _, steering = viewers_of(folder)
        session = RemoteSession(folder, "a script", PICTURES_A_SECOND)
    except AddressError:
        return None
    session.take_over()
    note = "a session trains this run: the script steers it"
    if steering:
        note += f", instead of {steering}"
    printer.note(note)
    return session


def tour(
    file: Path | None = None,
    /,
    *,
    visits: Annotated[Path | None, Parameter(show=False)] = None,
    screen: ScreenFlags | None = None,
) -> int:
    """Learn truncated backpropagation through time in five minutes: seven steps of a run that is
    trained before you.

    Args:
        file: clipping, a lesson on gradient clipping; solutions, on how alike seeds solve a task;
            automaton, on the machine that a network becomes; or one of your own, in Markdown:
            lines after : are done. docs/cli.md shows how.
    """
    folder = None
    if visits is not None:  # in a tab of `serve --each`
        terminal.take_as_own()
        folder = visits / terminal.name().replace(" ", "-")
    lesson = () if file is None else lesson_in(file)
    return show_lesson("tour", EchoConfig(), lesson, screen, folder)


def lesson_in(file: Path) -> Sequence[LessonStep]:
    """The lesson in a file, or of a name; a UsageError if there is none."""
    from tui.app.lesson import OTHER_LESSONS, lesson_of

    return lesson_of(_text(None, OTHER_LESSONS.get(str(file), file)))


def show_lesson(
    asked_by: str,
    config: EchoConfig,
    lesson: Sequence[LessonStep],
    screen: ScreenFlags | None,
    folder: Path | None = None,
) -> int:
    """Begin a run, paused, and show a lesson on it; without steps, the tour's own."""
    from tui.app.lesson_screen import LessonScreen

    if not terminal.is_interactive():
        raise UsageError(f"{asked_by} needs a terminal that can move the cursor")
    chosen = preferences(screen)
    guarded = guardian.divide()
    session = Session(config, recorder=train.begin(folder, config), usual_speed=TOUR_SPEED)
    session.send(Pause())
    shown = train.ShownSession(session, chosen, guarded, serve=True)
    return shown.show(partial(LessonScreen, lesson=lesson), compared=())
