"""The training of a sweep, here or on a Dask cluster, and what is reported of its begin and end."""

from __future__ import annotations

import time
from collections.abc import Callable

from echornn.sweeps.grid import Grid
from echornn.sweeps.processes import Processes
from echornn.sweeps.sweep import Engine, EngineError, Sweep
from tui.cli.flags import SweepFlags
from tui.cli.rows import Record
from tui.term.exit_code import ExitCode, UsageError


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
    """The training of a sweep."""

    def __init__(self, flags: SweepFlags, grid: Grid) -> None:
        self.folder = flags.out
        self.trouble = ""  # what prevents it
        self.seconds = 0.0  # how long it took
        self._engine = engine_of(flags)
        try:
            self.sweep = Sweep(flags.out, grid, flags.keep_weights)
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
        structures = {part.structure for part in sweep.parts(workers)}
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
        sweep = self.sweep
        share = 0.0
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
