"""Turns an error in a user's file into a message of one line that names the place."""

from __future__ import annotations

import signal
import threading
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from typing import ClassVar

from echornn.config_error import ConfigError
from echornn.own.busy import StillBusyError, in_a_call

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
    """Turn any exception in the ``with`` block, except Ctrl+C, into a placed error of one line.

    Args:
        kind: the class of the error.
        file: the name under which the file was compiled.
        line: the line to name if the error was raised outside of the file.
    """
    try:
        with in_a_call():
            yield
    except BaseException as error:
        if is_as_it_should_be(error):
            raise
        raise kind(_one_line(f"{_place(error, file, line)}: {_words(error, kind)}"), is_placed=True) from error


def is_as_it_should_be(error: BaseException) -> bool:
    """Whether an error is not changed: it names its place already, or it may be Ctrl+C."""
    return (isinstance(error, OwnError) and error.is_placed) or _is_ctrl_c(error)


def _is_ctrl_c(error: BaseException) -> bool:
    """Whether this may be Ctrl+C, which Python raises only on the main thread, and only with its own handler."""
    on_main_thread = threading.current_thread() is threading.main_thread()
    is_handled = signal.getsignal(signal.SIGINT) is signal.default_int_handler
    return isinstance(error, KeyboardInterrupt) and on_main_thread and is_handled


def _place(error: BaseException, file: str, line: int | None) -> str:
    lines = [number for frame, number in traceback.walk_tb(error.__traceback__) if frame.f_code.co_filename == file]
    if isinstance(error, SyntaxError) and error.filename == file:
        lines.append(error.lineno or 0)
    newest = lines[-1] if lines else line
    return file if newest is None else f"{file}:{newest}"


def _words(error: BaseException, kind: type[OwnError]) -> str:
    if isinstance(error, (ConfigError, StillBusyError)):
        return str(error)
    if isinstance(error, SystemExit):
        return f"the {kind.noun} ends the program, with exit status {error.code}"
    try:
        text = error.msg if isinstance(error, SyntaxError) else str(error)
    except BaseException:  # the exception's own __str__ may raise an error too
        text = ""
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def _one_line(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= MOST_CHARACTERS else f"{line[:MOST_CHARACTERS]}..."
