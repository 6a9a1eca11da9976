"""The folder of a sweep: its files, written by one process at a time, and read by any.

::

    sweep.json           the requested grids, oldest first
    results/KEY.json     the result of one training, written once
    failed/KEY.json      a point that could not be trained, with the reason
    results.csv          all results as a table
    lock                 locked by the process that computes

A key is a hash of all that determines a result: the configuration with its seed, the rule for the
end of training, and the versions that train it. So the same training always has the same file, and
is done if that exists.
"""

from __future__ import annotations

import contextlib
import csv
import hashlib
import io
import itertools
import json
import math
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cached_property, lru_cache
from glob import glob
from importlib.metadata import PackageNotFoundError
from pathlib import Path
from typing import Any

from echornn.config import TASK, EchoConfig
from echornn.errors import RunError
from echornn.files import safe_files
from echornn.files.lock import LOCK_FILE, Lock
from echornn.files.recorded_values import (
    NO_RECORD,
    recorded_with_facts,
    shortened,
    values_from,
    whole,
)
from echornn.own.own_file import OwnFile, marks_of
from echornn.runtime.quiet import version
from echornn.sweeps.grid import Axis, Grid, Until, Value, with_seeds_from
from echornn.sweeps.results import GridPoint, MapCell, Result, Values
from echornn.tasks.own_task import OwnTask

SWEEP_FILE, RESULTS, FAILED, TABLE = "sweep.json", "results", "failed", "results.csv"

FORMAT = 1
# That are read of sweep.json, and of any other file
MOST_BYTES, MOST_BYTES_OF_A_RESULT = 1 << 26, 1 << 16
# After the grid's fields
COLUMNS = ("seed", "solved_at", "final_loss", "windows", "seconds", "until", "trained_by")
DEFAULT = EchoConfig()

Versions = Mapping[str, str]
"""Versions by package; sweeps of earlier programs also have environment variables, and a hash under
"engine"."""


@lru_cache(maxsize=1)
def versions_here() -> Versions:
    """The versions that affect results, of the program and of the packages that compute."""
    found = dict.fromkeys(("echornn-tui", "keras", "numpy", "tensorflow"), "unknown")
    for name in found:
        with contextlib.suppress(PackageNotFoundError):
            found[name] = version(name)
    return found


def point_of(config: EchoConfig) -> EchoConfig:
    """The configuration with the seed that stands for any seed."""
    return replace(config, seed=0)


def hashed_fields(config: EchoConfig) -> dict[str, Any]:
    """The values that differ from the defaults, so that fields added by later versions do not
    change the hash."""
    changes = DEFAULT.changes_to(config)
    return {
        name: value.digest if isinstance(value, OwnFile) else value
        for name, value in changes.items()
    }


@dataclass(frozen=True)
class RequestedGrid:
    """A requested grid, and the versions that train it."""

    grid: Grid
    versions: Versions

    def key(self, config: EchoConfig) -> str:
        text = json.dumps(
            [hashed_fields(config), self.grid.until, dict(self.versions)], sort_keys=True
        )
        return hashlib.sha256(text.encode()).hexdigest()[:32]

    def as_record(self) -> dict[str, Any]:
        def recorded(value: Any) -> Any:
            return recorded_with_facts(value, self.grid.uses_of(value))

        return {
            "axes": [[axis.field, list(map(recorded, axis.values))] for axis in self.grid.axes],
            "fields": {name: recorded(value) for name, value in self.grid.fields.items()},
            "seeds": self.grid.seeds,
            "until": self.grid.until,
            "versions": dict(self.versions),
        }


def read_requests(folder: Path) -> tuple[RequestedGrid, ...]:
    """The requested grids, oldest first; a `RunError` if the folder has no sweep that can be
    read."""
    file = folder / SWEEP_FILE
    try:
        record = json.loads(safe_files.read_bytes(file, MOST_BYTES))
        form = record["format"]
        asked = _requests(record["grids"]) if form == FORMAT else ()
    except FileNotFoundError:
        raise RunError(f"there is no sweep in {folder}") from None
    except (OSError, *NO_RECORD) as error:
        raise RunError(
            f"{file} cannot be read: {shortened(getattr(error, 'strerror', error))}"
        ) from error
    if form != FORMAT:
        raise RunError(f"{file} is of another version of this program: format {shortened(form)}")
    if not asked:
        raise RunError(f"{file} contains no grid")
    return asked


def _requests(records: Sequence[Mapping[str, Any]]) -> tuple[RequestedGrid, ...]:
    """Decode records.

    Files of the user's own of one name with different texts get different names.
    """
    read = []
    for record in records:
        given = [*((name, [value]) for name, value in record["fields"].items()), *record["axes"]]
        read.append(
            {name: [values_from({name: value})[name] for value in some] for name, some in given}
        )
    every = itertools.chain.from_iterable(some for values in read for some in values.values())
    marks = marks_of(value for value in every if isinstance(value, OwnFile))
    asked = []
    for record, values in zip(records, read, strict=True):
        settings = {
            name: some for name, some in values.items() if name not in (*EchoConfig.names(), TASK)
        }
        known = {
            name: [_known(value, marks, settings) for value in some]
            for name, some in values.items()
        }
        axes = tuple(Axis(name, tuple(known[name])) for name, _ in record["axes"])
        grid = Grid(
            axes,
            {name: known[name][0] for name in record["fields"]},
            record["seeds"],
            record["until"],
        )
        asked.append(
            RequestedGrid(grid, {str(name): str(one) for name, one in record["versions"].items()})
        )
    return tuple(asked)


def _known(value: Any, marks: Mapping[OwnFile, str], settings: Mapping[str, list[Any]]) -> Any:
    if isinstance(value, OwnFile):
        value = replace(value, mark=marks[value])
    return value.with_settings(settings) if isinstance(value, OwnTask) else value


def write_requests(folder: Path, asked: Sequence[RequestedGrid]) -> None:
    record = {"format": FORMAT, "grids": [one.as_record() for one in asked]}
    safe_files.write_whole(folder / SWEEP_FILE, json.dumps(record, indent=1).encode() + b"\n")


def result_bytes(config: EchoConfig, result: Result) -> bytes:
    """The contents of a result's file; NaN and infinity become null, since JSON lacks them."""
    loss = result.final_loss if math.isfinite(result.final_loss) else None
    return (
        json.dumps({"config": hashed_fields(config), **asdict(result), "final_loss": loss}).encode()
        + b"\n"
    )


def _read_result(file: Path, point: EchoConfig, seed: int) -> Result | None:
    """The result for a seed from its file; None if the file does not exist or is invalid."""
    try:
        record = json.loads(safe_files.read_bytes(file, MOST_BYTES_OF_A_RESULT))
        if {"seed": DEFAULT.seed, **record["config"]} != {**hashed_fields(point), "seed": seed}:
            return None
        windows = whole(record["windows"], "windows", point.num_epochs * point.windows_per_epoch)
        solved_at, loss, seconds = (
            record["solved_at"],
            record["final_loss"],
            float(record["seconds"]),
        )
        if not (0 <= seconds < math.inf and (loss is None or 0 <= loss < math.inf)):
            return None
        at = None if solved_at is None else whole(solved_at, "solved_at", windows, least=1)
        return Result(at, math.nan if loss is None else float(loss), windows, seconds)
    except (OSError, *NO_RECORD):
        return None


def failed_bytes(point: EchoConfig, reason: str) -> bytes:
    return (
        json.dumps({"config": hashed_fields(point), "reason": shortened(reason)}).encode() + b"\n"
    )


def _read_reason(file: Path) -> str | None:
    try:
        return str(json.loads(safe_files.read_bytes(file, MOST_BYTES_OF_A_RESULT))["reason"])
    except (OSError, *NO_RECORD):
        return None


@dataclass(frozen=True, eq=False)
class SweepResults:
    """All grids in the folder of a sweep, with their results, complete or not.

    Results of different versions are never counted together. If several versions have trained a
    configuration, the newest grid that requests it decides which version counts; the results of the
    others are in `earlier`.
    """

    folder: Path
    asked: tuple[RequestedGrid, ...]  # oldest first
    versions: tuple[Versions, ...]  # that have trained here, those of the newest grid last
    # Of each field that varies: ascending if they are numbers, otherwise as given
    axes: Mapping[str, Values]
    # One for each configuration, in the order of the grids and their axes
    points: tuple[GridPoint, ...]
    earlier: tuple[GridPoint, ...]  # of the same configurations, trained by other versions
    stamp: int = 0  # of the file with the grids

    @classmethod
    def read(cls, folder: Path) -> SweepResults:
        """Read the sweep in a folder, which is not changed; a `RunError` if there is none."""
        stamp = _stamp_of(folder)
        return replace(cls.of(folder, read_requests(folder)), stamp=stamp).refresh()

    @classmethod
    def of(cls, folder: Path, asked: tuple[RequestedGrid, ...]) -> SweepResults:
        """These grids, without any results yet."""
        versions: list[Versions] = []
        for one in asked:
            versions = [other for other in versions if other != one.versions] + [one.versions]
        found: dict[EchoConfig, dict[int, GridPoint]] = {}
        for one in asked:
            version = versions.index(one.versions)
            for first in one.grid.points.possible:
                point = point_of(first)
                of_versions = found.setdefault(point, {})
                before = of_versions.pop(version, None)  # the newest comes last
                keys = {
                    config.seed: one.key(config)
                    for config in with_seeds_from(first, one.grid.seeds)
                }
                keys = dict(sorted({**(before.keys if before else {}), **keys}.items()))
                of_versions[version] = GridPoint(
                    replace(point, seed=min(keys)), keys, one.key(point), version
                )
        points = tuple([*of_versions.values()][-1] for of_versions in found.values())
        earlier = tuple(
            one for of_versions in found.values() for one in [*of_versions.values()][:-1]
        )
        return cls(folder, asked, tuple(versions), _axes(asked, points), points, earlier)

    def refresh(self) -> SweepResults:
        """The sweep with the results that were added; the same object if there are none.

        Only new files are read.
        """
        if self.stamp and self.stamp != _stamp_of(self.folder):  # another grid was requested
            return SweepResults.read(self.folder)
        trained, failed = (
            set(glob("*.json", root_dir=self.folder / kind)) for kind in (RESULTS, FAILED)
        )
        before = (*self.points, *self.earlier)
        now = [_refreshed(point, self.folder, trained, failed) for point in before]
        if all(new is old for new, old in zip(now, before, strict=True)):
            return self
        return replace(
            self, points=tuple(now[: len(self.points)]), earlier=tuple(now[len(self.points) :])
        )

    @property
    def until(self) -> Until:
        return self.asked[-1].grid.until

    @cached_property
    def cells(self) -> Mapping[Values, MapCell]:
        cells: dict[Values, MapCell] = {}
        for point in self.points:
            values = tuple(map(point.config.fields().get, self.axes))
            cells[values] = MapCell((values,), (point,))
        for given, reason in itertools.chain.from_iterable(
            one.grid.points.impossible for one in self.asked
        ):
            for values in itertools.product(
                *((given[name],) if name in given else self.axes[name] for name in self.axes)
            ):
                cells.setdefault(values, MapCell((values,), (), (reason,)))
        return cells


def _refreshed(point: GridPoint, folder: Path, trained: set[str], failed: set[str]) -> GridPoint:
    """A point with the results of new files, by the names of all files; the same object if there
    are none."""
    results = dict(point.results)
    for seed in point.missing:
        name = f"{point.keys[seed]}.json"
        if name in trained and (
            result := _read_result(folder / RESULTS / name, point.config, seed)
        ):
            results[seed] = result
    reason = point.failed
    if len(results) == len(point.keys):
        reason = None
    elif reason is None and (name := f"{point.key}.json") in failed:
        reason = _read_reason(folder / FAILED / name)
    is_new = len(results) > len(point.results) or reason != point.failed
    return replace(point, results=results, failed=reason) if is_new else point


def _axes(asked: Sequence[RequestedGrid], points: Sequence[GridPoint]) -> dict[str, Values]:
    """The fields that a grid varies, or in which points of different grids differ, with their
    values."""
    given: dict[str, list[Value | None]] = {}
    for each in asked:
        for axis in each.grid.axes:
            given.setdefault(axis.field, []).extend(axis.values)
    all_fields = [point.config.fields() for point in points]
    for name in dict.fromkeys(
        name for each in asked for name in each.grid.fields if name != "seed"
    ):
        if name not in given and len({fields[name] for fields in all_fields if name in fields}) > 1:
            given[name] = []
    axes: dict[str, Values] = {}
    for name, some in given.items():
        # None without such a setting
        values = dict.fromkeys((*some, *(fields.get(name) for fields in all_fields)))
        numbers = [value for value in values if isinstance(value, (int, float))]
        axes[name] = tuple(sorted(numbers) if len(numbers) == len(values) else values)
    return axes


def _stamp_of(folder: Path) -> int:
    """A value that changes when another grid is requested."""
    with contextlib.suppress(OSError):
        return (folder / SWEEP_FILE).stat().st_mtime_ns
    return 0


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
        self.asked = RequestedGrid(grid, versions_here())
        _require_ours(folder)
        folder.mkdir(parents=True, exist_ok=True)
        with contextlib.ExitStack() as undo:
            undo.callback(Lock(folder).release)
            before = read_requests(folder) if (folder / SWEEP_FILE).exists() else ()
            other = next((one.grid.until for one in before if one.grid.until != grid.until), None)
            # Losses of networks that stop when solved cannot be compared with others
            if other is not None:
                wrong = f"until = {grid.until!r} cannot be used in {folder}, which has {other!r}"
                raise RunError(f"{wrong}: give a new --out")
            (folder / RESULTS).mkdir(exist_ok=True)
            for first in grid.points.possible:  # tried again: the cause may have been removed
                self._failure_of(point_of(first)).unlink(missing_ok=True)
            write_requests(folder, (*(one for one in before if one != self.asked), self.asked))
            self.results = SweepResults.read(folder)
            self._write_table(self.results)
            self._table = undo.enter_context(open(folder / TABLE, "ab"))
            self._undo = undo.pop_all()

    def put(self, results: Iterable[tuple[EchoConfig, Result]]) -> None:
        rows = []
        for config, result in results:
            file = self.folder / RESULTS / f"{self.asked.key(config)}.json"
            safe_files.write_whole(file, result_bytes(config, result), is_synced=False)
            rows.append(self._row(config, result, self.asked.versions))
        self._table.write(_lines(rows))
        self._table.flush()

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
        return self.folder / FAILED / f"{self.asked.key(point)}.json"

    def _write_table(self, results: SweepResults) -> None:
        rows: list[list[Any]] = [[*results.axes, *COLUMNS]]
        for point in (*results.points, *results.earlier):
            for seed, result in sorted(point.results.items()):
                rows.append(
                    self._row(
                        replace(point.config, seed=seed), result, results.versions[point.version]
                    )
                )
        safe_files.write_whole(self.folder / TABLE, _lines(rows))

    def _row(self, config: EchoConfig, result: Result, versions: Versions) -> list[Any]:
        values = map(config.fields().get, self.results.axes)
        trained_by = ", ".join(
            f"{name} {one[:8] if name == 'engine' else one}" for name, one in versions.items()
        )
        return [
            *(f"{value:.12g}" if isinstance(value, float) else value for value in values),
            *(
                config.seed,
                result.solved_at,
                f"{result.final_loss:.6g}",
                result.windows,
                f"{result.seconds:.4g}",
            ),
            *(self.asked.grid.until, trained_by),
        ]


def _require_ours(folder: Path) -> None:
    try:
        there = set(os.listdir(folder))
    except FileNotFoundError:
        return
    except NotADirectoryError:
        raise RunError(f"{folder} is not a folder") from None
    if there - {RESULTS, FAILED, TABLE, LOCK_FILE} and SWEEP_FILE not in there:
        raise RunError(
            f"{folder} holds something other than a sweep: give --out a new folder, or an empty one"
        )


def _lines(rows: Sequence[Sequence[Any]]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue().encode()
