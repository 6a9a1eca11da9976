"""The printer of rows: each command has its own lines of text for them; JSON and CSV are the same
for all."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from json import JSONEncoder, dumps
from pathlib import Path
from typing import Any

import numpy as np

from echornn.arrays.run_arrays import RunArrays, read
from echornn.diagnosis.seed_stats import SeedStats
from echornn.run import kept_runs
from echornn.runtime.waiting import Say, silent
from tui.term import printed
from tui.term.exit_code import ExitCode

Record = dict[str, Any]

STRICT = JSONEncoder(allow_nan=False)


def named(run: str) -> Path:
    """The folder of the run of this name; which one is the newest is said on standard error."""
    folder = kept_runs.find(run)
    if run == kept_runs.NEWEST:
        printed.complain(f"echornn-tui: newest is {folder}")
    return folder


def opened(name: str, trust: bool = False, progress: Say = silent) -> RunArrays:
    """The run of this name; what is damaged in it is said on standard error."""
    run = read(named(name), trust, progress)
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


Form = Callable[[Iterable[Record]], Iterable[str]]


def chosen_form(json: bool, csv: bool, as_text: Form, as_csv: Form) -> Form:
    """How records are printed; CSV has the first word."""
    if csv:
        return as_csv
    return partial(map, as_json) if json else as_text


class RecordPrinter:
    """Prints records at once, each as JSON or as lines of text; any thread may use it.

    Attributes:
        warning: why lines could not be printed.
    """

    def __init__(self, json: bool) -> None:
        self._json = json
        self._printer = printed.LinePrinter()
        # While an app runs, `sys` has others
        self._out, self._err = sys.stdout, sys.stderr

    @property
    def warning(self) -> str:
        return self._printer.warning

    def print(self, *rows: tuple[Record, Iterable[str]]) -> None:
        """Records, each with its lines of text."""
        if self._json:
            lines = [as_json(record) for record, _ in rows]
        else:
            lines = [text for _, texts in rows for text in texts]
        self._printer.print(lines, self._out)

    def say(self, *texts: str) -> None:
        """Lines on standard error."""
        self._printer.print(texts, self._err)

    def note(self, *texts: str) -> None:
        """Lines on standard error, by this program."""
        self.say(*(f"echornn-tui: {text}" for text in texts))


def csv_lines(columns: Sequence[str], rows: Iterable[Record]) -> Iterator[str]:
    """A header, and a line for each row; nine digits tell all float32 numbers apart."""
    yield ",".join(columns)
    for row in rows:
        yield ",".join(map(_cell, row.values()))


def _cell(value: float | str | None) -> str:
    if value is None:
        return ""
    if type(value) is float:
        return f"{value:.9g}"
    text = str(value)
    if "," not in text and '"' not in text:
        return text
    doubled = text.replace('"', '""')
    return f'"{doubled}"'


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
            return {name: finite(member) for name, member in value.items()}
        case list() | tuple() | np.ndarray():
            return [finite(member) for member in value]
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
