"""The panel of branches: go, name, pin, hide; and the past, which changes nothing of what was
trained."""

from __future__ import annotations

import json
import re
import shutil
from dataclasses import replace
from pathlib import Path

from echornn.session.commands import Edit, Go, Reset, Step
from tests.door.app.stage import Stage, opened
from tests.scripted import SMALL

THREE_BRANCHES = (Step(20), Go(0, 15), Edit({"learning_rate": 0.5}), Step(5), Reset(), Step(3))
"""a: 20 windows; b: from window 15 on with another rate, 20; c: from the start again, 3."""


async def row_of(stage: Stage, letter: str) -> str:
    """The signs before a letter in the list: the cursor, and whether it is shown, under the curve
    or pinned."""
    found = (re.search(rf"([> ][*+x ]){letter} \w", line) for line in stage.lines[4:])
    return next(one[1] for one in found if one)


async def test_the_panel_lists_each_branch_with_what_differs_and_how_far_it_went() -> None:
    async with opened(size=(120, 40)) as stage:
        await stage.do(*THREE_BRANCHES)
        text = await stage.seen("b")
        assert re.search(r">\*c \w", text)
        assert re.search(r" \+b learning_rate 0.5 from window 15", text)
        assert re.search(r" \+a the start", text)
        assert [int(one) for one in re.findall(r"(\d+) on its path", text)] == [3, 20, 20]
        await stage.press("b")
        assert "on its path" not in stage.text


async def test_enter_goes_to_a_branchs_end_and_training_goes_on_there() -> None:
    async with opened() as stage:
        await stage.do(*THREE_BRANCHES)
        await stage.press("b", "down", "enter")
        assert (stage.frame.branch, stage.frame.trained, stage.frame.is_past) == (1, 20, False)
        assert stage.frame.config.learning_rate == 0.5
        assert "on its path" not in stage.text
        await stage.press(".")
        assert (stage.frame.branch, stage.frame.trained, stage.frame.trained_in_all) == (1, 21, 29)
        await stage.press("b", "end", "enter", ".")
        assert (stage.frame.branch, stage.frame.trained, stage.frame.config.learning_rate) == (
            0,
            21,
            0.3,
        )


async def test_space_hides_x_pins_and_n_names() -> None:
    async with opened(size=(120, 40)) as stage:
        await stage.do(*THREE_BRANCHES)
        await stage.press("b", "down", "space")
        assert await row_of(stage, "b") == "> "
        assert "b: learning_rate" not in stage.text
        await stage.press("space")
        assert await row_of(stage, "b") == ">+"
        assert "b: learning_rate 0.5" in stage.text
        await stage.press("x")
        assert await row_of(stage, "b") == ">x"
        await stage.press("n", *"best", "space", *"q?", "backspace", "enter")
        assert re.search(r">xb best q: learning_rate", stage.text)
        assert "b: best q" in stage.text
        assert stage.state == "paused"
        await stage.press("n", "z", "escape")
        assert "best qz" not in stage.text
        await stage.press("n", *["backspace"] * 9, "enter", "x")
        assert re.search(r">[+ ]b learning_rate 0.5", stage.text)
        await stage.press("up", "space")
        assert await row_of(stage, "c") == ">*", "the branch that is shown cannot lie under itself"
        assert (stage.frame.branch, stage.frame.trained, stage.frame.trained_in_all) == (2, 3, 28)


async def test_names_and_pins_are_kept_with_the_run(tmp_path: Path) -> None:
    run = tmp_path / "run"
    async with opened(folder=run, size=(120, 40)) as stage:
        await stage.do(*THREE_BRANCHES)
        await stage.press("b", "down", "n", *"slow", "enter", "x", "down", "space")
        await stage.until(lambda _: stage.session.recorder.saved)
        shutil.copytree(run, tmp_path / "killed")
    for folder in (run, tmp_path / "killed"):
        async with opened(
            replace(SMALL, learning_rate=0.5), folder=folder, size=(120, 40)
        ) as stage:
            assert (stage.frame.branch, stage.frame.trained, stage.frame.trained_in_all) == (
                2,
                3,
                28,
            )
            text = await stage.seen("b")
            assert re.search(r" xb slow: learning_rate", text)
            assert re.search(r"  a the start", text), "hidden"
            assert "b: slow" in text


async def test_that_names_cannot_be_kept_is_said_and_tried_again(tmp_path: Path) -> None:
    notes = tmp_path / "run" / "branches.json"
    async with opened(folder=tmp_path / "run", size=(120, 40)) as stage:
        await stage.do(*THREE_BRANCHES)
        notes.mkdir()
        await stage.press("colon")
        await stage.type("name a first")
        await stage.until(lambda text: "branches not saved" in text)
        notes.rmdir()
        stage.seconds[0] += 60
        await stage.until(lambda text: "not saved" not in text)
        assert json.loads(notes.read_text())["names"] == {"0": "first"}


async def test_keys_that_are_not_the_panels_stay_the_apps_and_a_failure_closes_it() -> None:
    async with opened(size=(120, 40)) as stage:
        await stage.do(*THREE_BRANCHES)
        await stage.press("b", ".", "[")
        assert (stage.frame.trained, stage.frame.is_past) == (3, True)
        assert "on its path" in stage.text


async def test_looking_at_the_past_changes_nothing_and_b_enter_returns() -> None:
    async with opened(size=(100, 30)) as stage:
        await stage.press("e", "e")
        now = stage.lines
        for keys in (["[", "["], ["{", "{"]):
            await stage.press(*keys)
            assert stage.frame.is_past
            assert f"at {stage.frame.trained} of 20" in stage.lines[0]
            assert f"loss {stage.frame.loss:.4f}" in stage.lines[0] or stage.frame.trained == 0
            await stage.press("2", "1")
            await stage.press("b", "enter")
            assert (stage.frame.trained, stage.frame.is_past, stage.frame.trained_in_all) == (
                20,
                False,
                20,
            )
            assert stage.frame.branch == 0
        await stage.press("escape")
        assert stage.lines[4:15] == now[4:15]
