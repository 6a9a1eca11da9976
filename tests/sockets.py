"""A place for the sockets of tests alone."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


@contextmanager
def own_sockets(patch: pytest.MonkeyPatch, factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A short temporary folder for this process and those that it starts, since the path of a
    socket has at most about a hundred bytes; ``factory`` finds its own folder before.
    """
    factory.getbasetemp()
    with tempfile.TemporaryDirectory() as folder:
        patch.delenv("XDG_RUNTIME_DIR", raising=False)
        patch.setenv("TMPDIR", folder)
        patch.setattr(tempfile, "tempdir", folder)
        yield Path(folder)
