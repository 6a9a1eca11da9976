"""The name of a cell or task as a user writes it: a name in the table, or FILE.py:NAME of the user's own."""

from __future__ import annotations

from collections.abc import Collection
from typing import TypeVar

from echornn.config_error import ConfigError
from echornn.own.own_file import OwnFile

Own = TypeVar("Own", bound=OwnFile)


def named(given: object, table: Collection[str], kind: type[Own]) -> str | Own:
    """The name that was given, if there is such a value: a name in the table, or a file of this kind, which is read.

    Raises:
        ConfigError: there is no such value, or its file cannot be read.
    """
    if isinstance(given, kind) or (isinstance(given, str) and given in table):
        return given
    if isinstance(given, str) and ":" in given:
        return kind.read(given)
    raise ConfigError(kind.noun, given, f"one of {', '.join(table)}, or FILE.py:NAME of your own")
