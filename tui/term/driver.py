"""Chooses Textual's driver for the app's terminal."""

from __future__ import annotations

from collections.abc import Callable

from tui.term.guardian import Guarded
from tui.term.in_turn import Overtakes, nothing_overtakes
from tui.term.plain_driver import PlainDriver
from tui.term.plain_screen import is_plain


def driver_for(
    guarded: Guarded, show_all: Callable[[], object], overtakes: Overtakes = nothing_overtakes
) -> type[PlainDriver]:
    """The class of the driver for an app, which uses this guardian, draws the whole screen with ``show_all``, and gets
    keys that overtake before those that wait.
    """
    if is_plain():
        base = PlainDriver
    else:
        from tui.term.guarded_driver import GuardedDriver

        base = GuardedDriver
    return type(
        base.__name__,
        (base,),
        {"guarded": guarded, "show_all": staticmethod(show_all), "overtakes": staticmethod(overtakes)},
    )
