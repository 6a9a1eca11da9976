"""The measurements, which are written and read as JSON, and the tables that show them."""

from __future__ import annotations

import json
import re
import statistics
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from tests.benchmarks.speed.rows import BEFORE, PROGRAMS, SHEETS, Sheet

PART = re.compile(r"(<!-- measured: (\w+) -->\n)(.*?)(<!-- end -->)", re.DOTALL)
"""A part of a page of the documentation that shows measurements."""


@dataclass(frozen=True)
class Result:
    """The measurements of one program in a row.

    Attributes:
        clock: elapsed seconds of each repeat, per window and network, or of the waiting; empty if
            left out.
        left_out: why the program was not measured.
        difference: the largest difference of its first losses from this project's, in nats.
        digest: a hash of the losses of its first call; equal if all bits are.
    """

    clock: tuple[float, ...] = ()
    left_out: str = ""
    difference: float | None = None
    digest: str = ""

    @property
    def is_wrong(self) -> bool:
        """Whether the program was left out because its losses are wrong."""
        return bool(self.left_out) and self.difference is not None

    @property
    def median(self) -> float:
        return statistics.median(self.clock)


@dataclass(frozen=True)
class Record:
    """All measurements of a benchmark run.

    Attributes:
        versions: the versions of all libraries, by name; several versions of one are in the same
            text.
        loads: the machine's load at the beginning of each row.
        rows: the results, by row and program.
    """

    machine: Mapping[str, str]
    versions: Mapping[str, str] = field(default_factory=dict)
    loads: tuple[float, ...] = ()
    rows: Mapping[str, Mapping[str, Result]] = field(default_factory=dict)

    def with_rows_of(self, other: Record) -> Record:
        """The record with its rows replaced by the other record's rows of the same names."""
        versions, loads = {**self.versions, **other.versions}, (*self.loads, *other.loads)
        return Record(other.machine, versions, loads, {**self.rows, **other.rows})

    def without_before(self) -> Record:
        """The record without the previous version's results."""
        rows = {
            row: {name: one for name, one in results.items() if not name.endswith(BEFORE)}
            for row, results in self.rows.items()
        }
        return replace(self, rows=rows)

    def write(self, file: Path) -> None:
        file.write_text(json.dumps(asdict(self), indent=1) + "\n", encoding="utf-8")

    @classmethod
    def read(cls, file: Path) -> Record:
        found = json.loads(file.read_text(encoding="utf-8"))
        rows = {
            row: {
                name: Result(**{**one, "clock": tuple(one["clock"])})
                for name, one in results.items()
            }
            for row, results in found["rows"].items()
        }
        return cls(found["machine"], found["versions"], tuple(found["loads"]), rows)


Line = tuple[str, ...]


def number(value: float) -> str:
    """A number with three digits, or with all digits before the decimal point."""
    return (
        f"{value:,.2f}" if value < 9.995 else f"{value:,.1f}" if value < 99.95 else f"{value:,.0f}"
    )


def title(program: str) -> str:
    """The heading of a program's column."""
    own = PROGRAMS[program.removesuffix(BEFORE)].title
    return f"{own}, before" if program.endswith(BEFORE) else own


def lines(sheet: Sheet, record: Record) -> list[Line]:
    """The head and the rows of a table; empty if none of its rows were measured."""
    shown = {
        name: {
            program: one
            for program, one in record.rows[name].items()
            if one.clock and program.removesuffix(BEFORE) in row.programs
        }
        for name, row in sheet.rows.items()
        if name in record.rows
    }
    there = {program for results in shown.values() for program in results}
    columns = [name for own in PROGRAMS for name in (own, own + BEFORE) if name in there]
    if not columns:
        return []
    rows = []
    for name, results in shown.items():
        row = sheet.rows[name]
        cells = (
            cell(one, results, row.programs[0], sheet.unit) if one in results else ""
            for one in columns
        )
        rows.append((row.title, *cells))
    return [(sheet.first, *map(title, columns)), *rows]


def cell(program: str, results: Mapping[str, Result], base: str, unit: float) -> str:
    """Median, smallest and largest time, and the ratio to the base's time: ``29.6 (29.1–31.0),
    ×6.43``. The ratio is the median over the repeats, which were measured in turn; the fastest of
    several is bold.
    """
    result = results[program]
    median, least, most = (
        number(seconds / unit) for seconds in (result.median, min(result.clock), max(result.clock))
    )
    is_quickest = len(results) > 1 and program == min(results, key=lambda one: results[one].median)
    parts = [f"{f'**{median}**' if is_quickest else median} ({least}–{most})"]
    if base in results and program != base:
        over = (own / other for own, other in zip(result.clock, results[base].clock, strict=True))
        parts.append(f"×{number(statistics.median(over))}")
    if program.endswith(BEFORE) and result.digest:
        now = results.get(program.removesuffix(BEFORE))
        parts.append("same bits" if now and now.digest == result.digest else "other bits")
    return ", ".join(parts)


def left_out(record: Record) -> str:
    """What was not measured, and why: a line for each reason."""
    reasons: dict[tuple[str, str], list[str]] = {}
    for row, results in record.rows.items():
        for program, result in results.items():
            if result.left_out:
                reasons.setdefault((title(program), result.left_out), []).append(row)
    return "\n".join(
        f"{program} ({'; '.join(rows)}): {why}" for (program, why), rows in reasons.items()
    )


def where(record: Record) -> str:
    """The machine and the versions, in one or two sentences."""
    facts = dict(record.machine)
    sets = f" ({facts['instructions']})" if facts.get("instructions") else ""
    loads = (
        f", with a load of {min(record.loads):.1f} to {max(record.loads):.1f}"
        if record.loads
        else ""
    )
    kind = f"{facts.get('processor', 'unknown processor')}{sets}, {facts.get('cores', '?')} cores"
    versions = ", ".join(f"{name} {version}" for name, version in record.versions.items())
    memory = f", {facts['memory']} of memory" if facts.get("memory") else ""
    return f"Measured on {kind}{memory}{loads}. {versions}."


def parts(record: Record) -> dict[str, str]:
    """The parts of a record that the documentation shows, by name: tables in Markdown, and the
    machine."""
    shown = {"machine": where(record)}
    for name, sheet in SHEETS.items():
        if table := lines(sheet, record):
            table.insert(1, ("---",) * len(table[0]))
            shown[name] = "\n".join(f"| {' | '.join(one)} |" for one in table)
    return shown


def with_parts(page: str, parts: Mapping[str, str]) -> str:
    """The page with these parts in place of its parts with the same names."""
    return PART.sub(
        lambda found: f"{found[1]}{parts[found[2]]}\n{found[4]}" if found[2] in parts else found[0],
        page,
    )
