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
    rows = list(dict.fromkeys(name for sheet in SHEETS.values() for name in sheet.rows))
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
        "--markdown", action="store_true", help="print the tables as the documentation has them"
    )
    parser.add_argument(
        "--write", action="store_true", help="write them into the documentation, without --against"
    )
    return parser.parse_args()


def measured(chosen: argparse.Namespace) -> Iterator[Record]:
    """Measure the chosen rows; yields the results so far after each row."""
    every = measured_rows()
    names = chosen.rows or (
        QUICK if chosen.quick else [name for name, row in every.items() if not row.is_long]
    )
    settings = Settings(
        chosen.repeats or (1 if chosen.quick else 3),
        chosen.peers,
        before(PROGRAMS, str(Path(chosen.against).resolve())) if chosen.against else {},
        say,
    )
    return measure({name: every[name] for name in names}, settings)


def say(words: str) -> None:
    """Print the progress to standard error."""
    print(words, file=sys.stderr, flush=True)


def show(record: Record) -> None:
    """Print the tables on a terminal."""
    console = Console()
    for name, sheet in SHEETS.items():
        head, *rows = tables.lines(sheet, record) or [()]
        if head:
            shown = Table(title=name)
            for heading in head:
                shown.add_column(heading)
            for row in rows:
                shown.add_row(*row)
            console.print(shown)


def main() -> int:
    chosen = options()
    record = before_it = Record.read(chosen.recorded) if chosen.recorded else Record({})
    if chosen.rows or not chosen.recorded:
        for so_far in measured(chosen):
            record = before_it.with_rows_of(so_far)
            if chosen.json:
                record.write(chosen.json)
    if chosen.write:
        kept = record.without_before()
        kept.write(RECORDED)
        for page in PAGES:
            page.write_text(
                tables.with_parts(page.read_text(encoding="utf-8"), tables.parts(kept)),
                encoding="utf-8",
            )
    if chosen.markdown:
        print("\n\n".join(tables.parts(record).values()))
    else:
        show(record)
        print(tables.where(record))
    say(tables.left_out(record))
    return (
        1
        if any(result.is_wrong for results in record.rows.values() for result in results.values())
        else 0
    )


if __name__ == "__main__":
    sys.exit(main())
