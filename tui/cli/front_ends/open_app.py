"""Runs the app on a session, and prints at the end how to continue the run."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from echornn.config import ConfigError, EchoConfig
from echornn.runs.recorder import Recorder
from echornn.session.commands import Pause
from echornn.session.exchange import LOCAL
from echornn.session.session import Session
from tui.app.app import EchoApp
from tui.cli.own_keys import moved_keys
from tui.commands import record
from tui.commands.printed.lines import say_last
from tui.commands.training.background import go_on_in_the_background
from tui.commands.training.serving import Serving
from tui.preferences.chosen import Preferences
from tui.term import printed, terminal
from tui.term.driver import TerminalDriver
from tui.term.exit_code import ExitCode, ThreadErrors
from tui.term.guardian import Guarded
from tui.term.output import draw_in_few_bytes
from tui.term.terminal import NativeLog


def show_training(
    config: EchoConfig,
    chosen: Preferences,
    recorder: Recorder | None,
    guarded: Guarded,
    at: int | None = None,
    compared: Sequence[Path] = (),
    serve: bool = True,
    paused: bool = False,
    app_type: type[EchoApp] = EchoApp,
) -> int:
    """Run the app until the user leaves it; returns the exit code. The training thread may still be in native code.

    Args:
        at: the window to start from; see `Session`.
        compared: folders of other runs to draw under the curve.
        serve: whether viewers in other terminals may attach.
        paused: whether to begin paused.
        app_type: the app that shows it.
    """
    moved = moved_keys(chosen)
    native_log = terminal.keep_native_stderr_off_the_screen(guarded.log)
    terminal.draw_on_the_terminal()
    errors = ThreadErrors()
    session = Session(config, chosen.speed, recorder=recorder, at=at, vitals=True)
    if paused:
        session.send(Pause())
    session.viewers.join(terminal.name(), LOCAL)
    serving = Serving(session, recorder.folder if serve and recorder is not None else None)
    app = app_type(session, chosen.fps, chosen.ascii_only, chosen.theme, compared, moved)
    errors.tell = partial(notify_error, app)

    def leave_words() -> None:
        guarded.leave_words("\n".join(record.farewell(recorder, record.flags_to_go_on(session))))

    def loaded() -> None:
        leave_words()  # the flags have been applied by now
        serving.begin_soon()

    leave_words()
    app.on_loaded = loaded
    app.why_no_detach = partial(_why_no_detach, recorder)

    def leave_without_a_terminal() -> None:
        terminal.leave_process(record.end(session).after_a_signal)

    terminal.when_terminal_is_gone(leave_without_a_terminal, guardian=guarded.line, wake=guarded.wake)

    # asyncio.run would close the loop, and for that wait forever for the training thread
    with errors.keeping():
        code = asyncio.new_event_loop().run_until_complete(run_app(app, session, chosen.mouse))
    goes_on = app.detaches and code == ExitCode.DONE
    if goes_on:
        serving.end("the session goes on in the background", "attach again with echornn-tui attach")
    else:
        serving.end("the session was ended")
    trains, speed = app.trains, session.frame.speed
    say_last([*conclude(code, session, native_log, goes_on), *app.LAST_WORDS])
    if goes_on and recorder is not None and recorder.folder is not None:
        flags = record.flag_list(session.going_first, **session.editing_first)
        go_on_in_the_background(recorder.folder, speed, not trains, serve, flags)
    return errors.conclude(code)


def _why_no_detach(recorder: Recorder | None) -> str:
    """Why the run cannot go on without its screen; empty if it can."""
    if recorder is None or recorder.folder is None:
        return "this run is not kept, so it cannot go on without the screen"
    if recorder.warning and not recorder.saved:
        return "not everything is saved, so it cannot go on without the screen"
    return ""


def notify_error(app: EchoApp, words: str) -> None:
    """Show an error of a thread on the screen; any thread may call."""
    app.call_later(partial(app.notify, words, severity="error", markup=False))


async def run_app(app: EchoApp, session: Session, mouse: bool) -> int:
    """Run the app until the user leaves it, then wait until everything is saved; returns the exit code."""
    app.driver_class = TerminalDriver
    draw_in_few_bytes(app, app.behind_an_update)
    exit_code = await app.run_async(mouse=mouse)
    saved = await asyncio.to_thread(record.end, session)
    if app.return_code:  # the app crashed, and has shown the error
        return ExitCode.FAILED
    if exit_code == ExitCode.CHECKPOINTED:
        return saved.after_a_signal
    return ExitCode.FAILED if session.error else saved.at_the_end


def conclude(code: int, session: Session, native_log: NativeLog, goes_on: bool = False) -> list[str]:
    """Clean up after the app has ended with this exit code; returns the lines on what was not carried out, and on how
    to continue the run.

    Args:
        goes_on: whether the run will be trained on, so that it is kept even if nothing was trained.
    """
    recorder: Recorder | None = session.recorder
    if code != ExitCode.CHECKPOINTED and not goes_on and record.forget_if_empty(recorder, session.frame.trained_in_all):
        recorder = None
    if session.refused is not None:
        raise session.refused
    if session.error is not None:
        tail = "" if isinstance(session.error, ConfigError) else native_log.tail()
        printed.complain(*f"echornn-tui: {session.frame.message}\n{tail}".splitlines())
    dropped = record.of_outstanding(session.outstanding if session.error is None else 0)
    return dropped if goes_on else [*dropped, *record.farewell(recorder, record.flags_to_go_on(session))]
