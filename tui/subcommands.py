"""The subcommands of ``echornn-tui``: their flags and help; each imports its file only when it is called."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from echornn.config import EchoConfig
from tui.front_end import FrontEnd, UsageError, require_at
from tui.sweep_subcommands import compute_sweep, show_map


def export_run(
    run: str,
    /,
    *,
    path: bool = False,
    branch: str | None = None,
    json: bool = False,
    summary: bool = False,
    replica: int | None = None,
    weights: Path | None = None,
    keras: Path | None = None,
) -> FrontEnd:
    """Print every window of a run, in the order trained, as CSV: window,epoch,loss,accuracy, all counted from 1.

    A run with several replicas has one row for each network and one more column, replica. Replica 0 has the run's first
    seed, replica 1 the next seed, and so on, in all branches: a network that goes on alone keeps its number. Their
    losses are kept, and printed, with 17 bits each.

    Parameters
    ----------
    run
        Folder of the run, a name that list shows, or newest.
    path
        Only the windows along the path to where the run stands, numbered along it.
    branch
        Only the windows along the path to the end of this branch, numbered along it: its letter, or its number, as
        branches prints them.
    json
        Print JSON lines instead.
    summary
        Print a row for each network where the run stands instead, or at the end of --branch:
        replica,seed,solved_at,final_loss,lost_at: the windows along the path at which it was solved, and lost again,
        empty where it was not; and the mean loss of the last 50.
    replica
        Only the network of this number, which is one seed, without the column: its windows among others and alone, and
        none where it was not trained.
    weights
        Write the weights to this .npz file instead; with several replicas, each array's first axis is the replica.
        A text beside it, FILE.npz.txt, says what each array is: shapes, the order and sign of gates, the formulas.
    keras
        Write the network to this .keras file instead, as a Keras model with the same outputs; with several replicas,
        name one by --replica.
    """
    if path and branch is not None:
        raise UsageError(f"branch = {branch!r} cannot be used with --path: it is a path of its own")
    files = weights is not None or keras is not None
    if files and (path or branch is not None):
        flag = "--path" if path else "--branch"
        raise UsageError(f"{flag} cannot be used with --weights or --keras: they are those of where the run stands")
    if summary and path:
        raise UsageError("--path cannot be used with --summary: it is of one moment, where the run stands")
    if summary and (files or replica is not None):
        flag = "--replica" if replica is not None else "--weights or --keras"
        raise UsageError(f"--summary cannot be used with {flag}: it is a row for each network")
    from tui.commands.export import export

    return partial(export, run, json, weights, keras, path, branch, summary, replica)


def show_branches(run: str, /, *, json: bool = False) -> FrontEnd:
    """Print the branches of a run: what began each, from where, how far it came; * is the one on which it stands.

    Of each: its letter and number, those of its parent, the window along the parent's path at which it begins, the
    windows trained in it, the mean loss of the last 50 of its path, the window along its path at which the echo was
    solved, and that at which it was lost again.

    Parameters
    ----------
    run
        Folder of the run, a name that list shows, or newest.
    json
        Print JSON lines.
    """
    from tui.commands.branches import print_branches

    return partial(print_branches, run, json)


def probe_run(
    run: str, /, *, at: int | None = None, branch: str | None = None, replica: int | None = None, json: bool = False
) -> FrontEnd:
    """Print what a run's network holds and how far its error travels: memory and gradient by lag, and more.

    Of data of the probes' own, without dropout. memory and saturated are of the top layer's h alone; gradient and
    lyapunov, of all that is carried on: every layer's, and an LSTM's c.

    The JSON line's keys; lists by lag begin at lag 0, and null is what is no number or not known:

    window: windows along the path. seed: the network's; replica: its number, as export has it. as_recorded: false where
    a window that was trained again to come there has another loss than the run has on record, as with other versions.

    memory: r2 by lag, of the best linear read-out of the input so many steps ago; memory_total, their sum, at most
    memory_size. shift_register: the sum of a linear shift register for the echo; fewer networks solve it with less.

    turned_by_lag: share of the predictions that turn when the input at that lag alone is changed to its next symbol, 0
    to 1; moved_by_lag: how far they move, the mean total variation of the probabilities, 0 to 1.

    gradient_by_lag: mean size of the gradient of a step's loss to what was carried on so many steps before it, nats for
    a unit of state.

    truncation_bias: the share of the gradient that is missing where each error is followed through T steps, to all
    weights but W2 and b2; truncation_bias_by_steps, through 1, 2, ... steps; truncation_bias_of_windows, in windows of
    T steps, as trained. Each with _spread: so much more it may be, two standard errors. Where the spread is as large as
    the bias, it may be none.

    spectral_radius: the largest of spectral_radii, those of the recurrent matrices by name.

    saturated: share of units and steps beyond 0.97 in size, 0 to 1.

    lyapunov: exponents, nats a step, the largest first; -87.3 stands for minus infinity.

    With _samples, what each was measured on: memory, saturated and lyapunov on so many time steps of all rows (as many
    others are fitted for memory), gradient on so many losses, turned on so many predictions at each lag.

    Parameters
    ----------
    run
        Folder of the run, a name that list shows, or newest.
    at
        After that many windows along the run's path (0 is the start). Unset, where the run stands.
    branch
        Along the path to the end of this branch instead: its letter, or its number, as branches prints them. Without
        --at, that end.
    replica
        With several replicas, the network with this number, as in export. By default the first, or the one that goes
        on alone later on that path.
    json
        Print a JSON line.
    """
    require_at(at)
    from tui.commands.probe import probe

    return partial(probe, run, at, json, branch, replica)


def list_kept_runs(folder: Path | None = None, /, *, json: bool = False) -> FrontEnd:
    """Print the runs in your state folder, or in another, the newest first.

    Of each: windows in all branches, the mean loss of the last 50 where it stands, the window along its path at which
    the echo was solved, that at which it was lost again, and the fields that are not the defaults.

    Parameters
    ----------
    folder
        Folder that holds runs, or is one.
    json
        Print JSON lines.
    """
    from tui.commands.list_runs import list_runs

    return partial(list_runs, folder, json)


def prune_kept_runs(*, keep: int, dry_run: bool = False) -> FrontEnd:
    """Remove runs from your state folder, all but the newest; never one that is being written or cannot be read.

    Parameters
    ----------
    keep
        How many stay, 0 or more: the first that list shows.
    dry_run
        Only print what would be removed.
    """
    if keep < 0:
        raise UsageError(f"keep = {keep!r} cannot be used: 0 or more")
    from tui.commands.prune import prune

    return partial(prune, keep, dry_run)


def bench(*, config: Annotated[EchoConfig | None, Parameter(name="*")] = None, json: bool = False) -> FrontEnd:
    """Measure windows a second on this machine, against the tutorial's session loop and plain NumPy.

    With --replicas, of all networks side by side, each window of each counted.

    Parameters
    ----------
    json
        Print JSON lines.
    """
    from tui.commands.bench import run_bench

    return partial(run_bench, config or EchoConfig(), json)


SUBCOMMANDS: dict[str, Callable[..., FrontEnd]] = {
    "export": export_run,
    "branches": show_branches,
    "probe": probe_run,
    "list": list_kept_runs,
    "prune": prune_kept_runs,
    "map": show_map,
    "sweep": compute_sweep,
    "bench": bench,
}
"""Each by its name; its help is its docstring, its flags are its parameters."""
