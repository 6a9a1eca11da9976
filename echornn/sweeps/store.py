"""Writes results to the folder of a sweep, and locks the folder."""

from __future__ import annotations

import contextlib
import csv
import io
import os
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from echornn.config import EchoConfig
from echornn.errors import RunError
from echornn.files import own_files
from echornn.files.own_files import LOCK_FILE, Lock
from echornn.sweeps.folder import (
    FAILED,
    RESULTS,
    SWEEP_FILE,
    TABLE,
    RequestedGrid,
    Result,
    failed_bytes,
    point_of,
    read_requests,
    result_bytes,
    write_requests,
)
from echornn.sweeps.grid import Grid
from echornn.sweeps.results import SUFFIX, SweepResults
from echornn.sweeps.trained_by import in_words, versions_here

OURS = {SWEEP_FILE, RESULTS, FAILED, TABLE, LOCK_FILE}
"""The names of all files in the folder of a sweep."""

COLUMNS = ("seed", "solved_at", "final_loss", "windows", "seconds", "until", "trained_by")
"""The columns of the table after the fields of the grid."""


class Store:
    """The folder of a sweep, opened for computing.

    Each result has its own file, which is complete as soon as it has its name. The store does not wait until it is on
    disk, so a power failure (but not the death of a process) can lose the newest results; they are then trained again.

    Attributes:
        asked: the grid that is computed.
        results: the results that existed at the beginning.

    Args:
        folder: a new or empty folder, or that of a sweep. Another grid there is kept, and trainings in both are done
            only once. All networks of a folder must have the same rule for the end of training.
        grid: the grid to compute.

    Raises:
        RunError: the folder has other contents, or another process writes there; nothing was changed.
        OSError: the folder cannot be written to.
    """

    def __init__(self, folder: Path, grid: Grid) -> None:
        self.folder = folder
        self.asked = RequestedGrid(grid, versions_here())
        _require_ours(folder)
        folder.mkdir(parents=True, exist_ok=True)
        with contextlib.ExitStack() as undo:
            self._lock = Lock(folder)
            undo.callback(self._lock.release)
            before = read_requests(folder) if (folder / SWEEP_FILE).exists() else ()
            _require_one_rule(folder, before, self.asked)
            for name in (RESULTS, FAILED):
                (folder / name).mkdir(exist_ok=True)
            self.results = self._begin(before)
            self._table = own_files.opened(folder / TABLE, os.O_WRONLY | os.O_APPEND)
            undo.callback(os.close, self._table)
            self._undo = undo.pop_all()

    def _begin(self, before: tuple[RequestedGrid, ...]) -> SweepResults:
        for first in self.asked.grid.points.possible:  # tried again: the cause may have been removed
            self._failure_of(first).unlink(missing_ok=True)
        write_requests(self.folder, (*(one for one in before if one != self.asked), self.asked))
        results = SweepResults.read(self.folder)
        self._write_table(results)
        return results

    def _failure_of(self, config: EchoConfig) -> Path:
        return self.folder / FAILED / f"{self.asked.key(point_of(config))}{SUFFIX}"

    def put(self, results: Iterable[tuple[EchoConfig, Result]]) -> None:
        """Store new results.

        Raises:
            OSError: the results cannot be written.
        """
        rows = []
        for config, result in results:
            file = self.folder / RESULTS / f"{self.asked.key(config)}{SUFFIX}"
            _write(file, result_bytes(config, result))
            rows.append(_row(self.results.axes, config, result, self.asked))
        if rows:
            data = _lines(rows)
            while data:
                data = data[os.write(self._table, data) :]

    def fail(self, config: EchoConfig, reason: str) -> None:
        """Mark the point of a configuration as impossible to train.

        Raises:
            OSError: the mark cannot be written.
        """
        _write(self._failure_of(config), failed_bytes(point_of(config), reason))

    def close(self) -> None:
        """Sort the table in the order of the grid, and release the folder."""
        with contextlib.suppress(OSError, RunError):
            self._write_table(self.results.refresh())
        self._undo.close()

    def _write_table(self, results: SweepResults) -> None:
        rows = [[*results.axes, *COLUMNS]]
        for point in (*results.points, *results.earlier):
            asked = replace(self.asked, versions=point.versions)
            for seed, result in sorted(point.results.items()):
                rows.append(_row(results.axes, replace(point.config, seed=seed), result, asked))
        own_files.write_whole(self.folder / TABLE, _lines(rows))


def _write(file: Path, data: bytes) -> None:
    """Write a file completely or not at all; does not wait until it is on the disk."""
    new = file.with_name(f"{file.name}.new")
    with open(own_files.opened(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), "wb") as out:
        out.write(data)
    new.replace(file)


def _row(axes: Iterable[str], config: EchoConfig, result: Result, asked: RequestedGrid) -> list[str]:
    return [
        *(_cell(config.fields().get(name)) for name in axes),
        str(config.seed),
        "" if result.solved_at is None else str(result.solved_at),
        f"{result.final_loss:.6g}",
        str(result.windows),
        f"{result.seconds:.4g}",
        asked.grid.until,
        in_words(asked.versions),
    ]


def _require_one_rule(folder: Path, before: Sequence[RequestedGrid], asked: RequestedGrid) -> None:
    """Check that a grid has the rule of earlier grids: losses of networks that stop when solved cannot be compared with
    others; raises a RunError.
    """
    until = asked.grid.until
    other = next((one.grid.until for one in before if one.grid.until != until), None)
    if other is not None:
        raise RunError(f"until = {until!r} cannot be used in {folder}, which has {other!r}: give a new --out")


def _require_ours(folder: Path) -> None:
    try:
        there = set(os.listdir(folder))
    except FileNotFoundError:
        return
    except NotADirectoryError:
        raise RunError(f"{folder} is not a folder") from None
    if there - OURS and SWEEP_FILE not in there:
        raise RunError(f"{folder} holds something other than a sweep: give --out a new folder, or an empty one")


def _cell(value: object) -> str:
    return "" if value is None else f"{value:.12g}" if isinstance(value, float) else str(value)


def _lines(rows: Sequence[Sequence[str]]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue().encode()
