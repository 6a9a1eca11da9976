"""Checks the keys that the user chose: each action exists, and no key has two actions in one place."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations

from tui.kit.key_presets import Moved
from tui.preferences.key_choice import KeyChoice, require_actions
from tui.preferences.table import PreferenceError

Ids = dict[str, tuple[str, ...]]
"""The built-in keys of actions, by their ids."""


def moved_keys(choice: KeyChoice) -> Moved:
    """The keys that are not built in; nothing is loaded if there are none."""
    moved = choice.moved
    if moved:
        places = all_places()
        require_actions(choice, {name: keys for bindings in places.values() for name, keys in ids_of(bindings).items()})
        _refuse_clashes(choice, moved, places)
    return moved


def all_places() -> Mapping[str, Sequence[object]]:
    """The bindings of the app and of the map, by the place where they work."""
    from tui.app.all_keys import PLACES
    from tui.map.keys import BINDINGS

    return {**PLACES, "on the map": BINDINGS}


def ids_of(bindings: Iterable[object]) -> Ids:
    """The built-in keys of these bindings, by their ids."""
    from textual.binding import Binding  # imported late: most command lines show no screen

    from tui.kit.keymap import keys_of

    found: Ids = {}
    for one in bindings:
        if isinstance(one, Binding) and one.id is not None:
            found.setdefault(one.id, keys_of(one))
    return found


def _refuse_clashes(choice: KeyChoice, moved: Moved, places: Mapping[str, Sequence[object]]) -> None:
    from tui.app.all_keys import IN_THE_APP, WITH_THE_APP
    from tui.kit.keymap import key_name

    for place, bindings in places.items():
        built_in = ids_of([*places[IN_THE_APP], *bindings] if place in WITH_THE_APP else bindings)
        held = {name: moved.get(name, keys) for name, keys in built_in.items()}
        for one, other in combinations(held, 2):
            both = {*held[one]} & {*held[other]} - ({*built_in[one]} & {*built_in[other]})
            if both:
                where = next((choice.places[name] for name in (other, one) if name in choice.places), "keys")
                key = key_name(min(both))
                raise PreferenceError(f"{where}: {key} cannot be the key of both {one} and {other} ({place})")
