"""Runs the app on a session, and prints at the end how to continue the run."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from echornn.config import ConfigError, EchoConfig
from echornn.runs.recorder import Recorder
from echornn.session.session import Session
from tui.app.app import EchoApp
from tui.commands import record
from tui.commands.lines import say_last
from tui.kit.theme import Theme, remember, remembered
from tui.term import printed, terminal
from tui.term.driver import driver_for
from tui.term.exit_code import ExitCode
from tui.term.guardian import Guarded
from tui.term.plain_screen import draw_in_few_bytes
from tui.term.terminal import NativeLog
from tui.term.thread_errors import ThreadErrors


def show_training(
    config: EchoConfig,
    speed: float,
    fps: float,
    ascii_only: bool,
    theme: Theme | None,
    recorder: Recorder | None,
    guarded: Guarded,
    at: int | None = None,
    compared: Sequence[Path] = (),
) -> int:
    """Run the app until the user leaves it; returns the exit code. The training thread may still be in native code.

    Args:
        at: the window to start from; see `Session`.
        compared: folders of other runs to draw under the curve.
    """
    if theme is not None:
        remember(theme)
    native_log = terminal.keep_native_stderr_off_the_screen(guarded.log)
    terminal.draw_on_the_terminal()
    errors = ThreadErrors()
    session = Session(config, speed, recorder=recorder, at=at, vitals=True)
    app = EchoApp(session, fps, ascii_only, theme or remembered(), compared)
    errors.tell = lambda words: _notify(app, words)

    def leave_words() -> None:
        guarded.leave_words("\n".join(record.farewell(recorder, record.flags_to_go_on(session))))

    leave_words()
    app.on_loaded = leave_words  # the flags have been applied by then

    def leave_without_a_terminal() -> None:
        terminal.leave_process(record.end(session).after_a_signal)

    terminal.when_terminal_is_gone(leave_without_a_terminal, guardian=guarded.line, wake=guarded.wake)

    # asyncio.run would close the loop, and for that wait forever for the training thread
    with errors.keeping():
        code = asyncio.new_event_loop().run_until_complete(run_app(app, guarded))
    say_last(conclude(code, session, native_log))
    return errors.conclude(code)


def _notify(app: EchoApp, words: str) -> None:
    app.call_later(partial(app.notify, words, severity="error", markup=False))


async def run_app(app: EchoApp, guarded: Guarded) -> int:
    """Run the app until the user leaves it, then wait until everything is saved; returns the exit code."""
    session = app.session
    app.driver_class = driver_for(guarded, partial(app.call_later, app.action_show_all))
    draw_in_few_bytes(app, app.behind_an_update)
    exit_code = await app.run_async(mouse=False)
    saved = await asyncio.to_thread(record.end, session)
    if app.return_code:  # the app crashed, and has shown the error
        return ExitCode.FAILED
    if exit_code == ExitCode.CHECKPOINTED:
        return saved.after_a_signal
    return ExitCode.FAILED if session.error else saved.at_the_end


def conclude(code: int, session: Session, native_log: NativeLog) -> list[str]:
    """Clean up after the app has ended with this exit code; returns the lines on how to continue the run.

    Raises:
        ConfigError: the configuration could not be trained.
    """
    recorder: Recorder | None = session.recorder
    if code != ExitCode.CHECKPOINTED and record.forget_if_empty(recorder, session.frame.trained_in_all):
        recorder = None
    if session.refused is not None:
        raise session.refused
    if session.error is not None:
        tail = "" if isinstance(session.error, ConfigError) else native_log.tail()
        printed.complain(*f"echornn-tui: {session.frame.message}\n{tail}".splitlines())
    dropped = record.of_outstanding(session.outstanding if session.error is None else 0)
    return [*dropped, *record.farewell(recorder, record.flags_to_go_on(session))]
