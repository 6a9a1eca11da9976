"""The subcommand ``branches``: prints where each branch of a run began, by which command, and its results."""

from __future__ import annotations

import dataclasses
import json
import shutil
import sys
import textwrap
from collections.abc import Iterator, Sequence
from typing import Any

from echornn.arrays.facts import branch_facts
from echornn.diagnosis.loss_stats import loss_text
from echornn.runs import folders
from echornn.runs.run_dir import Run
from echornn.timeline.branch import letter_of
from tui.commands.printed.records import come_to, finite
from tui.term import printed
from tui.term.exit_code import ExitCode

COLUMNS = ("branch", "parent", "at", "own windows", "mean loss", "solved at", "differs")

LEAST_WORDS = 8
"""The least width of the last column in characters, also on a narrow terminal."""


def records(run: Run) -> Iterator[dict[str, Any]]:
    """The JSON record of each branch, in the order in which they began; docs/cli.md explains the keys."""
    for facts in branch_facts(run, run.timeline()):
        fields = {field.name: getattr(facts, field.name) for field in dataclasses.fields(facts)}
        stats = fields.pop("seed_stats")
        yield {**finite(fields), **({} if stats is None else {"lottery": finite(come_to(stats))})}


def lines(branches: Sequence[dict[str, Any]], width: int | None = None) -> Iterator[str]:
    """A header, and a line for each branch. The last column names what differs; a long text continues on the next line.

    Args:
        width: the most characters in a line; by default unlimited.
    """
    table = [COLUMNS, *map(_cells, branches)]
    widths = [max(map(len, column)) for column in list(zip(*table, strict=True))[:-1]]
    marks = [" ", *("*" if one["here"] else " " for one in branches)]
    for mark, (*cells, words) in zip(marks, table, strict=True):
        head = "  ".join([mark, *(cell.rjust(width) for cell, width in zip(cells, widths, strict=True)), ""])
        room = len(words) if width is None else max(LEAST_WORDS, width - len(head))
        first, *more = textwrap.wrap(words, max(1, room), break_on_hyphens=False)
        yield head + first
        yield from (" " * len(head) + part for part in more)


def _cells(branch: dict[str, Any]) -> tuple[str, ...]:
    loss = branch["mean_loss"]
    return (
        _named(branch["number"]),
        _named(branch["parent"]),
        _counted(branch["at"]),
        _counted(branch["windows"]),
        "-" if loss is None else loss_text(loss),
        _solved(branch),
        f"{branch['differs']}{_lost(branch)}",
    )


def _solved(branch: dict[str, Any]) -> str:
    stats = branch.get("lottery")
    return _counted(branch["solved_at"]) if stats is None else f"{stats['solved']:,} of {stats['replicas']:,}"


def _lost(branch: dict[str, Any]) -> str:
    """The text about the window at which the task was lost again; it is at the end, as there is no room for a
    column.
    """
    stats = branch.get("lottery")
    if stats is None:
        return "" if branch["lost_at"] is None else f"; lost at {branch['lost_at']:,}"
    return f"; {stats['lost']:,} lost again" if stats["lost"] else ""


def _named(number: int | None) -> str:
    """The name of a branch: its letter and its number. The command line accepts both."""
    return "-" if number is None else f"{letter_of(number)} {number}"


def _counted(number: int | None) -> str:
    return "-" if number is None else f"{number:,}"


def print_branches(name: str, as_json_lines: bool) -> int:
    """Print the branches of a run, given by its name; returns the exit code."""
    run = Run.read(folders.find(name))
    for note in run.notes:
        printed.complain(f"echornn-tui: {note}")
    if as_json_lines:
        printed.lines(json.dumps(branch) for branch in records(run))
    else:
        width = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
        printed.lines(lines(list(records(run)), width))
    return ExitCode.DONE
