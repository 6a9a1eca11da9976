"""The results of a sweep, ordered by the values of its axes, from which tables are made."""

from __future__ import annotations

import itertools

from echornn.config import EchoConfig
from echornn.maps.table import Surveyed, Values
from echornn.maps.tally import SeedResult, Tally
from echornn.sweeps.results import GridPoint, SweepResults
from echornn.tasks.levels import lost_level


def surveyed(results: SweepResults, before: Surveyed | None = None) -> Surveyed:
    """The results of a sweep, ordered by the values of its axes.

    Args:
        before: an earlier survey; unchanged points are taken from it.
    """
    axes = results.axes
    is_alike = before is not None and (list(before.axes), before.versions) == (list(axes), results.versions)
    known = before.tallies if before is not None and is_alike else {}
    tallies: dict[Values, Tally] = {}
    configs: dict[Values, EchoConfig] = {}
    reasons: dict[Values, str] = {}
    for point in results.points:
        values = tuple(getattr(point.config, name) for name in axes)
        version = results.versions.index(point.versions)
        tallies[values] = tally_of(point, known.get(values), version)
        configs[values] = point.config
        if point.failed is not None:
            reasons[values] = point.failed
    for impossible in results.impossible:
        given = impossible.values
        for values in itertools.product(*((given[name],) if name in given else axes[name] for name in axes)):
            if values not in configs:
                tallies[values] = Tally(left_out=1)
                reasons[values] = impossible.reason
    elsewhere = sum(len(point.results) for point in results.earlier)
    return Surveyed(
        axes, tallies, configs, reasons, results.seeds, results.until == "solved", elsewhere, results.versions
    )


def tally_of(point: GridPoint, before: Tally | None = None, version: int = 0) -> Tally:
    """The tally of a point.

    Args:
        before: an earlier tally of it; it is returned if nothing is new.
        version: see `Tally`.
    """
    missing = len(point.missing)
    failed = missing if point.failed is not None else 0
    told = (len(point.results), failed, missing - failed, version)
    if before is not None and (before.count, before.failed, before.missing, before.version) == told:
        return before
    results = sorted(point.results.items())
    level = lost_level(point.config)
    trained = tuple(
        SeedResult(seed, one.solved_at, one.final_loss, one.solved_at is not None and not one.final_loss <= level)
        for seed, one in results
    )
    return Tally(trained, failed, missing - failed, version=version)
