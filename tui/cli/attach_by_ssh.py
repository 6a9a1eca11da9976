"""Attaches to a run on another machine: ssh runs the same command there, on a terminal of its own."""

from __future__ import annotations

import os
import re
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from echornn.files.run_error import RunError

HOST_AND_RUN = re.compile(r"([A-Za-z0-9_][\w.@-]*):(.*)", re.DOTALL)
"""HOST:RUN as ``attach`` takes it; a host cannot begin with a dash, which ssh would read as a flag."""


def split(name: str | None) -> tuple[str, str] | None:
    """The host and the run in HOST:RUN; None if the name is that of a run here."""
    found = None if name is None or os.path.lexists(name) else HOST_AND_RUN.fullmatch(name)
    return None if found is None else (found[1], found[2])


def attach_by_ssh(host: str, run: str, flags: Sequence[str], with_terminal: bool) -> NoReturn:
    """Become the ssh that attaches to a run on another machine.

    Args:
        run: the run there; empty for the newest.
        flags: the flags of ``attach``.
        with_terminal: whether it needs a terminal there.

    Raises:
        RunError: there is no ssh.
    """
    command = shlex.join(["echornn-tui", "attach", *flags, *([str(Path(run))] if run else [])])
    sys.stdout.flush()
    try:
        os.execvp("ssh", ["ssh", *(["-t"] if with_terminal else []), host, command])
    except OSError as error:
        raise RunError(f"ssh cannot be run: {error.strerror or error}") from error
