"""The pages of the documentation, and the fenced blocks on them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
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
            Block(found[2], found[3], self.text.count("\n", 0, found.start()) + 1, self.text[: found.start()])
            for found in FENCE.finditer(self.text)
        )


PAGES = {
    path: Page(path, (ROOT / path).read_text(encoding="utf-8"))
    for path in ("README.md", *sorted(f"docs/{file.name}" for file in (ROOT / "docs").glob("*.md")))
}
"""All pages by path."""
