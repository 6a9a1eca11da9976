"""The sections of a help, and the search in them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

Rows = Sequence[tuple[str, str]]
"""Rows of help: a key or word, and its text. For a paragraph, the key is empty."""


@dataclass(frozen=True)
class Section:
    """A heading with the rows below it.

    Attributes:
        heading: the heading.
        rows: a key or word and its text, each; for a paragraph, the key is empty.
    """

    heading: str
    rows: tuple[tuple[str, str], ...] = ()


def paragraphs(rows: Rows) -> list[Section]:
    """Sections with a heading and one paragraph each."""
    return [Section(heading, (("", text),)) for heading, text in rows]


def found(help_text: Sequence[Section], sought: str) -> list[Section]:
    """The rows that contain all searched words, in the row itself or its heading; hyphens and case do not matter.

    Rows whose key contains the words come first. A search of one letter alone finds only the key that is exactly this
    letter.
    """
    words = sought.split()
    if not words:
        return list(help_text)
    has = _is_the_key if len(words) == 1 and len(words[0]) == 1 else _has
    explaining, others = [], []
    for section in help_text:
        rows = [row for row in section.rows if all(has(section.heading, row, word) for word in words)]
        named = [row for row in rows if any(has("", (row[0], ""), word) for word in words)]
        explaining += _part(section, named)
        others += _part(section, [row for row in rows if row not in named])
    return [*explaining, *others]


def _part(section: Section, rows: Iterable[tuple[str, str]]) -> list[Section]:
    """The section reduced to these rows, as a list; an empty list if there are no rows."""
    kept = tuple(rows)
    return [replace(section, rows=kept)] if kept else []


def _is_the_key(_: str, row: tuple[str, str], letter: str) -> bool:
    return letter in row[0].replace(",", " ").split()


def _has(heading: str, row: tuple[str, str], word: str) -> bool:
    return _plain(word) in _plain(f"{heading} {row[0]} {row[1]}")


def _plain(text: str) -> str:
    return text.casefold().replace("-", "")
