"""Turns an error in a method of a task into a message of one line that names the place."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from echornn.own.busy import in_a_call
from echornn.own.errors import blaming, is_as_it_should_be
from echornn.tasks.task import Task, TaskError


@contextmanager
def blaming_method(task: Task, method: str) -> Iterator[None]:
    """Like `blaming`, for a call of this method; an error that was raised outside of the file is reported at the
    method's line.
    """
    try:
        with in_a_call():
            yield
    except BaseException as error:
        if is_as_it_should_be(error):
            raise
        kind = type(task.as_written())
        code = getattr(getattr(kind, method, None), "__code__", None)
        file = code.co_filename if code else kind.__module__
        with blaming(TaskError, file, code and code.co_firstlineno):
            raise
