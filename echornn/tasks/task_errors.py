"""Turns an error in a task's file into a message of one line that names the place."""

from __future__ import annotations

import signal
import threading
import traceback
from collections.abc import Iterator
from contextlib import contextmanager

from echornn.config_error import ConfigError
from echornn.tasks.busy import StillBusyError, in_a_task
from echornn.tasks.task import Task, TaskError

MOST_CHARACTERS = 300
"""The most characters of a message; a longer one is cut."""


class PlacedError(TaskError):
    """An error in a task, whose message begins with the place in the task's file."""


@contextmanager
def blaming(file: str, line: int | None = None) -> Iterator[None]:
    """Turn any exception in the ``with`` block, except Ctrl+C, into a `PlacedError` of one line.

    Args:
        file: the name under which the file was compiled.
        line: the line to name if the error was raised outside of the file.
    """
    try:
        with in_a_task():
            yield
    except BaseException as error:
        if _is_as_it_should_be(error):
            raise
        raise PlacedError(_one_line(f"{_place(error, file, line)}: {_words(error)}")) from error


@contextmanager
def blaming_method(task: Task, method: str) -> Iterator[None]:
    """Like `blaming`, for a call of this method; an error that was raised outside of the file is reported at the
    method's line.
    """
    try:
        with in_a_task():
            yield
    except BaseException as error:
        if _is_as_it_should_be(error):
            raise
        kind = type(task.as_written())
        code = getattr(getattr(kind, method, None), "__code__", None)
        with blaming(code.co_filename if code else kind.__module__, code and code.co_firstlineno):
            raise


def _is_as_it_should_be(error: BaseException) -> bool:
    """Whether an error is not changed: it names its place already, or it may be Ctrl+C."""
    return isinstance(error, PlacedError) or _is_ctrl_c(error)


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


def _words(error: BaseException) -> str:
    if isinstance(error, (TaskError, ConfigError)):
        return str(error)
    if isinstance(error, StillBusyError):
        return str(error)
    if isinstance(error, SystemExit):
        return f"the task ends the program, with exit status {error.code}"
    try:
        text = error.msg if isinstance(error, SyntaxError) else str(error)
    except BaseException:  # the exception's own __str__ may raise an error too
        text = ""
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def _one_line(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= MOST_CHARACTERS else f"{line[:MOST_CHARACTERS]}..."
