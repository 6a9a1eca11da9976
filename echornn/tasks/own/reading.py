"""Reads records of a user's own task without running its text."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from echornn.tasks.own import own_file
from echornn.tasks.own.own_file import OwnFile, never_running


@contextmanager
def reading(own: OwnFile) -> Iterator[None]:
    """In the ``with`` block, a record with this task is read, and no text is run that was not run before.

    A record without facts cannot be read in this way: its text is checked in another process first, and then run.

    Raises:
        TaskError: there are no facts, and the text cannot be used.
    """
    if own.facts is None and own.digest not in own_file.LOADED:
        from echornn.tasks.own.check import check

        check(own)
    with never_running():
        yield
