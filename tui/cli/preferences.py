"""What the user prefers for every run: a flag has the first word, then the environment, then the
user's file."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Any, NamedTuple

import platformdirs

from echornn.errors import ConfigError
from tui.app.theme import THEMES, Theme, remembered
from tui.term.exit_code import UsageError


@dataclass(frozen=True)
class ScreenFlags:
    """Flags of every command that opens a screen."""

    fps: float | None = None
    """Most frames a second, 0.1 to 60, by default 10; a slow connection gets fewer."""

    ascii: bool = False
    """Draw with ASCII characters only."""

    theme: Theme | None = None
    """Background, dark or light; by default the one chosen last."""

    no_mouse: bool = False
    """Leave the mouse to the terminal, which selects text with it."""

    def __post_init__(self) -> None:
        if self.fps is not None and not 0.1 <= self.fps <= 60:
            raise ConfigError("fps", self.fps, "0.1 to 60")


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


def _is_truth(value: object) -> bool:
    return isinstance(value, bool)


PREFERENCES = {
    "theme": Preference("dark", lambda value: value in THEMES, "dark or light", "ECHORNN_THEME"),
    "fps": Preference(10, lambda value: _is_number(value, 0.1, 60), "0.1 to 60", "ECHORNN_FPS"),
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
    if not _is_speed(value := _typed(text, like=0.0)):
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
    flags, (path, file) = flags or ScreenFlags(), _own_file()
    set_by = [(f"{path}: {name}", name, value) for name, value in file.items() if name != "keys"]
    for name, known in PREFERENCES.items():
        if text := os.environ.get(known.variable):
            set_by.append(
                (f"environment {known.variable}", name, _typed(text, like=known.built_in))
            )
    chosen: dict[str, Any] = {}
    for place, name, value in set_by:
        if name not in PREFERENCES:
            there_are = (
                f"{', '.join([*PREFERENCES, 'keys'])}; the keys of actions belong below [keys]"
            )
            raise UsageError(f"{place} is not known: there are {there_are}")
        if not PREFERENCES[name].takes(value):
            raise UsageError(
                f"{place} = {_shown(value)} cannot be used: {PREFERENCES[name].allowed}"
            )
        chosen[name] = not value if place.endswith("NO_MOUSE") else value
    given = {"fps": flags.fps, "ascii": flags.ascii or None, "theme": flags.theme}
    given["mouse"] = False if flags.no_mouse else None
    chosen |= {name: value for name, value in given.items() if value is not None}
    built_in: dict[str, Any] = {name: one.built_in for name, one in PREFERENCES.items()}
    values = built_in | {"theme": remembered() or "dark"} | chosen
    values["speed"] = math.inf if values["speed"] == "max" else values["speed"]
    as_flags = [
        word
        for name in ("fps", "theme")
        if name in chosen
        for word in (f"--{name}", str(chosen[name]))
    ]
    as_flags += [*["--ascii"] * values["ascii"], *["--no-mouse"] * (not values["mouse"])]
    return Preferences(**values, keys=_keys(path, file.get("keys", {})), as_flags=as_flags)


def _shown(value: object) -> str:
    return json.dumps(value, default=str, ensure_ascii=False)


def _own_file() -> tuple[Path, Mapping[str, Any]]:
    """The user's file, which need not exist, and is never in the current folder; and what it
    says."""
    folder = platformdirs.user_config_path("echornn-tui")
    path = (folder if folder.is_absolute() else Path.home() / ".config/echornn-tui") / "config.toml"
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
    from tui.views.keymap import ids_of, key_name

    places: dict[str, Sequence[object]] = {**PLACES, "on the map": BINDINGS}
    known = {name for bindings in places.values() for name in ids_of(bindings)}
    own: dict[str, tuple[str, ...]] = {}
    flat: dict[str, Any] = {}
    for name, value in table.items():
        flat |= (
            {f"{name}.{last}": one for last, one in value.items()}
            if isinstance(value, dict)
            else {name: value}
        )
    for name, value in flat.items():
        keys = tuple(
            dict.fromkeys(map(_textual_key, value if isinstance(value, list) else [value]))
        )
        if not keys or not all(keys):
            raise UsageError(f"{path}: {name} = {_shown(value)} cannot be used: {KEYS_ALLOWED}")
        if name not in known:
            raise UsageError(
                f"{path}: there is no action {name}: there are {', '.join(sorted(known))}"
            )
        own[name] = keys
    for where, bindings in places.items():
        built_in = ids_of([*places[IN_THE_APP], *bindings] if where in WITH_THE_APP else bindings)
        held = {name: own.get(name, keys) for name, keys in built_in.items()}
        for one, other in combinations(held, 2):
            if both := {*held[one]} & {*held[other]} - ({*built_in[one]} & {*built_in[other]}):
                key = key_name(min(both))
                raise UsageError(
                    f"{path}: {key} cannot be the key of both {one} and {other} ({where})"
                )
    return own


def _textual_key(text: object) -> str:
    """Textual's name of a key; empty if there is no such key, or it is not free."""
    from textual.keys import Keys, _character_to_key

    if not isinstance(text, str) or not text.isprintable():
        return ""
    if len(text) == 1:
        return _character_to_key(text)
    *modifiers, key = text.lower().split("+")
    is_key = key in {*Keys} or (
        len(key) == 1 and key.isascii() and key.isalnum() and "shift" not in modifiers
    )
    is_free = text.lower() not in NOT_FREE
    return text.lower() if is_key and is_free and {*modifiers} <= {"ctrl", "shift", "alt"} else ""
