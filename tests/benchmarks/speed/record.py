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
        processor: seconds of all processors, likewise; empty in earlier records.
        left_out: why the program was not measured.
        difference: the largest difference of its first losses from this project's, in nats.
        digest: a hash of the losses of its first call; equal if all bits are.
    """

    clock: tuple[float, ...] = ()
    processor: tuple[float, ...] = ()
    left_out: str = ""
    difference: float | None = None
    digest: str = ""

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

    @property
    def has_wrong_losses(self) -> bool:
        """Whether a program was left out because its losses are wrong."""
        for results in self.rows.values():
            for result in results.values():
                if result.left_out and result.difference is not None:
                    return True
        return False

    def with_rows_of(self, other: Record) -> Record:
        """The record with its rows replaced by the other record's rows of the same names."""
        versions = {**self.versions, **other.versions}
        loads = (*self.loads, *other.loads)
        return Record(other.machine, versions, loads, {**self.rows, **other.rows})

    def without_before(self) -> Record:
        """The record without the previous version's results."""
        rows: dict[str, dict[str, Result]] = {}
        for row, results in self.rows.items():
            names = [name for name in results if not name.endswith(BEFORE)]
            rows[row] = {name: results[name] for name in names}
        return replace(self, rows=rows)

    def write(self, file: Path) -> None:
        file.write_text(json.dumps(asdict(self), indent=1) + "\n", encoding="utf-8")

    @classmethod
    def read(cls, file: Path) -> Record:
        written = json.loads(file.read_text(encoding="utf-8"))
        rows: dict[str, dict[str, Result]] = {}
        for row, results in written["rows"].items():
            rows[row] = {}
            for name, result in results.items():
                times = {"clock": tuple(result["clock"])}
                times["processor"] = tuple(result.get("processor", ()))
                rows[row][name] = Result(**{**result, **times})
        return cls(written["machine"], written["versions"], tuple(written["loads"]), rows)


Line = tuple[str, ...]


def number(value: float) -> str:
    """A number with three digits, or with all digits before the decimal point."""
    if value < 9.995:
        return f"{value:,.2f}"
    if value < 99.95:
        return f"{value:,.1f}"
    return f"{value:,.0f}"


def title(program: str) -> str:
    """The heading of a program's column."""
    own = PROGRAMS[program.removesuffix(BEFORE)].title
    return f"{own}, before" if program.endswith(BEFORE) else own


def lines(sheet: Sheet, record: Record) -> list[Line]:
    """The head and the rows of a table; empty if none of its rows were measured."""
    measured: dict[str, dict[str, Result]] = {}
    programs = set()
    for name, row in sheet.rows.items():
        if name not in record.rows:
            continue
        measured[name] = {}
        for program, result in record.rows[name].items():
            if result.clock and program.removesuffix(BEFORE) in row.programs:
                measured[name][program] = result
                programs.add(program)
    if not programs:
        return []
    columns = []
    for program in PROGRAMS:
        columns += [name for name in (program, program + BEFORE) if name in programs]
    table: list[Line] = [(sheet.first, *map(title, columns))]
    for name, results in measured.items():
        row = sheet.rows[name]
        cells = [row.title]
        for program in columns:
            text = ""
            if program in results:
                text = cell(program, results, row.programs[0], sheet.unit)
            cells.append(text)
        table.append(tuple(cells))
    return table


def cell(program: str, results: Mapping[str, Result], base: str, unit: float) -> str:
    """Median, smallest and largest time, and the ratio to the base's time: ``29.6 (29.1–31.0),
    ×6.43``. The ratio is the median over the repeats, which were measured in turn; the fastest of
    several is bold.
    """
    result = results[program]
    median = number(result.median / unit)
    least = number(min(result.clock) / unit)
    most = number(max(result.clock) / unit)
    if len(results) > 1 and program == min(results, key=lambda name: results[name].median):
        median = f"**{median}**"
    text = f"{median} ({least}–{most})"
    if base in results and program != base:
        times = zip(result.clock, results[base].clock, strict=True)
        ratios = [own / other for own, other in times]
        text += f", ×{number(statistics.median(ratios))}"
    if program.endswith(BEFORE) and result.digest:
        now = results.get(program.removesuffix(BEFORE))
        is_same = now is not None and now.digest == result.digest
        text += ", same bits" if is_same else ", other bits"
    return text


def left_out(record: Record) -> str:
    """What was not measured, and why: a line for each reason."""
    reasons: dict[tuple[str, str], list[str]] = {}
    for row, results in record.rows.items():
        for program, result in results.items():
            if result.left_out:
                reasons.setdefault((title(program), result.left_out), []).append(row)
    texts = []
    for (program, reason), rows in reasons.items():
        texts.append(f"{program} ({'; '.join(rows)}): {reason}")
    return "\n".join(texts)


def where(record: Record) -> str:
    """The machine and the versions, in one or two sentences."""
    facts = record.machine
    text = f"Measured on {facts.get('processor', 'unknown processor')}"
    if facts.get("instructions"):
        text += f" ({facts['instructions']})"
    text += f", {facts['cores']} cores"
    if "memory" in facts:
        text += f", {facts['memory']} of memory"
    if record.loads:
        text += f", with a load of {min(record.loads):.1f} to {max(record.loads):.1f}"
    versions = ", ".join(f"{name} {version}" for name, version in record.versions.items())
    return f"{text}. {versions}."


def parts(record: Record) -> dict[str, str]:
    """The parts of a record that the documentation shows, by name: tables in Markdown, and the
    machine."""
    shown = {"machine": where(record)}
    for name, sheet in SHEETS.items():
        table = lines(sheet, record)
        if table:
            table.insert(1, ("---",) * len(table[0]))
            shown[name] = "\n".join(f"| {' | '.join(line)} |" for line in table)
    return shown


def with_parts(page: str, parts: Mapping[str, str]) -> str:
    """The page with these parts in place of its parts with the same names."""

    def part(old: re.Match[str]) -> str:
        begin, name, _, end = old.groups()
        return f"{begin}{parts[name]}\n{end}" if name in parts else old[0]

    return PART.sub(part, page)
