"""The views below the curve: which keys show which, who has the arrow keys, and what is asked for them."""

from __future__ import annotations

import pytest

from echornn.readings import Question
from echornn.session.frame import State
from tests.tui.app.test_app import opened, screen_text
from tui.app.app import EchoApp
from tui.app.views.choice import ViewChoice
from tui.app.views.data import Data
from tui.app.views.rows import Rows
from tui.app.views.table import VIEWS
from tui.app.views.view import View
from tui.app.widgets.loss_plot import LossPlot

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
