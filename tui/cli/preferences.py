"""What the user prefers for every run: a flag has the first word, then the environment, then the
user's file."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Any, NamedTuple

from echornn.errors import ConfigError
from echornn.runtime.user_folders import config_folder
from tui.app.theme import THEMES, Theme, remembered
from tui.cli.flags import FPS_ALLOWED, LEAST_FPS, MOST_FPS, ScreenFlags
from tui.term.exit_code import UsageError
from tui.text.command_line import flags_text


@dataclass(frozen=True)
class Preferences:
    theme: Theme
    fps: float
    speed: float  # windows a second when the app opens; infinite for full speed
    ascii: bool
    mouse: bool
    # By Textual's names, of the actions that the user gave others
    keys: Mapping[str, tuple[str, ...]]
    as_flags: Sequence[str]  # what the user set, for the same app elsewhere


class Preference(NamedTuple):
    built_in: str | float | bool
    takes: Callable[[Any], bool]
    allowed: str
    variable: str


def _is_number(value: object, least: float, most: float) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and least <= value <= most


def _is_speed(value: object) -> bool:
    return value == "max" or _is_number(value, 0.01, 1e6)


def _is_fps(value: object) -> bool:
    return _is_number(value, LEAST_FPS, MOST_FPS)


def _is_truth(value: object) -> bool:
    return isinstance(value, bool)


PREFERENCES = {
    "theme": Preference("dark", lambda value: value in THEMES, "dark or light", "ECHORNN_THEME"),
    "fps": Preference(10, _is_fps, FPS_ALLOWED, "ECHORNN_FPS"),
    "speed": Preference(100, _is_speed, "0.01 to 1,000,000, or max", "ECHORNN_SPEED"),
    "ascii": Preference(False, _is_truth, "true or false", "ECHORNN_ASCII"),
    # The variable says the opposite
    "mouse": Preference(True, _is_truth, "true or false", "ECHORNN_NO_MOUSE"),
}
"""All but the table ``[keys]``.

To add one, add it here, its flag, and its field of `Preferences`.
"""


def speed_of(text: str) -> float:
    """What ``--speed`` says: windows a second, infinite for ``max``."""
    value = _typed(text, like=0.0)
    if not _is_speed(value):
        raise ConfigError("speed", text, PREFERENCES["speed"].allowed)
    return math.inf if value == "max" else float(value)


def _typed(text: str, like: object) -> Any:
    """The value of a text of the command line or the environment; the text itself if it is none of
    that type."""
    if isinstance(like, bool):
        return {"1": True, "true": True, "0": False, "false": False}.get(text.strip().lower(), text)
    try:
        return float(text)
    except ValueError:
        return text.strip()


def preferences(flags: ScreenFlags | None) -> Preferences:
    """What holds with these flags; a UsageError for a bad value, also where a flag has the last
    word."""
    flags = flags or ScreenFlags()
    path, file = _own_file()
    chosen: dict[str, Any] = {}
    for name, value in file.items():
        if name != "keys":
            chosen[name] = _checked(f"{path}: {name}", name, value)
    for name, preference in PREFERENCES.items():
        text = os.environ.get(preference.variable)
        if text:
            value = _typed(text, like=preference.built_in)
            value = _checked(f"environment {preference.variable}", name, value)
            if name == "mouse":
                value = not value
            chosen[name] = value
    if flags.fps is not None:
        chosen["fps"] = flags.fps
    if flags.theme is not None:
        chosen["theme"] = flags.theme
    if flags.ascii:
        chosen["ascii"] = True
    if flags.no_mouse:
        chosen["mouse"] = False

    values: dict[str, Any] = {name: known.built_in for name, known in PREFERENCES.items()}
    values["theme"] = remembered() or "dark"
    values |= chosen
    if values["speed"] == "max":
        values["speed"] = math.inf
    as_flags = {name: value for name, value in chosen.items() if name in ("fps", "theme")}
    as_flags |= {"ascii": values["ascii"], "no_mouse": not values["mouse"]}
    keys = _keys(path, file.get("keys", {}))
    return Preferences(**values, keys=keys, as_flags=flags_text(as_flags))


def _checked(place: str, name: str, value: Any) -> Any:
    """The value of a preference; ``place`` is where the user has set it."""
    if name not in PREFERENCES:
        names = ", ".join([*PREFERENCES, "keys"])
        raise UsageError(
            f"{place} is not known: there are {names}; the keys of actions belong below [keys]"
        )
    preference = PREFERENCES[name]
    if not preference.takes(value):
        raise UsageError(f"{place} = {_shown(value)} cannot be used: {preference.allowed}")
    return value


def _shown(value: object) -> str:
    return json.dumps(value, default=str, ensure_ascii=False)


def _own_file() -> tuple[Path, Mapping[str, Any]]:
    """The user's file, which need not exist, and is never in the current folder; and what it
    says."""
    folder = config_folder()
    if not folder.is_absolute():
        folder = Path.home() / ".config/echornn-tui"
    path = folder / "config.toml"
    if not os.path.lexists(path):
        return path, {}
    import tomllib  # late: most users have no such file

    try:
        # With a byte order mark from some editors
        return path, tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror or error}") from error
    except ValueError as error:
        raise UsageError(f"{path}: this is not TOML: {error}") from error


# ---- keys of the user's own

NOT_FREE = ("ctrl+c", "ctrl+q", "ctrl+i", "ctrl+m", "ctrl+j", "ctrl+h")
"""Keys that always mean the same, and keys for which a terminal sends the same as for another
one."""

KEYS_ALLOWED = (
    'a key such as "u", "[", "space", "pageup", "f2" or "ctrl+r", or a list of keys; not '
)
KEYS_ALLOWED += ", ".join(NOT_FREE)


def _keys(path: Path, table: Any) -> dict[str, tuple[str, ...]]:
    """The keys of the table ``[keys]`` by the ids of their actions: each exists, and means one
    thing in each place."""
    if not isinstance(table, dict):
        raise UsageError(f"{path}: keys = {_shown(table)} cannot be used: a table [keys]")
    if not table:
        return {}
    from tui.app.keys import IN_THE_APP, PLACES, WITH_THE_APP
    from tui.map.app import BINDINGS
    from tui.views.keymap import ids_of

    places: dict[str, Sequence[object]] = {**PLACES, "on the map": BINDINGS}
    actions = {action for bindings in places.values() for action in ids_of(bindings)}
    own: dict[str, tuple[str, ...]] = {}
    for action, value in _flat(table):
        values = value if isinstance(value, list) else [value]
        keys = tuple(dict.fromkeys(_textual_key(key) for key in values))
        if not keys or not all(keys):
            raise UsageError(f"{path}: {action} = {_shown(value)} cannot be used: {KEYS_ALLOWED}")
        if action not in actions:
            there_are = ", ".join(sorted(actions))
            raise UsageError(f"{path}: there is no action {action}: there are {there_are}")
        own[action] = keys
    for place, bindings in places.items():
        if place in WITH_THE_APP:
            bindings = [*places[IN_THE_APP], *bindings]
        _require_apart(own, ids_of(bindings), f"{path}: ", place)
    return own


def _flat(table: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """TOML reads ``curve.left = "h"`` as a table in the table."""
    for name, value in table.items():
        if not isinstance(value, dict):
            yield name, value
            continue
        for last, member in value.items():
            yield f"{name}.{last}", member


def _require_apart(
    own: Mapping[str, tuple[str, ...]],
    built_in: Mapping[str, tuple[str, ...]],
    file: str,
    place: str,
) -> None:
    """No key may have two actions in a place, unless it is built in so."""
    from tui.views.keymap import key_name

    held = {action: {*own.get(action, keys)} for action, keys in built_in.items()}
    for action, other in combinations(held, 2):
        built_in_both = {*built_in[action]} & {*built_in[other]}
        both = held[action] & held[other] - built_in_both
        if both:
            key = key_name(min(both))
            raise UsageError(
                f"{file}{key} cannot be the key of both {action} and {other} ({place})"
            )


def _textual_key(text: object) -> str:
    """Textual's name of a key; empty if there is no such key, or it is not free."""
    from tui.term.private_textual import KEY_NAMES, name_of_character

    if not isinstance(text, str) or not text.isprintable():
        return ""
    if len(text) == 1:
        return name_of_character(text)
    text = text.lower()
    *modifiers, key = text.split("+")
    if text in NOT_FREE or not {*modifiers} <= {"ctrl", "shift", "alt"}:
        return ""
    # Shift with a letter or a digit is another character
    is_character = len(key) == 1 and key.isascii() and key.isalnum() and "shift" not in modifiers
    return text if is_character or key in KEY_NAMES else ""
