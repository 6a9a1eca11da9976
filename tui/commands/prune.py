"""``echornn-tui prune``: remove old runs from the user's state folder."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from echornn.runs import kept_runs, run_dir
from echornn.runs.lock import Lock, is_held
from echornn.runs.run_error import RunError
from tui.commands.list_runs import describe
from tui.exit_code import ExitCode


def removed(keep: int, dry_run: bool) -> Iterator[str]:
    """Remove all runs of the state folder but the ``keep`` saved last; a line for each, before the next is removed.

    One that is being written, and one that cannot be read (of another version, or damaged), stays, and the line says
    so.
    """
    for folder in kept_runs.runs()[keep:]:
        try:
            line = describe(folder)
            _remove(folder, dry_run)
        except (RunError, OSError) as error:
            yield f"kept     {error}"
        else:
            yield f"{'would go' if dry_run else 'removed '} {line}"


def _remove(folder: Path, dry_run: bool) -> None:
    run_dir.read(folder)
    if dry_run:
        if is_held(folder):
            raise RunError(f"{folder} is being written by another process")
        return
    lock = Lock(folder)
    try:
        run_dir.remove(folder)
    finally:
        lock.release()


def prune(keep: int, dry_run: bool) -> int:
    """Remove all runs but the newest, and print them. Returns the exit code."""
    any_line = False
    for line in removed(keep, dry_run):
        any_line = True
        print(line, flush=True)
    if not any_line:
        print("nothing to remove")
    return ExitCode.DONE
