"""Caches Textual's parsed style sheets for all apps of a process; otherwise each app under Pilot parses them again."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

from textual.css.model import RuleSet
from textual.css.stylesheet import Stylesheet

_parse = Stylesheet._parse_rules
_parsed: dict[Hashable, list[RuleSet]] = {}


def _parse_once(sheet: Stylesheet, css: str, *arguments: Any, **options: Any) -> list[RuleSet]:
    """The rules of a style sheet, parsed once for each text and set of variables (colours)."""
    key = css, arguments, *sorted(options.items()), *sheet._variables.items()
    if key not in _parsed:
        _parsed[key] = _parse(sheet, css, *arguments, **options)
    return _parsed[key]


def make_quick() -> None:
    """Speed up all apps of this process; their looks do not change."""
    Stylesheet._parse_rules = _parse_once  # type: ignore[method-assign, assignment]
    RuleSet.__hash__ = object.__hash__  # type: ignore[method-assign]
    # Each styling of a widget hashes every rule; Textual's own hash is the identity too, but in Python.
