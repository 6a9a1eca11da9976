"""Rows that subcommands print: each has its own lines of text for them; JSON and CSV are the same
for all."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from json import JSONEncoder, dumps
from pathlib import Path
from typing import Annotated, Any

import numpy as np
from cyclopts import Parameter
from cyclopts.validators import Number

from echornn.arrays.run_arrays import RunArrays, read
from echornn.diagnosis.seed_stats import SeedStats
from echornn.run import kept_runs
from tui.term import printed
from tui.term.exit_code import ExitCode

Record = dict[str, Any]

STRICT = JSONEncoder(allow_nan=False)

RunName = Annotated[str, Parameter(help="Folder of the run, a name that list shows, or newest.")]
Json = Annotated[bool, Parameter(help="Print JSON lines.")]
At = Annotated[
    int | None,
    Parameter(validator=Number(gte=0), help="After so many windows of the path; else its end."),
]
ALONG = (
    "Measure at so many windows of the path, from its start on; what lies between is trained again."
)
Along = Annotated[int | None, Parameter(validator=Number(gte=2), help=ALONG)]
Branch = Annotated[
    str | None,
    Parameter(help="Use the path to the end of this branch, named by its letter or number."),
]
Replica = Annotated[
    int | None, Parameter(help="With several replicas, the network with this number.")
]
Trust = Annotated[
    bool,
    Parameter(help="Run your own tasks and cells in the record: programs with all your rights."),
]


def named(run: str) -> Path:
    """The folder of the run of this name; which one is the newest is said on standard error."""
    folder = kept_runs.find(run)
    if run == kept_runs.NEWEST:
        printed.complain(f"echornn-tui: newest is {folder}")
    return folder


def opened(name: str, trust: bool = False) -> RunArrays:
    """The run of this name; what is damaged in it is said on standard error."""
    run = read(named(name), trust)
    printed.complain(*(f"echornn-tui: {note}" for note in run.notes))
    return run


def emit(
    rows: Iterable[Any], json: bool = False, form: Callable[[Iterable[Any]], Iterable[str]] = iter
) -> int:
    """Print rows as JSON or in this form; returns the exit code.

    Rows may be made while they are printed.
    """
    printed.lines(map(as_json, rows) if json else form(rows))
    return ExitCode.DONE


def csv_lines(columns: Sequence[str], rows: Iterable[Record]) -> Iterator[str]:
    """A header, and a line for each row; nine digits tell all float32 numbers apart."""
    yield ",".join(columns)
    for row in rows:
        yield ",".join(map(_cell, row.values()))


def _cell(value: float | None) -> str:
    return "" if value is None else f"{value:.9g}" if type(value) is float else str(value)


def as_json(record: Record) -> str:
    try:
        return STRICT.encode(record)
    except (TypeError, ValueError):
        # Only then is each value looked at, as a run may have millions of rows
        return dumps(finite(record))


def finite(value: Any) -> Any:
    """A value with None for NaN and infinity, which JSON lacks; of arrays of float32 the shortest
    decimal numbers."""
    match value:
        case dict():
            return {name: finite(one) for name, one in value.items()}
        case list() | tuple() | np.ndarray():
            return [finite(one) for one in value]
        case float() | np.floating():
            return float(str(value)) if math.isfinite(value) else None
        case np.integer():
            return int(value)
    return value


def seed_stats_fields(stats: SeedStats) -> Record:
    """The results of the replicas; docs/cli.md explains the keys."""
    share = low = high = None
    if stats.can_be_solved:
        share = stats.solved / stats.replicas
        low, high = stats.interval
    return {
        "replicas": stats.replicas,
        "solved": stats.solved,
        "success_rate": share,
        "success_low": low,
        "success_high": high,
        "median_window": stats.median_window,
        **dict(zip(("loss_10", "loss_50", "loss_90"), stats.quantiles, strict=True)),
        "diverged": int(stats.diverged.sum()),
    }


def results_of(stats: SeedStats) -> Record:
    """`seed_stats_fields`, and how many replicas have lost the task again after solving it."""
    return {**seed_stats_fields(stats), "lost": stats.lost}
