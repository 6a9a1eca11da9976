"""The subcommand ``tour``; see `tui.cli.commands`."""

from __future__ import annotations

from functools import partial

from echornn.config import EchoConfig
from echornn.runtime import quiet
from tui.cli.own_keys import moved_keys
from tui.commands import record
from tui.commands.front_end import FrontEnd, UsageError, require_fps
from tui.kit.theme import Theme
from tui.preferences.chosen import preferences
from tui.term import guardian, terminal

SPEED = 100.0
"""Windows a second: the tutorial's network learns the echo in some seconds, which can be watched."""


def take_tour(
    *, fps: float | None = None, ascii: bool = False, theme: Theme | None = None, no_mouse: bool = False
) -> FrontEnd:
    """Learn truncated backpropagation through time in five minutes: seven steps of a run that is trained before you.

    Parameters
    ----------
    fps
        Most frames a second, 0.1 to 60; by default 10.
    ascii
        Draw with ASCII characters only.
    theme
        Background, dark or light; by default the one chosen last.
    no_mouse
        Leave the mouse to the terminal, which selects text with it.
    """
    if fps is not None:
        require_fps(fps)
    if not terminal.is_interactive():
        raise UsageError("tour needs a terminal that can move the cursor")
    given = {"theme": theme, "fps": fps, "ascii": ascii or None, "mouse": False if no_mouse else None}
    chosen = preferences(**given, speed=SPEED)
    guarded = guardian.divide()
    moved_keys(chosen)  # refused before a folder is made
    config = EchoConfig()
    recorder = record.begin(None, config)
    with quiet.collector_spared():
        from tui.app.tour.tour_app import TourApp
        from tui.cli.front_ends.open_app import show_training

    return partial(show_training, config, chosen, recorder, guarded, paused=True, app_type=TourApp)
