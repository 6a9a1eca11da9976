"""Turns an error in a method of a task into a message of one line that names the place."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from echornn.own.errors import blaming
from echornn.tasks.task import Task, TaskError


@contextmanager
def blaming_method(task: Task, method: str) -> Iterator[None]:
    """Like `blaming`, for a call of this method; an error that was raised outside of the file is reported at the
    method's line.
    """
    try:
        yield
    except (Exception, SystemExit) as error:
        kind = type(task.as_written())
        code = getattr(getattr(kind, method, None), "__code__", None)
        with blaming(TaskError, code.co_filename if code else kind.__module__, code and code.co_firstlineno):
            raise error
