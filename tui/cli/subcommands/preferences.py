"""The subcommands about what the user prefers; `tui.cli.subcommands.table` has the table of all subcommands."""

from __future__ import annotations

from functools import partial

from tui.cli.own_keys import moved_keys
from tui.cli.training import parse_speed
from tui.commands.front_end import FrontEnd, UsageError, require_fps
from tui.kit.theme import Theme
from tui.preferences.chosen import preferences


def show_config(
    *,
    theme: Theme | None = None,
    fps: float | None = None,
    speed: str | None = None,
    ascii: bool = False,
    no_mouse: bool = False,
    keys: str | None = None,
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
    keys
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
    chosen = preferences(**given, keys=keys)
    moved_keys(chosen.keys)
    return partial(print_preferences, chosen, json)


def show_keys(*, keys: str | None = None, json: bool = False) -> FrontEnd:
    """Print the keys of the app and of the map, by the place where they work, with the ids for a file of your own.

    Where a line lists several keys, sentences on the screen name the first. * marks what you, or a preset, have
    changed.

    Parameters
    ----------
    keys
        Those of default, of vim, or of a .toml file with a table [keys]. By default those of your preferences.
    json
        Print JSON lines.
    """
    chosen = preferences(keys=keys).keys
    from tui.cli.key_lines import print_keys

    return partial(print_keys, moved_keys(chosen), json)
