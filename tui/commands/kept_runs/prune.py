"""The subcommand ``prune``: removes old runs from the user's state folder."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from echornn.errors import RunError
from echornn.files.own_files import Lock, is_held
from echornn.runs import folders
from echornn.runs.run_dir import Run
from tui.commands.kept_runs.list_runs import describe
from tui.term import printed
from tui.term.exit_code import ExitCode


def removed(keep: int, dry_run: bool) -> Iterator[str]:
    """Remove the runs of the state folder, except the ``keep`` runs saved last; yields a line for each run, then
    continues with the next.

    Runs that are being written, cannot be read (another version, or damaged), or are links stay; their line says so.
    Remains of processes that were killed before their first save are always removed.
    """
    done = "would go" if dry_run else "removed "
    old, abandoned = folders.runs()[keep:], folders.abandoned()
    for folder in old:
        try:
            line = describe(folder)
            Run.read(folder, quickly=True)
            _remove(folder, dry_run)
        except (RunError, OSError) as error:
            yield f"kept     {_said(folder, error)}"
        else:
            yield f"{done} {line}"
    for folder in abandoned:
        try:
            _remove(folder, dry_run, only_debris=True)
        except (RunError, OSError) as error:
            yield f"kept     {_said(folder, error)}"
        else:
            yield f"{done} {folder.name}: left by a process that was killed"


def _said(folder: Path, error: Exception) -> str:
    return f"{folder} cannot be removed: {error.strerror or error}" if isinstance(error, OSError) else str(error)


def _remove(folder: Path, dry_run: bool, only_debris: bool = False) -> None:
    if folder.is_symlink():
        raise RunError(f"{folder} is a link: the target of the link is not touched")
    if dry_run:
        if is_held(folder):
            raise RunError(f"{folder} is being written by another process")
        return
    lock = Lock(folder)
    try:
        if only_debris and not folders.is_debris(folder):
            raise RunError(f"{folder} is kept: a process has begun a run there")
        folders.remove(folder)
    finally:
        lock.release()


def prune(keep: int, dry_run: bool) -> int:
    """Remove all runs except the newest, and print their names; returns the exit code."""
    any_line = False
    for line in removed(keep, dry_run):
        any_line = True
        printed.lines([line])
        printed.finish()
    if not any_line:
        printed.lines(["nothing to remove"])
    return ExitCode.DONE
