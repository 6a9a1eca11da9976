"""Other runs under the curve: found by typing, drawn and taken away with a key, followed while they
grow."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from tests.door.app.stage import Stage, opened
from tests.recorded import go_on, record_branches
from tests.scripted import SMALL, ScriptedTrainer


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Three runs, and a folder that is none, in the user's state folder."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    folder = tmp_path / "echornn-tui" / "runs"
    folder.mkdir(parents=True)
    record_branches(folder / "run-slow", 20, config=replace(SMALL, learning_rate=0.1))
    record_branches(folder / "run-wide", 12, config=replace(SMALL, state_size=9))
    record_branches(folder / "run-same", 5)
    (folder / "run-damaged").mkdir()
    return folder


async def listing(stage: Stage, *keys: str) -> str:
    await stage.press(*keys)
    return await stage.until(lambda text: "in all" in text or "none" in text)


async def test_runs_are_listed_with_what_differs_and_found_by_typing(kept: Path) -> None:
    async with opened(size=(120, 40)) as stage:
        await stage.press("e")
        text = await listing(stage, "o")
        assert "learning_rate 0.1" in text
        assert "state_size 9" in text
        assert {int(one) for one in re.findall(r"(\d+) in all", text)} == {20, 12, 5}
        assert "damaged" not in text
        text = await stage.seen(*"RATE")
        assert "RATE" in text
        assert re.findall(r"(\d+) in all", text) == ["20"]
        assert not re.search(r"\d in all", await stage.seen(*"sbq?"))
        await stage.press("escape")
        assert (stage.state, stage.frame.trained) == ("paused", 10)
        assert "in all" not in stage.text


async def test_enter_draws_a_run_under_the_curve_and_takes_it_away(kept: Path) -> None:
    async with opened(size=(120, 40)) as stage:
        await stage.press("e", "e", "e")
        await listing(stage, "o")
        await stage.press(*"slow", "enter")
        text = await stage.until(lambda text: "A: learning_rate 0.1 (run-slow)" in text)
        assert re.search(r">\+A learning_rate 0.1", text)
        await stage.press(*["backspace"] * 4, *"wide", "enter")
        await stage.until(lambda text: "B: state_size 9 (run-wide)" in text)
        text = await stage.seen("enter")
        assert "state_size 9 (run-wide)" not in text
        assert "(run-slow)" in text
        assert (stage.frame.trained, stage.frame.branch) == (30, 0)


async def test_a_run_that_another_program_writes_is_followed(kept: Path) -> None:
    async with opened(size=(120, 40), compared=(kept / "run-slow",)) as stage:
        await stage.press("e", "e", "e")
        before = await stage.until(lambda text: "A: learning_rate 0.1 (run-slow)" in text)
        go_on(kept / "run-slow", 10, make_trainer=ScriptedTrainer)
        stage.app.training.under_curve.follow()
        await stage.until(lambda text: text.split("\n")[4:] != before.split("\n")[4:])
        text = await listing(stage, "o")
        assert re.search(r">\+A learning_rate 0.1[^\n]*\n[^\n]*30 in all", text)


async def test_a_run_that_has_vanished_is_said_and_nothing_is_drawn(kept: Path) -> None:
    async with opened(size=(120, 40)) as stage:
        await listing(stage, "o")
        await stage.press(*"slow")
        (kept / "run-slow").rename(kept / "gone")
        await stage.press("enter")
        await stage.until(lambda text: "run-slow" in text.replace("other runs: slow", ""))
        assert "A: " not in stage.text
