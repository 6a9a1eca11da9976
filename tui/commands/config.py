"""The subcommand ``config``: prints the preferences that hold, and from where they are."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator

from tui.preferences.chosen import KEYS, Preferences
from tui.preferences.own_file import own_file
from tui.preferences.template import template
from tui.term import printed
from tui.term.exit_code import ExitCode


def print_preferences(chosen: Preferences, as_json_lines: bool) -> int:
    """Print each preference with its value and its source; returns the exit code."""
    printed.lines(json_lines(chosen) if as_json_lines else lines(chosen))
    return ExitCode.DONE


def print_path() -> int:
    """Print the path of the user's file; returns the exit code."""
    printed.lines([str(own_file())])
    return ExitCode.DONE


def print_template() -> int:
    """Print a file to begin one's own with; returns the exit code."""
    printed.lines(template().splitlines())
    return ExitCode.DONE


def json_lines(chosen: Preferences) -> Iterator[str]:
    """A line of JSON for each preference."""
    for name, held in chosen.held.items():
        value = str(held.value) if name == KEYS else held.value
        yield json.dumps({"name": name, "value": value, "source": held.source.value, "place": held.place or None})


def lines(chosen: Preferences) -> Iterator[str]:
    """A line for each preference, and one for the file."""
    values = {name: _text(held.value) for name, held in chosen.held.items()}
    names, width = max(map(len, values)), max(map(len, values.values()))
    for name, held in chosen.held.items():
        yield f"{name:<{names}}  {values[name]:<{width}}  {held.source}{f': {held.place}' if held.place else ''}"
    path = own_file()
    there = "" if os.path.lexists(path) else " (there is none yet: echornn-tui config --template > FILE begins it)"
    yield f"your file: {path}{there}"


def _text(value: object) -> str:
    """A value as a flag would say it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:g}" if isinstance(value, int | float) else str(value)
