"""Each click does what a key does; moving the pointer changes nothing."""

from __future__ import annotations

import re

from echornn.session.commands import Step
from tests.door.app.stage import LARGE, MIDDLE, opened
from tests.scripted import SMALL_POPULATION


async def test_keys_in_the_last_line_and_the_state_are_pressed_by_a_click() -> None:
    async with opened(size=(140, 40)) as stage:
        await stage.press("e")
        await stage.click(". Step")
        stage.stands(trained=11)
        await stage.click("+/- Speed")
        stage.stands(speed=200)
        await stage.click("+/- Speed", 2)
        await stage.click("+/- Speed", 2)
        stage.stands(speed=50)
        await stage.click("‖ paused", 3)
        stage.stands(state="running")
        await stage.click("space Pause")
        stage.stands(state="paused")


async def test_views_settings_and_help_are_opened_and_closed_by_a_click() -> None:
    async with opened(size=(159, 40)) as stage:
        assert "misses" in await stage.click("2 data", 3)
        assert "> preset" in await stage.click("s Set")
        assert "> preset" not in await stage.click("escape close")
        assert "/ searches" in await stage.click("? Help")
        assert "/ searches" not in await stage.click("escape closes")
    async with opened() as stage:
        assert "misses" in await stage.click("123456789 View", 1)


async def test_on_the_curve_a_click_reads_and_two_go_there() -> None:
    async with opened(size=MIDDLE) as stage:
        await stage.press("e e e")
        whole = stage.lines
        place = (stage.place("┫", 11)[0], 8)
        await stage.click(place)
        match = re.search(r"windows? (\d+)", stage.lines[1])
        assert match
        await stage.click(place, times=2)
        stage.stands(trained=int(match[1]), is_past=True)
        await stage.press("b enter")
        assert stage.lines[4:10] == whole[4:10]


async def test_on_the_curve_the_wheel_zooms_and_the_pointer_reads() -> None:
    async with opened(size=MIDDLE) as stage:
        await stage.press("e e e")
        x, y = stage.place("┫", 11)[0], 8
        axis = next(line for line in stage.lines if " window 0 " in line)
        assert axis not in await stage.wheel(x, y)
        for _ in range(6):
            await stage.wheel(x, y, down=True)
        assert axis in stage.text
        await stage.hover(x, y)
        assert re.search(r"windows? \d+", stage.lines[1])
        stage.stands(trained=30, is_past=False)


async def test_a_click_puts_the_cursor_of_a_view_and_the_pointer_reads_it() -> None:
    async with opened() as stage:
        await stage.press(".")
        x, y = stage.place(" input", 7)
        await stage.click((x + 2, y))
        assert re.search(r"row 2, step 2\b", stage.lines[1])
        assert re.search(r"row 2, step 3\b", await stage.after("right"))
        await stage.hover(x, y)
        assert re.search(r"row 2, step 1\b", stage.lines[1])
        stage.stands(trained=1)


async def test_branches_are_chosen_by_a_click() -> None:
    async with opened(size=LARGE) as stage:
        await stage.press("e r . b")
        assert ">+a the start" in await stage.click("a the start", 2)
        assert ">xa the start" in await stage.click("x pins")
        await stage.click("a the start", 2, times=2)
        stage.stands(branch=0, trained=10)


async def test_fields_and_presets_are_chosen_by_a_click() -> None:
    async with opened(size=LARGE) as stage:
        await stage.press("s")
        assert "> learning_rate" in await stage.click("learning_rate ")
        await stage.click("+ more")
        stage.stands(learning_rate=0.5)
        await stage.click("preset ")
        await stage.click("+ more")
        assert "> LSTM" in await stage.click("  LSTM  ", 3)
        await stage.click("> LSTM", 3, times=2)
        stage.stands(cell="lstm")


async def test_a_seed_is_chosen_by_a_click_and_twice_it_goes_on_alone() -> None:
    async with opened(SMALL_POPULATION, Step(400), size=MIDDLE) as stage:
        await stage.press("6")
        await stage.click("10    108")
        stage.stands(replica=3)
        await stage.click("10    108", times=2)
        stage.stands(replicas=1, seed=10, trained=400)
