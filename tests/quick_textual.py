"""Textual's style sheets, read once for all apps of a process: each app under Pilot would read them again."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

from textual.css.model import RuleSet
from textual.css.stylesheet import Stylesheet

_parse = Stylesheet._parse_rules
_parsed: dict[Hashable, list[RuleSet]] = {}


def _parse_once(sheet: Stylesheet, css: str, *arguments: Any, **options: Any) -> list[RuleSet]:
    """The rules of a text, which do not change once they are read; variables in it stand for colours."""
    key = css, arguments, *sorted(options.items()), *sheet._variables.items()
    if key not in _parsed:
        _parsed[key] = _parse(sheet, css, *arguments, **options)
    return _parsed[key]


def make_quick() -> None:
    """For all apps of this process; what they look like stays the same."""
    Stylesheet._parse_rules = _parse_once  # type: ignore[method-assign, assignment]
    RuleSet.__hash__ = object.__hash__  # type: ignore[method-assign]
    # Each styling of a widget asks for the hash of every rule; Textual's own is the identity as well, but in Python.
