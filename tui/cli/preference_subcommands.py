"""The subcommands about what the user prefers; `tui.cli.subcommands` has the table of all subcommands."""

from __future__ import annotations

from functools import partial

from tui.cli.training import parse_speed
from tui.commands.front_end import FrontEnd, UsageError, require_fps
from tui.kit.theme import Theme


def show_config(
    *,
    theme: Theme | None = None,
    fps: float | None = None,
    speed: str | None = None,
    ascii: bool = False,
    no_mouse: bool = False,
    json: bool = False,
    path: bool = False,
    template: bool = False,
) -> FrontEnd:
    """Print your preferences: for each the value that holds, and from where it is.

    A flag has the first word, then an environment variable such as ECHORNN_FPS, then your file, then what is built in.
    Preferences hold for the app and the map.

    Parameters
    ----------
    theme
        As if this flag of the app were given.
    fps
        As if this flag of the app were given.
    speed
        As if this flag of the app were given.
    ascii
        As if this flag of the app were given.
    no_mouse
        As if this flag of the app were given.
    json
        Print JSON lines.
    path
        Print only the path of your file, which need not exist.
    template
        Print a file to begin yours with, in which everything is a comment.
    """
    if path and template:
        raise UsageError("--path cannot be used with --template: it prints the file's path alone")
    if fps is not None:
        require_fps(fps)
    if speed is not None:
        parse_speed(speed)
    from tui.commands.config import print_path, print_preferences, print_template

    if path or template:
        return print_path if path else print_template
    given = {"theme": theme, "fps": fps, "speed": speed, "ascii": ascii or None, "mouse": False if no_mouse else None}
    return partial(print_preferences, given, json)
