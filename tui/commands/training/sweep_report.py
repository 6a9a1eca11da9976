"""The progress of a sweep as JSON records, whose keys docs/cli.md explains, and as lines of text."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from echornn.config import shown
from echornn.data.levels import solved_level
from echornn.diagnosis.loss_stats import loss_text
from echornn.sweeps.folder import SweepResults
from echornn.sweeps.results import Cell, GridPoint
from echornn.sweeps.sweep import Part, Sweep, structure_of
from tui.cli.rows import Record
from tui.kit.sweep_table import rung_text, value_text
from tui.term.printed import quoted

MOST_LEFT_OUT = 5
"""The most impossible points that lines of text name one by one."""


def start_record(sweep: Sweep, parts: Sequence[Part], workers: int, folder: Path) -> Record:
    """The record at the start: what will be trained."""
    points = sweep.grid.points
    return {
        "event": "start",
        "sweep": str(folder),
        "points": len(points.possible),
        "seeds": sweep.grid.seeds,
        "until": sweep.grid.until,
        "networks": sweep.trainings,
        "known": sweep.known,
        "trained_before": sweep.trained_before,
        "compilations": len({structure_of(part.configs[0]) for part in parts}),
        "workers": workers,
        "left_out": [{**one.values, "reason": one.reason} for one in points.impossible],
    }


def point_record(point: GridPoint, axes: Mapping[str, Any]) -> Record:
    """The record of a finished point, with the numbers of the map (see `GridPoint`)."""
    counts = Cell((), (point,))
    (low, high), level = counts.interval, solved_level(point.config)
    return {
        "event": "point",
        **shown({name: point.config.fields().get(name) for name in axes}),
        "seeds": counts.finished,
        "solved": counts.solved,
        "success_low": low,
        "success_high": high,
        "half_solved": counts.half_solved,
        "median_loss": counts.loss if math.isfinite(counts.loss) else None,
        "rung": rung_text(point.config, counts.loss) or None,
        "level": level if math.isfinite(level) else None,
        "failed": point.failed,
    }


def end_record(sweep: Sweep, seconds: float, workers: int) -> Record:
    """The record at the end."""
    return {
        "event": "finished" if sweep.is_finished else "stopped",
        "networks": sweep.trainings,
        "known": sweep.known,
        "solved": sweep.solved,
        "points_failed": len(sweep.failed),
        "seconds": round(seconds, 3),
        "share_in_loops": round(sweep.loop_seconds / (seconds * workers), 3) if seconds else 0.0,
        "where": sorted(sweep.where),
    }


def start_lines(record: Record) -> Iterator[str]:
    """The start record as lines of text."""
    networks, known, left_out = record["networks"], record["known"], record["left_out"]
    there = f", {known:,} of them known already" if known else ""
    points, seeds = counted(record["points"], "point"), counted(record["seeds"], "seed")
    each = "" if record["points"] == 1 else " each"
    yield f"{points} with {seeds}{each}: {counted(networks, 'network')}{there}"
    if record["trained_before"]:
        yield f"{record['trained_before']:,} of them another version of the program trained before: trained anew"
    for one in left_out[:MOST_LEFT_OUT]:
        yield f"left out: {in_words({name: value for name, value in one.items() if name != 'reason'})}: {one['reason']}"
    if len(left_out) > MOST_LEFT_OUT:
        yield f"left out: {len(left_out) - MOST_LEFT_OUT:,} more, for such reasons"


def point_line(record: Record, axes: Mapping[str, Any]) -> str:
    """A point record as a line of text."""
    name = in_words({field: record[field] for field in axes if record[field] is not None}) or "the point"
    if record["failed"] is not None:
        return f"{name}: failed: {record['failed']}"
    low, high = (round(100 * record[bound]) for bound in ("success_low", "success_high"))
    solved = f"{record['solved']} of {record['seeds']} solved ({low} to {high} %)"
    if record["half_solved"] is not None:
        return f"{name}: {solved}, half by window {record['half_solved']:,}"
    loss, rung = record["median_loss"], record["rung"]
    if loss is None:
        return f"{name}: {solved}, most diverged"
    return f"{name}: {solved}, median loss {loss_text(loss)}{f', {rung}' if rung else ''}"


def end_lines(record: Record, folder: Path) -> Iterator[str]:
    """The end record as lines of text."""
    failed = f"  {counted(record['points_failed'], 'point')} failed" if record["points_failed"] else ""
    networks = counted(record["networks"], "network")
    yield (
        f"{record['event']}  {record['known']:,} of {networks} known, {record['solved']:,} solved"
        f"{failed}  seconds {record['seconds']:.1f}"
    )
    if record["event"] == "stopped":
        yield "the same command goes on where this stopped"
    yield f"see it with: echornn-tui map {quoted(folder)}"


def bar_numbers(sweep: Sweep) -> tuple[str, ...]:
    """The texts beside the progress bar: how many networks are done, solved and failed."""
    return (
        f"{sweep.known:,}/{sweep.trainings:,} networks",
        f"{sweep.solved:,} solved",
        *([f"{len(sweep.failed)} failed"] if sweep.failed else []),
        *([] if sweep.loop_seconds else ["compiling"]),
    )


def in_words(values: Mapping[str, Any]) -> str:
    """Fields with their values: ``echo_step 3, cell gru``."""
    return ", ".join(f"{name} {value_text(value)}" for name, value in values.items())


def counted(number: int, thing: str) -> str:
    """A number with its noun: ``1 point``, ``1,024 points``."""
    return f"{number:,} {thing}{'' if number == 1 else 's'}"


class PointNews:
    """Finds the points of a sweep that were finished since the last call.

    Args:
        results: the results at the start; points that are finished there are not reported.
    """

    def __init__(self, results: SweepResults) -> None:
        self._results = results
        self._told = {point.config for point in results.points if _is_over(point)}

    def records(self) -> Iterator[Record]:
        """A record for each point that was finished since the last call."""
        newest = self._results.refresh()
        if newest is self._results:
            return
        self._results = newest
        for point in newest.points:
            if _is_over(point) and point.config not in self._told:
                self._told.add(point.config)
                yield point_record(point, newest.axes)


def _is_over(point: GridPoint) -> bool:
    return not point.missing or point.failed is not None
