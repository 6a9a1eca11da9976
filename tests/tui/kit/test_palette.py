"""The command palette: commands are found by typing, and run once."""

from __future__ import annotations

from textual.app import App, SystemCommand
from textual.pilot import Pilot
from textual.widgets import Input, OptionList

from tui.kit.palette import Palette, found

ran: list[str] = []


def commands() -> list[SystemCommand]:
    helps = {
        "Reset": "Start over",
        "Redraw": "New weights",
        "Export text": "Save as text",
        "Step": "One window",
    }
    return [SystemCommand(title, text, lambda title=title: ran.append(title)) for title, text in helps.items()]


async def opened(pilot: Pilot[None]) -> Palette:
    ran.clear()
    palette = Palette(commands())
    await pilot.app.push_screen(palette)
    return palette


def test_titles_come_before_helps_and_what_does_not_match_not_at_all() -> None:
    assert [one.title for one in found(commands(), "")] == ["Reset", "Redraw", "Export text", "Step"]
    assert [one.title for one in found(commands(), "rese")] == ["Reset"]
    assert [one.title for one in found(commands(), "save")] == ["Export text"]
    assert found(commands(), "xyz") == []


async def test_it_runs_what_is_highlighted_after_it_has_closed() -> None:
    async with App[None]().run_test() as pilot:
        palette = await opened(pilot)
        assert palette.focused is palette.query_one(Input)
        await pilot.press("r", "e", "down", "enter")
        await pilot.pause()
        assert len(ran) == 1
        assert not palette.is_active


async def test_keys_that_come_at_once_choose_once_and_close_once() -> None:
    async with App[None]().run_test() as pilot:
        palette = await opened(pilot)
        palette.query_one(Input).post_message(Input.Submitted(palette.query_one(Input), ""))
        palette.query_one(Input).post_message(Input.Submitted(palette.query_one(Input), ""))
        await pilot.press("enter", "escape", "escape", "enter")
        await pilot.pause()
        assert ran == ["Reset"]
        assert len(pilot.app.screen_stack) == 1


async def test_where_nothing_matches_nothing_runs() -> None:
    async with App[None]().run_test() as pilot:
        palette = await opened(pilot)
        await pilot.press(*"xyz", "down", "up", "enter")
        await pilot.pause()
        assert ran == []
        assert palette.query_one(OptionList).option_count == 0
        await pilot.press("escape")
        assert not palette.is_active
