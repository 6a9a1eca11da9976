"""The subcommand ``export``: prints the windows or networks of a run, or writes the networks to files."""

from __future__ import annotations

from pathlib import Path

from echornn.arrays.network_facts import network_facts
from echornn.arrays.positions import branch_named
from echornn.arrays.replica_numbers import ReplicaNumbers, configs_of, most_replicas
from echornn.arrays.window_pieces import pieces, pieces_along
from echornn.runs import run_dir
from echornn.runs.run_dir import Run
from echornn.timeline.branch import Position
from tui.commands import record, replica_rows, window_rows
from tui.commands.network_files import write_network
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
) -> int:
    """Print windows or networks of a run, or write its networks to files; returns the exit code.

    Args:
        path: print only the windows on the path to the run's current position.
        branch: print only the windows on the path to the end of this branch, named by letter or number.
        summary: print a line for each network instead, at the branch's end or the run's position.
        replica: print only the network with this number; see `ReplicaNumbers`.

    Raises:
        RunError: the run, branch or replica does not exist, or the file's name cannot be used.
        OSError: the disk did not accept the output; an existing file is unchanged.
    """
    run = run_dir.read(record.find(name))
    for note in run.notes:
        printed.complain(f"echornn-tui: {note}")
    end = run.position if path else None if branch is None else run.position_at(branch=branch_named(run, branch))
    if weights is not None or keras is not None:
        write_network(run, weights, keras, replica)
    elif summary:
        _print_networks(run, as_json_lines, run.position if end is None else end)
    else:
        _print_windows(run, as_json_lines, end, replica)
    return ExitCode.DONE


def _print_windows(run: Run, as_json_lines: bool, end: Position | None, replica: int | None) -> None:
    if replica is not None:
        ReplicaNumbers.of(run).require(replica, configs_of(run, end))
    numbered = replica is None and most_replicas(run) > 1
    if not as_json_lines:
        printed.lines([window_rows.REPLICA_HEADER if numbered else window_rows.HEADER])
    text = window_rows.as_json if as_json_lines else window_rows.as_csv
    windows = pieces(run, replica) if end is None else pieces_along(run, end, replica)
    printed.plain(text(window, numbered) for window in window_rows.rows(windows))


def _print_networks(run: Run, as_json_lines: bool, position: Position) -> None:
    networks = network_facts(run, position)
    if as_json_lines:
        printed.lines(map(replica_rows.as_json, networks))
    else:
        printed.lines([replica_rows.HEADER, *map(replica_rows.as_csv, networks)])
