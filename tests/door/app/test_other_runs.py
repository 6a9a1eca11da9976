"""Other runs under the curve: found by typing, drawn and taken away with a key, followed while they
grow."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from tests.door.app.stage import LARGE, Stage, opened
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


async def listed(stage: Stage) -> str:
    await stage.press("o")
    return await stage.until("in all")


async def test_runs_are_listed_with_what_differs_and_found_by_typing(kept: Path) -> None:
    async with opened(size=LARGE) as stage:
        await stage.press("e")
        text = await listed(stage)
        assert "learning_rate 0.1" in text
        assert "state_size 9" in text
        assert {*re.findall(r"(\d+) in all", text)} == {"20", "12", "5"}
        assert "damaged" not in text
        await stage.type("RATE")
        text = stage.text
        assert "RATE" in text
        assert re.findall(r"(\d+) in all", text) == ["20"]
        await stage.type("sbq?")
        assert not re.search(r"\d in all", stage.text)
        assert "in all" not in await stage.after("escape")
        stage.stands(state="paused", trained=10)


async def test_enter_draws_a_run_under_the_curve_and_takes_it_away(kept: Path) -> None:
    async with opened(size=LARGE) as stage:
        await stage.press("e e e")
        await listed(stage)
        await stage.press("s l o w enter")
        text = await stage.until("A: learning_rate 0.1 (run-slow)")
        assert ">+A learning_rate 0.1" in text
        await stage.press("backspace " * 4, "w i d e enter")
        await stage.until("B: state_size 9 (run-wide)")
        text = await stage.after("enter")
        assert "state_size 9 (run-wide)" not in text
        assert "(run-slow)" in text
        stage.stands(trained=30, branch=0)


async def test_a_run_that_another_program_writes_is_followed(kept: Path) -> None:
    async with opened(size=LARGE, compared=(kept / "run-slow",)) as stage:
        await stage.press("e e e")
        await stage.until("A: learning_rate 0.1 (run-slow)")
        before = stage.lines[4:]
        go_on(kept / "run-slow", 10, make_trainer=ScriptedTrainer)
        stage.app.training.under_curve.follow()
        await stage.until(lambda _: stage.lines[4:] != before)
        assert re.search(r">\+A learning_rate 0.1[^\n]*\n[^\n]*30 in all", await listed(stage))


async def test_a_run_that_has_vanished_is_said_and_nothing_is_drawn(kept: Path) -> None:
    async with opened(size=LARGE) as stage:
        await listed(stage)
        await stage.type("slow")
        (kept / "run-slow").rename(kept / "gone")
        await stage.press("enter")
        await stage.until(lambda text: "run-slow" in text.replace("other runs: slow", ""))
        assert "A: " not in stage.text
