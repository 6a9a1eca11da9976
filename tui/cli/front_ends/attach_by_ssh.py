"""Attaches to a run on another machine: ssh runs the same command there, on a terminal of its own."""

from __future__ import annotations

import os
import re
import shlex
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from echornn.errors import RunError
from tui.commands.front_end import require_terminal
from tui.term import guardian, printed, terminal
from tui.term.exit_code import ExitCode
from tui.term.printed import printable

HOST_AND_RUN = re.compile(r"([A-Za-z0-9_][\w.@-]*):(.*)", re.DOTALL)
"""HOST:RUN as ``attach`` takes it; a host cannot begin with a dash, which ssh would read as a flag."""

HOME = re.compile(r"(~[\w.-]*(?:/|$))?(.*)", re.DOTALL)
"""A path; the first part is a home folder, whose name the shell on the other machine knows if it is not quoted."""


def split(name: str | None) -> tuple[str, str] | None:
    """The host and the run in HOST:RUN; None if the name is that of a run here."""
    found = None if name is None or os.path.lexists(name) else HOST_AND_RUN.fullmatch(name)
    return None if found is None else (found[1], found[2])


def attach_by_ssh(host: str, run: str, flags: Sequence[str], with_terminal: bool) -> int:
    """Run the ssh that attaches to a run on another machine; returns the exit code.

    Args:
        run: the run there; empty for the newest.
        flags: the flags of ``attach``.
        with_terminal: whether it needs a terminal there.
    """
    if with_terminal:
        require_terminal("attach", "--once prints one picture as text")
        restore = terminal.as_it_is()
    command = shlex.join(["echornn-tui", "attach", *flags])
    if run and (path := HOME.fullmatch(str(Path(run)))):
        command += f" {path[1] or ''}{path[2] and shlex.quote(path[2])}"
    sys.stdout.flush()
    try:
        ssh = os.posix_spawnp("ssh", ["ssh", *(["-t"] if with_terminal else []), host, command], os.environ)
    except OSError as error:
        raise RunError(f"ssh cannot be run: {error.strerror or error}") from error
    guardian.forward_to(ssh)
    code = guardian.end_of(ssh)
    if not (trouble := _trouble(code, host)):
        return code
    if with_terminal:  # the app on the other machine could not do so
        restore()
    again = shlex.join(["echornn-tui", "attach", *flags, f"{host}:{run}"])
    printed.complain(f"echornn-tui: {trouble}; try again with: {printable(again)}")
    return ExitCode.FAILED


def _trouble(code: int, host: str) -> str:
    """Why ssh did not run the program to its end; empty if it did.

    Args:
        code: the exit code of ssh, or minus the number of the signal that ended it.
    """
    if code < 0:
        return f"ssh was ended by {signal.Signals(-code).name}"
    return {255: f"there is no connection to {host}", 127: f"{host} does not find echornn-tui"}.get(code, "")
