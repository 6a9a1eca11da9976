"""Starts the program in the background: a child process that outlives the terminal."""

from __future__ import annotations

import contextlib
import math
import os
import signal
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from echornn.files import own_files
from echornn.runs.folders import ERROR_FILE, OUTPUT_FILE
from tui.term import guardian, printed, terminal
from tui.term.exit_code import ExitCode
from tui.term.printed import quoted


@dataclass
class BackgroundProcess:
    """The background process's way to tell its parent that it has begun.

    Attributes:
        line: the descriptor on which the parent waits; None once it was told.
    """

    line: int | None

    def let_go(self, folder: Path | None, trouble: str, errors_apart: bool) -> None:
        """Write from now on into files of the run, and let the parent end: this process needs no terminal any more.

        Args:
            folder: the folder of the run; None if it is not kept.
            trouble: why nobody can attach; empty if somebody can.
            errors_apart: whether standard error has a file of its own, since a program reads standard output.
        """
        if self.line is None:
            return
        sys.stdout.flush()
        sys.stderr.flush()
        output = _appended(folder and folder / OUTPUT_FILE)
        errors = _appended(folder and folder / ERROR_FILE) if errors_apart else output
        for descriptor, target in ((0, _appended(None)), (1, output), (2, errors)):
            os.dup2(target, descriptor)
        with contextlib.suppress(OSError):
            os.write(self.line, os.fsencode(f"{folder or ''}\0{trouble}"))
        os.close(self.line)
        self.line = None


def _appended(file: Path | None) -> int:
    """A descriptor that writes to the end of this file; nowhere if there is none, or if it cannot be written."""
    if file is not None:
        with contextlib.suppress(OSError):
            return own_files.opened(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    return os.open(os.devnull, os.O_RDWR)


def divide() -> BackgroundProcess:
    """Fork. The child returns from this function, in a session of its own, so that no hang-up reaches it. The parent
    waits until the child has begun, prints how to attach, and ends; if the child ends before, with its exit code.

    Call this before any thread starts, and before a run is locked.
    """
    hears, line = os.pipe()
    sys.stdout.flush()
    sys.stderr.flush()
    signal.signal(signal.SIGHUP, signal.SIG_IGN)  # from here on for both: the terminal may go at once
    child = os.fork()
    if child:
        os.close(line)
        _wait(child, hears)
    os.close(hears)
    os.setsid()
    return BackgroundProcess(line)


def go_on_in_the_background(
    folder: Path, speed: float, paused: bool, serve: bool, flags_to_go_on: Sequence[str] = ()
) -> NoReturn:
    """Become a program that trains this run on in the background; everything has to be saved.

    Args:
        speed: in windows per second; infinity is full speed.
        paused: whether it begins paused.
        serve: whether viewers may attach.
        flags_to_go_on: where to go first, and what to change first.
    """
    flags = ["--detach", "--resume", str(folder), "--speed", "max" if math.isinf(speed) else f"{speed:g}"]
    flags += [*["--paused"] * paused, *["--no-serve"] * (not serve), *flags_to_go_on]
    sys.stdout.flush()
    os.dup2(1, 2)  # errors would go to the log of native code
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    # nothing is imported from the current folder (-P)
    os.execv(sys.executable, [sys.executable, "-P", "-m", "tui", *flags])


def _wait(child: int, hears: int) -> None:
    guardian.forward_to(child)
    with open(hears, "rb") as told:
        folder, begun, trouble = os.fsdecode(told.read()).partition("\0")
    if not begun:
        _, status = os.waitpid(child, 0)
        code = os.waitstatus_to_exitcode(status)
        terminal.leave_process(code if code >= 0 else ExitCode.FAILED)
    name = quoted(folder) if folder else ""
    printed.lines(
        [
            f"training in the background: process {child}" + (f", in {name}" if name else ", not kept"),
            trouble or (f"look with: echornn-tui attach {name}" if name else "nobody can attach, since it is not kept"),
            f"end it with: echornn-tui attach --stop {name}" if name and not trouble else f"end it with: kill {child}",
        ]
    )
    printed.finish()
    terminal.leave_process(ExitCode.DONE)
