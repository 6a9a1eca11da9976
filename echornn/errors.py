"""The errors of invalid values, runs and users' files, and checks of values that raise them."""

from __future__ import annotations

import math
import operator
import signal
import textwrap
import threading
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, ClassVar

SHOWN_CHARACTERS = 60  # of an invalid value; chosen by eye
MOST_CHARACTERS = 300  # of a message about a user's file; chosen by eye

NO_RECORD = (
    LookupError,
    TypeError,
    ValueError,
    ArithmeticError,
    AttributeError,
    RecursionError,
    MemoryError,
)
"""Exceptions that parsing a damaged or handmade record can raise."""


class ConfigError(ValueError):
    """A field has an invalid value; the message contains the field, its value and what is
    allowed."""

    def __init__(self, field: str, value: object, allowed: str) -> None:
        super().__init__(f"{field} = {_shown(value)} cannot be used: {allowed}")
        self.field = field
        self.value = value
        self.allowed = allowed


def fraction(field: str, value: Any, allowed: str) -> float:
    """The value as a finite float, also of a NumPy number; else a ConfigError that says what is
    allowed."""
    if not isinstance(value, (bool, str, bytes)):
        with suppress(TypeError, ValueError, OverflowError):
            number = float(value)
            if math.isfinite(number):
                return number
    raise ConfigError(field, value, allowed)


def whole(field: str, value: Any) -> int:
    """The value as a whole number, also of a NumPy one; else a ConfigError."""
    if not isinstance(value, bool):
        with suppress(TypeError):
            return operator.index(value)
    raise ConfigError(field, value, "a whole number")


def _shown(value: object) -> str:
    try:
        text = repr(value)
    except ValueError:  # Python refuses to write whole numbers with thousands of digits
        return "a number of thousands of digits"
    if len(text) <= SHOWN_CHARACTERS:
        return text
    return f"{text[:SHOWN_CHARACTERS]}... ({len(text)} characters)"


class RunError(ValueError):
    """A folder cannot be used as a run; the message names the folder and the reason."""


class OwnError(ConfigError):
    """A user's file cannot be used; the message is one line, and begins with the place in the file
    if `is_placed`."""

    noun: ClassVar[str]  # what the file defines, which is also the field of the configuration

    def __init__(self, message: str, is_placed: bool = False) -> None:
        ValueError.__init__(self, message)
        self.field = self.noun
        self.value = None
        self.allowed = message
        self.is_placed = is_placed


@contextmanager
def blaming(kind: type[OwnError], file: str, line: int | None = None) -> Iterator[None]:
    """Turn any exception in the ``with`` block, except Ctrl+C, into an error of this kind: one line
    with the place in the file, which was compiled under this name; ``line`` is named if the
    exception was raised outside of it.
    """
    try:
        yield
    except BaseException as error:
        if _may_be_ctrl_c(error):
            raise
        if isinstance(error, OwnError) and error.is_placed:
            raise
        newest = _newest_line(error, file)
        if newest is None:
            newest = line
        place = file if newest is None else f"{file}:{newest}"
        raise kind(f"{place}: {_in_a_line(error)}", is_placed=True) from error


def _may_be_ctrl_c(error: BaseException) -> bool:
    """Ctrl+C interrupts the main thread only, and only while Python's own handler is in place."""
    if not isinstance(error, KeyboardInterrupt):
        return False
    if threading.current_thread() is not threading.main_thread():
        return False
    return signal.getsignal(signal.SIGINT) is signal.default_int_handler


def _newest_line(error: BaseException, file: str) -> int | None:
    """The line of the file at which the exception was raised, or passed last."""
    if isinstance(error, SyntaxError) and error.filename == file:
        return error.lineno or 0
    newest = None
    for frame, number in traceback.walk_tb(error.__traceback__):
        if frame.f_code.co_filename == file:
            newest = number
    return newest


def _in_a_line(error: BaseException) -> str:
    words = error.msg if isinstance(error, SyntaxError) else str(error)
    if not isinstance(error, ConfigError):
        kind = type(error).__name__
        words = f"{kind}: {words}" if words else kind
    return textwrap.shorten(words, MOST_CHARACTERS, placeholder="...")
