"""The mouse under Pilot: each click does what a key does, and moving the pointer draws no frame."""

from __future__ import annotations

from typing import Any

import pytest
from textual.events import Key, MouseDown, MouseMove, MouseScrollDown, MouseScrollUp, MouseUp
from textual.pilot import Pilot
from textual.widget import Widget

from echornn.session.commands import Alone, Choose, Faster, Go, Slower, Step, Toggle
from echornn.session.pictures.frame import State
from tests.tui.app import test_branch_keys, test_populations
from tests.tui.app.test_app import opened, screen_text
from tui.app import keys
from tui.app.app import EchoApp
from tui.app.curve.loss_plot import LossPlot
from tui.app.drawings.spots import Replica, TimeStep, Window
from tui.app.views.memory import MemoryView
from tui.app.views.rows import Rows
from tui.app.views.seeds import SeedsView
from tui.app.views.table import VIEWS
from tui.app.widgets.branch_list import BranchList
from tui.app.widgets.settings_panel import SettingsPanel
from tui.kit.cells import Cells, CellWidget, Press
from tui.kit.help_lines import PRESSES, HelpLines
from tui.kit.help_screen import HelpScreen
from tui.kit.keymap import keys_of
from tui.kit.palette import Palette


def place_of(app: EchoApp, text: str) -> tuple[int, int]:
    """The column and line of a text on the screen; the lowest, if there are several."""
    lines = screen_text(app).split("\n")
    y = max(y for y, line in enumerate(lines) if text in line)
    return lines[y].index(text), y


async def click_on(app: EchoApp, pilot: Pilot[int], text: str, at: int = 0, times: int = 1) -> None:
    x, y = place_of(app, text)
    await pilot.click(offset=(x + at, y), times=times)
    await pilot.pause()


def place_of_spot(widget: CellWidget, spot: object) -> tuple[int, int]:
    """The offset in the widget of the first cell that shows this."""
    width, height = widget.size
    left = widget.styles.padding.left
    return next((x + left, y) for y in range(height) for x in range(width) if widget.cells.under(x, y) == spot)


async def wheel(app: EchoApp, pilot: Pilot[int], widget: Widget, kind: type, x: int, **held: bool) -> None:
    """A step of the wheel over a widget."""
    region = widget.region
    at = (region.x + x, region.y + 3)
    modifiers = {"shift": False, "meta": False, "ctrl": False, **held}
    app.post_message(kind(None, *at, 0, 0, 0, screen_x=at[0], screen_y=at[1], **modifiers))
    await pilot.pause()


async def test_keys_in_the_footer_and_the_state_are_pressed() -> None:
    async with opened(State.RUNNING, (120, 40)) as (app, session, pilot):
        await click_on(app, pilot, "space Pause")
        await click_on(app, pilot, "+/- Speed", 0)
        await click_on(app, pilot, "+/- Speed", 2)
        await click_on(app, pilot, "▶ running")
        assert session.commands == [Toggle(), Faster(), Slower(), Toggle()]
        await click_on(app, pilot, "s Set")
        assert app.query_one(SettingsPanel).is_open
        await click_on(app, pilot, "? Help")
        assert isinstance(app.screen, HelpScreen)


@pytest.mark.parametrize(("size", "text", "at"), [((80, 24), "1234567 View", 2), ((140, 40), "3 memory", 4)])
async def test_a_view_is_chosen_in_the_footer(size: tuple[int, int], text: str, at: int) -> None:
    async with opened(State.PAUSED, size) as (app, _, pilot):
        await click_on(app, pilot, text, at)
        assert app.query_one(MemoryView).display
        assert not app.query_one(Rows).display


@pytest.mark.parametrize("word", ["then", "enter", "returns"])
async def test_a_click_on_what_returns_from_the_past_returns(word: str) -> None:
    async with test_branch_keys.opened(size=(80, 24)) as (app, session, pilot):
        session.set_frame(State.PAUSED, trained=350, line=1, branch=1, is_past=True)
        app.show_newest_frame()
        await pilot.pause()
        await click_on(app, pilot, "b, then enter, returns", "b, then enter, returns".index(word))
        assert session.commands == [Go(1)]


async def test_a_key_in_the_help_is_pressed_and_a_click_beside_it_closes() -> None:
    async with opened(State.PAUSED, (120, 40)) as (app, _, pilot):
        await pilot.press("question_mark", "slash", *"other runs under", "enter")
        await pilot.pause()
        await click_on(app, pilot, "Draw other runs", -10)
        await pilot.pause()
        assert not isinstance(app.screen, HelpScreen)
        assert app._runs.is_open
        await pilot.press("escape", "question_mark")
        await click_on(app, pilot, "/ searches", 4)
        await click_on(app, pilot, "arrows scroll")
        await click_on(app, pilot, "escape closes", 9)
        assert isinstance(app.screen, HelpScreen), "words press nothing"
        await click_on(app, pilot, "/ searches")
        assert isinstance(app.screen, HelpScreen)
        assert app.screen.focused is app.screen._search
        await click_on(app, pilot, "escape closes")
        await pilot.pause()
        assert app.screen.focused is not app.screen._search
        await click_on(app, pilot, "escape closes")
        assert not isinstance(app.screen, HelpScreen)
        await pilot.press("ctrl+p")
        await pilot.pause()
        assert isinstance(app.screen, Palette)
        await click_on(app, pilot, "View: memory")
        await pilot.pause()
        await pilot.pause()
        assert app.query_one(MemoryView).display
        await pilot.press("ctrl+p")
        await pilot.click(offset=(0, 0))
        await pilot.pause()
        assert not isinstance(app.screen, Palette)


async def test_a_key_that_a_sentence_names_is_pressed() -> None:
    async with opened(State.PAUSED, (120, 40)) as (app, session, pilot):
        app._hint("«step» trains one more; «view.memory» shows memory")
        await pilot.pause()
        await click_on(app, pilot, "trains one more", 2)
        assert session.commands == [], "words press nothing"
        app._hint("«step» trains one more; «view.memory» shows memory")
        await pilot.pause()
        await click_on(app, pilot, ". trains one more")
        assert session.commands == [Step()]
        app._hint("«step» trains one more; «view.memory» shows memory")
        await pilot.pause()
        await click_on(app, pilot, "3 shows memory")
        assert app.query_one(MemoryView).display


async def test_the_key_that_gives_a_view_the_arrows_does_so_where_a_view_names_it() -> None:
    async with test_populations.population() as (app, _, pilot):
        await pilot.press("6")
        await pilot.pause()
        view = app.query_one(SeedsView)
        await pilot.press("tab")
        assert app.focused is not view
        await click_on(app, pilot, "tab: arrows act here")
        assert app.focused is view


async def test_a_drag_that_ends_on_a_key_presses_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    async with test_branch_keys.opened() as (app, session, pilot):
        plot = app.query_one(LossPlot)
        draws = plot.draw

        def draw(cells: Cells) -> None:
            draws(cells)
            cells.mark(60, 4, 3, 1, Press("full_stop"))

        monkeypatch.setattr(plot, "draw", draw)
        x, y = plot.region.x + 60 + plot.styles.padding.left, plot.region.y + 4
        # as a terminal sends it: after `Pilot.mouse_up` comes no click
        for kind, column in ((MouseDown, x - 20), (MouseMove, x), (MouseUp, x)):
            app.post_message(kind(None, column, y, 0, 0, 1, False, False, False, screen_x=column, screen_y=y))
        await pilot.pause()
        assert plot.viewport.span is not None
        assert session.commands == []
        await pilot.click(offset=(x, y))
        await pilot.pause()
        assert session.commands == [Step()]


async def test_on_the_curve_a_click_sets_the_crosshair_and_a_second_goes_there() -> None:
    async with test_branch_keys.opened() as (app, session, pilot):
        plot = app.query_one(LossPlot)
        await pilot.click(plot, offset=(40, 4))
        cursor = plot.viewport.cursor
        assert cursor is not None
        assert plot.reading in screen_text(app)
        await pilot.click(plot, offset=(40, 4), times=2)
        assert session.commands == [Go(0, cursor + 1)]
        await pilot.click(plot, offset=(2, 4))
        assert plot.viewport.cursor is None, "there is no window beside the plot"


async def test_a_drag_zooms_to_what_it_covers_and_sets_no_crosshair() -> None:
    async with test_branch_keys.opened() as (app, _, pilot):
        plot = app.query_one(LossPlot)
        axis = plot.window_axis
        await pilot.mouse_down(plot, offset=(30, 3))
        for x in (35, 60):
            at = plot.region.x + x, plot.region.y + 5
            app.post_message(MouseMove(None, *at, 5, 0, 1, False, False, False, screen_x=at[0], screen_y=at[1]))
            await pilot.pause()
        assert screen_text(app).count("│") > 10, "both ends are marked"
        await pilot.mouse_up(plot, offset=(60, 5))
        await pilot.pause()
        assert plot.viewport.limits(600) == (axis.windows(29).start, axis.windows(59).stop)
        assert plot.viewport.cursor is None
        assert app.mouse_captured is None


async def test_the_wheel_zooms_at_the_pointer_and_scrolls_along_the_run() -> None:
    async with test_branch_keys.opened() as (app, _, pilot):
        plot = app.query_one(LossPlot)
        before = plot.window_axis.window(39)
        for _ in range(4):
            await wheel(app, pilot, plot, MouseScrollUp, 40)
        after = plot.window_axis.window(39)
        assert before is not None
        assert after is not None
        assert abs(before.window - after.window) <= 2, "what is under the pointer stays there"
        first, last = plot.viewport.limits(600)
        assert last - first < 300
        await wheel(app, pilot, plot, MouseScrollUp, 40, shift=True)
        assert plot.viewport.limits(600)[0] < first
        for _ in range(9):
            await wheel(app, pilot, plot, MouseScrollDown, 40)
        assert plot.viewport.span is None


async def test_a_click_puts_the_cursor_of_a_view_and_gives_it_the_arrows() -> None:
    async with opened(State.PAUSED) as (app, _, pilot):
        view = app.query_one(Rows)
        await pilot.click(view, offset=place_of_spot(view, TimeStep(1, 6)))
        await pilot.pause()
        assert app.focused is view
        assert view._cursor == (1, 6)
        by_mouse = view.reading
        await pilot.press("right", "left")
        assert view.reading == by_mouse
        assert by_mouse[:40] in screen_text(app)


async def test_what_is_under_the_pointer_is_read_and_nothing_else_changes() -> None:
    async with opened(State.PAUSED) as (app, session, pilot):
        view, plot, focused = app.query_one(Rows), app.query_one(LossPlot), app.focused
        await pilot.hover(view, offset=place_of_spot(view, TimeStep(1, 6)))
        app.show_newest_frame()
        await pilot.pause()
        assert view.reading_of(TimeStep(1, 6))[:40] in screen_text(app)
        assert (view._cursor, app.focused, session.commands) == (None, focused, [])
        await pilot.hover(plot, offset=(40, 3))
        app.show_newest_frame()
        await pilot.pause()
        assert isinstance(plot.hovered, Window)
        assert plot.reading_of(plot.hovered)[:40] in screen_text(app)
        await pilot.hover(offset=(0, 0))
        app.show_newest_frame()
        await pilot.pause()
        assert "window" not in screen_text(app).split("\n")[2]


async def test_moving_the_pointer_draws_nothing_and_holds_up_no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    async with opened(State.PAUSED) as (app, session, pilot):
        drawn: list[Any] = []
        monkeypatch.setattr(EchoApp, "_display", lambda app, screen, update: drawn.append(update))
        for number in range(2000):
            x, y = number % 78, 5 + number % 15
            app.post_message(MouseMove(None, x, y, 1, 0, 0, False, False, False, screen_x=x, screen_y=y))
        app.post_message(Key("space", " "))
        await pilot.pause()
        assert drawn == []
        assert session.commands == [Toggle()]
        app.show_newest_frame()
        await pilot.pause()
        assert len(drawn) <= 1, "one line of text with the next frame"


async def test_branches_are_chosen_and_gone_to() -> None:
    async with test_branch_keys.opened() as (app, session, pilot):
        await pilot.press("b")
        panel = app.query_one(BranchList)
        await pilot.click(panel, offset=(6, 3))
        await pilot.pause()
        assert panel.cursor == 1
        await click_on(app, pilot, "space shows or hides")
        assert panel.row is not None
        assert panel.row.is_marked or panel.row.key == 1
        await wheel(app, pilot, panel, MouseScrollDown, 3)
        assert panel.cursor == 2
        await pilot.click(panel, offset=(6, 3), times=2)
        await pilot.pause()
        assert session.commands[-1] == Go(1)
        assert not panel.is_open


async def test_while_a_branch_is_named_the_hints_are_those_of_the_name() -> None:
    async with test_branch_keys.opened() as (app, _, pilot):
        await pilot.press("b", "n", *"best")
        await click_on(app, pilot, "enter keeps the name")
        assert "best" in screen_text(app)
        await pilot.press("n", *"worst")
        await click_on(app, pilot, "escape drops it")
        assert app.query_one(BranchList).is_open
        assert "worst" not in screen_text(app)


async def test_a_field_of_the_settings_is_chosen_and_changed() -> None:
    async with opened(State.PAUSED, (120, 40)) as (app, session, pilot):
        await pilot.press("s")
        await pilot.pause()
        panel = app.query_one(SettingsPanel)
        await click_on(app, pilot, "learning_rate")
        assert panel.form.name == "learning_rate"
        await click_on(app, pilot, "+/- nudge")
        assert len(session.commands) == 1
        await click_on(app, pilot, "escape closes")
        assert not panel.is_open


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (120, 26)])
async def test_a_second_click_on_the_key_that_nudges_nudges_again(size: tuple[int, int]) -> None:
    async with opened(State.PAUSED, size) as (app, session, pilot):
        await pilot.press("s", "end")
        panel = app.query_one(SettingsPanel)
        panel.form.move(panel.form.rows.index("seed") - panel.form.rows.index(panel.form.name))
        panel.redraw()
        await pilot.pause()
        x, y = place_of(app, "+/-")
        seed = int(panel.form.text("seed"))
        for _ in range(2):
            await pilot.click(offset=(x, y))
            await pilot.pause()
        assert panel.form.text("seed") == str(seed + 2)
        assert session.commands == []
        await click_on(app, pilot, "+/-", 2)
        assert panel.form.text("seed") == str(seed + 1)


async def test_a_seed_is_chosen_and_twice_it_goes_on_alone() -> None:
    async with test_populations.population() as (app, session, pilot):
        await pilot.press("6")
        await pilot.pause()
        view, order = app.query_one(SeedsView), test_populations.order_of(app)
        await pilot.click(view, offset=place_of_spot(view, Replica(order[2])), times=2)
        await pilot.pause()
        assert session.commands == [Choose(order[2]), Alone()]
        await click_on(app, pilot, "by when solved (v)")
        await pilot.pause()
        assert "by seed (v)" in screen_text(app)


async def test_every_key_of_the_app_can_be_clicked_in_the_help() -> None:
    async with opened(State.PAUSED, (120, 40)) as (app, _, pilot):
        await pilot.press("question_mark")
        await pilot.pause()
        assert isinstance(app.screen, HelpScreen)
        lines = app.screen.query_one(HelpLines)._of_width(100)
        shown = {span.style.meta[PRESSES] for line in lines for span in line.spans if not isinstance(span.style, str)}
        reached = {app.screen._keys[name] for name in shown if name in app.screen._keys}
        wanted = {keys_of(binding)[0] for binding in keys.BINDINGS if binding.tooltip}
        assert wanted - reached <= {view.key for view in VIEWS}, "views are in the line of keys"
        assert "ctrl+p" in reached
