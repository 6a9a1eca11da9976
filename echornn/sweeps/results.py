"""Reads the results of a sweep from its folder, complete or not."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from echornn.config import EchoConfig
from echornn.sweeps.axis import Value
from echornn.sweeps.folder import (
    FAILED,
    RESULTS,
    SWEEP_FILE,
    RequestedGrid,
    Result,
    point_of,
    read_reason,
    read_requests,
    read_result,
)
from echornn.sweeps.grid import Impossible, Until, with_seeds_from
from echornn.sweeps.trained_by import Versions

SUFFIX = ".json"


@dataclass(frozen=True)
class GridPoint:
    """A configuration of the grid, with the results of its seeds.

    Attributes:
        config: the configuration, with its lowest seed.
        seeds: the requested seeds, ascending.
        results: the known results, by seed.
        failed: the reason why it could not be trained; None if it could, or still may.
        versions: the versions that train all of its seeds.
    """

    config: EchoConfig
    seeds: tuple[int, ...]
    results: Mapping[int, Result] = field(default_factory=dict)
    failed: str | None = None
    versions: Versions = field(default_factory=dict)

    @property
    def missing(self) -> tuple[int, ...]:
        """The requested seeds without a result."""
        return tuple(seed for seed in self.seeds if seed not in self.results)

    @property
    def solved(self) -> int:
        """The number of results in which the echo was solved."""
        return sum(result.solved_at is not None for result in self.results.values())


@dataclass(frozen=True, eq=False)
class SweepResults:
    """All grids in the folder of a sweep, with their results.

    Results of different versions are never counted together. If several versions have trained a configuration, the
    newest grid that requests it decides which version counts; the results of the others are in `earlier`.

    Attributes:
        folder: the sweep's folder.
        axes: the values of each field that varies: ascending if they are numbers, otherwise in the given order.
        seeds: the seeds of all points, ascending.
        fields: the other fields that differ from the defaults.
        until: the rule for the end of training, from the newest grid.
        points: one for each configuration, in the order of the grids and their axes.
        earlier: points of the same configurations that other versions trained; their missing results are no longer
            requested.
        impossible: the combinations that are left out.
        versions: all versions that have trained here, those of the newest grid last.
    """

    folder: Path
    axes: Mapping[str, tuple[Value | None, ...]]
    seeds: tuple[int, ...]
    fields: Mapping[str, Value]
    until: Until
    points: tuple[GridPoint, ...]
    earlier: tuple[GridPoint, ...]
    impossible: tuple[Impossible, ...]
    versions: tuple[Versions, ...]
    _index: _Index
    _stamp: tuple[int, ...]

    @classmethod
    def read(cls, folder: Path) -> SweepResults:
        """Read the sweep in a folder, which is not changed.

        Raises:
            RunError: there is no sweep, or it cannot be read.
        """
        stamp = _stamp_of(folder)
        return cls.of(folder, read_requests(folder), stamp).refresh()

    @classmethod
    def of(cls, folder: Path, asked: tuple[RequestedGrid, ...], stamp: tuple[int, ...] = ()) -> SweepResults:
        """These grids, without any results yet."""
        index = _Index.of(asked)
        return cls(
            folder,
            _axes(asked, index),
            tuple(sorted({seed for point in index.points for seed in point.seeds})),
            asked[-1].grid.fields if asked else {},
            asked[-1].grid.until if asked else "solved",
            index.points,
            index.earlier,
            tuple({str(one): one for each in asked for one in each.grid.points.impossible}.values()),
            _versions_of(asked),
            index,
            stamp,
        )

    def refresh(self) -> SweepResults:
        """The sweep with the results that were added; the same object if there are none.

        Only new files are read.

        Raises:
            RunError: the sweep can no longer be read.
        """
        stamp = _stamp_of(self.folder)
        if self._stamp and stamp != self._stamp:  # another grid was requested
            return SweepResults.read(self.folder)
        before = (*self.points, *self.earlier)
        changed: dict[int, GridPoint] = {}
        for name in _names(self.folder / RESULTS):
            place = self._index.results.get(name)
            if place is None:
                continue
            number, seed = place
            point = changed.get(number, before[number])
            if seed in point.results:
                continue
            result = read_result(self.folder / RESULTS / f"{name}{SUFFIX}", point.config, seed)
            if result is not None:
                changed[number] = replace(point, results={**point.results, seed: result})
        for name in _names(self.folder / FAILED):
            number = self._index.failures.get(name, -1)
            if number < 0 or changed.get(number, before[number]).failed is not None:
                continue
            changed[number] = replace(
                changed.get(number, before[number]), failed=read_reason(self.folder / FAILED / f"{name}{SUFFIX}")
            )
        for number, point in changed.items():
            if point.failed is not None and not point.missing:
                changed[number] = replace(point, failed=None)
        changed = {number: point for number, point in changed.items() if point != before[number]}
        if not changed:
            return self
        now = tuple(changed.get(number, point) for number, point in enumerate(before))
        return replace(self, points=now[: len(self.points)], earlier=now[len(self.points) :])

    @property
    def trainings(self) -> int:
        """The number of trainings, over all points and seeds."""
        return sum(len(point.seeds) for point in self.points)

    @property
    def known(self) -> int:
        """The number of trainings with a result."""
        return sum(len(point.results) for point in self.points)


@dataclass(frozen=True, eq=False)
class _Index:
    """Assigns the files of a folder to points and seeds.

    Attributes:
        points, earlier: as in `SweepResults`; points are numbered in this order.
        results: for the key of each training, the number of the point, and the seed.
        failures: for the key of each point, the number of the point.
    """

    points: tuple[GridPoint, ...]
    earlier: tuple[GridPoint, ...]
    results: Mapping[str, tuple[int, int]]
    failures: Mapping[str, int]

    @classmethod
    def of(cls, asked: tuple[RequestedGrid, ...]) -> _Index:
        found: dict[EchoConfig, dict[str, _Trained]] = {}
        for each in asked:
            for first in each.grid.points.possible:
                point = point_of(first)
                of_versions = found.setdefault(point, {})
                key = each.key(point)
                one = of_versions.pop(key, _Trained(key, each.versions))
                of_versions[key] = one  # the newest comes last
                one.keys.update({config.seed: each.key(config) for config in with_seeds_from(first, each.grid.seeds)})
        newest = [(point, [*of_versions.values()][-1]) for point, of_versions in found.items()]
        others = [(point, one) for point, of_versions in found.items() for one in [*of_versions.values()][:-1]]
        numbered = list(enumerate((*newest, *others)))
        points = tuple(one.as_point(point) for _, (point, one) in numbered)
        return cls(
            points[: len(newest)],
            points[len(newest) :],
            {key: (number, seed) for number, (_, one) in numbered for seed, key in one.keys.items()},
            {one.key: number for number, (_, one) in numbered},
        )


@dataclass(frozen=True)
class _Trained:
    """A point as certain versions train it, with the key of each seed."""

    key: str
    versions: Versions
    keys: dict[int, str] = field(default_factory=dict)

    def as_point(self, point: EchoConfig) -> GridPoint:
        seeds = tuple(sorted(self.keys))
        return GridPoint(replace(point, seed=seeds[0]), seeds, versions=self.versions)


def _versions_of(asked: tuple[RequestedGrid, ...]) -> tuple[Versions, ...]:
    found: list[Versions] = []
    for each in asked:
        found = [one for one in found if one != each.versions] + [each.versions]
    return tuple(found)


def _axes(asked: tuple[RequestedGrid, ...], index: _Index) -> dict[str, tuple[Value | None, ...]]:
    """The fields that a grid varies, or in which points of different grids differ, with their values."""
    named = dict.fromkeys(axis.field for each in asked for axis in each.grid.axes)
    others = dict.fromkeys(name for each in asked for name in each.grid.fields if name not in ("seed", *named))
    axes: dict[str, tuple[Value | None, ...]] = {}
    for name in (*named, *others):
        given = [value for each in asked for axis in each.grid.axes if axis.field == name for value in axis.values]
        all_values = [point.config.fields() for point in index.points]
        differ = len({fields[name] for fields in all_values if name in fields}) > 1
        values = dict.fromkeys((*given, *(fields.get(name) for fields in all_values)))  # None without such a setting
        if name in named or differ:
            numbers = [value for value in values if isinstance(value, (int, float))]
            axes[name] = tuple(sorted(numbers) if len(numbers) == len(values) else values)
    return axes


def _names(folder: Path) -> list[str]:
    """The names of the files in a folder, without suffix."""
    try:
        return [name.removesuffix(SUFFIX) for name in os.listdir(folder) if name.endswith(SUFFIX)]
    except OSError:
        return []


def _stamp_of(folder: Path) -> tuple[int, ...]:
    """A value that changes when another grid is requested."""
    try:
        there = (folder / SWEEP_FILE).stat(follow_symlinks=False)
    except OSError:
        return ()
    return there.st_ino, there.st_mtime_ns, there.st_size
