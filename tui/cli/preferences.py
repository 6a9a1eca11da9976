"""What the user prefers for every run: a flag has the first word, then the environment, then the user's file."""

from __future__ import annotations

import math
import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from itertools import combinations
from pathlib import Path
from typing import Any

import platformdirs

from echornn.errors import ConfigError
from tui.cli import UsageError
from tui.kit.theme import THEMES, Theme, remembered

PROGRAM = "echornn-tui"


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
    keys: Mapping[str, tuple[str, ...]]  # by Textual's names, of the actions that the user gave others
    as_flags: Sequence[str]  # what the user set, for the same app elsewhere


def _is_number(value: object, least: float, most: float) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and least <= value <= most


def _is_truth(value: object) -> bool:
    return isinstance(value, bool)


ALLOWED: Mapping[str, tuple[Callable[[object], bool], str]] = {
    "theme": (lambda value: value in THEMES, " or ".join(THEMES)),
    "fps": (lambda value: _is_number(value, 0.1, 60), "0.1 to 60"),
    "speed": (lambda value: value == "max" or _is_number(value, 0.01, 1e6), "0.01 to 1,000,000, or max"),
    "ascii": (_is_truth, "true or false"),
    "mouse": (_is_truth, "true or false"),
}
"""The preferences but for the table ``[keys]``: which values each of them takes."""


def _number(text: str) -> float | str:
    try:
        return float(text)
    except ValueError:
        return text


def _truth(text: str) -> bool | str:
    return {"1": True, "true": True, "0": False, "false": False}.get(text.strip().lower(), text)


def _untruth(text: str) -> bool | str:
    value = _truth(text)
    return value if isinstance(value, str) else not value


VARIABLES: Mapping[str, tuple[str, Callable[[str], object]]] = {
    "theme": ("ECHORNN_THEME", str.strip),
    "fps": ("ECHORNN_FPS", _number),
    "speed": ("ECHORNN_SPEED", _number),
    "ascii": ("ECHORNN_ASCII", _truth),
    "mouse": ("ECHORNN_NO_MOUSE", _untruth),
}


def speed_of(text: str) -> float:
    """What ``--speed`` says: windows a second, infinite for ``max``."""
    takes, allowed = ALLOWED["speed"]
    if not takes(value := _number(text)):
        raise ConfigError("speed", text, allowed)
    return math.inf if value == "max" else float(value)


def preferences(flags: ScreenFlags, speed: float | None = None) -> Preferences:
    """What holds with these flags; a UsageError for a bad value, also where a flag has the last word."""
    path = _own_file()
    text, file = _read(path)
    keys = _keys(path, text, file.pop("keys", {}))
    for name, value in file.items():
        if name not in ALLOWED:
            known = _near(name, [*ALLOWED, "keys"])
            raise UsageError(f"{_place(path, text, name)}: {name} is not known: {known} (actions belong below [keys])")
        _require_allowed(f"{_place(path, text, name)}: {name}", name, value)
    environment = {}
    for name, (variable, parsed) in VARIABLES.items():
        if words := os.environ.get(variable):
            environment[name] = parsed(words)
            _require_allowed(f"environment {variable}", name, environment[name])
    given = {"fps": flags.fps, "ascii": flags.ascii or None, "theme": flags.theme, "speed": speed}
    given["mouse"] = False if flags.no_mouse else None
    chosen: dict[str, Any] = {**file, **environment, **{name: one for name, one in given.items() if one is not None}}
    built_in = {"theme": remembered() or "dark", "fps": 10, "speed": 100, "ascii": False, "mouse": True}
    values: dict[str, Any] = {**built_in, **chosen}
    values["speed"] = math.inf if values["speed"] == "max" else values["speed"]
    as_flags = ["--fps", f"{chosen['fps']:g}"] if "fps" in chosen else []
    as_flags += ["--theme", chosen["theme"]] if "theme" in chosen else []
    as_flags += [*["--ascii"] * values["ascii"], *["--no-mouse"] * (not values["mouse"])]
    return Preferences(**values, keys=keys, as_flags=as_flags)


def _require_allowed(start: str, name: str, value: object) -> None:
    takes, allowed = ALLOWED[name]
    if not takes(value):
        raise UsageError(f"{start} = {_toml(value)} cannot be used: {allowed}")


def _near(name: str, known: Sequence[str]) -> str:
    like = get_close_matches(name, known, 1)
    return f"did you mean {like[0]}?" if like else f"known are {', '.join(sorted(known))}"


def _toml(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else f"{value}".lower() if isinstance(value, bool) else f"{value!r}"


# ---- the user's file


def _own_file() -> Path:
    """It need not exist, and is never in the current folder."""
    folder = platformdirs.user_config_path(PROGRAM)
    return (folder if folder.is_absolute() else Path.home() / ".config" / PROGRAM) / "config.toml"


def _read(path: Path) -> tuple[str, dict[str, Any]]:
    """The text of the file, and what it sets; nothing if there is no file."""
    if not os.path.lexists(path):
        return "", {}
    import tomllib  # late: most users have no such file

    try:
        data = path.read_bytes()
        text = data.decode("utf-8-sig")  # some editors begin a file with a byte order mark
        return text, tomllib.loads(text)
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise UsageError(f"{path}, line {line}: this is not UTF-8 text") from error
    except (ValueError, RecursionError) as error:
        found = re.search(r"line \d+", str(error))
        raise UsageError(f"{path}{f', {found[0]}' if found else ''}: this is not TOML: {error}") from error


def _place(path: Path, text: str, name: str) -> str:
    """The file, and the line that sets a name: ``fps``, ``keys.undo``."""
    table = ""
    for number, line in enumerate(text.splitlines(), 1):
        if header := re.match(r"\s*\[\s*([\w.-]+)\s*\]", line):
            table, sets = f"{header[1]}.", header[1]
        else:
            key = re.match(r"""\s*(["']?)([\w.-]+)\1\s*=""", line)
            sets = table + key[2] if key else ""
        if sets == name:
            return f"{path}, line {number}"
    return str(path)


# ---- keys of the user's own

NAMED_KEYS = {"space", "enter", "escape", "tab", "backspace", "delete", "insert", "home", "end", "pageup", "pagedown"}
NAMED_KEYS |= {"up", "down", "left", "right", *(f"f{number}" for number in range(1, 13))}

NOT_FREE = ("ctrl+c", "ctrl+q", "ctrl+i", "ctrl+m", "ctrl+j", "ctrl+h")
"""Keys that always mean the same, and keys for which a terminal sends the same as for another one."""

KEYS_ALLOWED = 'a key such as "u", "[", "space", "pageup", "f2" or "ctrl+r", or a list of keys; not '
KEYS_ALLOWED += ", ".join(NOT_FREE)


def _keys(path: Path, text: str, table: object) -> dict[str, tuple[str, ...]]:
    """The keys of the table ``[keys]`` by the ids of their actions: each exists, and means one thing in each place."""
    if not isinstance(table, dict):
        raise UsageError(f"{_place(path, text, 'keys')}: keys = {_toml(table)} cannot be used: a table [keys]")
    if not table:
        return {}
    from tui.app.all_keys import IN_THE_APP, PLACES, WITH_THE_APP
    from tui.kit.keymap import ids_of, key_name
    from tui.map.keys import BINDINGS

    places: dict[str, Sequence[object]] = {**PLACES, "on the map": BINDINGS}
    known = {name for bindings in places.values() for name in ids_of(bindings)}
    own: dict[str, tuple[str, ...]] = {}
    for name, value in _flat(table):
        place = _place(path, text, f"keys.{name}")
        keys = [_textual_key(one) for one in (value if isinstance(value, list) else [value])]
        if not keys or not all(keys):
            raise UsageError(f"{place}: {name} = {_toml(value)} cannot be used: {KEYS_ALLOWED}")
        if name not in known:
            raise UsageError(f"{place}: there is no action {name}: {_near(name, [*known])}")
        own[name] = tuple(dict.fromkeys(keys))
    for where, bindings in places.items():
        built_in = ids_of([*places[IN_THE_APP], *bindings] if where in WITH_THE_APP else bindings)
        held = {name: own.get(name, keys) for name, keys in built_in.items()}
        for one, other in combinations(held, 2):
            if both := {*held[one]} & {*held[other]} - ({*built_in[one]} & {*built_in[other]}):
                place = _place(path, text, f"keys.{other if other in own else one}")
                key = key_name(min(both))
                raise UsageError(f"{place}: {key} cannot be the key of both {one} and {other} ({where})")
    return own


def _flat(table: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, Any]]:
    """The entries of a table, and of the tables in it, with dots in their names."""
    for name, value in table.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{before}{name}.")
        else:
            yield f"{before}{name}", value


def _textual_key(text: object) -> str:
    """Textual's name of a key; empty if there is no such key, or it is not free."""
    if not isinstance(text, str) or not text.isprintable():
        return ""
    if len(text) == 1:
        from textual.keys import _character_to_key

        return _character_to_key(text)
    *modifiers, key = text.lower().split("+")
    is_key = key in NAMED_KEYS or (len(key) == 1 and key.isascii() and key.isalnum() and "shift" not in modifiers)
    is_free = text.lower() not in NOT_FREE
    return text.lower() if is_key and is_free and {*modifiers} <= {"ctrl", "shift", "alt"} else ""
