"""What the subcommands that list what can be chosen (``tasks``, ``cells``) print in the same way."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterable, Iterator
from importlib.resources import files
from typing import Any

from tui.term import printed

WIDTH = 80

INDENT = "    "


def print_template(package: str) -> None:
    """Print the file of a package from which users write a task or a cell of their own."""
    printed.lines(files(package).joinpath("template.txt").read_text(encoding="utf-8").splitlines())


def print_records(records: Iterable[dict[str, Any]], as_json: bool) -> None:
    """Print records as JSON lines, or for people, with an empty line between two."""
    for number, record in enumerate(records):
        printed.lines([json.dumps(record)] if as_json else [*[""] * bool(number), *_block(record)])


def _block(record: dict[str, Any]) -> Iterator[str]:
    """The name, which is the first value, and below it the others that say something: those of a list a line each, if
    they are texts with words, or records.
    """
    (_, name), (_, about), *facts = record.items()
    yield name
    yield from _wrapped(about)
    for key, value in facts:
        if isinstance(value, list) and any(isinstance(one, dict) or " " in str(one) for one in value):
            yield f"{INDENT}{key}:"
            for one in value:
                yield from _wrapped(_text(one), INDENT * 2)
        elif value not in (None, [], ""):
            yield from _wrapped(f"{key}: {_text(value)}")


def _text(value: Any) -> str:
    if isinstance(value, dict):
        return "; ".join(f"{key} {_text(one)}" for key, one in value.items() if one not in (None, [], ""))
    if isinstance(value, list):
        return ", ".join(map(_text, value))
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _wrapped(text: str, indent: str = INDENT) -> list[str]:
    return textwrap.wrap(text, WIDTH, initial_indent=indent, subsequent_indent=f"{indent}  ")
