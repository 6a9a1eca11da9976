"""The views below the curve: which keys show which view, which has the arrow keys, and which readings are requested."""

from __future__ import annotations

import pytest

from echornn.readings import Question
from echornn.session.commands import Go
from echornn.session.pictures.frame import State
from tests.door.views.by_hand import PROGRESS, shift_register
from tests.key_words import in_words
from tests.tui.app.test_app import opened, screen_text
from tui.app.app import EchoApp
from tui.app.curve.loss_plot import LossPlot
from tui.app.curve.viewport import Viewport
from tui.app.key_effects import NO_CROSSHAIR
from tui.app.views.choice import ViewChoice
from tui.app.views.data import Data
from tui.app.views.gradient import GradientView
from tui.app.views.rows import Rows
from tui.app.views.table import VIEWS
from tui.app.views.view import FOCUSED, View
from tui.app.widgets.branch_list import BranchList
from tui.kit.help_screen import HelpScreen

MEMORY = Question(frozenset({"memory"}), part="update")
FLIP = Question(frozenset({"flip"}), flip=(1, 2))


def shown(app: EchoApp) -> list[type[View]]:
    return [type(view) for view in app._views]


def test_keys_and_names_of_views_are_unique_and_all_say_what_they_are_about() -> None:
    assert [view.key for view in VIEWS] == sorted({view.key for view in VIEWS})
    assert len({view.title for view in VIEWS}) == len(VIEWS)
    assert all(view.about for view in VIEWS)


def test_the_view_before_stays_beside_the_new_one_on_its_side() -> None:
    choice = ViewChoice("1", "")
    assert choice.pressed("1") == choice
    assert choice.pressed("2").shown(1) == (Data,)
    assert choice.pressed("2").shown(2) == (Rows, Data)
    assert choice.pressed("2").pressed("1").shown(1) == (Rows,)
    assert choice.pressed("2").pressed("1").shown(2) == (Rows, Data)


async def test_a_number_key_shows_its_view_in_place_of_the_other() -> None:
    async with opened(State.PAUSED) as (app, session, pilot):
        assert shown(app) == [Rows]
        await pilot.press("2")
        await pilot.pause()
        assert shown(app) == [Data]
        assert "matrix" in screen_text(app)
        assert "row 1:" not in screen_text(app)
        await pilot.press("1")
        await pilot.pause()
        assert "row 1:" in screen_text(app)
        assert session.commands == []


async def test_on_a_wide_screen_two_are_side_by_side_and_a_panel_makes_room() -> None:
    async with opened(State.PAUSED, size=(160, 45)) as (app, _, pilot):
        await pilot.press("1", "2")
        await pilot.pause()
        assert shown(app) == [Rows, Data]
        assert "row 1:" in screen_text(app)
        assert "matrix" in screen_text(app)
        rows, data = (app.query_one(view) for view in (Rows, Data))
        assert rows.region.right == data.region.x
        assert rows.region.height == data.region.height
        await pilot.press("s")
        await pilot.pause()
        assert shown(app) == [Data]
        await pilot.press("escape")
        await pilot.resize_terminal(120, 40)
        await pilot.pause()
        assert shown(app) == [Data]


async def test_tab_goes_round_the_curve_and_the_views_and_each_has_its_cursor() -> None:
    async with opened(State.PAUSED, size=(160, 45)) as (app, _, pilot):
        await pilot.press("1", "2", "tab", "left")
        await pilot.pause()
        assert "row 1, step 15: target" in screen_text(app)
        await pilot.press("tab", "right")
        await pilot.pause()
        assert "of the series echoes" in screen_text(app)
        assert "row 1, step 15: target" not in screen_text(app)
        await pilot.press("tab")
        await pilot.pause()
        assert isinstance(app.focused, LossPlot)
        assert "of the series echoes" not in screen_text(app)


async def test_a_views_own_keys_reach_it_from_the_curve_and_it_takes_the_arrows() -> None:
    async with opened(State.PAUSED) as (app, session, pilot):
        session.set_frame(State.PAUSED, PROGRESS, trained=999, readings=shift_register())
        app.show_newest_frame()
        await pilot.press("4", "f")
        view = app.query_one(GradientView)
        assert app.focused is view
        assert view.question.flip == (0, 11)
        await pilot.press("left", "f")
        assert view.question.flip == (0, 10)


async def test_a_key_of_a_view_that_is_not_shown_says_which_has_it() -> None:
    async with opened(State.PAUSED) as (app, _, pilot):
        for key, words in (
            ("f", "f is a key of the gradient (4)"),
            ("v", "v is a key of the memory (3), gradient (4), seeds (6) and plane (7)"),
            ("n", "n is a key of the memory (3), gradient (4), weights (5) and plane (7)"),
        ):
            await pilot.press(key)
            await pilot.pause()
            assert words in screen_text(app)
        assert isinstance(app.focused, LossPlot)


async def test_the_crosshairs_keys_work_while_a_view_has_the_arrows() -> None:
    async with opened(State.PAUSED) as (app, session, pilot):
        plot = app.query_one(LossPlot)
        for key in ("tab", "tab", "6", "tab"):  # in the rows, on the curve, and in the seeds view of a single network
            await pilot.press(key, "enter")
            await pilot.pause()
            assert in_words(NO_CROSSHAIR) in screen_text(app), key
        assert not plot.has_focus
        plot.change_viewport(Viewport(cursor=7))
        await pilot.press("enter")
        assert session.commands == [Go(0, 8)]
        assert plot.has_focus, "the crosshair's keys are the curve's"
        await pilot.press("tab", "d")
        assert plot.has_focus


async def test_in_a_panel_and_in_the_help_these_keys_are_not_the_views() -> None:
    async with opened(State.PAUSED) as (app, _, pilot):
        await pilot.press("4", "b", "f", "d")
        assert app.query_one(BranchList).has_focus
        await pilot.press("escape", "question_mark", "f", "d")
        assert isinstance(app.screen, HelpScreen)
        assert app.query_one(GradientView).question.flip is None


async def test_who_has_the_arrows_is_told_by_a_sign() -> None:
    async with opened(State.PAUSED) as (app, session, pilot):
        session.set_frame(State.PAUSED, PROGRESS, trained=999, readings=shift_register())
        app.show_newest_frame()
        for key, head in (("1", "row 1:"), ("2", "matrix "), ("3", "memory"), ("4", "gradient"), ("5", "weights")):
            await pilot.press(key)
            await pilot.pause()
            assert f"{FOCUSED}{head}" not in screen_text(app)
            await pilot.press("tab")
            await pilot.pause()
            assert f"{FOCUSED}{head}" in screen_text(app)
            await pilot.press("shift+tab")


async def test_a_view_that_goes_hands_the_arrow_keys_over() -> None:
    async with opened(State.PAUSED) as (app, _, pilot):
        await pilot.press("2")
        assert isinstance(app.focused, LossPlot), "the curve keeps them"
        await pilot.press("1", "tab", "2")
        assert isinstance(app.focused, Data)
        await pilot.resize_terminal(160, 45)
        await pilot.press("1")
        assert isinstance(app.focused, Data), "it is still there"
        await pilot.resize_terminal(80, 24)
        await pilot.pause()
        assert isinstance(app.focused, LossPlot)


@pytest.mark.parametrize("state", list(State))
async def test_the_datas_keys_in_every_state(state: State) -> None:
    async with opened(state, (80, 24)) as (app, _, pilot):
        await pilot.press("2", "tab", "down")
        assert "row 2" in screen_text(app)
        await pilot.press("pagedown", "pageup", "left", "left", "down")
        reading = app.query_one(Data).reading
        assert reading.startswith("row 2, step 1") == state.stands_still
        assert bool(reading) == state.stands_still
        await pilot.press("right", "up", "escape")
        assert app.query_one(Data).reading == ""


async def test_the_probes_are_asked_what_the_open_views_need(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Rows, "question", MEMORY)
    monkeypatch.setattr(Data, "question", FLIP)
    async with opened(State.PAUSED, size=(160, 45)) as (app, session, pilot):
        await pilot.press("1", "2")
        assert session.asked == Question(frozenset({"memory", "flip"}), "update", (1, 2))
        await pilot.resize_terminal(80, 24)
        await pilot.pause()
        assert session.asked == FLIP
        await pilot.press("1")
        assert session.asked == MEMORY
        monkeypatch.setattr(Rows, "question", FLIP)
        app.query_one(Rows).on_view()
        assert session.asked == FLIP
        await pilot.resize_terminal(50, 10)
        await pilot.pause()
        assert session.asked is None, "nothing is seen"
        await pilot.press("2")
        await pilot.pause()
        assert "too small" in screen_text(app)


async def test_what_could_not_be_read_is_said_in_the_views_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Rows, "question", MEMORY)
    async with opened(State.PAUSED) as (app, session, pilot):
        session.set_frame(State.PAUSED, None, unread="nothing could be read: MemoryError: out of memory")
        app.show_newest_frame()
        await pilot.pause()
        assert "nothing could be read: MemoryError: out of memory" in screen_text(app)
