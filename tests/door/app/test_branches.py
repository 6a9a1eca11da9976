"""The panel of branches: go, name, pin, hide; and the past, which changes nothing of what was
trained."""

from __future__ import annotations

import json
import re
import shutil
from dataclasses import replace
from pathlib import Path

from echornn.session.commands import Edit, Go, Reset, Step
from tests.door.app.stage import LARGE, MIDDLE, opened
from tests.scripted import SMALL

THREE_BRANCHES = (Step(20), Go(0, 15), Edit({"learning_rate": 0.5}), Step(5), Reset(), Step(3))
"""a: 20 windows; b: from window 15 on with another rate, 20; c: from the start again, 3."""

# A line of the list: the cursor, whether the branch is shown (*), under the curve (+), pinned (x)
# or hidden, and its letter


async def test_the_panel_lists_each_branch_with_what_differs_and_how_far_it_went() -> None:
    async with opened(size=LARGE) as stage:
        await stage.do(*THREE_BRANCHES)
        text = await stage.after("b")
        assert ">*c " in text
        assert " +b learning_rate 0.5 from window 15" in text
        assert " +a the start" in text
        assert re.findall(r"(\d+) on its path", text) == ["3", "20", "20"]
        assert "on its path" not in await stage.after("b")


async def test_enter_goes_to_a_branchs_end_and_training_goes_on_there() -> None:
    async with opened() as stage:
        await stage.do(*THREE_BRANCHES)
        await stage.press("b down enter")
        stage.stands(branch=1, trained=20, is_past=False, learning_rate=0.5)
        assert "on its path" not in stage.text
        await stage.press(".")
        stage.stands(branch=1, trained=21, trained_in_all=29)
        await stage.press("b end enter .")
        stage.stands(branch=0, trained=21, learning_rate=0.3)


async def test_space_hides_a_branch_and_x_pins_it() -> None:
    async with opened(size=LARGE) as stage:
        await stage.do(*THREE_BRANCHES)
        text = await stage.after("b down space")
        assert "> b learning_rate" in text
        assert "b: learning_rate" not in text
        text = await stage.after("space")
        assert ">+b learning_rate" in text
        assert "b: learning_rate 0.5" in text
        assert ">xb learning_rate" in await stage.after("x")
        text = await stage.after("up space")
        assert ">*c " in text, "the branch that is shown cannot lie under itself"
        stage.stands(branch=2, trained=3, trained_in_all=28)


async def test_n_names_a_branch() -> None:
    async with opened(size=LARGE) as stage:
        await stage.do(*THREE_BRANCHES)
        await stage.press("b down n")
        await stage.type("best q?")
        text = await stage.after("backspace enter")
        assert ">+b best q: learning_rate" in text
        assert "b: best q" in text
        stage.stands(state="paused")
        assert "best qz" not in await stage.after("n z escape")
        text = await stage.after("n", "backspace " * 9, "enter")
        assert ">+b learning_rate 0.5" in text


async def test_names_and_pins_are_kept_with_the_run(tmp_path: Path) -> None:
    run, killed = tmp_path / "run", tmp_path / "killed"
    async with opened(folder=run, size=LARGE) as stage:
        await stage.do(*THREE_BRANCHES)
        await stage.press("b down n s l o w enter x down space")
        await stage.until(lambda _: stage.session.recorder.saved)
        shutil.copytree(run, killed)
    for folder in (run, killed):
        async with opened(replace(SMALL, learning_rate=0.5), folder=folder, size=LARGE) as stage:
            stage.stands(branch=2, trained=3, trained_in_all=28)
            text = await stage.after("b")
            assert " xb slow: learning_rate" in text
            assert "  a the start" in text, "hidden"
            assert "b: slow" in text


async def test_that_names_cannot_be_kept_is_said_and_tried_again(tmp_path: Path) -> None:
    notes = tmp_path / "run" / "branches.json"
    async with opened(folder=tmp_path / "run", size=LARGE) as stage:
        await stage.do(*THREE_BRANCHES)
        notes.mkdir()
        await stage.enter("name a first")
        await stage.until("branches not saved")
        notes.rmdir()
        stage.seconds[0] += 60
        await stage.until(lambda text: "not saved" not in text)
        assert json.loads(notes.read_text())["names"] == {"0": "first"}


async def test_looking_at_the_past_changes_nothing_and_b_enter_returns() -> None:
    async with opened(size=MIDDLE) as stage:
        await stage.press("e e")
        now = stage.lines
        for keys, window in (("[ [", 18), ("{ {", 0)):
            await stage.press(keys)
            stage.stands(trained=window, is_past=True)
            assert f"at {window} of 20" in stage.lines[0]
            await stage.press("2 1 b enter")
            stage.stands(trained=20, is_past=False, trained_in_all=20, branch=0)
        await stage.press("escape")
        assert stage.lines[4:15] == now[4:15]
