"""The subcommand ``keys``: prints the keys of the app and of the map."""

from __future__ import annotations

import json
from collections.abc import Iterator

from textual.binding import Binding

from tui.cli.own_keys import all_places
from tui.kit.key_presets import Moved
from tui.kit.keymap import KeyMap, key_name, keys_of
from tui.term import printed
from tui.term.exit_code import ExitCode


def print_keys(moved: Moved, as_json_lines: bool) -> int:
    """Print the keys of all actions; returns the exit code."""
    printed.lines(json_lines(moved) if as_json_lines else lines(moved))
    return ExitCode.DONE


def json_lines(moved: Moved) -> Iterator[str]:
    """A line of JSON for each action of each place."""
    for place, name, keys, built_in, what in _rows(moved):
        record = {"place": place, "action": name, "keys": keys, "built_in": built_in, "what": what}
        yield json.dumps(record, ensure_ascii=False)


def lines(moved: Moved) -> Iterator[str]:
    """A line for each action, below a line for each place."""
    rows = list(_rows(moved))
    names, widest = max(len(name) for _, name, *_ in rows), max(len(", ".join(keys)) for _, _, keys, *_ in rows)
    before = ""
    for place, name, keys, built_in, what in rows:
        if place != before:
            yield place
            before = place
        yield f"{' ' if keys == built_in else '*'} {name:<{names}}  {', '.join(keys):<{widest}}  {what}"


def _rows(moved: Moved) -> Iterator[tuple[str, str, list[str], list[str], str]]:
    """Of each action: the place, its id, its keys, its built-in keys, and what it does."""
    from tui.app.all_keys import TYPED

    places = all_places()
    keymap = KeyMap.of((one for bindings in places.values() for one in bindings), moved, {})
    for place, bindings in places.items():
        told: set[str] = set()
        for one in bindings:
            if isinstance(one, Binding) and one.id is not None and one.id not in told:
                told.add(one.id)
                keys = [
                    key_name(key) for key in keymap.keys[one.id] if not (place in TYPED and len(key_name(key)) == 1)
                ]
                yield (
                    place,
                    one.id,
                    keys,
                    list(map(key_name, keys_of(one))),
                    keymap.text(_meaning(one)),
                )


def _meaning(binding: Binding) -> str:
    """What a key does; for one that shows a view, which."""
    name = binding.id or ""
    return (
        f"The view {name.removeprefix('view.')}" if name.startswith("view.") else binding.tooltip or binding.description
    )
