"""The folder of a sweep, opened for computing a grid."""

from __future__ import annotations

import contextlib
import csv
import io
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from echornn.config import EchoConfig
from echornn.errors import RunError
from echornn.files import safe_files
from echornn.files.lock import LOCK_FILE, Lock
from echornn.progress import Floats
from echornn.sweeps.folder import (
    FAILED,
    RESULTS,
    WEIGHTS,
    SweepResults,
    failed_bytes,
    result_bytes,
)
from echornn.sweeps.grid import Grid
from echornn.sweeps.requests import (
    SWEEP_FILE,
    RequestedGrid,
    Versions,
    point_of,
    read_requests,
    versions_here,
    write_requests,
)
from echornn.sweeps.results import Result, TrainedNetwork

TABLE = "results.csv"
# After the grid's fields; behind them `right_at` where networks are trained to be automata
COLUMNS = ("seed", "solved_at", "final_loss", "windows", "seconds", "until", "trained_by")


class Store:
    """The folder of a sweep, opened for computing a grid.

    It is new or empty, or has other grids, which are kept.

    It does not wait until results are on disk, so a power failure (but not the death of a process)
    can lose the newest ones; they are then trained again.

    Raises:
        RunError: the folder has other contents, or another process writes there; nothing was
            changed.
    """

    def __init__(self, folder: Path, grid: Grid) -> None:
        self.folder = folder
        self.request = RequestedGrid(grid, versions_here())
        _require_ours(folder)
        folder.mkdir(parents=True, exist_ok=True)
        with contextlib.ExitStack() as undo:
            # One process writes here; its lock also guards what is read before it is written anew
            undo.callback(Lock(folder).release)
            before: Sequence[RequestedGrid] = ()
            if (folder / SWEEP_FILE).exists():
                before = read_requests(folder)
            _require_comparable(folder, grid, before)
            (folder / RESULTS).mkdir(exist_ok=True)
            for first in grid.points.possible:  # tried again: the cause may have been removed
                self._failure_of(point_of(first)).unlink(missing_ok=True)
            others = [request for request in before if request != self.request]
            write_requests(folder, [*others, self.request])
            self.results = SweepResults.read(folder)
            self._write_table(self.results)
            self._table = undo.enter_context(open(folder / TABLE, "ab"))
            self._undo = undo.pop_all()

    def put(self, networks: Iterable[TrainedNetwork]) -> None:
        rows = []
        for config, result, weights in networks:
            if weights is not None:  # before the result, which says that the network is there
                self._put_weights(config, weights)
            key = self.request.key(config)
            file = self.folder / RESULTS / f"{key}.json"
            safe_files.write_whole(file, result_bytes(config, result), is_synced=False)
            rows.append(self._row(config, result, self.request.versions))
        self._table.write(_lines(rows))
        self._table.flush()

    def _put_weights(self, config: EchoConfig, weights: Mapping[str, Floats]) -> None:
        file = self._weights_file(config)
        file.parent.mkdir(exist_ok=True)
        arrays = io.BytesIO()
        np.savez(arrays, allow_pickle=False, **weights)
        safe_files.write_whole(file, arrays.getvalue(), is_synced=False)

    def has_weights(self, config: EchoConfig) -> bool:
        return self._weights_file(config).exists()

    def _weights_file(self, config: EchoConfig) -> Path:
        return self.folder / WEIGHTS / f"{self.request.key(config)}.npz"

    def fail(self, point: EchoConfig, reason: str) -> None:
        file = self._failure_of(point)
        file.parent.mkdir(exist_ok=True)
        safe_files.write_whole(file, failed_bytes(point, reason), is_synced=False)

    def close(self) -> None:
        """Sort the table in the order of the grid, and release the folder; a full disk does not
        matter."""
        with contextlib.suppress(OSError, RunError):
            self._write_table(self.results.refresh())
        with contextlib.suppress(OSError):
            self._undo.close()

    def _failure_of(self, point: EchoConfig) -> Path:
        return self.folder / FAILED / f"{self.request.key(point)}.json"

    def _write_table(self, results: SweepResults) -> None:
        rows: list[list[Any]] = [[*results.axes, *COLUMNS]]
        if results.until == "automaton":
            rows[0].append("right_at")
        for point in (*results.points, *results.earlier):
            versions = results.versions[point.version]
            for seed, result in sorted(point.results.items()):
                config = replace(point.config, seed=seed)
                rows.append(self._row(config, result, versions))
        safe_files.write_whole(self.folder / TABLE, _lines(rows))

    def _row(self, config: EchoConfig, result: Result, versions: Versions) -> list[Any]:
        fields = config.fields()
        row = []
        for name in self.results.axes:
            value = fields.get(name)
            row.append(f"{value:.12g}" if isinstance(value, float) else value)
        row += [config.seed, result.solved_at, f"{result.final_loss:.6g}"]
        row += [result.windows, f"{result.seconds:.4g}", self.request.grid.until]
        trained_by = []
        for name, version in versions.items():
            if name == "engine":  # the hash of an earlier program
                version = version[:8]
            trained_by.append(f"{name} {version}")
        row.append(", ".join(trained_by))
        if self.results.until == "automaton":
            row.append(result.right_at)
        return row


def _require_ours(folder: Path) -> None:
    try:
        names = set(os.listdir(folder))
    except FileNotFoundError:
        return
    except NotADirectoryError:
        raise RunError(f"{folder} is not a folder") from None
    if names - {RESULTS, FAILED, WEIGHTS, TABLE, LOCK_FILE} and SWEEP_FILE not in names:
        raise RunError(
            f"{folder} holds something other than a sweep: give --out a new folder, or an empty one"
        )


def _require_comparable(folder: Path, grid: Grid, before: Sequence[RequestedGrid]) -> None:
    """Losses of networks that stop when solved cannot be compared with others."""
    for request in before:
        other = request.grid.until
        if other != grid.until:
            wrong = f"until = {grid.until!r} cannot be used in {folder}, which has {other!r}"
            raise RunError(f"{wrong}: give a new --out")


def _lines(rows: Sequence[Sequence[Any]]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue().encode()
