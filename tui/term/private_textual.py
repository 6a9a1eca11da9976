"""All private parts of Textual that the program uses, each under our own name, with the reason."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from textual._compositor import ChopsUpdate, CompositorUpdate, LayoutUpdate
from textual._xterm_parser import XTermParser
from textual.app import App
from textual.drivers.linux_driver import LinuxDriver
from textual.screen import Screen
from textual.strip import Strip

__all__ = [
    "ChopsUpdate",
    "CompositorUpdate",
    "LayoutUpdate",
    "OpenDriver",
    "XTermParser",
    "strips_shown",
    "tap",
]
# The three classes of screen updates; `tui.term.screen_diff` reads them to send only what has changed.

MOST_COLUMNS, MOST_LINES = 1000, 300
"""The largest screen that is drawn. A terminal that claims 65 535 columns would take minutes per frame."""

LEAST_COLUMNS, LEAST_LINES = 20, 4
"""The smallest screen that is drawn; a smaller terminal shows a corner. Textual fails if a widget has no columns."""


def tap(app: App[Any], change: Callable[[object], object], behind: Callable[[], str]) -> None:
    """Pass every update of this app's screen through ``change``, and send the text from ``behind`` after it.

    `App._display` is the only place where updates reach the terminal. An update that is changed earlier may never be
    drawn; text that is written elsewhere may arrive before the update.
    """
    draw: Callable[..., None] = app._display

    def display(screen: Screen[Any], update: object) -> None:
        draw(screen, change(update))
        text = behind()
        if text and app._driver is not None:
            app._driver.write(text)

    app._display = display  # type: ignore[method-assign, assignment]


def strips_shown(screen: Screen[Any]) -> list[Strip]:
    """The lines of the screen as text, which `App.export_screenshot` cannot make."""
    return screen._compositor.render_strips(screen.size)


class OpenDriver(LinuxDriver):
    """Textual's driver for Linux and macOS, with the private parts that we need under public names."""

    def stop_as_told(self) -> None:
        """Restore the terminal and stop this process, as Textual does on SIGTSTP."""
        self._sigtstp_application()

    def go_on_as_told(self) -> None:
        """Take the terminal again, as Textual does on SIGCONT."""
        self._sigcont_application()

    def forget_reader(self) -> None:
        """Do not wait for the thread that reads keys: it may be waiting for a key that the shell has read."""
        self._key_thread = None

    def _get_terminal_size(self) -> tuple[int, int]:
        """The size of the terminal, limited to sizes that can be drawn; Textual calls this at each change of size."""
        width, height = super()._get_terminal_size()
        return min(max(width, LEAST_COLUMNS), MOST_COLUMNS), min(max(height, LEAST_LINES), MOST_LINES)
