"""Parses the pages of the documentation into blocks, tables, code and links."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

ROOT = Path(__file__).parents[2]

NOT_RUN = "<!-- not run:"
"""The beginning of the line above a Python block that no test can run; the reason follows."""

FENCE = re.compile(r"^( *)```(\w*)\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)
HEADING = re.compile(r"^#{1,6} +(.*?)\s*$", re.MULTILINE)
SPAN = re.compile(r"(?<!`)(`+)(?!`)(.+?)(?<!`)\1(?!`)", re.DOTALL)
LINK = re.compile(r"(!?)\[((?:[^][]|\[[^]]*\])*)\]\(([^)\s]+)\)")


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
class Table:
    """A table: the headings above it (outermost first), its head, rows, and first line number."""

    headings: tuple[str, ...]
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    line: int


@dataclass(frozen=True)
class Code:
    """A text in backticks, and its line number."""

    text: str
    line: int


@dataclass(frozen=True)
class Link:
    """A link, or a picture if `is_picture`: the target and the line number."""

    target: str
    is_picture: bool
    line: int


@dataclass(frozen=True)
class Page:
    """A page: its path relative to the repository, and its text."""

    path: str
    text: str

    @classmethod
    def read(cls, file: Path) -> Page:
        """The page in a file."""
        return cls(str(file.relative_to(ROOT)), file.read_text(encoding="utf-8"))

    def at(self, line: int) -> str:
        """A place in the page as text: ``docs/cli.md:12``."""
        return f"{self.path}:{line}"

    @cached_property
    def blocks(self) -> tuple[Block, ...]:
        """All fenced blocks, in order."""
        return tuple(
            Block(found[2], found[3], self._line(found.start()), self.text[: found.start()])
            for found in FENCE.finditer(self.text)
        )

    @cached_property
    def prose(self) -> str:
        """The text with lines of fenced blocks emptied, so that line numbers stay the same."""
        return FENCE.sub(lambda found: "\n" * found[0].count("\n"), self.text)

    @cached_property
    def words(self) -> str:
        """The prose without code and without link targets."""
        return SPAN.sub("", LINK.sub(r"\2", self.prose))

    @cached_property
    def code(self) -> tuple[Code, ...]:
        """All texts in backticks outside of blocks."""
        return tuple(
            Code(" ".join(found[2].split()), self._line(found.start(), self.prose))
            for found in SPAN.finditer(self.prose)
        )

    @cached_property
    def links(self) -> tuple[Link, ...]:
        """All links and pictures outside of code."""
        text = SPAN.sub(lambda found: "\n" * found[0].count("\n"), self.prose)
        return tuple(Link(found[3], found[1] == "!", self._line(found.start(), text)) for found in LINK.finditer(text))

    @cached_property
    def anchors(self) -> frozenset[str]:
        """The names after ``#`` that links can use, as GitHub derives them from headings."""
        found: list[str] = []
        for heading in HEADING.findall(self.prose):
            plain = LINK.sub(r"\2", heading).replace("`", "").lower()
            anchor = re.sub(r"[^\w\- ]", "", plain).replace(" ", "-")
            count = sum(one == anchor or re.fullmatch(rf"{re.escape(anchor)}-\d+", one) is not None for one in found)
            found.append(f"{anchor}-{count}" if count else anchor)
        return frozenset(found)

    def section(self, heading: str) -> str:
        """The prose below a heading, up to the next heading of the same or a higher level; empty if there is none."""
        found = re.search(
            rf"^(#+) +`?{re.escape(heading)}`?\s*$\n(.*?)(?=^#{{1,6}} |\Z)", self.prose, re.MULTILINE | re.DOTALL
        )
        if found is None:
            return ""
        level, begin = len(found[1]), found.start(2)
        end = re.search(rf"^#{{1,{level}}} ", self.prose[begin:], re.MULTILINE)
        return self.prose[begin:] if end is None else self.prose[begin : begin + end.start()]

    def tables(self, head: str, below: str = "") -> Iterator[Table]:
        """The tables whose first column has this name; with ``below``, only those below that heading."""
        for table in self._tables:
            if table.head[0] == head and (not below or below in table.headings):
                yield table

    @cached_property
    def _tables(self) -> tuple[Table, ...]:
        tables: list[Table] = []
        headings: list[tuple[int, str]] = []
        lines = self.prose.splitlines()
        number = 0
        while number < len(lines):
            line = lines[number]
            if heading := re.match(r"(#{1,6}) +(.*?)\s*$", line):
                headings = [*(one for one in headings if one[0] < len(heading[1])), (len(heading[1]), heading[2])]
            if line.startswith("|") and re.match(r"\|[\s:|-]+\|\s*$", "".join(lines[number + 1 : number + 2])):
                begin, number = number, number + 2
                while number < len(lines) and lines[number].startswith("|"):
                    number += 1
                rows = tuple(map(_cells, lines[begin + 2 : number]))
                names = tuple(name.strip("`") for _, name in headings)
                tables.append(Table(names, _cells(line), rows, begin + 1))
            else:
                number += 1
        return tuple(tables)

    def _line(self, at: int, text: str | None = None) -> int:
        return (self.text if text is None else text).count("\n", 0, at) + 1


def _cells(line: str) -> tuple[str, ...]:
    return tuple(cell.strip().replace(r"\|", "|") for cell in re.split(r"(?<!\\)\|", line.strip().strip("|")))


def codes_in(text: str) -> list[str]:
    """The texts in backticks in a piece of text."""
    return [found[2].strip() for found in SPAN.finditer(text)]


def pages() -> dict[str, Page]:
    """All pages by path."""
    files = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").glob("*.md"))]
    return {page.path: page for page in map(Page.read, filter(Path.exists, files))}


PAGES = pages()
