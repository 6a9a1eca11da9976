"""However many keys come at once, their effects are drawn only as often as necessary."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from textual.events import Key
from textual.geometry import Region
from textual.screen import Screen

import tui
from echornn.session.pictures.frame import State
from tests.tui.app.test_app import opened, screen_text
from tui.app.curve.loss_plot import LossPlot
from tui.app.views.rows import Rows
from tui.kit.cells import Cells
from tui.kit.key_line import KeyLine

KEYS = 300
MOST_DRAWS = 4


@pytest.mark.parametrize("keys", [["tab"], ["left"], ["tab", "left"], ["l"], ["1", "2"], ["y"]])
async def test_a_burst_of_keys_is_drawn_once(keys: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: Counter[tuple[str, ...]] = Counter()
    changed_since = Cells.changed_since

    def counted(cells: Cells, before: Cells) -> list[Region]:
        drawn[cells.names] += 1  # each widget has its own names of styles
        return changed_since(cells, before)

    monkeypatch.setattr(Cells, "changed_since", counted)
    async with opened(State.PAUSED, (120, 40)) as (app, session, pilot):
        drawn.clear()
        for number in range(KEYS):
            app.post_message(Key(keys[number % len(keys)], None))
        await pilot.press("space")
        while not session.commands:
            await pilot.pause()
        assert max(drawn.values(), default=0) <= MOST_DRAWS, drawn


async def test_what_the_last_key_of_a_burst_did_is_on_the_screen() -> None:
    async with opened(State.PAUSED, (120, 40)) as (app, _, pilot):
        for _ in range(50):
            app.post_message(Key("left", None))
        await pilot.pause()
        plot = app.query_one(LossPlot)
        assert plot.reading
        assert plot.reading in screen_text(app)
        app.post_message(Key("tab", None))
        await pilot.pause()
        assert "►row 1" in screen_text(app) or ">row 1" in screen_text(app)


async def test_who_asks_for_the_cells_gets_those_of_now() -> None:
    async with opened(State.PAUSED) as (app, _, pilot):
        plot = app.query_one(LossPlot)
        linear = plot.cells
        await pilot.press("l")
        assert plot.cells is not linear
        assert plot.cells is plot.cells, "and draws them once"
        view = app.query_one(Rows)
        view.redraw()
        assert isinstance(view.cells, Cells)


def test_no_style_depends_on_the_focus() -> None:
    """A widget of cells is not styled again when the focus moves, which would take Textual 20 ms."""
    styles = [file.read_text(encoding="utf-8") for file in Path(tui.__file__).parent.rglob("*.tcss")]
    assert styles
    assert not any(":focus" in text or ":blur" in text for text in styles)


async def test_the_footer_is_sent_anew_only_where_other_keys_make_sense(monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[Region] = []
    refresh = KeyLine.refresh

    def counted(footer: KeyLine, *regions: Region, **options: bool) -> KeyLine:
        sent.extend(regions)
        return refresh(footer, *regions, **options)

    monkeypatch.setattr(KeyLine, "refresh", counted)
    async with opened(State.PAUSED, (120, 40)) as (app, session, pilot):
        await pilot.pause()
        sent.clear()
        await pilot.press("tab", "tab", "l", "z")
        assert not sent
        for state in (State.RUNNING, State.PAUSED, State.FINISHED):
            session.set_frame(state, trained=800)
            app.show_newest_frame()
            await pilot.pause()
            await pilot.pause()
            assert ("Pause" in screen_text(app).splitlines()[-1]) == (state is State.RUNNING)
        assert len(sent) == 3
        await pilot.resize_terminal(60, 24)
        await pilot.pause()
        assert len(sent) == 4, "there is room for fewer"


@pytest.mark.parametrize(
    ("keys", "named", "not_named"),
    [
        (["s"], ["space Resume", ". Step", "1234567 View", "q Quit"], []),
        (["s", "down"], ["+/- Nudge", "space Resume", "q Quit"], [". Step", "View"]),
        (["s", "down", "5"], ["+/- Nudge"], ["Resume", "Step", "View", "Help", "Quit"]),
        (["s", "down", "5", "escape", "escape"], ["space Resume", ". Step", "+/- Speed", "q Quit"], []),
        (["b"], [". Step", "q Quit"], []),
        (["b", "n"], [], ["Resume", "Step", "Speed", "View", "Help", "Quit"]),
        (["b", "n", "x", "enter"], [". Step", "q Quit"], []),
    ],
)
async def test_the_footer_names_no_key_that_is_text_now(
    keys: list[str], named: list[str], not_named: list[str]
) -> None:
    async with opened(State.PAUSED, (120, 40)) as (app, _, pilot):
        await pilot.press(*keys)
        await pilot.pause()
        await pilot.pause()
        footer = screen_text(app).splitlines()[-1]
        assert all(name in footer for name in named), footer
        assert not any(name in footer for name in not_named), footer


async def test_what_the_crosshair_reads_is_of_the_size_that_the_screen_has_now() -> None:
    async with opened(State.PAUSED, (60, 16)) as (app, _, pilot):
        await pilot.press("home", "right", "right")
        await pilot.pause()
        plot = app.query_one(LossPlot)
        for size in ((200, 60), (60, 16), (120, 40)):
            await pilot.resize_terminal(*size)
            await pilot.pause()
            await pilot.pause()
            assert plot.reading[:30] in screen_text(app), size


async def test_the_footer_names_the_keys_of_now_where_a_screen_closed_before_it_was_drawn() -> None:
    async with opened(State.PAUSED, (120, 40)) as (app, session, pilot):
        line = app.query_one(KeyLine)
        over_it: Screen[None] = Screen()
        over_it._invoke_later = lambda callback, sender: None  # type: ignore[method-assign]  # it closes before
        await app.push_screen(over_it)
        line.bindings_changed(line.screen)
        for _ in range(4):
            await pilot.pause()
        await app.pop_screen()
        session.set_frame(State.RUNNING, trained=800)
        app.show_newest_frame()
        for _ in range(4):
            await pilot.pause()
        assert "Pause" in screen_text(app).splitlines()[-1]
