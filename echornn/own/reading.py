"""Reads records of the user's own files without running their texts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from echornn.own import own_file
from echornn.own.own_file import OwnFile, never_running


@contextmanager
def reading(values: Iterable[object]) -> Iterator[None]:
    """In the ``with`` block, a record with the files among these values is read, and no text is run that was not run
    before.

    A record without facts cannot be read in this way: its text is checked in another process first, and then run.

    Raises:
        OwnError: there are no facts, and the text cannot be used.
    """
    for own in values:
        if isinstance(own, OwnFile) and own.facts is None and own not in own_file.LOADED:
            own.check_apart()
            own.load()
    with never_running():
        yield
