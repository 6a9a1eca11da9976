"""The command line of the benchmark."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests.benchmarks.speed import record as tables
from tests.benchmarks.speed.measure import ROOT, Settings, measure
from tests.benchmarks.speed.record import Record
from tests.benchmarks.speed.rows import PROGRAMS, QUICK, SHEETS, before, measured_rows

PAGES = (ROOT / "README.md", ROOT / "docs" / "performance.md")
RECORDED = ROOT / "tests" / "benchmarks" / "speed" / "measured.json"
"""The measurements that the documentation shows."""


def options() -> argparse.Namespace:
    """The parsed command line."""
    rows = list(measured_rows())
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks.speed",
        description="Measure how fast this project is, compared with others, as tables of ratios.",
    )
    parser.add_argument(
        "--rows", nargs="+", metavar="ROW", choices=rows, help=f"of {'; '.join(rows)}"
    )
    parser.add_argument(
        "--repeats", type=int, metavar="N", help="how often each program is measured; 3"
    )
    parser.add_argument("--quick", action="store_true", help=f"only {'; '.join(QUICK)}, once")
    parser.add_argument(
        "--peers", default=sys.executable, metavar="PYTHON", help="with JAX and PyTorch; this one"
    )
    parser.add_argument(
        "--against", metavar="FOLDER", help="another checkout of this project, measured beside it"
    )
    parser.add_argument(
        "--json", type=Path, metavar="FILE", help="keeps what was measured, after each row"
    )
    parser.add_argument(
        "--from",
        type=Path,
        metavar="FILE",
        dest="recorded",
        help="show that file; measure only the --rows anew",
    )
    parser.add_argument(
        "--write", action="store_true", help="write them into the documentation, without --against"
    )
    return parser.parse_args()


def measured(chosen: argparse.Namespace) -> Iterator[Record]:
    """Measure the chosen rows; yields the results so far after each row."""
    rows = measured_rows()
    if chosen.rows:
        names = chosen.rows
    elif chosen.quick:
        names = QUICK
    else:
        names = [name for name, row in rows.items() if not row.is_long]
    repeats = chosen.repeats or (1 if chosen.quick else 3)
    programs = PROGRAMS
    if chosen.against:
        programs = {**PROGRAMS, **before(PROGRAMS, str(Path(chosen.against).resolve()))}
    settings = Settings(repeats, chosen.peers, programs, say)
    return measure({name: rows[name] for name in names}, settings)


def say(words: str) -> None:
    """Print the progress to standard error."""
    print(words, file=sys.stderr, flush=True)


def show(record: Record) -> None:
    """Print the tables on a terminal."""
    console = Console()
    for name, sheet in SHEETS.items():
        lines = tables.lines(sheet, record)
        if not lines:
            continue
        head, *rows = lines
        table = Table(*head, title=name)
        for row in rows:
            table.add_row(*row)
        console.print(table)
    print(tables.where(record))


def write(record: Record) -> None:
    """Keep a record, and show it in the documentation."""
    record.write(RECORDED)
    parts = tables.parts(record)
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        page.write_text(tables.with_parts(text, parts), encoding="utf-8")


def main() -> int:
    chosen = options()
    recorded = Record({})
    if chosen.recorded:
        recorded = Record.read(chosen.recorded)
    record = recorded
    if chosen.rows or not chosen.recorded:
        for newest in measured(chosen):
            record = recorded.with_rows_of(newest)
            if chosen.json:
                record.write(chosen.json)
    if chosen.write:
        write(record.without_before())
    show(record)
    say(tables.left_out(record))
    return int(record.has_wrong_losses)


if __name__ == "__main__":
    sys.exit(main())
