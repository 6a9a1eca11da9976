"""The folder of a sweep as it is read: its grids with all results, complete or not.

::

    sweep.json           the requested grids, oldest first
    results/KEY.json     the result of one training, written once
    weights/KEY.npz      the weights of one network, by name, if they are kept
    failed/KEY.json      a point that could not be trained, with the reason
    results.csv          all results as a table
    lock                 locked by the process that computes

A key is a hash of all that determines a result: the configuration with its seed, the rule for the
end of training, and the versions that train it. So the same training always has the same file, and
is done if that exists. `echornn.sweeps.store` writes it, one process at a time.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from glob import glob
from pathlib import Path
from typing import Any

from echornn.config import EchoConfig
from echornn.files import safe_files
from echornn.files.recorded_values import NO_RECORD, shortened, whole
from echornn.sweeps.grid import Until, Value, with_seeds_from
from echornn.sweeps.requests import (
    DEFAULT,
    SWEEP_FILE,
    RequestedGrid,
    Versions,
    hashed_fields,
    point_of,
    read_requests,
)
from echornn.sweeps.results import GridPoint, MapCell, Result, Values

RESULTS, FAILED, WEIGHTS = "results", "failed", "weights"
MOST_BYTES = 1 << 16  # that are read of a result


# ---- the files of results


def result_bytes(config: EchoConfig, result: Result) -> bytes:
    """The contents of a result's file; NaN and infinity become null, since JSON lacks them."""
    record = {"config": hashed_fields(config), **asdict(result)}
    if not math.isfinite(result.final_loss):
        record["final_loss"] = None
    return json.dumps(record).encode() + b"\n"


def _read_result(file: Path, point: EchoConfig, seed: int) -> Result | None:
    """The result for a seed from its file; None if the file does not exist or is invalid."""
    try:
        record = _read(file)
        fields = {"seed": DEFAULT.seed, **record["config"]}
        if fields != {**hashed_fields(point), "seed": seed}:
            return None
        windows = whole(record["windows"], "windows", point.num_epochs * point.windows_per_epoch)
        solved_at = record["solved_at"]
        if solved_at is not None:
            solved_at = whole(solved_at, "solved_at", windows, least=1)
        right_at = record.get("right_at")  # which results of earlier versions lack
        if right_at is not None:
            right_at = whole(right_at, "right_at", windows, least=1)
        seconds = float(record["seconds"])
        loss = record["final_loss"]
        if not 0 <= seconds < math.inf:
            return None
        if loss is None:
            loss = math.nan
        elif not 0 <= loss < math.inf:
            return None
        return Result(solved_at, float(loss), windows, seconds, right_at)
    except (OSError, *NO_RECORD):
        return None


def failed_bytes(point: EchoConfig, reason: str) -> bytes:
    record = {"config": hashed_fields(point), "reason": shortened(reason)}
    return json.dumps(record).encode() + b"\n"


def _read_reason(file: Path) -> str | None:
    try:
        return str(_read(file)["reason"])
    except (OSError, *NO_RECORD):
        return None


def _read(file: Path) -> Any:
    return json.loads(safe_files.read_bytes(file, MOST_BYTES))


# ---- all results


@dataclass(frozen=True, eq=False)
class SweepResults:
    """All grids in the folder of a sweep, with their results, complete or not.

    Results of different versions are never counted together. If several versions have trained a
    configuration, the newest grid that requests it decides which version counts; the results of the
    others are in `earlier`.
    """

    folder: Path
    requests: tuple[RequestedGrid, ...]  # oldest first
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
        stamp = _stamp_of(folder)  # before the file is read: a later grid is then seen again
        return replace(cls.of(folder, read_requests(folder)), stamp=stamp).refresh()

    @classmethod
    def of(cls, folder: Path, requests: tuple[RequestedGrid, ...]) -> SweepResults:
        """These grids, without any results yet."""
        versions: list[Versions] = []
        for request in requests:
            if request.versions in versions:
                versions.remove(request.versions)
            versions.append(request.versions)
        by_config: dict[EchoConfig, dict[int, GridPoint]] = {}
        for request in requests:
            version = versions.index(request.versions)
            for first in request.grid.points.possible:
                config = point_of(first)
                by_version = by_config.setdefault(config, {})
                before = by_version.pop(version, None)  # the newest comes last
                keys = dict(before.keys) if before else {}
                for seeded in with_seeds_from(first, request.grid.seeds):
                    keys[seeded.seed] = request.key(seeded)
                keys = dict(sorted(keys.items()))
                lowest = replace(config, seed=min(keys))
                by_version[version] = GridPoint(lowest, keys, request.key(config), version)
        points, earlier = [], []
        for by_version in by_config.values():
            *older, newest = by_version.values()
            points.append(newest)
            earlier += older
        axes = _axes(requests, points)
        return cls(folder, requests, tuple(versions), axes, tuple(points), tuple(earlier))

    def refresh(self) -> SweepResults:
        """The sweep with the results that were added; the same object if there are none.

        Only new files are read.
        """
        if self.stamp and self.stamp != _stamp_of(self.folder):  # another grid was requested
            return SweepResults.read(self.folder)
        trained = set(glob("*.json", root_dir=self.folder / RESULTS))
        failed = set(glob("*.json", root_dir=self.folder / FAILED))

        def refreshed(points: tuple[GridPoint, ...]) -> tuple[GridPoint, ...]:
            return tuple(_refreshed(point, self.folder, trained, failed) for point in points)

        points, earlier = refreshed(self.points), refreshed(self.earlier)
        # Points are compared by identity
        if points == self.points and earlier == self.earlier:
            return self
        return replace(self, points=points, earlier=earlier)

    @property
    def until(self) -> Until:
        return self.requests[-1].grid.until

    @cached_property
    def cells(self) -> Mapping[Values, MapCell]:
        cells: dict[Values, MapCell] = {}
        for point in self.points:
            values = tuple(map(point.config.fields().get, self.axes))
            cells[values] = MapCell((values,), (point,))
        for request in self.requests:
            for given, reason in request.grid.points.impossible:
                # Each value of the fields that only other grids vary
                axes = dict(self.axes)
                for name, value in given.items():
                    axes[name] = (value,)
                for values in itertools.product(*axes.values()):
                    cells.setdefault(values, MapCell((values,), (), (reason,)))
        return cells


def _refreshed(point: GridPoint, folder: Path, trained: set[str], failed: set[str]) -> GridPoint:
    """A point with the results of new files, by the names of all files; the same object if there
    are none."""
    results = dict(point.results)
    for seed in point.missing:
        name = f"{point.keys[seed]}.json"
        if name in trained:
            result = _read_result(folder / RESULTS / name, point.config, seed)
            if result is not None:
                results[seed] = result
    reason = point.failed
    name = f"{point.key}.json"
    if len(results) == len(point.keys):
        reason = None
    elif reason is None and name in failed:
        reason = _read_reason(folder / FAILED / name)
    if len(results) == len(point.results) and reason == point.failed:
        return point
    return replace(point, results=results, failed=reason)


def _axes(requests: Sequence[RequestedGrid], points: Sequence[GridPoint]) -> dict[str, Values]:
    """The fields that a grid varies, or in which points of different grids differ, with their
    values."""
    axes: dict[str, list[Value | None]] = {}
    for request in requests:
        for axis in request.grid.axes:
            axes.setdefault(axis.field, []).extend(axis.values)
    all_fields = [point.config.fields() for point in points]
    for request in requests:
        for name in request.grid.fields:
            if name == "seed" or name in axes:
                continue
            values = {fields[name] for fields in all_fields if name in fields}
            if len(values) > 1:
                axes[name] = []
    return {name: _ordered(values, name, all_fields) for name, values in axes.items()}


def _ordered(
    values: Sequence[Value | None], name: str, all_fields: Sequence[Mapping[str, Any]]
) -> Values:
    """Those of an axis and of all points, each once: None where a point has no such setting."""
    distinct = dict.fromkeys((*values, *(fields.get(name) for fields in all_fields)))
    numbers = [value for value in distinct if isinstance(value, (int, float))]
    if len(numbers) == len(distinct):
        return tuple(sorted(numbers))
    return tuple(distinct)


def _stamp_of(folder: Path) -> int:
    """A value that changes when another grid is requested."""
    with contextlib.suppress(OSError):
        return (folder / SWEEP_FILE).stat().st_mtime_ns
    return 0
