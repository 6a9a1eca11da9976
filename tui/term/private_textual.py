"""All private parts of Textual that the program uses, each under our own name, with the reason."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from textual._compositor import ChopsUpdate, CompositorUpdate, LayoutUpdate
from textual._xterm_parser import XTermParser
from textual.app import App
from textual.drivers.linux_driver import LinuxDriver
from textual.keys import Keys
from textual.keys import _character_to_key as name_of_character
from textual.screen import Screen
from textual.strip import Strip

from tui.term.terminal import MOST

# The classes of screen updates; `tui.term.output` reads them to send only what has changed. And
# the parser of keys, which Textual's driver would also give what is pasted.
# And the names of keys.
__all__ = [
    "KEY_NAMES",
    "ChopsUpdate",
    "CompositorUpdate",
    "LayoutUpdate",
    "OpenDriver",
    "XTermParser",
    "mounted",
    "name_of_character",
    "strips_shown",
    "tap",
]

KEY_NAMES = frozenset(Keys)

LEAST = (20, 4)
"""The smallest screen that is drawn, in columns and lines: Textual fails if a widget has no
columns."""


def tap(app: App[Any], change: Callable[[object], object], behind: Callable[[], str]) -> None:
    """Pass every update of this app's screen through ``change``, and send the text from ``behind``
    after it.

    `App._display` is the only place where updates reach the terminal. An update that is changed
    earlier may never be drawn; text that is written elsewhere may arrive before the update.
    """
    draw: Callable[..., None] = app._display

    def display(screen: Screen[Any], update: object) -> None:
        draw(screen, change(update))
        if (text := behind()) and app._driver is not None:
            app._driver.write(text)

    app._display = display  # type: ignore[method-assign, assignment]


async def mounted(screen: Screen[Any]) -> None:
    """Wait until a screen has its widgets: keys may come before, as those that are typed while the
    program starts."""
    await screen._mounted_event.wait()


def strips_shown(screen: Screen[Any]) -> list[Strip]:
    """The lines of the screen as text, which `App.export_screenshot` cannot make."""
    return screen._compositor.render_strips(screen.size)


class OpenDriver(LinuxDriver):
    """Textual's driver for Linux and macOS, with the private parts that we need under public
    names."""

    @property
    def has_terminal(self) -> bool:
        return self._writer_thread is not None and self._writer_thread.is_alive()

    def stop_process(self) -> None:
        self._sigtstp_application()

    def forget_reader(self) -> None:
        self._key_thread = None

    def _get_terminal_size(self) -> tuple[int, int]:
        (least_wide, least_high), (most_wide, most_high) = LEAST, MOST
        width, height = super()._get_terminal_size()
        return min(max(width, least_wide), most_wide), min(max(height, least_high), most_high)
