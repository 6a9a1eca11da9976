"""``sweep``: trains the networks of a grid with processes on this machine or on a Dask cluster, and shows the map."""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any

from echornn import ConfigError
from echornn.config import TASK, shown
from echornn.data.levels import solved_level
from echornn.diagnosis.loss_stats import loss_text
from echornn.sweeps.folder import SweepResults
from echornn.sweeps.grid import Axis, Grid, Until
from echornn.sweeps.processes import Processes
from echornn.sweeps.results import Cell, GridPoint
from echornn.sweeps.sweep import Engine, EngineError, Sweep, structure_of
from echornn.tasks.table import class_of, named
from echornn.tasks.task import settings_of
from tui.cli import UsageError
from tui.cli.lines import lines_here, say_last
from tui.cli.preferences import ScreenFlags, preferences
from tui.cli.record import Given
from tui.cli.rows import Record, as_json
from tui.figures.sweep_table import rung_text, value_text
from tui.term import guardian, printed, terminal
from tui.term.exit_code import ExitCode

LOOK_SECONDS = 0.5  # between two checks for newly finished points


def sweep(
    *,
    out: Annotated[Path, "Folder of the sweep: new, empty, or one to continue; results.csv has a row a network."],
    grid: Annotated[tuple[str, ...], "FIELD=VALUES for each field that varies: a,b,c; LO..HI; LO..HI@N for N values."],
    seeds: Annotated[int, "Networks for each point, with consecutive seeds from --seed on."] = 16,
    until: Annotated[Until, "Train each network until it has solved its task, or all its epochs."] = "solved",
    workers: Annotated[int | None, "Train in this many processes on this machine."] = None,
    scheduler: Annotated[str | None, "A Dask cluster at tcp://HOST:PORT: its users can run programs as you."] = None,
    scheduler_file: Annotated[Path | None, "The Dask cluster whose scheduler wrote this file."] = None,
    headless: Annotated[bool, "Print lines instead of opening the map; the default without a terminal."] = False,
    json: Annotated[bool, "Print JSON lines; implies --headless."] = False,
    screen: ScreenFlags | None = None,
    given: Given | None = None,
) -> int:
    """Train networks over a grid of fields, each point with several seeds, and show the map while it fills."""
    given = given or {}
    places = {"workers": workers, "scheduler": scheduler, "scheduler-file": scheduler_file}
    chosen = [name for name, value in places.items() if value is not None]
    if len(chosen) > 1:
        raise ConfigError(chosen[0], places[chosen[0]], f"not with --{chosen[1]}: a sweep trains in one place")
    if workers is not None and not 1 <= workers <= 1024:
        raise ConfigError("workers", workers, "1 to 1024")
    tasks = [given[TASK]] if TASK in given else []
    tasks += [named(word) for axis in grid if axis.startswith("task=") for word in axis[5:].split(",") if word]
    settings = {known.name: known for task in tasks for known in settings_of(class_of(task))}
    wanted = Grid(tuple(Axis.parse(axis, settings) for axis in grid), given, seeds, until)
    if headless or json or not terminal.is_interactive():
        return print_sweep(out, wanted, engine_of(workers, scheduler, scheduler_file), json)
    preferred = preferences(screen)
    guarded = guardian.divide()
    from tui.cli.map import show_on_screen
    from tui.map.state import MapState

    with Computation(out, wanted, engine_of(workers, scheduler, scheduler_file)) as computing:
        results = SweepResults.read(out)
        code = show_on_screen(results, MapState.first(results), preferred, guarded, computing)
        end = computing.end_record()
    say_last(_end_lines(end, out))
    if computing.trouble:
        printed.complain(f"echornn-tui: {computing.trouble}")
    return code


def engine_of(workers: int | None, scheduler: str | None, scheduler_file: Path | None) -> Engine:
    """Start the workers, by default one for each processor of this machine, or connect to those of a Dask scheduler."""
    if scheduler is None and scheduler_file is None:
        return Processes(workers)
    place = f"scheduler = {scheduler!r}" if scheduler_file is None else f"scheduler-file = {str(scheduler_file)!r}"
    try:
        from echornn.sweeps import on_dask

        return on_dask.of_scheduler(scheduler, scheduler_file)
    except (ImportError, EngineError) as error:
        why = "it needs Dask: install echornn-tui[cluster]" if isinstance(error, ImportError) else error
        raise UsageError(f"{place} cannot be used: {why}") from error


class Computation:
    """The computation of a sweep, as a context manager; at the end it releases the folder."""

    def __init__(self, folder: Path, grid: Grid, engine: Engine) -> None:
        self.folder, self.engine = folder, engine
        self.trouble, self.seconds = "", 0.0  # what prevents training, and how long it took
        try:
            self.sweep = Sweep(folder, grid)
        except BaseException:
            engine.close()
            raise

    def __enter__(self) -> Computation:
        return self

    def __exit__(self, *_: object) -> None:
        self.sweep.close()

    def run(self, watch: Callable[[], None] = lambda: None) -> int:
        """Train all that is missing; returns the exit code. ``watch`` is called a few times a second."""
        begun = time.monotonic()
        try:
            self.sweep.run(self.engine, watch)
        except EngineError as error:
            self.trouble = str(error)
        self.seconds = time.monotonic() - begun
        return ExitCode.FAILED if self.trouble or self.sweep.failed else ExitCode.DONE

    def start_record(self) -> Record:
        """What will be trained; docs/cli.md explains the keys."""
        sweep, workers = self.sweep, self.engine.workers
        grid, points = sweep.grid, sweep.grid.points
        wanted = {"points": len(points.possible), "seeds": grid.seeds, "until": grid.until, "networks": sweep.trainings}
        structures = {structure_of(part.configs[0]) for part in sweep.parts(workers)}
        known = {"known": sweep.known, "trained_before": sweep.trained_before, "compilations": len(structures)}
        left_out = [{**one.values, "reason": one.reason} for one in points.impossible]
        start = {"event": "start", "sweep": str(self.folder)}
        return {**start, **wanted, **known, "workers": workers, "left_out": left_out}

    def end_record(self) -> Record:
        sweep, seconds = self.sweep, self.seconds
        share = round(sweep.loop_seconds / (seconds * self.engine.workers), 3) if seconds else 0.0
        event = "finished" if sweep.is_finished else "stopped"
        counts = {"networks": sweep.trainings, "known": sweep.known, "solved": sweep.solved}
        took = {"seconds": round(seconds, 3), "share_in_loops": share, "where": sorted(sweep.where)}
        return {"event": event, **counts, "points_failed": len(sweep.failed), **took}


def print_sweep(folder: Path, grid: Grid, engine: Engine, json: bool) -> int:
    """Compute a sweep and print its progress; returns the exit code."""
    from tui.cli.headless import asked_to_end

    lines = lines_here(with_bar=not json)
    with Computation(folder, grid, engine) as computing, asked_to_end(computing.sweep.asked_to_end.set) as asked:
        sweep, results = computing.sweep, SweepResults.read(folder)
        said = {point.config for point in results.points if _is_over(point)}
        notes, looked = 0, time.monotonic()

        def say(record: Record, texts: Iterable[str]) -> None:
            lines.print([as_json(record)] if json else texts, sys.stdout)

        def say_news() -> None:
            nonlocal results, notes
            for note in sweep.notes[notes:]:
                say({"event": "note", "note": note}, [f"tried again: {note}"])
                notes += 1
            before, results = results, results.refresh()
            for point in results.points if results is not before else ():
                if _is_over(point) and point.config not in said:
                    said.add(point.config)
                    say(*_of_point(point, results.axes))

        def watch() -> None:
            nonlocal looked
            if time.monotonic() - looked >= LOOK_SECONDS or sweep.is_finished:
                looked = time.monotonic()
                say_news()
            numbers = [f"{sweep.known:,}/{sweep.trainings:,} networks", f"{sweep.solved:,} solved"]
            numbers += [f"{len(sweep.failed)} failed"] if sweep.failed else []
            numbers += [] if sweep.loop_seconds else ["compiling"]
            lines.show_numbers(sweep.known + sweep.abandoned, sweep.trainings, numbers)

        start = computing.start_record()
        say(start, _start_lines(start))
        code = computing.run(watch)
        lines.close()
        say_news()
        if computing.trouble:
            lines.print([f"echornn-tui: {computing.trouble}"], sys.stderr)
        end = computing.end_record()
        say(end, _end_lines(end, folder))
    return ExitCode.CHECKPOINTED if asked and not sweep.is_finished else code


def _is_over(point: GridPoint) -> bool:
    return not point.missing or point.failed is not None


def _of_point(point: GridPoint, axes: Iterable[str]) -> tuple[Record, list[str]]:
    """A finished point as a record, with the numbers of the map, and as a line of text."""
    counts, level = Cell((), (point,)), solved_level(point.config)
    (low, high), loss, half = counts.interval, counts.loss, counts.half_solved
    rung = rung_text(point.config, loss)
    values = shown({name: point.config.fields().get(name) for name in axes})
    solved = {"seeds": counts.finished, "solved": counts.solved, "success_low": low, "success_high": high}
    losses = {"half_solved": half, "median_loss": loss if math.isfinite(loss) else None, "rung": rung or None}
    record = {"event": "point", **values, **solved, **losses, "level": level if math.isfinite(level) else None}
    record["failed"] = point.failed
    name = _in_words({field: value for field, value in values.items() if value is not None}) or "the point"
    if point.failed is not None:
        return record, [f"{name}: failed: {point.failed}"]
    how_well = f", median loss {loss_text(loss)}{f', {rung}' if rung else ''}"
    if half is not None:
        how_well = f", half by window {half:,}"
    elif not math.isfinite(loss):
        how_well = ", most diverged"
    of_seeds = f"{counts.solved} of {counts.finished} solved ({round(100 * low)} to {round(100 * high)} %)"
    return record, [f"{name}: {of_seeds}{how_well}"]


def _start_lines(record: Record) -> Iterator[str]:
    there = f", {record['known']:,} of them known already" if record["known"] else ""
    points, seeds = _counted(record["points"], "point"), _counted(record["seeds"], "seed")
    each = "" if record["points"] == 1 else " each"
    yield f"{points} with {seeds}{each}: {_counted(record['networks'], 'network')}{there}"
    if record["trained_before"]:
        yield f"{record['trained_before']:,} of them another version of the program trained before: trained anew"
    for one in record["left_out"]:
        values = {name: value for name, value in one.items() if name != "reason"}
        yield f"left out: {_in_words(values)}: {one['reason']}"


def _end_lines(record: Record, folder: Path) -> Iterator[str]:
    failed = f"  {_counted(record['points_failed'], 'point')} failed" if record["points_failed"] else ""
    known = f"{record['known']:,} of {_counted(record['networks'], 'network')} known"
    yield f"{record['event']}  {known}, {record['solved']:,} solved{failed}  seconds {record['seconds']:.1f}"
    if record["event"] == "stopped":
        yield "the same command goes on where this stopped"
    yield f"see it with: echornn-tui map {printed.quoted(folder)}"


def _in_words(values: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} {value_text(value)}" for name, value in values.items())


def _counted(number: int, thing: str) -> str:
    return f"{number:,} {thing}{'' if number == 1 else 's'}"
