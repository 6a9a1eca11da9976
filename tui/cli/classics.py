"""``classics``: published results, trained again by a command."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter

from echornn.classics.classic import Classic, classic_named, names
from echornn.classics.table import ClassicTable, Row, table_of
from echornn.runtime import quiet
from echornn.runtime.user_folders import state_folder
from tui.cli.computation import Computation
from tui.cli.do import show_lesson
from tui.cli.flags import ScreenFlags, SweepFlags
from tui.cli.parameters import Json
from tui.cli.rows import Record, csv_lines, emit
from tui.term import printed, terminal
from tui.term.exit_code import ExitCode, FailedError
from tui.term.waiting_line import WaitingLine
from tui.text.lines import aligned

COLUMNS = (
    "classic",
    "claim",
    "reported",
    "ours",
    "low",
    "high",
    "over",
    "seeds",
    "seconds",
    "holds",
    "differs",
)


@dataclass(frozen=True)
class TrainingPlace:
    """Where the networks of a classic are kept, and what trains them."""

    out: Path | None = None
    """Folder of the networks, as of sweep; by default one in your state folder."""

    workers: int | None = None
    """Train in this many processes on this machine."""

    scheduler: str | None = None
    """A Dask cluster at tcp://HOST:PORT: its users can run programs as you."""

    scheduler_file: Path | None = None
    """The Dask cluster whose scheduler wrote this file."""


def classics(
    name: str | None = None,
    /,
    *,
    quick: bool = False,
    watch: bool = False,
    json: Json = False,
    csv: bool = False,
    place: Annotated[TrainingPlace, Parameter(name="*")] = TrainingPlace(),
    screen: ScreenFlags | None = None,
) -> int:
    """Train a published result again: prints what was reported, and beside it ours; without a name,
    lists them.

    The same command goes on where it was stopped. What it says is also open to map, figure and the
    app, in the folder that it names.

    Args:
        name: One of the list.
        quick: Fewer seeds and windows: within two minutes on two processors.
        watch: Open its first network in the app, with a lesson of five steps.
        csv: Print CSV.
    """
    if name is None:
        return emit(map(_about, names()), json, _listed)
    classic = classic_named(name)
    if watch:
        return _watch(classic, screen)
    folder = place.out or state_folder() / "classics" / (f"{name}-quick" if quick else name)
    begun = time.monotonic()
    line = WaitingLine()
    with line:
        is_complete = _train(classic, folder, quick, place, line)
        if not is_complete:
            printed.complain("echornn-tui: stopped: the same command goes on")
            return ExitCode.CHECKPOINTED
        terminal.keep_native_stderr_off_the_screen()
        quiet.import_tensorflow(say=line.say)
        table = table_of(classic, folder, quick, line.say)
    rows = [_record(classic, table, row) for row in table.rows]
    if csv:
        return emit(csv_lines(COLUMNS, rows))
    if json:
        return emit(rows, json=True)
    return emit(_report(classic, table, folder, time.monotonic() - begun))


def _about(name: str) -> Record:
    classic = classic_named(name)
    return {"classic": name, "title": classic.title, "source": classic.source}


def _listed(rows: Any) -> Iterator[str]:
    for row in rows:
        yield f"{row['classic']:<24} {row['title']}"
        yield f"{'':<24} {row['source']}"


def _train(
    classic: Classic, folder: Path, is_quick: bool, place: TrainingPlace, line: WaitingLine
) -> bool:
    """Train what is missing; returns whether it was trained to the end."""
    flags = SweepFlags(
        out=folder,
        grid=(),
        keep_weights=True,
        workers=place.workers,
        scheduler=place.scheduler,
        scheduler_file=place.scheduler_file,
    )
    grids = classic.grids(is_quick)
    for number, grid in enumerate(grids, start=1):
        computing = Computation(flags, grid)
        sweep = computing.sweep

        def watch(number: int = number, computing: Computation = computing) -> None:
            known, networks = computing.sweep.known, computing.sweep.trainings
            line.say(f"training grid {number} of {len(grids)}: {known} of {networks} networks")

        with closing(sweep), terminal.asked_to_end(sweep.asked_to_end.set):
            watch()
            code = computing.run(watch)
        if computing.trouble:
            raise FailedError(computing.trouble)
        if code != ExitCode.DONE:
            raise FailedError(f"some networks cannot be trained: see echornn-tui map {folder}")
        if not sweep.is_finished:
            return False
    return True


def _record(classic: Classic, table: ClassicTable, row: Row) -> Record:
    low, high = row.interval
    return {
        "classic": classic.name,
        "claim": row.claim.claim,
        "reported": row.claim.reported,
        "ours": row.ours,
        "low": low,
        "high": high,
        "over": row.claim.over,
        "seeds": len(row.values),
        "seconds": row.seconds,
        "holds": table.holds(row),
        "differs": classic.differs,
    }


def _report(classic: Classic, table: ClassicTable, folder: Path, seconds: float) -> Iterator[str]:
    yield f"{classic.name}: {classic.title}"
    yield classic.source
    yield classic.about
    yield ""
    heads = ["claim", "reported", "ours", "from seeds", "seconds", ""]
    cells = [heads, *(_cells(table, row) for row in table.rows)]
    yield from map(str.rstrip, aligned(cells, "  ", str.ljust))
    yield ""
    yield f"differs in: {classic.differs}"
    yield f"reproduces: {table.verdict}  seconds {seconds:.0f}"
    yield f"see its networks with: echornn-tui map {printed.quoted(folder)}"


def _cells(table: ClassicTable, row: Row) -> list[str]:
    """The texts of a row of the table."""
    number, low, high = (_number_text(row, value) for value in (row.ours, *row.interval))
    ours = f"{number} ({low} to {high})"
    answer = "holds" if table.holds(row) else "MISSED"
    from_seeds = f"{row.claim.over} of {len(row.values)}"
    return [row.claim.claim, row.claim.reported, ours, from_seeds, f"{row.seconds:,.0f}", answer]


def _number_text(row: Row, value: float) -> str:
    if row.claim.over == "share":
        return f"{value:.0%}"
    if math.isinf(value):
        return "never"
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"


def _watch(classic: Classic, screen: ScreenFlags | None) -> int:
    from tui.app.lesson import lesson_of

    config = classic.config_of(classic.claims[0])
    return show_lesson("--watch", config, lesson_of(classic.lesson), screen)
