"""``sweep`` trains the networks of a grid, and prints its points or shows its map."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

from echornn import ConfigError
from echornn.config import TASK, shown
from echornn.diagnosis.loss_stats import loss_text
from echornn.diagnosis.seed_stats import NOTHING_COUNTS, wilson
from echornn.levels import solved_level
from echornn.sweeps.folder import SweepResults
from echornn.sweeps.grid import Axis, Grid
from echornn.sweeps.results import GridPoint, MapCell
from echornn.sweeps.sweep import Sweep
from echornn.tasks.table import class_of, named
from echornn.tasks.task import settings_of
from tui.cli.computation import Computation
from tui.cli.flags import Given, ScreenFlags, SweepFlags
from tui.cli.map import ShownMap
from tui.cli.preferences import preferences
from tui.cli.rows import Record, RecordPrinter
from tui.map.state import MapState, solved_text
from tui.term import guardian, printed, terminal
from tui.term.exit_code import ExitCode, UsageError
from tui.text.lines import rung_text
from tui.text.measures import value_text

LOOK_SECONDS = 0.5  # between two checks for newly finished points; chosen by eye


def sweep(
    *, flags: SweepFlags, screen: ScreenFlags | None = None, given: Given | None = None
) -> int:
    """Train networks over a grid of fields, each point with several seeds, and show the map while
    it fills."""
    places = [flags.workers, flags.scheduler, flags.scheduler_file]
    if places.count(None) < 2:
        raise UsageError(
            "only one of --workers, --scheduler and --scheduler-file: a sweep trains in one place"
        )
    if flags.workers is not None and not 1 <= flags.workers <= 1024:
        raise ConfigError("workers", flags.workers, "1 to 1024")
    grid = _grid(flags, given or {})
    if flags.headless or flags.json or not terminal.is_interactive():
        return print_sweep(Computation(flags, grid), RecordPrinter(flags.json))
    chosen = preferences(screen)
    guarded = guardian.divide()
    computing = Computation(flags, grid)
    with closing(computing.sweep):
        results = SweepResults.read(flags.out)
        code = ShownMap(results, MapState.first(results), chosen, guarded, computing).show()
        end = computing.end_record()
        can_be_solved = MapCell((), results.points).can_be_solved
    printed.say_last(_end_lines(end, flags.out, can_be_solved))
    if computing.trouble:
        printed.complain(f"echornn-tui: {computing.trouble}")
    return code


def _grid(flags: SweepFlags, given: Given) -> Grid:
    tasks = [given[TASK]] if TASK in given else []
    for axis in flags.grid:
        if axis.startswith("task="):
            words = axis.removeprefix("task=").split(",")
            tasks += [named(word) for word in words if word]
    settings = {setting.name: setting for task in tasks for setting in settings_of(class_of(task))}
    axes = tuple(Axis.parse(axis, settings) for axis in flags.grid)
    return Grid(axes, given, flags.seeds, flags.until)


def print_sweep(computing: Computation, printer: RecordPrinter) -> int:
    sweep = computing.sweep
    with closing(sweep), terminal.asked_to_end(sweep.asked_to_end.set) as asked:
        report = SweepReport(sweep, SweepResults.read(computing.folder), printer)
        start = computing.start_record()
        printer.print((start, _start_lines(start)))
        code = computing.run(report.watch)
        report.print_news()
        if computing.trouble:
            printer.note(computing.trouble)
        end = computing.end_record()
        can_be_solved = MapCell((), report.results.points).can_be_solved
        printer.print((end, _end_lines(end, computing.folder, can_be_solved)))
    return ExitCode.CHECKPOINTED if asked and not sweep.is_finished else code


class SweepReport:
    """Prints what is new of a sweep: notes, and each point when all its networks are done."""

    def __init__(self, sweep: Sweep, results: SweepResults, printer: RecordPrinter) -> None:
        self.results = results
        self._sweep = sweep
        self._printer = printer
        self._printed = {point.config for point in results.points if _is_over(point)}
        self._notes_printed = 0
        self._looked = time.monotonic()

    def watch(self) -> None:
        """Print what is new, but seldom look for it."""
        if time.monotonic() - self._looked >= LOOK_SECONDS or self._sweep.is_finished:
            self._looked = time.monotonic()
            self.print_news()

    def print_news(self) -> None:
        for note in self._sweep.notes[self._notes_printed :]:
            self._printer.print(({"event": "note", "note": note}, [f"tried again: {note}"]))
            self._notes_printed += 1
        before, self.results = self.results, self.results.refresh()
        if self.results is before:
            return
        for point in self.results.points:
            if _is_over(point) and point.config not in self._printed:
                self._printed.add(point.config)
                self._print(point)

    def _print(self, point: GridPoint) -> None:
        fields = point.config.fields()
        values = shown({name: fields.get(name) for name in self.results.axes})
        record = {"event": "point", **values, **_point_fields(point)}
        text = _point_text(point)
        if self.results.until == "automaton" and point.failed is None:
            record["right"] = point.right
            low, high = (round(100 * share) for share in wilson(point.right, len(point.results)))
            text += f", {point.right:,} became the machine ({low} to {high} %)"
        there = {name: value for name, value in values.items() if value is not None}
        name = _in_words(there) or "the point"
        self._printer.print((record, [f"{name}: {text}"]))


def _is_over(point: GridPoint) -> bool:
    return not point.missing or point.failed is not None


def _point_fields(point: GridPoint) -> Record:
    """The results of a point; docs/cli.md explains the keys."""
    counts = MapCell((), (point,))
    loss = counts.loss
    low = high = None
    if counts.can_be_solved:
        low, high = counts.interval
    return {
        "seeds": counts.finished,
        "solved": counts.solved,
        "lost": counts.lost,
        "success_low": low,
        "success_high": high,
        "half_solved": counts.half_solved,
        "median_loss": loss,
        "rung": rung_text(point.config, loss) or None,
        "level": solved_level(point.config),
        "failed": point.failed,
    }


def _point_text(point: GridPoint) -> str:
    if point.failed is not None:
        return f"failed: {point.failed}"
    counts = MapCell((), (point,))
    text = solved_text(counts)
    if counts.lost:
        text += f", {counts.lost:,} lost it again"
    if counts.half_solved is not None:
        return f"{text}, half by window {counts.half_solved:,}"
    if not math.isfinite(counts.loss):
        return f"{text}, most diverged"
    text += f", median loss {loss_text(counts.loss)}"
    rung = rung_text(point.config, counts.loss)
    if rung:
        text += f", {rung}"
    return text


def _start_lines(record: Record) -> Iterator[str]:
    points, seeds = _counted(record["points"], "point"), _counted(record["seeds"], "seed")
    if record["points"] != 1:
        seeds += " each"
    line = f"{points} with {seeds}: {_counted(record['networks'], 'network')}"
    if record["known"]:
        line += f", {record['known']:,} of them known already"
    yield line
    for point in record["left_out"]:
        values = {name: value for name, value in point.items() if name != "reason"}
        yield f"left out: {_in_words(values)}: {point['reason']}"


def _end_lines(record: Record, folder: Path, can_be_solved: bool) -> Iterator[str]:
    line = f"{record['event']}  {record['known']:,} of {_counted(record['networks'], 'network')}"
    solved = f"{record['solved']:,} solved" if can_be_solved else NOTHING_COUNTS
    line += f" known, {solved}"
    if record["points_failed"]:
        line += f"  {_counted(record['points_failed'], 'point')} failed"
    yield f"{line}  seconds {record['seconds']:.1f}"
    if record["event"] == "stopped":
        yield "the same command goes on where this stopped"
    yield f"see it with: echornn-tui map {printed.quoted(folder)}"


def _in_words(values: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} {value_text(value)}" for name, value in values.items())


def _counted(number: int, thing: str) -> str:
    if number != 1:
        thing += "s"
    return f"{number:,} {thing}"
