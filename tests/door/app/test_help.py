"""The help: the state of now first, then all keys and words; scrolled, searched and closed."""

from __future__ import annotations

import re

from tests.door.app.stage import opened


async def test_it_begins_with_the_state_and_says_every_key() -> None:
    async with opened(size=(100, 600)) as stage:
        await stage.press("e", "[")
        text = await stage.seen("question_mark")
        assert "past, at window 9" in text
        for key in ("space", "escape", "enter", "tab", "home"):
            assert re.search(rf"(?m)[\s│]{re.escape(key)}\b", text), key
        for view in ("rows", "data", "memory", "gradient", "weights", "seeds", "plane"):
            assert view in text
        await stage.press("r", ".", "e")
        assert (stage.frame.trained, stage.frame.trained_in_all, stage.frame.branch) == (9, 10, 0), "behind the help"


async def test_it_is_searched_scrolled_and_closed() -> None:
    async with opened() as stage:
        first = await stage.seen("question_mark")
        last = await stage.seen("end")
        assert first != last
        assert await stage.seen("home") == first
        assert await stage.seen("pagedown") != first
        text = await stage.seen("slash", *"undo")
        assert re.search(r"(?i)undo", text)
        assert not re.search(r"(?i)faster", text)
        nothing = await stage.seen("q", "question_mark")
        assert "undoq?" in nothing
        assert not re.search(r"(?i)undo the", nothing)
        await stage.press(*["backspace"] * 6, *"gate")
        assert stage.text.count("gate") >= 2
        await stage.press("enter", "escape", "escape", ".")
        assert stage.frame.trained == 1
        for keys in (["q"], ["question_mark"], ["escape"]):
            await stage.press("question_mark", *keys)
            assert "paused" in stage.lines[0]
        await stage.press(".")
        assert stage.frame.trained == 2
