"""``sweep`` trains the networks of a grid, here or on a Dask cluster; ``map`` shows its map, and
opens its points."""

from __future__ import annotations

import asyncio
import gc
import math
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

from echornn import ConfigError, EchoConfig, Session
from echornn.config import TASK, shown
from echornn.data import check_own_data
from echornn.diagnosis.loss_stats import loss_text
from echornn.diagnosis.seed_stats import NOTHING_COUNTS
from echornn.levels import solved_level
from echornn.own.trusted import trusting
from echornn.runtime import quiet
from echornn.sweeps.folder import SweepResults
from echornn.sweeps.grid import Axis, Grid
from echornn.sweeps.processes import Processes
from echornn.sweeps.results import GridPoint, MapCell
from echornn.sweeps.sweep import Engine, EngineError, Sweep, structure_of
from echornn.tasks.table import class_of, named
from echornn.tasks.task import settings_of
from tui.cli import train
from tui.cli.flags import Given, ScreenFlags, SweepFlags
from tui.cli.parameters import Trust
from tui.cli.preferences import Preferences, preferences
from tui.cli.rows import Record, RecordPrinter, emit
from tui.map.drawing import csv_of, lines_of
from tui.map.state import MapState
from tui.term import guardian, printed, terminal
from tui.term.exit_code import ExitCode, UsageError
from tui.term.guardian import Guarded
from tui.text.lines import rung_text
from tui.text.measures import Measure, value_text
from tui.views.inks import in_ascii

LOOK_SECONDS = 0.5  # between two checks for newly finished points
# To wait for a sweep's computation; parts in training are lost, and trained again next time
SECONDS_TO_STOP = 5.0


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


def engine_of(flags: SweepFlags) -> Engine:
    """Start the workers, by default one for each processor of this machine, or connect to those of
    a Dask scheduler."""
    scheduler, file = flags.scheduler, flags.scheduler_file
    if scheduler is None and file is None:
        return Processes(flags.workers)
    try:
        from echornn.sweeps import on_dask

        return on_dask.of_scheduler(scheduler, file)
    except ImportError as error:
        raise UsageError(
            "a scheduler cannot be used without Dask: install echornn-tui[cluster]"
        ) from error
    except EngineError as error:
        raise UsageError(
            f"scheduler = {str(scheduler or file)!r} cannot be used: {error}"
        ) from error


class Computation:
    """The training of a sweep.

    Attributes:
        trouble: what prevents it.
        seconds: how long it took.
    """

    def __init__(self, flags: SweepFlags, grid: Grid) -> None:
        self.folder = flags.out
        self.trouble = ""
        self.seconds = 0.0
        self._engine = engine_of(flags)
        try:
            self.sweep = Sweep(flags.out, grid)
        except BaseException:
            self._engine.close()
            raise

    def run(self, watch: Callable[[], None] = lambda: None) -> int:
        """Train all that is missing; returns the exit code.

        ``watch`` is called a few times a second.
        """
        begun = time.monotonic()
        try:
            self.sweep.run(self._engine, watch)
        except EngineError as error:
            self.trouble = str(error)
        self.seconds = time.monotonic() - begun
        return ExitCode.FAILED if self.trouble or self.sweep.failed else ExitCode.DONE

    def start_record(self) -> Record:
        """What will be trained; docs/cli.md explains the keys."""
        sweep, workers = self.sweep, self._engine.workers
        points = sweep.grid.points
        structures = {structure_of(part.configs[0]) for part in sweep.parts(workers)}
        return {
            "event": "start",
            "sweep": str(self.folder),
            "points": len(points.possible),
            "seeds": sweep.grid.seeds,
            "until": sweep.grid.until,
            "networks": sweep.trainings,
            "known": sweep.known,
            "trained_before": sweep.trained_before,
            "compilations": len(structures),
            "workers": workers,
            "left_out": [{**point.values, "reason": point.reason} for point in points.impossible],
        }

    def end_record(self) -> Record:
        sweep, share = self.sweep, 0.0
        if self.seconds:
            share = round(sweep.loop_seconds / (self.seconds * self._engine.workers), 3)
        return {
            "event": "finished" if sweep.is_finished else "stopped",
            "networks": sweep.trainings,
            "known": sweep.known,
            "solved": sweep.solved,
            "points_failed": len(sweep.failed),
            "seconds": round(self.seconds, 3),
            "share_in_loops": share,
            "where": sorted(sweep.where),
        }


# ---- without a screen


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
        there = {name: value for name, value in values.items() if value is not None}
        name = _in_words(there) or "the point"
        self._printer.print((record, [f"{name}: {_point_text(point)}"]))


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
    text = NOTHING_COUNTS
    if counts.can_be_solved:
        low, high = (round(100 * share) for share in counts.interval)
        text = f"{counts.solved} of {counts.finished} solved ({low} to {high} %)"
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


# ---- map


def show_map(
    sweep: Path,
    /,
    *,
    across: str | None = None,
    down: str | None = None,
    show: Measure = Measure.SUCCESS,
    filter: str = "",
    once: bool = False,
    csv: bool = False,
    trust: Trust = False,
    screen: ScreenFlags | None = None,
) -> int:
    """Show the map of a sweep, finished or while it is computed.

    Args:
        sweep: Folder of the sweep.
        across: Field of the columns.
        down: Field of the rows.
        show: success, the share of seeds in %; windows; or loss.
        filter: Show only some values: words such as cell=gru,lstm or echo_step=5..15.
        once: Print the map as text.
        csv: Print the map as CSV, a row for each square.
    """
    if csv and once:
        raise UsageError("--csv cannot be used with --once: use only one of them")
    chosen = preferences(screen)
    on_screen = not (csv or once) and terminal.is_interactive()
    guarded = guardian.divide() if on_screen else None
    with trusting(trust):
        results = SweepResults.read(sweep)
    first = chosen_state(results, across, down, show, filter)
    if guarded is not None:
        return ShownMap(results, first, chosen, guarded).show()
    if csv:
        return emit(csv_of(first).splitlines())
    encoding = (sys.stdout.encoding or "utf-8").lower()
    if chosen.ascii or not encoding.startswith("utf"):
        return emit(map(in_ascii, lines_of(first)))
    return emit(lines_of(first))


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


class ShownMap:
    """The map on the screen, and by turns the points that the user opens, while the sweep is
    computed or when it is."""

    def __init__(
        self,
        results: SweepResults,
        state: MapState,
        chosen: Preferences,
        guarded: Guarded,
        computing: Computation | None = None,
    ) -> None:
        with quiet.collector_paused():
            from tui.map.app import Follower
        self._follower = Follower(results)
        self._state = state
        self._chosen = chosen
        self._theme = chosen.theme
        self._screen = train.AppScreen(guarded, chosen.mouse)
        self._computing = computing
        self._computed = int(ExitCode.DONE)
        self._session: Session | None = None  # of the point that was opened last
        self._last_words: list[str] = []  # where the opened runs are

    def show(self) -> int:
        """Returns the exit code when the user has left."""
        computing = self._computing
        folder = printed.quoted(self._follower.results.folder)
        self._screen.guarded.leave_words(f"the map is shown again with: echornn-tui map {folder}")
        thread = threading.Thread(
            target=self._compute, args=[computing], name="computing", daemon=True
        )
        if computing is not None:
            thread.start()
        code = self._screen.until_left(self._by_turns(), self._code_if_gone)
        if computing is not None:
            computing.sweep.asked_to_end.set()
            thread.join(SECONDS_TO_STOP)
        code = self._screen.errors.conclude(code or self._computed)
        printed.say_last(self._last_words)
        return code

    def _compute(self, computing: Computation) -> None:
        try:
            self._computed = computing.run()
        except OSError as error:
            computing.trouble, self._computed = str(error), ExitCode.FAILED

    async def _by_turns(self) -> int:
        from tui.map.app import MapApp

        hint = ""
        while True:
            app = MapApp(
                self._follower,
                self._state,
                self._chosen.ascii,
                self._theme,
                self._message,
                self._trouble,
                hint,
                self._chosen.keys,
            )
            left = await self._screen.show(app)
            if not isinstance(left, EchoConfig):
                return left or ExitCode.DONE
            self._state, hint = app.shown, ""
            try:
                code = await self._open_point(left)
            except ConfigError as error:
                hint = str(error)
                continue
            if code is not None:
                return code

    def _trouble(self) -> str:
        words = self._screen.errors.words
        if self._computing is not None:
            words = words or self._computing.trouble
        return words

    def _message(self) -> str:
        if self._computing is None or self._trouble():
            return ""
        sweep = self._computing.sweep
        if sweep.is_finished or sweep.loop_seconds:
            return ""
        return "compiling"

    async def _open_point(self, config: EchoConfig) -> int | None:
        """Train a point in the app; returns None if the user went back to the map, otherwise the
        exit code."""
        from tui.app.app import EchoApp
        from tui.app.point_screen import PointScreen

        chosen = self._chosen
        await asyncio.to_thread(check_own_data, config)
        session = Session(config, recorder=train.begin(None, config), usual_speed=chosen.speed)
        self._session = session
        training = PointScreen(session, ascii_only=chosen.ascii)
        app = EchoApp(
            session,
            chosen.fps,
            chosen.ascii,
            self._theme,
            moved=chosen.keys,
            training=lambda *_: training,
        )
        code = await self._screen.show_session(app, session)
        self._theme = "light" if app.theme == "textual-light" else "dark"
        self._last_words += self._screen.last_words(code, session)
        # the app freezes all objects once it has loaded; without this, the previous point would
        # never be freed
        gc.unfreeze()
        gc.collect()
        if training.went_back and app.return_value != ExitCode.CHECKPOINTED:
            return None
        return code

    def _code_if_gone(self) -> int:
        if self._computing is not None:
            self._computing.sweep.asked_to_end.set()
        if self._session is None:
            return ExitCode.CHECKPOINTED
        return train.end(self._session, after_a_signal=True)
