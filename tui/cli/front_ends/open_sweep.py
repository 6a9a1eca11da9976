"""Computes a sweep, and shows its map meanwhile."""

from __future__ import annotations

from pathlib import Path

from echornn.sweeps.folder import SweepResults
from echornn.sweeps.grid import Grid
from tui.cli.front_ends.open_map import Computing, show_map
from tui.cli.lines import say_last
from tui.commands.training.sweep import Computation, Workers
from tui.commands.training.sweep_report import end_lines, end_record
from tui.map.state import MapState
from tui.preferences.chosen import Preferences
from tui.term import printed
from tui.term.guardian import Guarded


def show_sweep(folder: Path, grid: Grid, workers: Workers, chosen: Preferences, guarded: Guarded) -> int:
    """Compute a sweep, and show its map until the user leaves it; returns the exit code."""
    with Computation(folder, grid, workers) as computing:
        sweep = computing.sweep

        def says() -> str:
            return computing.trouble or ("" if sweep.is_finished or sweep.loop_seconds else "compiling")

        results = SweepResults.read(folder)
        shown = Computing(computing.run, sweep.asked_to_end.set, says)
        code = show_map(results, MapState.first(results.axes), chosen, guarded, shown)
        record = end_record(sweep, computing.seconds, computing.engine.workers)
    say_last(end_lines(record, folder))
    if computing.trouble:
        printed.complain(f"echornn-tui: {computing.trouble}")
    return code
