"""Turns an error in a user's file into a message of one line that names the place."""

from __future__ import annotations

import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from typing import ClassVar

from echornn.config_error import ConfigError

MOST_CHARACTERS = 300
"""The most characters of a message; a longer one is cut."""


class OwnError(ConfigError):
    """A user's file cannot be used; the message is one line.

    Attributes:
        is_placed: whether the message begins with the place in the file.
    """

    noun: ClassVar[str]
    """The kind of value that the file defines, which is also the field of the configuration."""

    def __init__(self, message: str, is_placed: bool = False) -> None:
        ValueError.__init__(self, message)
        self.field, self.value, self.allowed = self.noun, None, message
        self.is_placed = is_placed


@contextmanager
def blaming(kind: type[OwnError], file: str, line: int | None = None) -> Iterator[None]:
    """Turn any exception in the ``with`` block, except Ctrl+C, into an error of one line with the place in the file.

    Args:
        kind: the class of the error.
        file: the name under which the file was compiled.
        line: the line to name if the error was raised outside of the file.
    """
    try:
        yield
    except (Exception, SystemExit) as error:
        if isinstance(error, OwnError) and error.is_placed:
            raise
        words = " ".join(_words(error).split())
        short = words if len(words) <= MOST_CHARACTERS else f"{words[:MOST_CHARACTERS]}..."
        raise kind(f"{_place(error, file, line)}: {short}", is_placed=True) from error


def _place(error: BaseException, file: str, line: int | None) -> str:
    lines = [number for frame, number in traceback.walk_tb(error.__traceback__) if frame.f_code.co_filename == file]
    if isinstance(error, SyntaxError) and error.filename == file:
        lines.append(error.lineno or 0)
    newest = lines[-1] if lines else line
    return file if newest is None else f"{file}:{newest}"


def _words(error: BaseException) -> str:
    if isinstance(error, ConfigError):
        return str(error)
    text = error.msg if isinstance(error, SyntaxError) else str(error)
    return f"{type(error).__name__}: {text}" if text else type(error).__name__
