"""The pages of the documentation: the fenced blocks on them, the commands that they show, and files
that they name."""

from __future__ import annotations

import re
import shlex
import shutil
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
        blocks = []
        for fence in FENCE.finditer(self.text):
            above = self.text[: fence.start()]
            blocks.append(Block(fence[2], fence[3], above.count("\n") + 1, above))
        return tuple(blocks)


def pages() -> Iterator[Page]:
    """The pages of the repository, the first one first."""
    for file in (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))):
        yield Page(file.relative_to(ROOT).as_posix(), file.read_text(encoding="utf-8"))


PAGES = {page.path: page for page in pages()}
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
        return "".join(self.output).startswith(f"{MAIN}: ")

    @property
    def is_quick(self) -> bool:
        """Whether the command trains nothing and needs no TensorFlow."""
        if self.is_refused:
            return True
        if not self.words or "--keras" in self.words:
            return False
        return self.words[0] in QUICK


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
        variables = tuple(takewhile(re.compile(r"[A-Z_]+=").match, command.split()))
        for words, first in commands(command):
            yield Shown(page.at(line), words, first, tuple(output.splitlines()), variables)
        line += part.count("\n")


def commands(text: str) -> Iterator[tuple[tuple[str, ...], int | None]]:
    """The shell lines that start this program: their arguments, and how many lines ``head``
    leaves."""
    for line in re.sub(r"\\\n\s*", "", text).splitlines():
        command = re.sub(rf"(^|\s)#{NOT_QUOTED}.*|\s> \S+", "", line)
        parts = re.split(rf"\s*(?:\||&&|;)\s*{NOT_QUOTED}", command)
        for part, following in zip(parts, [*parts[1:], ""], strict=True):
            words = shlex.split(part)
            names = [Path(word).name for word in words]
            if MAIN not in names or words[0] in ("git", "pip", "pipx", "uv"):
                continue
            first = None
            if head := re.fullmatch(r"head -n? ?(\d+)", following.strip()):
                first = int(head[1])
            yield tuple(words[names.index(MAIN) + 1 :]), first


def unlike(shown: Shown, lines: list[str], masked: bool = False) -> str:
    """The difference between the printed lines and the page, in words; empty if there is none.

    Args:
        masked: whether digits and bars may differ, because the run is trained here.
    """
    lines = lines[: shown.first]
    printed = "".join(f"{_plain(line, masked)}\n" for line in lines)
    pattern = "".join(_pattern(line, masked) for line in shown.output)
    if re.fullmatch(pattern, printed):
        return ""
    command = shlex.join(shown.words)
    return "\n".join([f"{shown.place}: {MAIN} {command} prints", *lines, "and not", *shown.output])


def _pattern(line: str, masked: bool) -> str:
    if line == ANY_LINES:
        return r"(?:.*\n)*?"
    if line.endswith(ANY_LINES):
        return re.escape(_plain(line.removesuffix(ANY_LINES), masked)) + r".*\n"
    return re.escape(f"{_plain(line, masked)}\n")


def _plain(line: str, masked: bool) -> str:
    """A line without the parts that change from day to day, such as the time of saving."""
    line = re.sub(r"\d{4}-\d\d-\d\d \d\d:\d\d", "DATE", line).rstrip()
    if not masked:
        return line
    line = re.sub(r"[\d.,#]+(e[+-]\d+)?", "0", line)
    return re.sub(r"\s+", " ", line)


def write_task_files(folder: Path) -> None:
    """Write the files that the pages tell the reader to make."""
    for page, part, name in [
        ("docs/tasks.md", "class NBack", "nback.py"),
        ("docs/cells.md", "JANET = Cell", "janet.py"),
    ]:
        text = next(block.text for block in PAGES[page].blocks if part in block.text)
        (folder / name).write_text(text, encoding="utf-8")
    shutil.copy(ROOT / "echornn" / "cells" / "template.txt", folder / "my_cell.py")
    shutil.copy(ROOT / "echornn" / "tasks" / "template.txt", folder / "my_task.py")
