"""Runs a command line in this process. A separate process would take a second to start, and few tests need one."""

from __future__ import annotations

import contextlib
import io
import subprocess

from tui.cli.program import exit_code_of


def answered(*arguments: str) -> subprocess.CompletedProcess[str]:
    """The printed output of the program, and its exit code."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = exit_code_of([*arguments])
    return subprocess.CompletedProcess(arguments, code, out.getvalue(), err.getvalue())
