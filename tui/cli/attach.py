"""Looks at a session in another process, here or on another machine, and steers it."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import shlex
import shutil
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from echornn import RunError
from echornn.remote.address import AddressError
from echornn.remote.client import RemoteSession, connected, end_session
from echornn.run import kept_runs
from tui.cli.flags import ScreenFlags
from tui.cli.preferences import Preferences, preferences
from tui.cli.rows import emit
from tui.cli.train import AppScreen
from tui.term import guardian, printed, terminal
from tui.term.exit_code import ExitCode, FailedError, UsageError
from tui.text.command_line import flags_text

# Ssh would read a dash first as a flag
HOST_AND_RUN = re.compile(r"([A-Za-z0-9_][\w.@-]*):(.*)", re.DOTALL)

HOME = re.compile(r"~[\w.-]*(?:/|$)")  # the home folder with which a path begins


def attach(
    run: str | None = None,
    /,
    *,
    once: bool = False,
    stop: bool = False,
    read_only: bool = False,
    own_terminal: Annotated[bool, Parameter(show=False)] = False,
    screen: ScreenFlags | None = None,
) -> int:
    """Look at a run that another program of yours trains, in the whole app, and steer it from
    here.

    Args:
        run: Folder or name of the run, by default the newest; or HOST:RUN elsewhere.
        once: Print one picture of the screen as text, and end.
        stop: Have everything saved, and end the training.
        read_only: Only look: the session refuses every command from here.
    """
    if own_terminal:  # in a tab of `serve`
        terminal.take_as_own()
    if stop and (once or read_only):
        other = "--once" if once else "--read-only"
        raise UsageError(f"{other} cannot be used with --stop, which ends the training")
    chosen = preferences(screen)
    needs_terminal = not (once or stop)
    if needs_terminal and not terminal.is_interactive():
        raise UsageError(
            "attach needs a terminal that can move the cursor; --once prints one picture as text"
        )
    if run is not None and not os.path.lexists(run):
        far = HOST_AND_RUN.fullmatch(run)
        if far:
            flags = flags_text({"once": once, "stop": stop, "read_only": read_only})
            return _attach_by_ssh(far[1], far[2], [*flags, *chosen.as_flags], needs_terminal)
    folder = folder_of(run)
    if stop:
        return _end_session(folder)
    if once:
        return _print_once(folder, chosen)
    return _show(folder, chosen, read_only)


def folder_of(name: str | None) -> Path:
    """The folder of the run with this name, or of the newest run that can be attached to."""
    if name is not None:
        return kept_runs.find(name)
    for folder in kept_runs.runs():
        with contextlib.suppress(AddressError):
            connected(folder).close()
            return folder
    raise RunError(
        "no run is trained now: start one with --detach; list shows those that have ended"
    )


def _show(folder: Path, chosen: Preferences, read_only: bool) -> int:
    guarded = guardian.divide()
    from tui.app.app import EchoApp

    session = RemoteSession(folder, terminal.name(), chosen.fps, read_only)
    screen = AppScreen(guarded, chosen.mouse)
    app = EchoApp(
        session,
        chosen.fps,
        chosen.ascii,
        chosen.theme,
        moved=chosen.keys,
        why_no_detach=lambda: "",  # leaving is enough
    )
    screen.tell_errors_in(app)
    place = printed.quoted(folder)
    guarded.leave_words(f"attach again with: echornn-tui attach {place}")
    screen.until_left(screen.show(app, app.behind_an_update), lambda: ExitCode.DONE)
    words = [session.ended]
    if not session.ended:
        words = [
            f"the session goes on in {place}",
            f"come back with: echornn-tui attach {place}",
            f"end it with: echornn-tui attach --stop {place}",
        ]
    printed.say_last(words)
    return screen.errors.conclude(ExitCode.FAILED if app.return_code else ExitCode.DONE)


def _print_once(folder: Path, chosen: Preferences) -> int:
    from tui.app.app import EchoApp
    from tui.app.keyed_app import lines_shown

    session = RemoteSession(folder, terminal.name(), 10.0)
    app = EchoApp(session, 10.0, chosen.ascii, chosen.theme, moved=chosen.keys)

    async def lines() -> list[str]:
        async with app.run_test(size=shutil.get_terminal_size()) as pilot:
            await pilot.pause()
            app.show_newest_frame()
            await pilot.pause()
            return lines_shown(app)

    return emit(asyncio.run(lines()))


def _end_session(folder: Path) -> int:
    trouble = end_session(folder)
    if trouble is None:
        raise FailedError(f"the session in {folder} has been asked to end, and still saves")
    emit([f"ended; go on with: echornn-tui --resume {printed.quoted(folder)}"])
    if trouble:
        raise FailedError(f"not everything is saved: {trouble}")
    return ExitCode.DONE


def _attach_by_ssh(host: str, run: str, flags: Sequence[str], with_terminal: bool) -> int:
    """Run the same command on another machine; an empty run is the newest there."""
    restore = terminal.as_it_is() if with_terminal else None
    command = shlex.join(["echornn-tui", "attach", *flags])
    if run:
        command += f" {_quoted_there(Path(run))}"
    on_a_terminal = ["-t"] if with_terminal else []
    sys.stdout.flush()
    try:
        ssh = os.posix_spawnp("ssh", ["ssh", *on_a_terminal, host, command], os.environ)
    except OSError as error:
        raise RunError(f"ssh cannot be run: {error.strerror or error}") from error
    guardian.forward_to(ssh)
    code = guardian.end_of(ssh)
    if code >= 0 and code not in (127, 255):  # the exit code of the command there
        return code
    if restore is not None:  # the app on the other machine could not do so
        restore()
    trouble = f"{host} or its echornn-tui is not found"
    if code < 0:
        trouble = f"ssh was ended by {signal.Signals(-code).name}"
    again = shlex.join(["echornn-tui", "attach", *flags, f"{host}:{run}"])
    raise FailedError(f"{trouble}; try again with: {again}")


def _quoted_there(path: Path) -> str:
    """A path for the shell on the other machine, which knows its home folders by their names if
    these are not quoted."""
    text = str(path)
    home = HOME.match(text)
    if home is None:
        return shlex.quote(text)
    rest = text[home.end() :]
    return f"{home[0]}{shlex.quote(rest)}" if rest else home[0]
