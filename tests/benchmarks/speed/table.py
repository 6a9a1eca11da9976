"""Turns a record into Markdown tables: pure functions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from tests.benchmarks.speed.record import Record, Result
from tests.benchmarks.speed.rows import BEFORE, PROGRAMS, SHEETS, Row, Sheet

Line = tuple[str, ...]


def number(value: float) -> str:
    """A number with three digits, or with all digits before the decimal point."""
    return f"{value:,.2f}" if value < 9.995 else f"{value:,.1f}" if value < 99.95 else f"{value:,.0f}"


def lines(sheet: Sheet, record: Record) -> list[Line]:
    """The head and the rows of a table; empty if none of its rows were measured."""
    rows = [(row, shown(row, record.rows[name])) for name, row in sheet.rows.items() if name in record.rows]
    there = {program for _, results in rows for program in results}
    columns = [name for own in PROGRAMS for name in (own, own + BEFORE) if name in there]
    if not columns:
        return []
    head = (sheet.first, *(title(program) for program in columns))
    return [head, *((row.title, *cells(columns, results, row.programs[0], sheet.unit)) for row, results in rows)]


def shown(row: Row, results: Mapping[str, Result]) -> dict[str, Result]:
    """The programs that have a cell in this row and were measured."""
    return {name: one for name, one in results.items() if one.clock and name.removesuffix(BEFORE) in row.programs}


def title(program: str) -> str:
    """The heading of a program's column."""
    own = PROGRAMS[program.removesuffix(BEFORE)].title
    return f"{own}, before" if program.endswith(BEFORE) else own


def cells(columns: Iterable[str], results: Mapping[str, Result], base: str, unit: float) -> Line:
    """The cells of a row; the fastest of several is bold."""
    quickest = min(results, key=lambda program: results[program].median) if len(results) > 1 else ""
    return tuple(
        cell(program, results, base, unit, program == quickest) if program in results else "" for program in columns
    )


def cell(program: str, results: Mapping[str, Result], base: str, unit: float, is_quickest: bool) -> str:
    """Median, smallest and largest time, and the ratio to the base's time: ``29.6 (29.1–31.0), ×6.43``."""
    result = results[program]
    median, least, most = (number(seconds / unit) for seconds in (result.median, min(result.clock), max(result.clock)))
    parts = [f"{f'**{median}**' if is_quickest else median} ({least}–{most})"]
    if base in results and program != base:
        parts.append(f"×{number(result.over(results[base]))}")
    if program.endswith(BEFORE) and result.digest:
        now = results.get(program.removesuffix(BEFORE))
        parts.append("same bits" if now and now.digest == result.digest else "other bits")
    return ", ".join(parts)


def markdown(table: list[Line]) -> str:
    """A table in Markdown."""
    head, *rows = table
    return "\n".join(f"| {' | '.join(one)} |" for one in (head, ("---",) * len(head), *rows))


def left_out(record: Record) -> str:
    """What was not measured, and why: a line for each reason."""
    missing = [(row, *one) for row, results in record.rows.items() for one in results.items() if one[1].left_out]
    reasons: dict[tuple[str, str], list[str]] = {}
    for row, program, result in missing:
        reasons.setdefault((title(program), result.left_out), []).append(row)
    return "\n".join(f"{program} ({'; '.join(rows)}): {why}" for (program, why), rows in reasons.items())


def where(record: Record) -> str:
    """The machine and the versions, in one or two sentences."""
    facts = dict(record.machine)
    sets = f" ({facts['instructions']})" if facts.get("instructions") else ""
    loads = f", with a load of {min(record.loads):.1f} to {max(record.loads):.1f}" if record.loads else ""
    kind = f"{facts.get('processor', 'unknown processor')}{sets}, {facts.get('cores', '?')} cores"
    versions = ", ".join(f"{name} {version}" for name, version in record.versions.items())
    memory = f", {facts['memory']} of memory" if facts.get("memory") else ""
    return f"Measured on {kind}{memory}{loads}. {versions}."


def parts(record: Record) -> dict[str, str]:
    """The parts of a record that the documentation shows, by name."""
    tables = {name: lines(sheet, record) for name, sheet in SHEETS.items()}
    return {"machine": where(record), **{name: markdown(table) for name, table in tables.items() if table}}
