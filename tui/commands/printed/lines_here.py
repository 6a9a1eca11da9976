"""Chooses how lines are printed here: with a progress bar below them, or without."""

from __future__ import annotations

from tui.commands.printed.lines import LinePrinter
from tui.term import terminal


def lines_here(with_bar: bool) -> LinePrinter:
    """A line printer for standard output; if wanted and possible, with a progress bar below the lines."""
    screen = terminal.screen_for_a_bar() if with_bar else None
    if screen is None:
        return LinePrinter()
    from tui.commands.printed.progress_bar import LinesAboveABar

    return LinesAboveABar(screen)
