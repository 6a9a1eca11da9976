"""The help: what is seen, then the keys; scrolled, searched, and left with the keys that one would try."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual.containers import VerticalScroll
from textual.events import Key
from textual.widgets import Input

from tests.patience import PATIENCE
from tests.tui.app.test_app import opened, screen_text
from tui.app.help_text import WHAT_IS_SEEN, Section, found, sections
from tui.app.screens.help import HelpScreen

KEYS = [("Keys", [("e", "Train to the end of the epoch"), ("space, p", "Pause"), ("R", "New weights"), ("r", "Reset")])]
TEXT = sections(KEYS)


def keys_of(sought: str) -> list[str]:
    return [key for section in found(TEXT, sought) for key, _ in section.rows if key]


def test_what_is_seen_comes_first() -> None:
    assert [section.heading for section in TEXT] == [*(heading for heading, _ in WHAT_IS_SEEN), "Words", "Keys"]


def test_words_are_found_in_any_case_and_a_letter_is_a_key() -> None:
    assert keys_of("EPOCH train") == ["e"]
    assert keys_of("e") == ["e"], "not every line with an e in it"
    assert keys_of("r") == ["r"]
    assert keys_of("p") == ["space, p"]
    assert [section.heading for section in found(TEXT, "spikes")] == ["Why are there spikes in the curve?"]
    assert found(TEXT, "spikes weights") == []
    assert found(TEXT, " ") == TEXT


@given(st.text(max_size=30))
def test_whatever_is_sought_only_rows_of_the_help_are_found(sought: str) -> None:
    rows = {(section.heading, row) for section in TEXT for row in section.rows}
    assert all((section.heading, row) in rows for section in found(TEXT, sought) for row in section.rows)


@pytest.mark.parametrize(
    "word", ["solved", "ghost", "crosshair", "branch", "path", "seeds", "replica", "chosen", "interval"]
)
def test_a_word_that_the_screen_uses_is_explained(word: str) -> None:
    assert word in [key for section in found(TEXT, f"words {word}") for key, _ in section.rows]


@pytest.mark.parametrize(
    "word",
    [
        *(
            "left out",
            "spectral radius",
            "logit",
            "r2",
            "adagrad",
            "glorot",
            "stride",
            "numbers used",
            "nats",
            "lyapunov",
        ),
        *("eigenvalue", "saturated", "truncat", "hangs", "░░░", "correlation", "inside", "outside", "bias"),
    ],
)
def test_a_word_of_the_views_and_of_the_fields_is_explained(word: str) -> None:
    assert found(TEXT, word)


async def test_two_keys_that_are_told_of_together_have_one_row() -> None:
    async with opened() as (app, _, pilot):
        await pilot.press("question_mark")
        await pilot.pause()
        screen = app.screen
        assert isinstance(screen, HelpScreen)
        keys_named = [key for key, _ in next(one for one in screen._sections if one.heading == "Keys").rows]
        assert {"+, -", "[, ]", "{, }", "1-6"} <= set(keys_named)
        assert not {"-", "]", "}"} & set(keys_named)


def test_a_heading_finds_what_stands_under_it() -> None:
    whole = Section("On the rows", (("left", "one step"), ("up", "one row")))
    assert found([whole], "rows") == [whole]


async def test_it_begins_with_what_is_seen_on_the_smallest_screen() -> None:
    async with opened(size=(80, 24)) as (app, _, pilot):
        await pilot.press("question_mark")
        await pilot.pause()
        text = screen_text(app)
        for words in ("The task", "keeping the last few symbols", "The curve", "/ searches, arrows scroll, escape"):
            assert words in text
        await pilot.press("end")
        await pilot.pause()
        assert "In the list of runs" in screen_text(app)
        assert "The task" not in screen_text(app)


@pytest.mark.parametrize("size", [(80, 24), (60, 16)])
async def test_it_is_searched(size: tuple[int, int]) -> None:
    async with opened(size=size) as (app, session, pilot):
        await pilot.press("question_mark", "slash", *"undo q?/")
        await pilot.pause()
        assert app.screen.query_one(Input).value == "undo q?/", "keys are text there"
        assert "nothing is found" in screen_text(app)
        await pilot.press(*["backspace"] * 4)
        await pilot.pause()
        assert "Undo: go to before the last change" in screen_text(app)
        assert "The task" not in screen_text(app)
        await pilot.press("enter")
        assert isinstance(app.screen.focused, VerticalScroll)
        await pilot.press("escape")
        await pilot.pause()
        assert "The task" in screen_text(app), "escape shows all again"
        await pilot.press("escape")
        assert not isinstance(app.screen, HelpScreen)
        assert session.commands == []


async def test_what_is_found_is_scrolled_while_one_types() -> None:
    async with opened(size=(60, 16)) as (app, _, pilot):
        await pilot.press("question_mark", "slash", *"the")
        await pilot.pause()
        await pilot.press("down", "down", "pagedown", "up")
        text, deadline = app.screen.query_one(VerticalScroll), time.monotonic() + PATIENCE
        while text.scroll_y <= 3:  # before what is found is laid out there is nothing to scroll
            assert time.monotonic() < deadline
            await pilot.press("down")
        await pilot.press("s")
        await pilot.pause()
        while text.scroll_y > 0 and time.monotonic() < deadline:
            await pilot.pause(0.01)
        assert text.scroll_y == 0, "what is found is shown from its beginning"


async def test_it_may_be_closed_before_it_is_there() -> None:
    async with opened() as (app, session, pilot):
        for keys in (["question_mark", "escape"], ["question_mark", "q"], ["question_mark"] * 2):
            for key in keys:
                app.post_message(Key(key, {"question_mark": "?"}.get(key)))
            await pilot.pause()
            while len(app.screen_stack) > 1:
                await pilot.press("escape")
        assert app.is_running
        assert session.commands == []


async def test_keys_in_one_packet_open_and_close_it_once() -> None:
    async with opened() as (app, session, pilot):
        for keys in (["question_mark"], ["escape", "escape"], ["q", "question_mark"]):
            await pilot.press("question_mark", *keys)
            while len(app.screen_stack) > 1:
                await pilot.press("escape")
        assert app.is_running
        assert session.commands == []
