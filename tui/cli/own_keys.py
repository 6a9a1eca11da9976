"""Checks the keys that the user chose: each action exists, and no key has two actions in one place."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

from tui.preferences.chosen import Preferences
from tui.preferences.own_file import near
from tui.preferences.own_keys import OwnKeys
from tui.preferences.table import PreferenceError


def moved_keys(chosen: Preferences) -> dict[str, tuple[str, ...]]:
    """The keys that are not built in, by the ids of their actions; nothing is loaded if there are none."""
    if chosen.keys:
        _require_sense(chosen.keys)
    return {name: one.keys for name, one in chosen.keys.items()}


def _require_sense(own: OwnKeys) -> None:
    from tui.app.keys import IN_THE_APP, PLACES, WITH_THE_APP
    from tui.map.keys import BINDINGS
    from tui.views.keymap import ids_of, key_name

    places: dict[str, Sequence[object]] = {**PLACES, "on the map": BINDINGS}
    known = {name for bindings in places.values() for name in ids_of(bindings)}
    for name, chosen in own.items():
        if name not in known:
            raise PreferenceError(f"{chosen.place}: there is no action {name}: {near(name, known)}")
    for place, bindings in places.items():
        built_in = ids_of([*places[IN_THE_APP], *bindings] if place in WITH_THE_APP else bindings)
        held = {name: own[name].keys if name in own else keys for name, keys in built_in.items()}
        for one, other in combinations(held, 2):
            both = {*held[one]} & {*held[other]} - ({*built_in[one]} & {*built_in[other]})
            if both:
                where = own[other if other in own else one].place
                key = key_name(min(both))
                raise PreferenceError(f"{where}: {key} cannot be the key of both {one} and {other} ({place})")
