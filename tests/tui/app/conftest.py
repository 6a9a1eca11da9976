"""Fixtures for tests of the app."""

from __future__ import annotations

import pytest

from tests.key_words import KEYMAP


@pytest.fixture(autouse=True)
def _widgets_without_an_app_have_its_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tui.kit.keyed_app.NO_KEYS", KEYMAP)
