"""The subcommand ``export``: prints the windows or networks of a run, or writes them to files."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path

from echornn.arrays.facts import NetworkFacts, configs_of, network_facts
from echornn.arrays.run_arrays import WindowPiece, pieces
from tui.cli import export_files
from tui.cli.rows import Json, Record, RunName, Trust, csv_lines, emit, json_lines, opened
from tui.commands.front_end import FrontEnd, UsageError, require_at
from tui.kit.command_text import command_with
from tui.term.exit_code import ExitCode

APART = {
    "path": ("branch", "weights", "keras", "summary"),
    "summary": ("weights", "keras", "replica", "tensorboard"),
    "parquet": ("weights", "keras", "json", "tensorboard"),
    "tensorboard": ("weights", "keras", "json"),
}
"""The flags with which a flag cannot be used."""


def export_run(
    run: RunName,
    /,
    *,
    path: bool = False,
    branch: str | None = None,
    json: Json = False,
    summary: bool = False,
    replica: int | None = None,
    at: int | None = None,
    weights: Path | None = None,
    keras: Path | None = None,
    parquet: Path | None = None,
    tensorboard: Path | None = None,
    trust: Trust = False,
) -> FrontEnd:
    """Print every window of a run, in the order trained, as CSV: window,epoch,loss,accuracy (and replica, if there are
    several).

    Args:
        path: Only the windows on the path to the run's current position, numbered along it.
        branch: Only the windows on the path to the end of this branch, named by its letter or number.
        summary: Print one row for each network instead: replica,seed,solved_at,final_loss,lost_at.
        replica: Only the network with this number, without the column replica.
        at: With --weights or --keras: the network after this many windows of the path; by default at its end.
        weights: Write the weights to this .npz file instead, and FILE.npz.txt, which describes each array.
        keras: Write the network to this .keras file instead, as a Keras model with the same outputs.
        parquet: Write the same rows to this .parquet file instead; needs echornn-tui[arrow].
        tensorboard: Write the loss, accuracy and learning rate along the run's path, or that of --branch, to a folder
            of this run in this one, for tensorboard --logdir; of several networks, the median loss and its 10 % and
            90 % quantiles. It needs echornn-tui[tensorboard].
    """
    given = {name: value for name, value in locals().items() if value not in (None, False)}
    for flag, others in APART.items():
        for other in others:
            if flag in given and other in given:
                value = "" if given[other] is True else f" {given[other]}"
                raise UsageError(f"--{flag} cannot be used with --{other}{value}")
    require_at(at)
    if at is not None and weights is None and keras is None:
        raise UsageError(f"at = {at} cannot be used without --weights or --keras, which write the network there")
    if parquet is not None:
        export_files.require("pyarrow", "parquet", "arrow")
        if parquet.suffix != ".parquet":
            raise UsageError(f"parquet = {str(parquet)!r} cannot be written: the name must end in .parquet")
    if tensorboard is not None:
        export_files.require("tensorboard", "tensorboard", "tensorboard")
    return partial(_export, run, path, branch, json, summary, replica, at, weights, keras, parquet, tensorboard, trust)


def _export(
    name: str,
    path: bool,
    branch: str | None,
    json: bool,
    summary: bool,
    replica: int | None,
    at: int | None,
    weights: Path | None,
    keras: Path | None,
    parquet: Path | None,
    tensorboard: Path | None,
    trust: bool,
) -> int:
    run = opened(name, trust)
    if weights is not None or keras is not None:
        export_files.write_network(run, run.position_at(at, branch), weights, keras, replica)
        return ExitCode.DONE
    end = run.position_at(branch=branch) if path or summary or tensorboard or branch is not None else None
    if summary and end is not None:
        columns = list(NetworkFacts._fields)
        rows: Iterable[Record] = (_of_network(one) for one in network_facts(run, end))
    else:
        windows = pieces(run, end, replica)
        if tensorboard is not None and end is not None:
            names = [run.folder.resolve().name, *([f"branch-{branch}"] if branch else [])]
            names += [] if replica is None else [f"replica-{replica}"]
            export_files.write_events(tensorboard / "_".join(names), run, windows, end.window)
            return ExitCode.DONE
        numbered = replica is None and max(config.replicas for config in configs_of(run)) > 1
        columns = ["window", "epoch", "loss", "accuracy", *(["replica"] if numbered else [])]
        rows = _of_windows(windows, numbered)
    if parquet is not None:
        flags = {"path": path, "branch": branch, "summary": summary, "replica": replica, "parquet": parquet}
        export_files.write_parquet(parquet, columns, rows, command_with("export", [name], flags), run.config)
        return ExitCode.DONE
    return emit(rows, json_lines if json else csv_lines(columns))


def _of_windows(windows: Iterable[WindowPiece], numbered: bool) -> Iterator[Record]:
    for piece in windows:
        arrays = (piece.windows, piece.epochs, piece.losses, piece.accuracies)
        for window, epoch, losses, accuracies in zip(*(one.tolist() for one in arrays), strict=True):
            for replica, loss, accuracy in zip(piece.networks, losses, accuracies, strict=True):
                row = {"window": window, "epoch": epoch, "loss": loss, "accuracy": accuracy}
                if not piece.has_accuracy:
                    row["accuracy"] = None
                if numbered:
                    row["replica"] = replica
                yield row


def _of_network(one: NetworkFacts) -> Record:
    return {**one._asdict(), "solved_at": one.solved_at or None, "lost_at": one.lost_at or None}
