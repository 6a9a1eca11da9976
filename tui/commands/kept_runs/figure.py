"""The subcommand ``figure``: makes a figure for a paper, and says which files it wrote."""

from __future__ import annotations

from pathlib import Path

from echornn.session.probing import why_unread
from tui.commands.front_end import UsageError
from tui.figures.data import FigureError, FigureRequest
from tui.figures.make import KINDS, made
from tui.term import printed, terminal
from tui.term.exit_code import ExitCode


def make_figure(request: FigureRequest, file: Path, command: str) -> int:
    """Make a figure; returns the exit code."""
    if KINDS[request.kind].trains:
        terminal.keep_native_stderr_off_the_screen()
    try:
        files, notes = made(request, file, command)
    except FigureError as error:
        raise UsageError(str(error)) from error
    except MemoryError as error:
        printed.complain(f"echornn-tui: {why_unread(error)}")
        return ExitCode.FAILED
    for note in notes:
        printed.complain(f"echornn-tui: {note}")
    printed.lines(map(str, files))
    return ExitCode.DONE


def require_flags(kind: str, given: dict[str, object]) -> None:
    """Check that a kind of figure takes these flags."""
    for name, value in given.items():
        if value not in (None, False, "") and name not in KINDS[kind].uses:
            takers = ", ".join(one for one, known in KINDS.items() if name in known.uses)
            raise UsageError(f"--{name} cannot be used with {kind}: only with {takers}")


def is_sweep(kind: str) -> bool:
    """Whether a kind of figure shows a sweep rather than a run."""
    return "across" in KINDS[kind].uses
