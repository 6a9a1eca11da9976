"""The subcommand ``export``: prints the windows or networks of a run, or writes the networks to files."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from echornn.arrays.facts import NetworkFacts, configs_of, network_facts
from echornn.arrays.run_arrays import WindowPiece, pieces
from echornn.own import trusting
from echornn.runs import folders
from echornn.runs.run_dir import Run
from tui.commands.kept_runs import event_files, table_files, window_rows
from tui.commands.kept_runs.network_files import write_network
from tui.commands.kept_runs.table_files import about_table
from tui.commands.printed.records import as_json
from tui.term import printed
from tui.term.exit_code import ExitCode


def export(
    name: str,
    as_json_lines: bool,
    weights: Path | None = None,
    keras: Path | None = None,
    path: bool = False,
    branch: str | None = None,
    summary: bool = False,
    replica: int | None = None,
    parquet: Path | None = None,
    command: str = "",
    at: int | None = None,
    tensorboard: Path | None = None,
    trust: bool = False,
) -> int:
    """Print windows or networks of a run, or write its networks to files; returns the exit code.

    Args:
        path: print only the windows on the path to the run's current position.
        branch: print only the windows on the path to the end of this branch, named by letter or number.
        summary: print a line for each network instead, at the branch's end or the run's position.
        replica: print only the network with this number; see `NetworkFacts`.
        parquet: the table file to which the rows are written instead.
        command: the command line, for the metadata of this file.
        at: write the networks after this many windows of the path.
        tensorboard: the folder to which the curves of the path are written instead.
        trust: whether the texts in its record may run; see `echornn.own`.
    """
    if parquet is not None:
        table_files.require_writable(parquet)
    if tensorboard is not None:
        event_files.require_tensorboard()
    with trusting(trust):
        run = Run.read(folders.find(name))
    for note in run.notes:
        printed.complain(f"echornn-tui: {note}")
    end = run.position if path else None if branch is None else run.position_at(branch=branch)
    if weights is not None or keras is not None:
        write_network(run, run.position_at(at, branch), weights, keras, replica)
    elif summary:
        networks = network_facts(run, run.position if end is None else end)
        if parquet is None:
            _print_networks(networks, as_json_lines)
        else:
            table_files.write_networks(parquet, networks, about_table(command, run.config))
    else:
        if tensorboard is not None and end is None:
            end = run.position
        numbered = replica is None and max(config.replicas for config in configs_of(run)) > 1
        windows = pieces(run, end, replica)
        if tensorboard is not None and end is not None:
            names = [run.folder.resolve().name, *([f"branch-{branch}"] if branch else [])]
            names += [] if replica is None else [f"replica-{replica}"]
            event_files.write_events(tensorboard / "_".join(names), run, windows, end.window)
        elif parquet is None:
            _print_windows(windows, as_json_lines, numbered)
        else:
            table_files.write_windows(parquet, windows, numbered, about_table(command, run.config))
    return ExitCode.DONE


def _print_windows(windows: Iterable[WindowPiece], as_json_lines: bool, numbered: bool) -> None:
    if not as_json_lines:
        printed.lines([window_rows.REPLICA_HEADER if numbered else window_rows.HEADER])
    text = window_rows.as_json if as_json_lines else window_rows.as_csv
    printed.plain(text(window, numbered) for window in window_rows.rows(windows))


def _print_networks(networks: Iterable[NetworkFacts], as_json_lines: bool) -> None:
    """A line for each network; empty or null are windows at which the task was not solved, or not lost."""
    if not as_json_lines:
        printed.lines([",".join(NetworkFacts._fields)])
    for one in networks:
        if as_json_lines:
            when = {"solved_at": one.solved_at or None, "lost_at": one.lost_at or None}
            printed.lines([as_json({**one._asdict(), **when})])
        else:
            loss = f"{one.final_loss:.9g}"
            printed.lines([f"{one.replica},{one.seed},{one.solved_at or ''},{loss},{one.lost_at or ''}"])
