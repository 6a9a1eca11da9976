"""The keys that the user chose: a preset, and keys of some actions, from a table of a file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tui.kit.key_presets import KEY_PRESETS, Moved
from tui.kit.typed_keys import KeyNameError, textual_key
from tui.preferences.own_file import PreferenceFile, near, read
from tui.preferences.table import BY_NAME, PreferenceError, text_of

PRESET = "preset"
"""The name in the table that is no action."""


@dataclass(frozen=True)
class KeyChoice:
    """Keys that the user chose.

    Attributes:
        preset: the preset that they begin with.
        own: the keys of single actions, by their ids.
        places: the file and the line of each of `own`.
    """

    preset: str = "default"
    own: Moved = field(default_factory=dict)
    places: Mapping[str, str] = field(default_factory=dict)

    @property
    def moved(self) -> Moved:
        """All keys that are not built in."""
        return {**KEY_PRESETS[self.preset], **self.own}

    def __str__(self) -> str:
        return self.preset + (f" and {len(self.own)} of your own" if self.own else "")


def keys_in(file: PreferenceFile) -> KeyChoice | None:
    """The keys that a file sets; None if it sets none.

    Raises:
        PreferenceError: a key or the preset does not exist.
    """
    value = file.values.get("keys")
    if value is None:
        return None
    if isinstance(value, str) and value in KEY_PRESETS:
        return KeyChoice(value)
    if not isinstance(value, dict):
        raise PreferenceError(
            f"{file.at('keys')}: keys = {text_of(value)} cannot be used: {' or '.join(KEY_PRESETS)}, or a table [keys]"
        )
    preset = value.get(PRESET, "default")
    if not isinstance(preset, str) or preset not in KEY_PRESETS:
        at = file.at(PRESET, "keys")
        raise PreferenceError(f"{at}: preset = {text_of(preset)} cannot be used: {' or '.join(KEY_PRESETS)}")
    own = {name: one for name, one in _flat(value) if name != PRESET}
    places = {name: _place(file, name) for name in own}
    return KeyChoice(preset, {name: _keys(name, one, places[name]) for name, one in own.items()}, places)


def named_keys(text: str, what: str) -> KeyChoice:
    """The keys of a preset, or of another file.

    Args:
        text: the name of a preset, or a path that ends in ``.toml``.
        what: from where the text is, for an error.

    Raises:
        PreferenceError: it is neither, or the file cannot be used.
    """
    if text in KEY_PRESETS:
        return KeyChoice(text)
    if not text.endswith(".toml"):
        raise PreferenceError(f"{what} = {text_of(text)} cannot be used: {BY_NAME['keys'].allowed}")
    file = read(Path(text).expanduser())
    file.require_known(file.values, BY_NAME)
    keys = keys_in(file)
    if keys is None:
        raise PreferenceError(f"{file.path} has no table [keys]")
    return keys


def require_actions(choice: KeyChoice, known: Mapping[str, object]) -> None:
    """Check that each action exists.

    Raises:
        PreferenceError: one does not.
    """
    for name in choice.own:
        if name not in known:
            raise PreferenceError(f"{choice.places[name]}: there is no action {name}: {near(name, known)}")


def _flat(table: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """The entries of a table, and of the tables in it, with dots in their names."""
    tables = [("", table)]
    while tables:  # not recursive: a name may have thousands of dots
        before, table = tables.pop()
        for name, value in table.items():
            if isinstance(value, dict):
                tables.append((f"{before}{name}.", value))
            else:
                yield f"{before}{name}", value


def _place(file: PreferenceFile, name: str) -> str:
    place, (group, _, last) = file.at(name, "keys"), name.rpartition(".")
    return file.at(last, f"keys.{group}") if group and place == str(file.path) else place


def _keys(name: str, value: object, place: str) -> tuple[str, ...]:
    """The keys in a value: a key, or a list of keys."""
    texts = [text for text in (value if isinstance(value, list) else [value]) if isinstance(text, str) and text]
    if not texts or (isinstance(value, list) and len(texts) < len(value)):
        allowed = 'a key such as "u", or a list of keys'
        raise PreferenceError(f"{place}: {name} = {text_of(value)} cannot be used: {allowed}")
    keys: list[str] = []
    for text in texts:
        try:
            keys.append(textual_key(text))
        except KeyNameError as error:
            raise PreferenceError(f"{place}: {name} = {text_of(text)} cannot be used: {error}") from error
    return tuple(dict.fromkeys(keys))
