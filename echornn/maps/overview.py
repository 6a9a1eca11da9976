"""Orders the results of a sweep by the values of its axes; tables are made from this."""

from __future__ import annotations

import itertools

from echornn.config import EchoConfig
from echornn.config_fields import TASK
from echornn.data.levels import lost_level, way_from_chance
from echornn.maps.seed_counts import SeedCounts, SeedResult
from echornn.maps.table import Overview, Values
from echornn.own.own_file import OwnFile
from echornn.sweeps.results import GridPoint, SweepResults


def overview_of(results: SweepResults, before: Overview | None = None) -> Overview:
    """The results of a sweep, ordered by the values of its axes.

    Args:
        before: an earlier overview, from which unchanged points are reused.
    """
    axes = results.axes
    is_alike = before is not None and (list(before.axes), before.versions) == (list(axes), results.versions)
    known = before.all_counts if before is not None and is_alike else {}
    all_counts: dict[Values, SeedCounts] = {}
    configs: dict[Values, EchoConfig] = {}
    reasons: dict[Values, str] = {}
    for point in results.points:
        values = tuple(map(point.config.fields().get, axes))
        version = results.versions.index(point.versions)
        all_counts[values] = counts_of(point, known.get(values), version)
        configs[values] = point.config
        if point.failed is not None:
            reasons[values] = point.failed
    for impossible in results.impossible:
        given = impossible.values
        for values in itertools.product(*((given[name],) if name in given else axes[name] for name in axes)):
            if values not in configs:
                all_counts[values] = SeedCounts(left_out=1)
                reasons[values] = impossible.reason
    return Overview(axes, all_counts, configs, reasons, results.seeds, results.until == "solved", results.versions)


def counts_of(point: GridPoint, before: SeedCounts | None = None, version: int = 0) -> SeedCounts:
    """The counts of a point.

    Args:
        before: earlier counts of the point; they are returned if nothing is new.
        version: as in `SeedCounts`.
    """
    missing = len(point.missing)
    failed = missing if point.failed is not None else 0
    counts = (len(point.results), failed, missing - failed, version)
    if before is not None and (before.finished, before.failed, before.missing, before.version) == counts:
        return before
    config, level = point.config, lost_level(point.config)
    trained = tuple(
        SeedResult(
            seed,
            one.solved_at,
            one.final_loss,
            one.solved_at is not None and not one.final_loss <= level,
            way_from_chance(config, one.final_loss),
        )
        for seed, one in sorted(point.results.items())
    )
    return SeedCounts(
        trained,
        failed,
        missing - failed,
        version=version,
        task=task_of(config),
    )


def task_of(config: EchoConfig) -> str:
    """The task as text, without its settings; different for each file of a user's own task."""
    task = config.value(TASK)
    return f"{task} {task.digest}" if isinstance(task, OwnFile) else str(task)
