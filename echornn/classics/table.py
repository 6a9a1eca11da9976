"""The table of a classic: what was reported, and beside it what the networks of a folder do."""

from __future__ import annotations

import itertools
import json
import math
import operator
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import numpy as np

from echornn.classics.classic import Claim, Classic
from echornn.classics.measures import MEASURES, MeasuredNetwork
from echornn.diagnosis.seed_stats import wilson
from echornn.files import safe_files
from echornn.files.recorded_values import NO_RECORD
from echornn.network.shapes import carried_size
from echornn.progress import Floats
from echornn.readings import STANDARD_ERRORS
from echornn.runtime.waiting import Say, silent
from echornn.solved import SolvedAt
from echornn.state import PopulationState
from echornn.sweeps.folder import WEIGHTS, SweepResults
from echornn.sweeps.requests import point_of
from echornn.sweeps.results import GridPoint

MEASURED_FILE = "measured.json"
MOST_BYTES = 1 << 24  # that are read of it

COMPARISONS = {">": operator.gt, ">=": operator.ge, "<": operator.lt, "<=": operator.le}

Verdict = Literal["yes", "partly", "no"]


@dataclass(frozen=True)
class Row:
    """A claim, and the number that stands beside what was reported."""

    claim: Claim
    values: tuple[float, ...]  # of each seed
    seconds: float  # of all these networks, in compiled loops

    @property
    def numbers(self) -> list[float]:
        """Of the seeds that have one: a network whose weights are not finite has none."""
        return [value for value in self.values if not math.isnan(value)]

    @property
    def ours(self) -> float:
        """NaN without a number."""
        numbers = self.numbers
        if not numbers:
            return math.nan
        match self.claim.over:
            case "share" | "mean":
                return statistics.fmean(numbers)
            case "median":
                return statistics.median(numbers)
            case "lowest":
                return min(numbers)
            case "highest":
                return max(numbers)

    @property
    def interval(self) -> tuple[float, float]:
        """95 % of a share (Wilson 1927), two standard errors around a mean, else the range of the
        seeds."""
        numbers = self.numbers
        if self.claim.over == "share":
            return wilson(round(sum(numbers)), len(numbers))
        if not numbers:
            return math.nan, math.nan
        if self.claim.over == "mean" and len(numbers) > 1:
            error = STANDARD_ERRORS * statistics.stdev(numbers) / math.sqrt(len(numbers))
            return self.ours - error, self.ours + error
        return min(numbers), max(numbers)


@dataclass(frozen=True)
class ClassicTable:
    rows: tuple[Row, ...]

    def holds(self, row: Row) -> bool:
        """Whether our number agrees with the claim: with a range, a number, or that of another
        claim."""
        low, is_range, high = row.claim.holds.partition(" to ")
        if is_range:
            return float(low) <= row.ours <= float(high)
        sign, _, other = row.claim.holds.partition(" ")
        rows = {row.claim.claim: row for row in self.rows}
        bound = rows[other].ours if other in rows else float(other)
        return bool(COMPARISONS[sign](row.ours, bound))

    @property
    def verdict(self) -> Verdict:
        """Whether all claims hold, some, or none."""
        held = [self.holds(row) for row in self.rows]
        if all(held):
            return "yes"
        return "partly" if any(held) else "no"


def table_of(classic: Classic, folder: Path, is_quick: bool, say: Say = silent) -> ClassicTable:
    """Measure the networks in a classic's folder; what was measured before is read there."""
    results = SweepResults.read(folder)
    points = {point_of(point.config): point for point in results.points}
    measured = Measured(folder)
    rows = []
    for number, claim in enumerate(classic.claims, start=1):
        say(f"measuring claim {number} of {len(classic.claims)}")
        point = points[point_of(classic.config_of(claim, is_quick))]
        seconds = sum(result.seconds for result in point.results.values())
        rows.append(Row(claim, measured.values(claim, point), seconds))
        measured.keep()
    return ClassicTable(tuple(rows))


class Measured:
    """The numbers that were measured in a folder, by network, measure and size of the data."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._numbers: dict[str, float] = {}
        try:
            self._numbers = json.loads(safe_files.read_bytes(folder / MEASURED_FILE, MOST_BYTES))
        except (OSError, *NO_RECORD):  # not there, or damaged: measured again
            pass

    def keep(self) -> None:
        safe_files.write_whole(self._folder / MEASURED_FILE, json.dumps(self._numbers).encode())

    def values(self, claim: Claim, point: GridPoint) -> tuple[float, ...]:
        """Of each trained seed of a point, the mean over the sizes."""
        networks = PointNetworks(self._folder, point)
        values = []
        for seed in networks.seeds:
            of_sizes = [self._value(claim, networks, seed, size) for size in _sizes(claim)]
            values.append(statistics.fmean(of_sizes))
        return tuple(values)

    def _value(
        self, claim: Claim, networks: PointNetworks, seed: int, settings: Mapping[str, Any]
    ) -> float:
        name = f"{networks.point.keys[seed]} {claim.measure} {json.dumps(settings)}"
        if name not in self._numbers:
            self._numbers[name] = MEASURES[claim.measure](networks.of(seed, settings))
        return self._numbers[name]


class PointNetworks:
    """The trained networks of a point, whose weights are in the sweep's folder."""

    def __init__(self, folder: Path, point: GridPoint) -> None:
        self._folder = folder
        self.point = point
        self.seeds = sorted(point.results)

    def of(self, seed: int, settings: Mapping[str, Any]) -> MeasuredNetwork:
        """With the settings of the data that it is measured on."""
        return MeasuredNetwork(
            replace(self.point.config, seed=seed),
            self.point.results[seed],
            self._weights(seed),
            settings,
            lambda: self._population,
            self.seeds.index(seed),
        )

    def _weights(self, seed: int) -> dict[str, Floats]:
        with np.load(self._folder / WEIGHTS / f"{self.point.keys[seed]}.npz") as weights:
            return {array: weights[array] for array in weights}

    @cached_property
    def _population(self) -> PopulationState:
        weights = [self._weights(seed) for seed in self.seeds]
        config, count = self.point.config, len(self.seeds)
        return PopulationState(
            configs=tuple(replace(config, seed=seed) for seed in self.seeds),
            epoch=0,
            window=0,
            data_version=0,
            init_index=0,
            weights={name: np.stack([one[name] for one in weights]) for name in weights[0]},
            carried_state=np.zeros((count, config.batch_size, carried_size(config)), np.float32),
            optimizer=(),
            solved=SolvedAt.unknown(count),
        )


def _sizes(claim: Claim) -> Sequence[dict[str, Any]]:
    """The settings of the data, each combination of theirs; those of training if none are said."""
    combinations = itertools.product(*claim.sizes.values())
    return [dict(zip(claim.sizes, values, strict=True)) for values in combinations]
