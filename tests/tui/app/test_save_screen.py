"""The command palette finds the commands that save the screen by the words that users would type."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from textual.fuzzy import Matcher

from tests.patience import PATIENCE
from tests.tui.app.test_app import opened


@pytest.mark.parametrize("word", ["save", "picture", "text"])
async def test_the_palette_finds_it(word: str) -> None:
    async with opened() as (app, _, _):
        titles = [command.title for command in app.get_system_commands(app.screen)]
        best = max(titles, key=Matcher(word).match)
        assert best.startswith("Save ")


async def test_save_and_enter_write_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    async with opened() as (app, _, pilot):
        await pilot.press("ctrl+p", *"save")
        deadline = time.monotonic() + PATIENCE
        while not (files := list(tmp_path.glob("echornn-*"))):
            assert time.monotonic() < deadline
            if len(app.screen_stack) > 1:
                await pilot.press("down", "enter")
            await pilot.pause(0.05)
        assert "running" in files[0].read_text(encoding="utf-8")
