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
    """The rows that contain all searched words, in the row itself or its heading, ignoring upper and lower case.

    Rows whose key contains the words come first. A search of one letter finds only the key that is exactly this letter.
    """
    words = sought.split()
    if not words:
        return list(help_text)
    explaining, others = [], []
    for section in help_text:
        rows = [row for row in section.rows if all(_has(section.heading, row, word) for word in words)]
        named = [row for row in rows if any(_has("", (row[0], ""), word) for word in words)]
        explaining += _part(section, named)
        others += _part(section, [row for row in rows if row not in named])
    return [*explaining, *others]


def _part(section: Section, rows: Iterable[tuple[str, str]]) -> list[Section]:
    """The section reduced to these rows, as a list; an empty list if there are no rows."""
    kept = tuple(rows)
    return [replace(section, rows=kept)] if kept else []


def _has(heading: str, row: tuple[str, str], word: str) -> bool:
    key, text = row
    if len(word) == 1:
        return word in key.replace(",", " ").split()
    return word.casefold() in f"{heading} {key} {text}".casefold()
