"""The subcommands of ``echornn-tui``: flags and help. Each imports its implementation only when it is called."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from tui.cli.subcommands.attach import attach_to, serve_run
from tui.cli.subcommands.export import export_run, figure_of
from tui.cli.subcommands.script import do_script
from tui.cli.subcommands.sweep import compute_sweep, show_map
from tui.cli.subcommands.tour import take_tour
from tui.commands.front_end import FrontEnd, UsageError, require_at


def show_branches(run: str, /, *, json: bool = False) -> FrontEnd:
    """Print the branches of a run: what began each branch, and its results; * marks the current branch.

    For each branch: its letter and number, those of its parent, the window of the parent's path at which it begins, the
    windows trained in it, the mean loss of the last 50 windows of its path, the window of its path at which the task
    was solved, and the window at which it was lost again.

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
) -> FrontEnd:
    """Print what a run's network remembers and how far its gradient reaches: memory and gradient by lag, and more.

    The data is drawn at random for the probes, and there is no dropout. memory and saturated are about the top layer's
    h alone; gradient and lyapunov are about everything that is carried from step to step: the h of every layer, and the
    c of an LSTM.

    The keys of the JSON line follow. Lists by lag begin at lag 0; null means NaN, infinite or unknown.

    window: the number of windows along the path. seed, replica: the seed and the number of the network, as in export.
    rule: the learning rule at this position.
    as_recorded: false if windows had to be trained again to reach this position, and the loss of one differs from the
    recorded loss; other versions of packages can cause this.

    memory: r2 of the best linear read-out of the input, by lag; memory_total: the sum over lags, at most memory_size if
    the inputs of different lags are independent. shift_register: the sum for a linear shift register back to the
    farthest source; null if the lags are not known.

    turned_by_lag: the share of predictions that change when only the input at that lag is changed: a symbol to the next
    one, a number by 0.1; 0 to 1, or null if the outputs are numbers. moved_by_lag: how much their probabilities change,
    the mean total variation distance, 0 to 1; or how much the numbers change.

    gradient_by_lag: the mean size of the gradient of a step's loss by the state that many steps before, in nats (or
    squared error) per unit of state.

    truncation_bias: the share of the gradient of all weights except W2 and b2 that is missing if each error is followed
    back through T steps. truncation_bias_by_steps: the same for 1, 2, ... steps. truncation_bias_of_windows: the same
    for windows of T steps, as tbptt trains them; other rules leave out less. Each has a _spread, two standard errors: a
    bias that is no larger than its spread may be zero.

    spectral_radius: the largest of spectral_radii, which are those of the recurrent matrices, by name.

    saturated: the share of units and steps with an absolute value above 0.97, 0 to 1.

    lyapunov: the Lyapunov exponents in nats per step, the largest first; -87.3 means minus infinity.

    Keys that end in _samples are numbers of samples: time steps of all rows for memory (equally many others are used
    for the fit), saturated and lyapunov; losses for gradient; predictions at each lag for turned.

    With --fixed-points the JSON line has window, seed, replica and as_recorded, and instead of the others: input,
    input_numbers: the constant input, by name and as it enters the cell. searches: the number of searches; a search can
    miss points. points: for each its kind (stable, marginal, saddle, unstable; slow is no fixed point), residual, the
    largest number by which the state moves in a step, searches, the number that ended there, outputs, the
    probabilities or numbers that the network says there, state, all numbers that are carried, and eigenvalues, of the
    step's Jacobian, the largest first, each as its real and imaginary part.

    Parameters
    ----------
    run
        Folder of the run, a name that list shows, or newest.
    at
        Probe the network after this many windows of the run's path (0 is the start). By default, at the run's current
        position.
    branch
        Use the path of this branch instead, named by its letter or number, as branches prints them. Without --at, the
        network at its end is probed.
    replica
        With several replicas, the network with this number, as in export. By default the first, or the network that
        continues alone later on that path.
    fixed_points
        Print only the fixed points: the states at which the network rests while the same input comes at every step,
        with the eigenvalues of a step's Jacobian, which say whether a small disturbance vanishes.
    input
        The constant input of the fixed points: a symbol by its name or number, numbers with commas, or zeros. By
        default the first symbol, or zeros.
    json
        Print a JSON line.
    trust
        Run the tasks and cells of your own in the record, also if you never gave their files with --task or --cell.
        They are programs with all your rights: read them first. They are trusted from then on.
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


def list_kept_runs(folder: Path | None = None, /, *, json: bool = False) -> FrontEnd:
    """Print the runs in your state folder, or in another, the newest first.

    For each run: the windows in all branches, the mean loss of the last 50 windows at its current position, the window
    of its path at which the task was solved, the window at which it was lost again, and the fields that differ from the
    defaults.

    Parameters
    ----------
    folder
        A folder with runs, or the folder of a run.
    json
        Print JSON lines.
    """
    from tui.commands.kept_runs.list_runs import list_runs

    return partial(list_runs, folder, json)


def prune_kept_runs(*, keep: int, dry_run: bool = False) -> FrontEnd:
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


def list_tasks(task: str | None = None, /, *, json: bool = False, template: bool = False) -> FrontEnd:
    """Print the tasks that can be trained: inputs and outputs, known losses, and settings of each.

    A task of your own is a file of Python with NumPy. It is checked, and printed like the others.

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


def list_cells(cell: str | None = None, /, *, json: bool = False, template: bool = False) -> FrontEnd:
    """Print the recurrent cells that can be trained: formulas, the numbers that they hold, weights and gates of each.

    A cell of your own is a file of Python. It is checked, and printed like the others.

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


SUBCOMMANDS: dict[str, Callable[..., FrontEnd]] = {
    "tour": take_tour,
    "export": export_run,
    "branches": show_branches,
    "probe": probe_run,
    "figure": figure_of,
    "attach": attach_to,
    "serve": serve_run,
    "do": do_script,
    "list": list_kept_runs,
    "tasks": list_tasks,
    "cells": list_cells,
    "prune": prune_kept_runs,
    "map": show_map,
    "sweep": compute_sweep,
}
"""The functions by the name of their subcommand; docstrings are the help, parameters are the flags."""
