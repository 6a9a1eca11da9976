"""Sockets of these tests are in a place of their own, and nobody gives up on a loaded machine."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.door.remote.viewers import never_give_up
from tests.sockets import own_sockets


@pytest.fixture(autouse=True)
def place(
    monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Path]:
    """The temporary folder, in which the folder of sockets is made."""
    never_give_up(monkeypatch)
    with own_sockets(monkeypatch, tmp_path_factory) as folder:
        yield folder
