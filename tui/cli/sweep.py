"""``sweep`` trains the networks of a grid, here or on a Dask cluster; ``map`` shows its map, and
opens its points."""

from __future__ import annotations

import asyncio
import gc
import math
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

from echornn import ConfigError, EchoConfig, Session
from echornn.config import TASK, shown
from echornn.data.levels import solved_level
from echornn.data.series import check_own_data
from echornn.diagnosis.loss_stats import loss_text
from echornn.diagnosis.seed_stats import NOTHING_COUNTS
from echornn.own import trusting
from echornn.runtime import quiet
from echornn.sweeps.folder import SweepResults
from echornn.sweeps.grid import Axis, Grid, Until
from echornn.sweeps.processes import Processes
from echornn.sweeps.results import GridPoint, MapCell
from echornn.sweeps.sweep import Engine, EngineError, Sweep, structure_of
from echornn.tasks.table import class_of, named
from echornn.tasks.task import settings_of
from tui.cli import train
from tui.cli.preferences import Preferences, ScreenFlags, preferences
from tui.cli.rows import Record, Trust, as_json
from tui.figures.sweep_table import Measure, rung_text, value_text
from tui.map.drawing import csv_of, lines_of
from tui.map.state import MapState
from tui.term import guardian, printed, terminal
from tui.term.exit_code import ExitCode, UsageError
from tui.term.guardian import Guarded
from tui.views.inks import in_ascii

LOOK_SECONDS = 0.5  # between two checks for newly finished points
# To wait for a sweep's computation; parts in training are lost, and trained again next time
SECONDS_TO_STOP = 5.0


def sweep(
    *,
    out: Annotated[
        Path,
        "Folder of the sweep: new, empty, or one to continue; results.csv has a row a network.",
    ],
    grid: Annotated[
        tuple[str, ...],
        "FIELD=VALUES for each field that varies: a,b,c; LO..HI; LO..HI@N for N values.",
    ],
    seeds: Annotated[int, "Networks for each point, with consecutive seeds from --seed on."] = 16,
    until: Annotated[
        Until, "Train each network until it has solved its task, or all its epochs."
    ] = "solved",
    workers: Annotated[int | None, "Train in this many processes on this machine."] = None,
    scheduler: Annotated[
        str | None, "A Dask cluster at tcp://HOST:PORT: its users can run programs as you."
    ] = None,
    scheduler_file: Annotated[
        Path | None, "The Dask cluster whose scheduler wrote this file."
    ] = None,
    headless: Annotated[
        bool, "Print lines instead of opening the map; the default without a terminal."
    ] = False,
    json: Annotated[bool, "Print JSON lines; implies --headless."] = False,
    screen: ScreenFlags | None = None,
    given: train.Given | None = None,
) -> int:
    """Train networks over a grid of fields, each point with several seeds, and show the map while
    it fills."""
    given = given or {}
    if sum(one is not None for one in (workers, scheduler, scheduler_file)) > 1:
        raise UsageError(
            "only one of --workers, --scheduler and --scheduler-file: a sweep trains in one place"
        )
    if workers is not None and not 1 <= workers <= 1024:
        raise ConfigError("workers", workers, "1 to 1024")
    tasks = [given[TASK]] if TASK in given else []
    tasks += [
        named(word)
        for axis in grid
        if axis.startswith("task=")
        for word in axis[5:].split(",")
        if word
    ]
    settings = {known.name: known for task in tasks for known in settings_of(class_of(task))}
    wanted = Grid(tuple(Axis.parse(axis, settings) for axis in grid), given, seeds, until)
    if headless or json or not terminal.is_interactive():
        return print_sweep(out, wanted, engine_of(workers, scheduler, scheduler_file), json)
    preferred = preferences(screen)
    guarded = guardian.divide()
    computing = Computation(out, wanted, engine_of(workers, scheduler, scheduler_file))
    with closing(computing.sweep):
        results = SweepResults.read(out)
        code = show_on_screen(results, MapState.first(results), preferred, guarded, computing)
        end = computing.end_record()
        can_be_solved = MapCell((), results.points).can_be_solved
    printed.say_last(_end_lines(end, out, can_be_solved))
    if computing.trouble:
        printed.complain(f"echornn-tui: {computing.trouble}")
    return code


def engine_of(workers: int | None, scheduler: str | None, scheduler_file: Path | None) -> Engine:
    """Start the workers, by default one for each processor of this machine, or connect to those of
    a Dask scheduler."""
    if scheduler is None and scheduler_file is None:
        return Processes(workers)
    try:
        from echornn.sweeps import on_dask

        return on_dask.of_scheduler(scheduler, scheduler_file)
    except ImportError as error:
        raise UsageError(
            "a scheduler cannot be used without Dask: install echornn-tui[cluster]"
        ) from error
    except EngineError as error:
        raise UsageError(
            f"scheduler = {str(scheduler or scheduler_file)!r} cannot be used: {error}"
        ) from error


class Computation:
    def __init__(self, folder: Path, grid: Grid, engine: Engine) -> None:
        self.folder, self.engine = folder, engine
        self.trouble, self.seconds = "", 0.0  # what prevents training, and how long it took
        try:
            self.sweep = Sweep(folder, grid)
        except BaseException:
            engine.close()
            raise

    def run(self, watch: Callable[[], None] = lambda: None) -> int:
        """Train all that is missing; returns the exit code.

        ``watch`` is called a few times a second.
        """
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
        wanted = {
            "points": len(points.possible),
            "seeds": grid.seeds,
            "until": grid.until,
            "networks": sweep.trainings,
        }
        structures = {structure_of(part.configs[0]) for part in sweep.parts(workers)}
        known = {
            "known": sweep.known,
            "trained_before": sweep.trained_before,
            "compilations": len(structures),
        }
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
    lines, computing = printed.LinePrinter(), Computation(folder, grid, engine)
    sweep = computing.sweep
    with closing(sweep), terminal.asked_to_end(sweep.asked_to_end.set) as asked:
        results = SweepResults.read(folder)
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

        start = computing.start_record()
        say(start, _start_lines(start))
        code = computing.run(watch)
        say_news()
        if computing.trouble:
            lines.print([f"echornn-tui: {computing.trouble}"], sys.stderr)
        end = computing.end_record()
        say(end, _end_lines(end, folder, MapCell((), results.points).can_be_solved))
    return ExitCode.CHECKPOINTED if asked and not sweep.is_finished else code


def _is_over(point: GridPoint) -> bool:
    return not point.missing or point.failed is not None


def _of_point(point: GridPoint, axes: Iterable[str]) -> tuple[Record, list[str]]:
    counts, level = MapCell((), (point,)), solved_level(point.config)
    loss, half = counts.loss, counts.half_solved
    low = high = None
    if counts.can_be_solved:
        low, high = counts.interval
    rung = rung_text(point.config, loss)
    values = shown({name: point.config.fields().get(name) for name in axes})
    solved = {
        "seeds": counts.finished,
        "solved": counts.solved,
        "success_low": low,
        "success_high": high,
    }
    losses = {
        "half_solved": half,
        "median_loss": loss if math.isfinite(loss) else None,
        "rung": rung or None,
    }
    record = {
        "event": "point",
        **values,
        **solved,
        **losses,
        "level": level if math.isfinite(level) else None,
    }
    record["failed"] = point.failed
    name = (
        _in_words({field: value for field, value in values.items() if value is not None})
        or "the point"
    )
    if point.failed is not None:
        return record, [f"{name}: failed: {point.failed}"]
    how_well = f", median loss {loss_text(loss)}{f', {rung}' if rung else ''}"
    if half is not None:
        how_well = f", half by window {half:,}"
    elif not math.isfinite(loss):
        how_well = ", most diverged"
    of_seeds = NOTHING_COUNTS
    if low is not None and high is not None:
        interval = f"{round(100 * low)} to {round(100 * high)} %"
        of_seeds = f"{counts.solved} of {counts.finished} solved ({interval})"
    return record, [f"{name}: {of_seeds}{how_well}"]


def _start_lines(record: Record) -> Iterator[str]:
    there = f", {record['known']:,} of them known already" if record["known"] else ""
    points, seeds = _counted(record["points"], "point"), _counted(record["seeds"], "seed")
    each = "" if record["points"] == 1 else " each"
    yield f"{points} with {seeds}{each}: {_counted(record['networks'], 'network')}{there}"
    for one in record["left_out"]:
        values = {name: value for name, value in one.items() if name != "reason"}
        yield f"left out: {_in_words(values)}: {one['reason']}"


def _end_lines(record: Record, folder: Path, can_be_solved: bool) -> Iterator[str]:
    failed = (
        f"  {_counted(record['points_failed'], 'point')} failed" if record["points_failed"] else ""
    )
    known = f"{record['known']:,} of {_counted(record['networks'], 'network')} known"
    solved = f"{record['solved']:,} solved" if can_be_solved else NOTHING_COUNTS
    yield f"{record['event']}  {known}, {solved}{failed}  seconds {record['seconds']:.1f}"
    if record["event"] == "stopped":
        yield "the same command goes on where this stopped"
    yield f"see it with: echornn-tui map {printed.quoted(folder)}"


def _in_words(values: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} {value_text(value)}" for name, value in values.items())


def _counted(number: int, thing: str) -> str:
    return f"{number:,} {thing}{'' if number == 1 else 's'}"


# ---- map


def show_map(
    sweep: Annotated[Path, "Folder of the sweep."],
    /,
    *,
    across: Annotated[str | None, "Field of the columns."] = None,
    down: Annotated[str | None, "Field of the rows."] = None,
    show: Annotated[
        Measure, "success, the share of seeds in %; windows; or loss."
    ] = Measure.SUCCESS,
    filter: Annotated[
        str, "Show only some values: words such as cell=gru,lstm or echo_step=5..15."
    ] = "",
    once: Annotated[bool, "Print the map as text."] = False,
    csv: Annotated[bool, "Print the map as CSV, a row for each square."] = False,
    trust: Trust = False,
    screen: ScreenFlags | None = None,
) -> int:
    """Show the map of a sweep, finished or while it is computed."""
    if csv and once:
        raise UsageError("--csv cannot be used with --once: use only one of them")
    chosen = preferences(screen)
    guarded = guardian.divide() if not (csv or once) and terminal.is_interactive() else None
    with trusting(trust):
        results = SweepResults.read(sweep)
    first = chosen_state(results, across, down, show, filter)
    if guarded is not None:
        return show_on_screen(results, first, chosen, guarded)
    lines = csv_of(first).splitlines() if csv else lines_of(first)
    plain = chosen.ascii or not (sys.stdout.encoding or "utf-8").lower().startswith("utf")
    printed.lines(map(in_ascii, lines) if plain and not csv else lines)
    return ExitCode.DONE


def chosen_state(
    results: SweepResults, across: str | None, down: str | None, measure: Measure, words: str
) -> MapState:
    """The first state of the map: names of fields, None to let the map choose; filter words."""
    first, axes = MapState.first(results), results.axes
    for flag, name in (("across", across), ("down", down)):
        if name is not None and name not in axes:
            raise ConfigError(flag, name, f"one of {', '.join(axes)}, the sweep's fields")
    if across is not None and across == down:
        raise ConfigError("down", down, "this field is across already")
    if across == first.choice.down or down == first.choice.across:
        first = first.turned()
    choice = first.choice
    first = first.seeing(replace(choice, across=across or choice.across, down=down or choice.down))
    state = replace(first, measure=measure).filtered(words)
    if state.refusal:
        raise UsageError(state.refusal)
    return state


def show_on_screen(
    results: SweepResults,
    state: MapState,
    chosen: Preferences,
    guarded: Guarded,
    computing: Computation | None = None,
) -> int:
    with quiet.collector_paused():
        from tui.map.app import Follower, MapApp

    screen, follower = train.AppScreen(guarded, chosen.mouse), Follower(results)
    theme, computed = chosen.theme, 0
    session: Session | None = None  # of the point that was opened last
    words: list[str] = []  # for the end: where the opened runs are

    def compute(computing: Computation) -> None:
        nonlocal computed
        try:
            computed = computing.run()
        except OSError as error:
            computing.trouble, computed = str(error), ExitCode.FAILED

    def wrong() -> str:
        return screen.errors.words or (computing.trouble if computing else "")

    def says() -> str:
        is_compiling = computing and not (
            wrong() or computing.sweep.is_finished or computing.sweep.loop_seconds
        )
        return "compiling" if is_compiling else ""

    async def by_turns() -> int:
        nonlocal state
        code, hint = None, ""
        while code is None:
            app = MapApp(follower, state, chosen.ascii, theme, says, wrong, hint, chosen.keys)
            left = await screen.show(app)
            if not isinstance(left, EchoConfig):
                return left or ExitCode.DONE
            state, hint = app.shown, ""
            try:
                code = await open_point(left)
            except ConfigError as error:
                hint = str(error)
        return code

    async def open_point(config: EchoConfig) -> int | None:
        """Train a point in the app; returns None if the user went back to the map, otherwise the
        exit code."""
        from tui.app.app import EchoApp
        from tui.app.point_screen import PointScreen

        nonlocal theme, session
        await asyncio.to_thread(check_own_data, config)
        recorder = train.begin(None, config)
        session = Session(config, recorder=recorder, usual_speed=chosen.speed)
        training = PointScreen(session, ascii_only=chosen.ascii)
        app = EchoApp(
            session,
            chosen.fps,
            chosen.ascii,
            theme,
            moved=chosen.keys,
            training=lambda *_: training,
        )
        code = await screen.show_session(app, session)
        theme = "light" if app.theme == "textual-light" else "dark"
        words.extend(screen.last_words(code, session))
        # the app freezes all objects once it has loaded; without this, the previous point would
        # never be freed
        gc.unfreeze()
        gc.collect()
        return None if training.went_back and app.return_value != ExitCode.CHECKPOINTED else code

    def code_if_gone() -> int:
        if computing is not None:
            computing.sweep.asked_to_end.set()
        return train.end(session, after_a_signal=True) if session else ExitCode.CHECKPOINTED

    guarded.leave_words(
        f"the map is shown again with: echornn-tui map {printed.quoted(results.folder)}"
    )
    thread = threading.Thread(target=compute, args=[computing], name="computing", daemon=True)
    if computing is not None:
        thread.start()
    code = screen.until_left(by_turns(), code_if_gone)
    if computing is not None:
        computing.sweep.asked_to_end.set()
        thread.join(SECONDS_TO_STOP)
    code = screen.errors.conclude(code or computed)
    printed.say_last(words)
    return code
