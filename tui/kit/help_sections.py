"""Sections of a help, and the search through all of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

Rows = Sequence[tuple[str, str]]
"""Each a key or a word, and its text; a paragraph has the empty key."""


@dataclass(frozen=True)
class Section:
    """A heading, and what stands under it.

    Attributes:
        heading: what it is about.
        rows: a key or word and its text, each; a paragraph has the empty key.
    """

    heading: str
    rows: tuple[tuple[str, str], ...] = ()


def paragraphs(rows: Rows) -> list[Section]:
    """Headings with a paragraph each, as sections."""
    return [Section(heading, (("", text),)) for heading, text in rows]


def found(help_text: Sequence[Section], sought: str) -> list[Section]:
    """The rows that have all the words, in themselves or in their heading; upper and lower case are the same.

    Rows that explain the words come first: those that have them in their key. A key of one letter is found by that
    letter alone, as it is.
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
    """The section with these rows alone; none where there are none."""
    kept = tuple(rows)
    return [replace(section, rows=kept)] if kept else []


def _has(heading: str, row: tuple[str, str], word: str) -> bool:
    key, text = row
    if len(word) == 1:
        return word in key.replace(",", " ").split()
    return word.casefold() in f"{heading} {key} {text}".casefold()
