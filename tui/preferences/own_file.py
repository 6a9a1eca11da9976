"""Reads the user's file of preferences, and knows the line of each of them."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import platformdirs

from tui.preferences.table import BY_NAME, PreferenceError, text_of

PROGRAM = "echornn-tui"

MOST_BYTES = 1 << 20
"""The largest file that is read."""

TABLE = re.compile(r"\s*\[\s*([^\[\]]+?)\s*\]\s*(#.*)?")
KEY = re.compile(r"""\s*(["']?)([A-Za-z0-9_.-]+)\1\s*=""")


def own_file() -> Path:
    """The path of the file, which need not exist. It is never in the current folder."""
    folder = platformdirs.user_config_path(PROGRAM)
    return (folder if folder.is_absolute() else Path.home() / ".config" / PROGRAM) / "config.toml"


@dataclass(frozen=True)
class PreferenceFile:
    """The contents of a file of preferences.

    Attributes:
        path: the file.
        values: what it sets, by name; a table is a mapping.
        text: the whole text.
    """

    path: Path
    values: Mapping[str, Any]
    text: str

    def at(self, name: str, table: str = "") -> str:
        """The place of a name as a text: the file, and the line if it is known."""
        number = self.line_of(name, table)
        return f"{self.path}, line {number}" if number else str(self.path)

    def line_of(self, name: str, table: str = "") -> int:
        """The number of the line that sets a name, from 1; 0 if it is set in another way."""
        current = ""
        for number, line in enumerate(self.text.splitlines(), 1):
            if header := TABLE.fullmatch(line):
                current = header[1]
                if not table and current == name:
                    return number
            elif (key := KEY.match(line)) and (current, key[2]) in ((table, name), ("", f"{table}.{name}")):
                return number
        return 0

    def require_known(self) -> None:
        """Check that each name is known.

        Raises:
            PreferenceError: one is not.
        """
        known = [*BY_NAME, "keys"]
        for name in self.values:
            if name not in known:
                hint = near(name, known)
                if not hint.startswith("did"):
                    hint += "; the keys of actions belong below a line [keys]"
                raise PreferenceError(f"{self.at(name)}: {name} is not known: {hint}")

    def value(self, name: str) -> Any:
        """The value of a preference; None if the file does not set it.

        Raises:
            PreferenceError: the value is not allowed.
        """
        value = self.values.get(name)
        if value is not None and not BY_NAME[name].takes(value):
            raise PreferenceError(f"{self.at(name)}: {name} = {text_of(value)} cannot be used: {BY_NAME[name].allowed}")
        return value


def near(name: str, known: Iterable[str]) -> str:
    """The known name that is most like this one, or all of them."""
    from difflib import get_close_matches

    known = sorted(known)
    like = get_close_matches(name, known, 1)
    return f"did you mean {like[0]}?" if like else f"known are {', '.join(known)}"


def read_own() -> PreferenceFile:
    """The user's file; empty if there is none.

    Raises:
        PreferenceError: the file cannot be read, or sets something that does not exist.
    """
    path = own_file()
    if not os.path.lexists(path):
        return PreferenceFile(path, {}, "")
    file = read(path)
    file.require_known()
    return file


def read(path: Path) -> PreferenceFile:
    """The contents of a file of preferences.

    Raises:
        PreferenceError: the file cannot be read.
    """
    import tomllib  # imported late: most users have no such file

    text = _text(path)
    try:
        return PreferenceFile(path, tomllib.loads(text), text)
    except (ValueError, RecursionError) as error:
        line = re.search(r"line \d+", str(error))
        raise PreferenceError(f"{path}{f', {line[0]}' if line else ''}: this is not TOML: {error}") from error


def _text(path: Path) -> str:
    """The text of a file. A pipe or a device in its place is not waited for."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(descriptor, "rb") as file:
            content = file.read(MOST_BYTES + 1) or b""
    except OSError as error:
        raise PreferenceError(f"{path} cannot be read: {error.strerror or error}") from error
    if len(content) > MOST_BYTES:
        raise PreferenceError(f"{path} cannot be read: it is larger than 1 MiB")
    try:
        return content.decode("utf-8-sig")  # some editors begin a file with a byte order mark
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise PreferenceError(f"{path}, line {line}: this is not UTF-8 text") from error
