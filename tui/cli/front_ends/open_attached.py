"""Runs the app on a session in another process."""

from __future__ import annotations

import asyncio
import shutil
from functools import partial
from pathlib import Path

from echornn.errors import RunError
from echornn.remote.client import AddressError, RemoteSession, end_session
from tui.app.app import EchoApp
from tui.app.base import lines_shown
from tui.cli.front_ends.attachable import folder_of
from tui.cli.front_ends.open_app import notify_error
from tui.cli.own_keys import moved_keys
from tui.commands.front_end import FrontEnd, require_terminal
from tui.commands.printed.lines import say_last
from tui.preferences.chosen import Preferences
from tui.term import guardian, printed, terminal
from tui.term.driver import TerminalDriver
from tui.term.exit_code import ExitCode, ThreadErrors
from tui.term.guardian import Guarded
from tui.term.output import draw_in_few_bytes
from tui.term.printed import printable, quoted


def attached(name: str | None, chosen: Preferences, read_only: bool = False) -> FrontEnd:
    """The program that shows the session of a run in the app."""
    require_terminal("attach", "--once prints one picture as text")
    folder = folder_of(name)
    return partial(show_attached, folder, chosen, read_only, guardian.divide())


def show_attached(folder: Path, chosen: Preferences, read_only: bool, guarded: Guarded) -> int:
    """Run the app on the session that trains the run in this folder, until the user leaves; returns the exit code."""
    moved = moved_keys(chosen)
    session = _session(folder, chosen.fps, read_only)
    terminal.keep_native_stderr_off_the_screen(guarded.log)
    terminal.draw_on_the_terminal()
    errors = ThreadErrors()
    app = EchoApp(session, chosen.fps, chosen.ascii_only, chosen.theme, moved=moved)
    errors.tell = partial(notify_error, app)
    app.why_no_detach = lambda: ""  # leaving is enough
    guarded.leave_words(f"attach again with: echornn-tui attach {quoted(folder)}")
    terminal.when_terminal_is_gone(
        lambda: terminal.leave_process(ExitCode.DONE), guardian=guarded.line, wake=guarded.wake
    )
    with errors.keeping():
        code = asyncio.new_event_loop().run_until_complete(_run(app, chosen.mouse))
    say_last(_farewell(session, folder))
    return errors.conclude(code)


def picture_once(name: str | None, chosen: Preferences) -> int:
    """Print one picture of the screen as text, at the size of this terminal; returns the exit code."""
    moved = moved_keys(chosen)
    session = _session(folder_of(name), 10.0, only_looks=False)
    size = shutil.get_terminal_size()
    app = EchoApp(session, 10.0, chosen.ascii_only, chosen.theme, moved=moved)
    printed.lines(asyncio.run(_lines(app, size)))
    return ExitCode.DONE


async def _lines(app: EchoApp, size: tuple[int, int]) -> list[str]:
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        app.show_newest_frame()
        await pilot.pause()
        return lines_shown(app)


def end_attached(name: str | None) -> int:
    """Have a session save everything and end; returns the exit code."""
    folder = folder_of(name)
    try:
        trouble = end_session(folder)
    except AddressError as error:
        raise RunError(str(error)) from error
    if trouble is None:
        printed.complain(f"echornn-tui: the session in {folder} has been asked to end, and still saves")
        return ExitCode.FAILED
    if trouble:
        printed.complain(f"echornn-tui: not everything is saved: {printable(trouble)}")
    printed.lines([f"ended; go on with: echornn-tui --resume {quoted(folder)}"])
    return ExitCode.FAILED if trouble else ExitCode.DONE


def _session(folder: Path, fps: float, only_looks: bool) -> RemoteSession:
    try:
        return RemoteSession(folder, terminal.name(), fps, only_looks)
    except AddressError as error:
        raise RunError(str(error)) from error


async def _run(app: EchoApp, mouse: bool) -> int:
    app.driver_class = TerminalDriver
    draw_in_few_bytes(app, app.behind_an_update)
    await app.run_async(mouse=mouse)
    return ExitCode.FAILED if app.return_code else ExitCode.DONE


def _farewell(session: RemoteSession, folder: Path) -> list[str]:
    """The lines after the app: whether the session goes on, and how to come back."""
    if session.ended:
        return [session.ended]
    return [
        f"the session goes on in {quoted(folder)}",
        f"come back with: echornn-tui attach {quoted(folder)}",
        f"end it with: echornn-tui attach --stop {quoted(folder)}",
    ]
