"""The subcommand ``sweep``: trains the networks of a grid with processes on this machine, or on a Dask cluster."""

from __future__ import annotations

import signal
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from echornn.sweeps.folder import SweepResults
from echornn.sweeps.grid import Grid
from echornn.sweeps.processes import Processes
from echornn.sweeps.sweep import Engine, EngineError, Sweep
from tui.cli.lines import LinePrinter, lines_here
from tui.cli.rows import Record, as_json
from tui.commands.front_end import UsageError
from tui.commands.training import sweep_report as report
from tui.term import terminal
from tui.term.exit_code import ExitCode

LOOK_SECONDS = 0.5
"""Seconds between two checks for newly finished points."""


@dataclass(frozen=True)
class Workers:
    """The choice of workers for a sweep; by default one process for each processor of this machine.

    Attributes:
        number: the number of processes on this machine.
        scheduler, scheduler_file: the address of a running Dask scheduler, or the file that it wrote.
    """

    number: int | None = None
    scheduler: str | None = None
    scheduler_file: Path | None = None

    def engine(self) -> Engine:
        """Start the workers, or connect to them."""
        if self.scheduler is None and self.scheduler_file is None:
            return Processes(self.number)
        flag = f"scheduler = {self.scheduler!r}"
        if self.scheduler_file is not None:
            flag = f"scheduler-file = {str(self.scheduler_file)!r}"
        try:
            from echornn.sweeps import on_dask
        except ImportError as error:
            raise UsageError(f"{flag} cannot be used without Dask: install echornn-tui[cluster]") from error
        try:
            return on_dask.of_scheduler(self.scheduler, self.scheduler_file)
        except EngineError as error:
            raise UsageError(f"{flag} cannot be used: {error}") from error


def print_sweep(folder: Path, grid: Grid, workers: Workers, as_json_lines: bool) -> int:
    """Compute a sweep and print its progress; returns the exit code."""
    lines = lines_here(with_bar=not as_json_lines)
    asked: list[int] = []
    computing: list[Computation] = []

    def end(signal_number: int) -> None:
        if signal_number == signal.SIGINT and signal.SIGINT in asked:
            terminal.leave_process(ExitCode.FORCED)
        asked.append(signal_number)
        for one in computing:
            one.sweep.asked_to_end.set()

    terminal.when_terminal_is_gone(lambda: end(signal.SIGHUP))
    with terminal.signals_call(end, lambda: None), Computation(folder, grid, workers) as one:
        computing.append(one)
        if asked:
            one.sweep.asked_to_end.set()
        printing = Printing(one, lines, as_json_lines)
        code = one.run(printing.watch)
        lines.close()
        printing.conclude()
    return ExitCode.CHECKPOINTED if asked and not one.sweep.is_finished else code


class Computation:
    """The computation of a sweep, as a context manager; at the end it releases the folder.

    Attributes:
        sweep: the sweep that is computed.
        engine: the workers.
        folder: the sweep's folder.
        trouble: the error that prevents training; empty if there is none.
        seconds: how long the computation took.
    """

    def __init__(self, folder: Path, grid: Grid, workers: Workers) -> None:
        self.folder = folder
        self.trouble, self.seconds = "", 0.0
        self.engine = workers.engine()
        try:
            self.sweep = Sweep(folder, grid)
        except BaseException:
            self.engine.close()
            raise

    def run(self, watch: Callable[[], None] = lambda: None) -> int:
        """Compute the sweep; returns the exit code.

        ``watch`` is called a few times a second.
        """
        begun = time.monotonic()
        try:
            self.sweep.run(self.engine, watch)
        except EngineError as error:
            self.trouble = str(error)
        self.seconds = time.monotonic() - begun
        wrong = self.trouble or self.sweep.failed
        return ExitCode.FAILED if wrong else ExitCode.DONE

    def __enter__(self) -> Computation:
        return self

    def __exit__(self, *_: object) -> None:
        self.sweep.close()


class Printing:
    """Prints the progress of a computation."""

    def __init__(self, computing: Computation, lines: LinePrinter, as_json_lines: bool) -> None:
        self._computing, self._lines, self._as_json = computing, lines, as_json_lines
        results = SweepResults.read(computing.folder)
        self._axes = results.axes
        self._points = report.PointNews(results)
        self._looked, self._notes = time.monotonic(), 0
        workers = computing.engine.workers
        record = report.start_record(computing.sweep, computing.sweep.parts(workers), workers, computing.folder)
        self._say(record, *report.start_lines(record))

    def watch(self) -> None:
        """Print what is new since the last call."""
        sweep = self._computing.sweep
        now = time.monotonic()
        if now - self._looked >= LOOK_SECONDS or sweep.is_finished:
            self._looked = now
            self._tell_points()
        self._lines.show_numbers(sweep.known + sweep.abandoned, sweep.trainings, report.bar_numbers(sweep))

    def conclude(self) -> None:
        """Print the result of the sweep."""
        computing = self._computing
        self._tell_points()
        self._tell_notes()
        if computing.trouble:
            self._lines.print([f"echornn-tui: {computing.trouble}"], sys.stderr)
        record = report.end_record(computing.sweep, computing.seconds, computing.engine.workers)
        self._say(record, *report.end_lines(record, computing.folder))

    def _tell_points(self) -> None:
        self._tell_notes()
        for record in self._points.records():
            self._say(record, report.point_line(record, self._axes))

    def _tell_notes(self) -> None:
        notes = self._computing.sweep.notes
        for note in notes[self._notes :]:
            self._say({"event": "note", "note": note}, f"tried again: {note}")
        self._notes = len(notes)

    def _say(self, record: Record, *texts: str) -> None:
        self._lines.print([as_json(record)] if self._as_json else texts, sys.stdout)
