"""The subcommands of ``echornn-tui``: flags and help. Each imports its implementation only when it is called."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from tui.cli import UsageError
from tui.cli.record import require_at


def show_branches(run: str, /, *, json: bool = False) -> Callable[[], int]:
    """Print the branches of a run: what began each branch, and its results; * marks the current branch.

    Parameters
    ----------
    run
        Folder of the run, a name that list shows, or newest.
    json
        Print JSON lines.
    """
    from tui.commands.kept_runs.branches import print_branches

    return partial(print_branches, run, json)


def probe_run(
    run: str,
    /,
    *,
    at: int | None = None,
    branch: str | None = None,
    replica: int | None = None,
    fixed_points: bool = False,
    input: Annotated[str | None, Parameter(allow_leading_hyphen=True)] = None,
    json: bool = False,
    trust: bool = False,
) -> Callable[[], int]:
    """Print what a run's network remembers and how far its gradient reaches: memory and gradient by lag, and more.

    Parameters
    ----------
    run
        Folder of the run, a name that list shows, or newest.
    at
        Probe the network after this many windows of the run's path; by default at its current position.
    branch
        Use the path of this branch instead, named by its letter or number.
    replica
        With several replicas, the network with this number; by default the first.
    fixed_points
        Print only the fixed points: the states at which the network rests while one input is repeated.
    input
        The constant input of the fixed points: a symbol by its name or number, numbers with commas, or zeros.
    json
        Print a JSON line.
    trust
        Also run the tasks and cells of your own in the record; they are programs with all your rights.
    """
    require_at(at)
    from tui.commands.kept_runs.examined import ChosenNetwork

    network = ChosenNetwork(run, at, branch, replica, trust)
    if fixed_points:
        from tui.commands.kept_runs.print_fixed_points import print_fixed_points

        return partial(print_fixed_points, network, json, input)
    if input is not None:
        raise UsageError(f"input = {input!r} cannot be used: only --fixed-points holds the input")
    from tui.commands.kept_runs.probe import probe

    return partial(probe, network, json)


def list_kept_runs(folder: Path | None = None, /, *, json: bool = False) -> Callable[[], int]:
    """Print the runs in your state folder, or in another, the newest first.

    Parameters
    ----------
    folder
        A folder with runs, or the folder of a run.
    json
        Print JSON lines.
    """
    from tui.commands.kept_runs.list_runs import list_runs

    return partial(list_runs, folder, json)


def prune_kept_runs(*, keep: int, dry_run: bool = False) -> Callable[[], int]:
    """Remove all runs except the newest from your state folder; never a run that is being written or cannot be read.

    Parameters
    ----------
    keep
        The number of newest runs to keep, 0 or more.
    dry_run
        Only print what would be removed.
    """
    if keep < 0:
        raise UsageError(f"keep = {keep!r} cannot be used: 0 or more")
    from tui.commands.kept_runs.prune import prune

    return partial(prune, keep, dry_run)


def list_tasks(task: str | None = None, /, *, json: bool = False, template: bool = False) -> Callable[[], int]:
    """Print the tasks that can be trained: inputs and outputs, known losses, and settings of each.

    Parameters
    ----------
    task
        Only this task: a name, or FILE.py:NAME, the class NAME of your file.
    json
        Print JSON lines.
    template
        Print a file to begin your own task with: echornn-tui tasks --template > my_task.py
    """
    if template and (task is not None or json):
        raise UsageError("--template cannot be used with another flag, or with a task: it prints a file")
    from tui.commands.tasks import print_tasks

    return partial(print_tasks, task, json, template)


def list_cells(cell: str | None = None, /, *, json: bool = False, template: bool = False) -> Callable[[], int]:
    """Print the recurrent cells that can be trained: formulas, the numbers that they hold, weights and gates of each.

    Parameters
    ----------
    cell
        Only this cell: a name, or FILE.py:NAME, the cell NAME of your file.
    json
        Print JSON lines.
    template
        Print a file to begin your own cell with: echornn-tui cells --template > my_cell.py
    """
    if template and (cell is not None or json):
        raise UsageError("--template cannot be used with another flag, or with a cell: it prints a file")
    from tui.commands.cells import print_cells

    return partial(print_cells, cell, json, template)
