"""The subcommands that write what a run holds: ``export``. `tui.cli.subcommands` has the table of all."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from tui.commands.front_end import FrontEnd, UsageError
from tui.kit.command_text import command_with


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
    parquet: Path | None = None,
    arrow: Path | None = None,
) -> FrontEnd:
    """Print every window of a run, in the order trained, as CSV: window,epoch,loss,accuracy, all counted from 1.

    A run with several replicas has one row for each network and one more column, replica. Replica 0 has the run's first
    seed, replica 1 the next seed, and so on, in all branches: a network that continues alone keeps its number. The
    losses of several networks are stored and printed with 17 bits each.

    Parameters
    ----------
    run
        Folder of the run, a name that list shows, or newest.
    path
        Only the windows on the path to the run's current position, numbered along it.
    branch
        Only the windows on the path to the end of this branch, numbered along it. Name it by its letter or number, as
        branches prints them.
    json
        Print JSON lines instead.
    summary
        Print one row for each network instead, at the run's current position or at the end of --branch:
        replica,seed,solved_at,final_loss,lost_at. solved_at and lost_at are windows along the path, empty if the
        network was not solved, or not lost again; final_loss is the mean of the last 50 windows.
    replica
        Only the network with this number, without the column replica: all its windows, trained with others or alone.
    weights
        Write the weights to this .npz file instead; with several replicas, each array's first axis is the replica. A
        text file beside it, FILE.npz.txt, describes each array: shapes, the order and sign of gates, the formulas.
    keras
        Write the network to this .keras file instead, as a Keras model with the same outputs; with several replicas,
        name one by --replica.
    parquet
        Write the same rows to this .parquet file instead, with typed columns: window, epoch and replica int64, loss and
        accuracy float32. It needs echornn-tui[arrow].
    arrow
        Write them to this .arrow or .feather file instead, as Arrow IPC.
    """
    if path and branch is not None:
        raise UsageError(f"branch = {branch!r} cannot be used with --path: a branch has its own path")
    networks, tables = {"weights": weights, "keras": keras}, {"parquet": parquet, "arrow": arrow}
    files = weights is not None or keras is not None
    if files and (path or branch is not None):
        flag = "--path" if path else "--branch"
        raise UsageError(f"{flag} cannot be used with --weights or --keras: they write the run's current position")
    if summary and path:
        raise UsageError("--path cannot be used with --summary, which prints the run's current position")
    if summary and (files or replica is not None):
        flag = "--replica" if replica is not None else "--weights or --keras"
        raise UsageError(f"--summary cannot be used with {flag}: a summary has one row for each network")
    to_tables = [flag for flag, file in tables.items() if file is not None]
    if to_tables and (others := [flag for flag, file in networks.items() if file is not None] + ["json"] * json):
        raise UsageError(f"--{to_tables[0]} cannot be used with --{others[0]}: use only one of them")
    given = {"path": path, "branch": branch, "summary": summary, "replica": replica, **tables}
    command = command_with("export", [run], given) if to_tables else ""
    from tui.commands.export import export

    return partial(export, run, json, weights, keras, path, branch, summary, replica, tables, command)
