"""The help: useful keys now, the screen, the views, words and keys; scrolled, searched and closed."""

from __future__ import annotations

import time
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual.containers import VerticalScroll
from textual.events import Key
from textual.widgets import Input

from echornn.cells.table import CELLS
from echornn.config import EchoConfig, Optimizer
from echornn.data.levels import ladder_of
from echornn.rules.table import RULES
from echornn.session.audience import Audience
from echornn.session.pictures.frame import Frame, State
from echornn.tasks.table import TASKS
from tests.key_words import in_words
from tests.patience import PATIENCE
from tests.tui.app.test_app import opened, screen_text
from tui.app import key_effects, keys
from tui.app.audience_text import audience_text
from tui.app.help.now import NOW, PAST, now
from tui.app.help.screen import OF_THE_ECHO, OF_VIEWS, THE_SCREEN
from tui.app.help.task import of_view, the_screen
from tui.app.help.words import WORDS
from tui.app.views.table import VIEWS
from tui.kit.help_lines import wrapped
from tui.kit.help_screen import HelpScreen
from tui.kit.help_sections import Section, found, paragraphs
from tui.kit.keymap import key_name

KEYS = (("e", "Train to the end of the epoch"), ("space, p", "Pause"), ("R", "New weights"), ("r", "Reset"))
OF_VIEW = [Section(title, (("", text),)) for title, text in OF_VIEWS.items()]
TEXT = [*paragraphs(THE_SCREEN), *OF_VIEW, *WORDS, Section("Keys", KEYS)]


def keys_of(sought: str) -> list[str]:
    return [key for section in found(TEXT, sought) for key, _ in section.rows if key]


def frame_in(state: State, **fields: Any) -> Frame:
    return Frame(state, EchoConfig(), trained=1500, line_end=2000, **fields)


@pytest.mark.parametrize("state", list(State))
def test_it_begins_with_the_state_and_the_keys_that_matter_in_it(state: State) -> None:
    section = now(frame_in(state))
    assert section.heading == f"Now: {state}, at window 1,500"
    assert len([key for key, _ in section.rows if key]) == (5 if state is State.FAILED else 10)


def test_in_the_past_it_says_how_to_branch_and_how_to_come_back() -> None:
    section = now(frame_in(State.PAUSED, is_past=True))
    assert section.heading == "Now: in the past, at window 1,500"
    assert {"space", "b, enter", "u, U"} <= {in_words(key) for key, _ in section.rows}
    assert now(Frame(State.LOADING, EchoConfig())).heading == "Now: loading, before the first window"


def test_of_a_session_that_does_not_answer_it_claims_no_state() -> None:
    for audience in (Audience(silent=7), Audience(ended="the session was ended")):
        section = now(frame_in(State.RUNNING), audience)
        assert section.heading == "Now: not connected"
        assert audience_text(audience) in section.rows[0][1]


@pytest.mark.parametrize(
    ("state", "named"), [*((state, rows) for state, (_, rows) in NOW.items()), (State.PAUSED, PAST[1])]
)
def test_every_key_that_it_names_does_something_in_that_state(state: State, named: tuple[tuple[str, str], ...]) -> None:
    frame = frame_in(state, undoable=1, redoable=True)
    for key, _ in named:
        for one in in_words(key).split(", "):
            if one not in ("ctrl+p", "enter", "f", "4"):
                bound = [b for b in keys.BINDINGS if one in (*map(key_name, b.key.split(",")), b.key_display)]
                assert bound, one
                assert any(key_effects.is_offered(binding.action, frame) for binding in bound), one


def test_every_view_cell_and_optimizer_is_explained() -> None:
    assert set(OF_VIEWS) == {view.title for view in VIEWS}
    explained = {key for section in WORDS for key, _ in section.rows}
    gates = {gate for facts in CELLS.values() for gate in facts.gates}
    assert {*CELLS, *RULES, *get_args(Optimizer), *gates, "candidate"} <= explained


@pytest.mark.parametrize("word", ["gate", "gru", "lstm", "dropout", "solved", "branch", "chance", "floor", "misses"])
def test_what_explains_a_word_is_found_first(word: str) -> None:
    key, text = found(TEXT, word)[0].rows[0]
    assert word in key
    assert len(text) < 150, "about two lines"


def test_words_are_found_in_any_case_and_a_letter_is_a_key() -> None:
    assert keys_of("EPOCH train end")[0] == "e"
    assert keys_of("e") == ["e"], "not every line with an e in it"
    assert keys_of("r") == ["r"]
    assert keys_of("p") == ["space, p"]
    assert [section.heading for section in found(TEXT, "spikes")] == ["Chance, floor and spikes"]
    assert found(TEXT, "spikes weights") == []
    assert "nats" in keys_of("ln 2")
    assert "TBPTT" in keys_of("backprop")
    assert found(TEXT, " ") == TEXT


@pytest.mark.slow
@given(st.text(max_size=30))
def test_whatever_is_sought_only_rows_of_the_help_are_found(sought: str) -> None:
    rows = {(section.heading, row) for section in TEXT for row in section.rows}
    assert all((section.heading, row) in rows for section in found(TEXT, sought) for row in section.rows)


@pytest.mark.parametrize("width", [20, 48, 68])
def test_it_is_wrapped_to_any_width_and_no_character_is_lost(width: int) -> None:
    for section in TEXT:
        lines = wrapped(section, ("the",), width)
        assert all(line.cell_len <= width for line in lines)
        told = "".join([section.heading, *(part for row in section.rows for part in row)])
        drawn = "".join(line.plain for line in lines)
        assert sorted(drawn.replace(" ", "")) == sorted(told.replace(" ", ""))


async def test_two_keys_that_are_told_of_together_have_one_row() -> None:
    async with opened() as (app, _, pilot):
        await pilot.press("question_mark")
        await pilot.pause()
        screen = app.screen
        assert isinstance(screen, HelpScreen)
        keys_named = [key for key, _ in next(one for one in screen._sections if one.heading == "All keys").rows]
        assert {"+, -", "[, ]", "{, }", keys.KEYS_OF_VIEWS} <= set(keys_named)
        assert not {"-", "]", "}"} & set(keys_named)


def test_a_heading_finds_what_stands_under_it() -> None:
    whole = Section("On the rows", (("left", "one step"), ("up", "one row")))
    assert found([whole], "rows") == [whole]


async def test_it_begins_with_what_can_be_done_now_on_the_smallest_screen() -> None:
    async with opened(size=(80, 24)) as (app, _, pilot):
        await pilot.press("question_mark")
        await pilot.pause()
        text = screen_text(app)
        for words in (
            "Now: running",
            "Pause",
            "Train 64 seeds side by side",
            "Quit; ",
            "/ searches, arrows scroll, escape",
        ):
            assert words in text
        await pilot.press("end")
        await pilot.pause()
        assert "In the list of runs" in screen_text(app)
        assert "Now: running" not in screen_text(app)


@pytest.mark.parametrize("size", [(80, 24), (60, 16)])
async def test_it_is_searched(size: tuple[int, int]) -> None:
    async with opened(size=size) as (app, session, pilot):
        await pilot.press("question_mark", "slash", *"undo q?/")
        await pilot.pause()
        assert app.screen.query_one(Input).value == "undo q?/", "keys are text there"
        assert "nothing is found" in screen_text(app)
        await pilot.press(*["backspace"] * 4)
        await pilot.pause()
        assert "Undo the last change" in screen_text(app)
        assert "Faster, slower" not in screen_text(app)
        await pilot.press("enter")
        assert isinstance(app.screen.focused, VerticalScroll)
        await pilot.press("escape")
        await pilot.pause()
        assert "The network trains" in screen_text(app), "escape shows all again"
        await pilot.press("escape")
        assert not isinstance(app.screen, HelpScreen)
        assert session.commands == []


async def test_what_is_found_is_scrolled_while_one_types() -> None:
    async with opened(size=(60, 16)) as (app, _, pilot):
        await pilot.press("question_mark", "slash", *"the")
        await pilot.pause()
        await pilot.press("down", "down", "pagedown", "up")
        text, deadline = app.screen.query_one(VerticalScroll), time.monotonic() + PATIENCE
        while text.scroll_y <= 3:  # there is nothing to scroll before the results are laid out
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


@pytest.mark.parametrize("task", [name for name in TASKS if name != "echo"])
def test_the_help_is_about_the_task_that_is_trained(task: str) -> None:
    config = EchoConfig(task=task)
    texts = dict(the_screen(config))
    of_views = [text for view in VIEWS for text in of_view(config, view.title)]
    assert " echo" not in " ".join([*texts.values(), *of_views])
    assert texts["The task"].startswith(type(config.the_task).__doc__.partition(" ")[0])  # type: ignore[union-attr]
    assert all(f" {level.name} (" in texts["The ladder"] for level in ladder_of(config))
    assert "it counts as solved" in texts["The ladder"]
    assert the_screen(EchoConfig()) is THE_SCREEN
    assert {heading for heading, _ in THE_SCREEN} > OF_THE_ECHO
