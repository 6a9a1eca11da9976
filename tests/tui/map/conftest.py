"""Fixtures for tests of the map."""

from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def _the_folder_is_read_when_a_test_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """Otherwise a slow test would read it on another thread, from time to time."""
    monkeypatch.setattr("tui.map.app.FOLLOW_SECONDS", 1e6)
