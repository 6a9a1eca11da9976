"""Spares apps under Pilot what nobody sees: style sheets are parsed once for all apps of a process,
a screen is drawn only when a test reads it, and no widget is asked whether it is idle: the loop is
(`tests.idle`).
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

from textual.css.model import RuleSet
from textual.css.stylesheet import Stylesheet
from textual.pilot import Pilot
from textual.screen import Screen

from tui.views.canvas import CellWidget

_parse = Stylesheet._parse_rules
_refresh = Screen._compositor_refresh
_parsed: dict[Hashable, list[RuleSet]] = {}


def _parse_once(sheet: Stylesheet, css: str, *arguments: Any, **options: Any) -> list[RuleSet]:
    """The rules of a style sheet, parsed once for each text and set of variables (colours)."""
    key = css, arguments, *sorted(options.items()), *sheet._variables.items()
    if key not in _parsed:
        _parsed[key] = _parse(sheet, css, *arguments, **options)
    return _parsed[key]


def _forget_what_changed(screen: Screen[Any]) -> None:
    """In place of drawing it for a terminal that is not there."""
    if not screen.app.is_headless or screen is not screen.app.screen:
        _refresh(screen)
        return
    screen._compositor._dirty_regions.clear()
    screen._dirty_widgets.clear()
    screen.app._update_mouse_over(screen)


async def _wait_for_nothing(pilot: Pilot[Any], timeout: float = 0) -> bool:
    """In place of a message to each widget, which each of them then answers by all that it does
    when it is idle."""
    return True


def make_quick() -> None:
    """Speed up all apps of this process; their looks do not change."""
    Pilot._wait_for_screen = _wait_for_nothing  # type: ignore[method-assign, assignment]
    Stylesheet._parse_rules = _parse_once  # type: ignore[method-assign, assignment]
    Screen._compositor_refresh = _forget_what_changed  # type: ignore[method-assign, assignment]
    CellWidget.on_idle = lambda self: None  # type: ignore[method-assign]  # cells are drawn when they are needed
    RuleSet.__hash__ = object.__hash__  # type: ignore[method-assign]
    # Each styling of a widget hashes every rule; Textual's own hash is the identity too, but in
    # Python.
