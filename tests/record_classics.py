"""Writes docs/classics.md from what the command has printed: ``python -m tests.record_classics
FOLDER``.

The folder has NAME.json, or NAME--quick.json, with the lines of ``classics NAME --json``, and a
file ``log`` with the seconds of each.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from echornn.classics.classic import Classic, classic_named, names

PAGE = Path(__file__).parents[1] / "docs" / "classics.md"

INTRO = """# Classics

`echornn-tui classics NAME` trains a published result again, and prints its table; what differs from
the publication, and why, it says in full. Here they are as they came out on two cores, the misses
first. A share has its 95 % interval (Wilson), a mean two standard errors; else the range of the
seeds. *s* are seconds in compiled loops.
"""

ORDER = ("no", "partly", "yes")


def main(folder: Path) -> None:
    seconds = {}
    for line in (folder / "log").read_text().splitlines():
        name, *_, taken = line.split()
        how = "whole"
        if "--quick" in line:
            name, how = f"{name}--quick", "quick"
        seconds[name] = f"{how}, {float(taken):.0f} s" if float(taken) else how
    sections = []
    for name in names():
        file = f"{name}--quick"
        if (folder / f"{name}.json").exists():
            file = name
        rows = [json.loads(line) for line in (folder / f"{file}.json").read_text().splitlines()]
        sections.append(section(classic_named(name), rows, seconds[file]))
    sections.sort()
    PAGE.write_text("\n".join([INTRO, *(text for _, text in sections)]))


def section(classic: Classic, rows: list[dict[str, Any]], how: str) -> tuple[int, str]:
    """Its place among the others, and its text."""
    held = sum(row["holds"] for row in rows)
    verdict = "yes" if held == len(rows) else "partly" if held else "no"
    differs, _, _ = classic.differs.partition(". ")
    lines = [
        f"## {classic.name}",
        "",
        f"{classic.title}. Reproduces: **{verdict}** ({how}). {differs.removesuffix('.')}.",
        "",
        "|claim|reported|ours|seeds|s||",
        "|---|---|---|---|---|---|",
    ]
    lines += map(row_text, rows)
    return ORDER.index(verdict), "\n".join([*lines, ""])


def row_text(row: dict[str, Any]) -> str:
    number, low, high = (number_text(row, row[name]) for name in ("ours", "low", "high"))
    ours = f"{number} ({low} to {high})"
    result = "" if row["holds"] else "**missed**"
    seeds = f"{row['over']} of {row['seeds']}"
    return f"|{row['claim']}|{row['reported']}|{ours}|{seeds}|{row['seconds']:,.0f}|{result}|"


def number_text(row: dict[str, Any], value: float | None) -> str:
    if value is None:
        return "never"
    if row["over"] == "share":
        return f"{value:.0%}"
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"


if __name__ == "__main__":
    main(Path(sys.argv[1]))
