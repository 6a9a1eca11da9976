"""The pages of the documentation: the fenced blocks on them, the commands that they show, and files
that they name."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import takewhile
from pathlib import Path

ROOT = Path(__file__).parents[2]

NOT_RUN = "<!-- not run:"
"""The beginning of the line above a Python block that no test can run; the reason follows."""

FENCE = re.compile(r"^( *)```(\w*)\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Block:
    """A fenced block: its language, text, first line number, and the text just above it."""

    language: str
    text: str
    line: int
    above: str

    @property
    def is_run(self) -> bool:
        """Whether a test runs the block."""
        return not self.above.rstrip().rpartition("\n")[2].startswith(NOT_RUN)


@dataclass(frozen=True)
class Page:
    """A page: its path relative to the repository, and its text."""

    path: str
    text: str

    def at(self, line: int) -> str:
        """A place in the page as text: ``docs/cli.md:12``."""
        return f"{self.path}:{line}"

    @cached_property
    def blocks(self) -> tuple[Block, ...]:
        """All fenced blocks, in order."""
        return tuple(
            Block(
                found[2],
                found[3],
                self.text.count("\n", 0, found.start()) + 1,
                self.text[: found.start()],
            )
            for found in FENCE.finditer(self.text)
        )


PAGES = {
    path: Page(path, (ROOT / path).read_text(encoding="utf-8"))
    for path in ("README.md", *sorted(f"docs/{file.name}" for file in (ROOT / "docs").glob("*.md")))
}
"""All pages by path."""


MAIN = "echornn-tui"

NOT_QUOTED = r'(?=(?:[^"]*"[^"]*")*[^"]*$)'
"""Matches where an even number of quotes follows."""

ANY_LINES = "..."
"""In a shown output: any number of lines, or at the end of a line the rest of it."""

QUICK = frozenset({"--version", "list", "branches", "export", "map", "prune"})
"""Commands that train nothing, so that they run in the test's process, except ``export
--keras``."""


@dataclass(frozen=True)
class Shown:
    """A command of this program in a page: its arguments, and the output that the page shows.

    Attributes:
        place: the place in the page, such as ``docs/cli.md:12``.
        words: the arguments.
        first: how many lines of output ``| head -N`` leaves; None for all.
        output: the lines below it.
        environment: the variables before the program's name, such as ``ECHORNN_SPEED=max``.
    """

    place: str
    words: tuple[str, ...]
    first: int | None
    output: tuple[str, ...]
    environment: tuple[str, ...] = ()

    @property
    def is_refused(self) -> bool:
        """Whether the page shows an error message as the output."""
        return self.output[:1] != () and self.output[0].startswith(f"{MAIN}: ")

    @property
    def is_quick(self) -> bool:
        """Whether the command trains nothing and needs no TensorFlow."""
        return self.is_refused or (
            self.words[:1] != () and self.words[0] in QUICK and "--keras" not in self.words
        )


def shown() -> Iterator[Shown]:
    """All commands of this program in the ``console`` blocks."""
    for page in PAGES.values():
        for block in page.blocks:
            if block.language == "console":
                yield from with_output(page, block)


def with_output(page: Page, block: Block) -> Iterator[Shown]:
    """The commands of a ``console`` block: lines that begin with ``$``, with their output below."""
    parts = re.split(r"^\$ ", block.text, flags=re.MULTILINE)
    line = block.line + 1 + parts[0].count("\n")
    for part in parts[1:]:
        command, _, output = re.sub(r"\\\n\s*", "", part).partition("\n")
        for words, first in commands(command):
            yield Shown(
                page.at(line), words, first, tuple(output.splitlines()), _variables(command)
            )
        line += part.count("\n")


def _variables(command: str) -> tuple[str, ...]:
    return tuple(takewhile(re.compile(r"[A-Z_]+=").match, command.split()))


def commands(text: str) -> Iterator[tuple[tuple[str, ...], int | None]]:
    """The shell lines that start this program: their arguments, and how many lines ``head``
    leaves."""
    for line in re.sub(r"\\\n\s*", "", text).splitlines():
        parts = re.split(
            rf"\s*(\||&&|;)\s*{NOT_QUOTED}", re.sub(rf"(^|\s)#{NOT_QUOTED}.*|\s> \S+", "", line)
        )
        for at, part in enumerate(parts[::2]):
            words = shlex.split(part)
            starts = [number for number, word in enumerate(words) if Path(word).name == MAIN]
            if starts and words[0] not in ("git", "pip", "pipx", "uv"):
                head = (
                    re.fullmatch(r"head -n? ?(\d+)", parts[2 * at + 2].strip())
                    if len(parts) > 2 * at + 2
                    else None
                )
                yield tuple(words[starts[0] + 1 :]), None if head is None else int(head[1])


def unlike(shown: Shown, lines: list[str], masked: bool = False) -> str:
    """The difference between the printed lines and the page, in words; empty if there is none.

    Args:
        masked: whether digits and bars may differ, because the run is trained here.
    """
    expected = list(shown.output)
    lines = lines[: shown.first]
    if re.fullmatch(
        _pattern(expected, masked), "".join(f"{_plain(line, masked)}\n" for line in lines)
    ):
        return ""
    return "\n".join(
        [
            f"{shown.place}: echornn-tui {shlex.join(shown.words)} prints",
            *lines,
            "and not",
            *expected,
        ]
    )


def _pattern(lines: list[str], masked: bool) -> str:
    return "".join(
        r"(?:.*\n)*?" if line == ANY_LINES else _pattern_of_line(line, masked) for line in lines
    )


def _pattern_of_line(line: str, masked: bool) -> str:
    if line.endswith(ANY_LINES):
        return re.escape(_plain(line.removesuffix(ANY_LINES), masked)) + r".*\n"
    return re.escape(f"{_plain(line, masked)}\n")


def _plain(line: str, masked: bool) -> str:
    """A line without the parts that change from day to day, such as the time of saving."""
    line = re.sub(r"\d{4}-\d\d-\d\d \d\d:\d\d", "DATE", line).rstrip()
    return re.sub(r"\s+", " ", re.sub(r"[\d.,#]+(e[+-]\d+)?", "0", line)) if masked else line


TASK_FILES = {
    "nback.py": next(
        block.text for block in PAGES["docs/tasks.md"].blocks if "class NBack" in block.text
    ),
    "my_cell.py": (ROOT / "echornn" / "cells" / "template.txt").read_text(encoding="utf-8"),
    "janet.py": next(
        block.text for block in PAGES["docs/cells.md"].blocks if "JANET = Cell" in block.text
    ),
    "my_task.py": (ROOT / "echornn" / "tasks" / "template.txt").read_text(encoding="utf-8"),
}
"""Their texts by name."""


def write_task_files(folder: Path) -> None:
    """Write these files into a folder."""
    for name, text in TASK_FILES.items():
        (folder / name).write_text(text, encoding="utf-8")
