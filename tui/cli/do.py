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
from tui.cli.preferences import ScreenFlags, preferences
from tui.cli.rows import Json, Record, RunName, Trust, as_json, named
from tui.term import guardian, printed, terminal
from tui.term.exit_code import ENDING_SIGNALS, ExitCode, UsageError
from tui.term.thread_errors import ThreadErrors

if TYPE_CHECKING:
    from tui.app.script import Outcome
    from tui.app.words import Line

PICTURES_A_SECOND = 20.0
# Windows a second: the tutorial's network learns the echo in seconds that can be watched
TOUR_SPEED = 100.0


def do(
    run: RunName,
    script: Annotated[
        str | None, Parameter(allow_leading_hyphen=True), "Commands; - reads standard input."
    ] = None,
    /,
    *,
    file: Annotated[Path | None, "Read the commands from this file instead."] = None,
    size: Annotated[str, "Columns and lines of the screen that save FILE.svg draws."] = "100x30",
    ascii: Annotated[bool, "Draw with ASCII characters only."] = False,
    json: Json = False,
    trust: Trust = False,
) -> int:
    """Do what the keys of the app do, without a screen: the words are those after : in the app.

    echornn-tui do newest "edit learning_rate=0.1; step 100; view memory; save a.svg"

    Lines are separated by semicolons, and # begins a comment; the first that is refused ends the
    script, with exit code
    2. docs/cli.md lists the words.
    """
    if (script is None) == (file is None):
        raise UsageError('do takes either commands, such as "step 100", or --file')
    from tui.app.script import script_of
    from tui.app.words import no_person

    lines = script_of(_text(script, file), str(file))
    no_person(lines)
    if not lines:
        raise UsageError("the script has no commands")
    found = re.fullmatch(r"([0-9]{1,4})x([0-9]{1,4})", size)
    columns, rows = map(int, found.groups()) if found else (0, 0)
    if not (20 <= columns <= 1000 and 5 <= rows <= 1000):
        raise ConfigError("size", size, "columns and lines, 20x5 to 1000x1000")
    folder = named(run)
    return _do_lines(folder, lines, json, (columns, rows), ascii, trust)


def _text(script: str | None, file: Path | None) -> str:
    if file is None and script != "-":
        return script or ""
    name = file or "the standard input"
    try:
        return (sys.stdin.buffer.read() if file is None else file.read_bytes()).decode()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{name} cannot be read: {error}") from error


def _do_lines(
    folder: Path, lines: Sequence[Line], json: bool, size: tuple[int, int], ascii: bool, trust: bool
) -> int:
    """Do these lines on the session that trains a run, or continue it here; what became of each is
    printed at once."""
    from tui.app.keys import keymap_with
    from tui.app.script_app import ScriptApp

    # while an app runs, it has another output
    out, err, printer = sys.stdout, sys.stderr, printed.LinePrinter()

    def note(*texts: str) -> None:
        printer.print([f"echornn-tui: {text}" for text in texts], err)

    def say(outcome: Outcome, frame: Frame) -> None:
        result = "failed" if outcome.has_failed else "refused" if outcome.is_refused else "done"
        if outcome.why_not and result == "done":
            result = "nothing to do"
        # A script has no keys: the built-in ones are named
        why = keymap_with({}).text(outcome.why_not or outcome.note)
        branch = letter_of(frame.line)
        record: Record = {
            "line": outcome.line.text,
            "result": result,
            "why": why,
            "state": str(frame.state),
        }
        record |= {
            "branch": branch,
            "window": frame.trained,
            "epoch": frame.epoch,
            "loss": frame.loss,
        }
        loss = f", loss {loss_text(frame.loss)}" if frame.trained else ""
        words = f": {why}" if why else f" (branch {branch}, window {frame.trained:,}{loss})"
        try:
            printer.print(
                [as_json(record) if json else f"{outcome.line.text}: {result}{words}"], out
            )
        except OSError as error:
            if not isinstance(error, BrokenPipeError):
                note(f"standard output: {error.strerror}")
            raise

    def do(session: Session | RemoteSession, trains_itself: bool) -> int:
        app = ScriptApp(session, lines, say, trains_itself, ascii_only=ascii)

        async def shown() -> int | None:
            leave = partial(app.call_later, app.leave, ExitCode.CHECKPOINTED)
            calls: dict[int, Callable[[], object]] = dict.fromkeys(ENDING_SIGNALS, leave)
            calls[signal.SIGUSR1] = app.save
            with terminal.signals_heard(calls):
                return await app.run_async(headless=True, size=size, mouse=False)

        # asyncio.run would close the loop, and for that wait forever for the training thread
        code = asyncio.new_event_loop().run_until_complete(shown())
        if printer.warning:
            note(printer.warning)
        if app.undone:
            note(f"{app.undone} of {len(lines)} lines were not done")
        return ExitCode.FAILED if app.return_code or code is None or printer.warning else code

    if there := _session_elsewhere(folder, note):
        code = do(there, trains_itself=False)
        there.stop()
        return code
    config, recorder, _ = train.go_on(str(folder), {}, None, trust)
    session = Session(config, recorder=recorder)
    session.send(Pause())
    native_log, errors = terminal.keep_native_stderr_off_the_screen(), ThreadErrors()
    errors.tell = note
    terminal.when_terminal_is_gone(
        lambda: terminal.leave_process(train.end(session, after_a_signal=True))
    )
    with errors.keeping():
        code = do(session, trains_itself=True)
    saved = train.end(session, after_a_signal=code == ExitCode.CHECKPOINTED)
    if session.refused is not None:
        raise session.refused
    if session.error is not None:
        note(*f"{session.frame.message}\n{native_log.tail()}".splitlines())
    printer.print(train.farewell(session), err)
    return errors.conclude(saved if code == ExitCode.CHECKPOINTED else max(code, saved))


def _session_elsewhere(folder: Path, note: Callable[[str], None]) -> RemoteSession | None:
    try:
        _, steering = viewers_of(folder)
        session = RemoteSession(folder, "a script", PICTURES_A_SECOND)
    except AddressError:
        return None
    session.take_over()
    note(
        "a session trains this run: the script steers "
        f"it{f', instead of {steering}' if steering else ''}"
    )
    return session


def tour(file: Path | None = None, /, *, screen: ScreenFlags | None = None) -> int:
    """Learn truncated backpropagation through time in five minutes: seven steps of a run that is
    trained before you.

    Args:
        file: clipping, a lesson on gradient clipping; or one of your own, in Markdown: lines after
            : are done. docs/cli.md shows how.
    """
    from tui.app.lesson import OTHER_LESSONS, lesson_of
    from tui.app.lesson_screen import LessonScreen

    lesson = () if file is None else lesson_of(_text(None, OTHER_LESSONS.get(str(file), file)))
    if not terminal.is_interactive():
        raise UsageError("tour needs a terminal that can move the cursor")
    chosen = preferences(screen)
    guarded = guardian.divide()
    config = EchoConfig()
    session = Session(config, recorder=train.begin(None, config), usual_speed=TOUR_SPEED)
    session.send(Pause())
    return train.show(
        partial(LessonScreen, lesson=lesson), session, chosen, guarded, compared=(), serve=True
    )
