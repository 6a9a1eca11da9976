"""Each click does what a key does; moving the pointer changes nothing."""

from __future__ import annotations

import re

from echornn.session.commands import Step
from tests.door.app.stage import opened
from tests.scripted import SMALL_POPULATION


async def test_keys_in_the_last_line_the_state_and_the_views_are_pressed_by_a_click() -> None:
    async with opened(size=(140, 40)) as stage:
        await stage.press("e")
        await stage.click(". Step")
        assert stage.frame.trained == 11
        await stage.click("+/- Speed")
        assert stage.frame.speed == 200
        await stage.click("+/- Speed", 2)
        await stage.click("+/- Speed", 2)
        assert stage.frame.speed == 50
        await stage.click("‖ paused", 3)
        assert stage.state == "running"
        await stage.click("space Pause")
        assert stage.state == "paused"
        assert "misses" in await stage.click("2 data", 3)
        assert "> preset" in await stage.click("s Set")
        await stage.click("escape close")
        assert "> preset" not in stage.text
        assert "/ searches" in await stage.click("? Help")
        await stage.click("escape closes")
        assert "/ searches" not in stage.text
    async with opened() as stage:
        assert "misses" in await stage.click("1234567 View", 1)


async def test_on_the_curve_a_click_reads_two_go_there_and_the_wheel_zooms() -> None:
    async with opened(size=(100, 30)) as stage:
        await stage.press("e", "e", "e")
        whole = stage.lines
        left = stage.place("┫", 1)[0]
        text = await stage.click((left + 10, 8))
        (read,) = re.findall(r"windows? (\d+)", text.split("\n")[1])[:1]
        await stage.click((left + 10, 8), times=2)
        assert (stage.frame.trained, stage.frame.is_past) == (int(read), True)
        await stage.press("b", "enter")
        assert stage.lines[4:10] == whole[4:10]
        axis = next(line for line in stage.lines if " window 0 " in line)
        assert axis not in await stage.wheel(left + 10, 8)
        for _ in range(6):
            await stage.wheel(left + 10, 8, down=True)
        assert axis in stage.text
        text = await stage.hover(left + 10, 8)
        assert re.search(r"windows? \d+", text.split("\n")[1])
        assert (stage.frame.trained, stage.frame.is_past) == (30, False)


async def test_a_click_puts_the_cursor_of_a_view_and_the_pointer_reads_it() -> None:
    async with opened() as stage:
        await stage.press(".")
        x, y = stage.place(" input", 7)
        text = await stage.click((x + 2, y))
        assert re.search(r"row 2, step 2\b", text.split("\n")[1])
        assert re.search(r"row 2, step 3\b", await stage.seen("right"))
        text = await stage.hover(x, y)
        assert re.search(r"row 2, step 1\b", text.split("\n")[1])
        assert stage.frame.trained == 1


async def test_branches_and_fields_and_presets_are_chosen_by_a_click() -> None:
    async with opened(size=(120, 40)) as stage:
        await stage.press("e", "r", ".", "b")
        assert re.search(r">\+a the start", await stage.click("a the start", 2))
        await stage.click("x pins")
        assert re.search(r">xa the start", stage.text)
        await stage.click("a the start", 2, times=2)
        assert (stage.frame.branch, stage.frame.trained) == (0, 10)
        await stage.press("s")
        assert "> learning_rate" in await stage.click("learning_rate ")
        await stage.click("+ more")
        assert stage.frame.config.learning_rate == 0.5
        await stage.click("preset ")
        await stage.click("+ more")
        assert "> LSTM" in await stage.click("  LSTM  ", 3)
        await stage.click("> LSTM", 3, times=2)
        assert stage.frame.config.cell == "lstm"


async def test_a_seed_is_chosen_by_a_click_and_twice_it_goes_on_alone() -> None:
    async with opened(SMALL_POPULATION, Step(400), size=(100, 30)) as stage:
        await stage.press("6")
        await stage.click("10    108")
        assert stage.frame.replica == 3
        await stage.click("10    108", times=2)
        assert (stage.frame.config.replicas, stage.frame.config.seed, stage.frame.trained) == (
            1,
            10,
            400,
        )
