"""The keys of the map under Pilot, on handmade sweeps."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from textual.widgets import Input

from echornn.files.lock import Lock
from echornn.maps.measures import Measure
from echornn.maps.overview import overview_of
from echornn.sweeps.axis import Axis
from echornn.sweeps.folder import Result
from echornn.sweeps.grid import Grid
from echornn.sweeps.results import SweepResults
from tests.swept import CLIFF, SMALL, keep, results_of, with_a_cliff
from tui.kit.help_screen import HelpScreen
from tui.kit.key_line import KeyLine
from tui.map import keys
from tui.map.app import MapApp, Opened
from tui.map.drawing import Square
from tui.map.follower import Follower
from tui.map.frame import MapFrame
from tui.map.progress import progress_of
from tui.map.state import MapState
from tui.map.widgets import MapGrid, MapHead, MapReading, with_result


def text_of(app: MapApp) -> str:
    parts = [app.screen_stack[0].query_one(kind) for kind in (MapHead, MapGrid, MapReading)]
    return "\n".join(part.render_line(y).text.rstrip() for part in parts for y in range(part.size.height))


def app_of(results: SweepResults, **options: object) -> MapApp:
    return MapApp(Follower(results), **options)  # type: ignore[arg-type]


async def test_what_is_seen_and_what_the_keys_make_of_it() -> None:
    app = app_of(results_of(CLIFF))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        text = text_of(app)
        assert "done   960 of 960 trained   458 solved" in text
        assert "across echo_step, down cell" in text
        assert "cell rnn, echo_step 1: 16 of 16 solved (81 to 100 %)" in text
        assert "lag = T" in text
        await pilot.press("down", *["right"] * 15)
        assert "lag 16 >= T 15: tbptt's gradient stops short; only the state may keep it" in text_of(app)
        await pilot.press("m")
        assert "window by which half had solved it" in text_of(app)
        await pilot.press("x", "left")
        assert app.frame.name == "echo_step 16, cell rnn"
        await pilot.press("X")
        assert (app.frame.state.across, app.frame.state.down) == ("cell", None)
        assert "cell rnn: 187 of 320 solved over 20 points, 0 to 100 % by point" in text_of(app)


async def test_what_was_trained_stands_above_the_map() -> None:
    app = app_of(results_of(CLIFF))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        assert "state_size 16, T 15, init glorot · until solved or 1 epoch, seeds 0 to 15" in text_of(app)
        assert app.query_one(Input).placeholder == "echo_step=1..19"


async def test_cells_of_several_points_are_not_compared_and_have_no_interval() -> None:
    app = app_of(results_of(CLIFF))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("X", "right", "space", "left")
        text = text_of(app)
        assert "across echo_step · over cell" in text
        assert "echo_step 1: 48 of 48 solved over 3 points, 100 % of each" in text
        assert "not compared; ] holds a field at one value" in text
        await pilot.press("escape", *["right"] * 8)
        text = text_of(app)
        assert "echo_step 9: 29 of 48 solved over 3 points, 19 to 88 % by point" in text
        assert ", cell rnn" in text
        assert "half by" not in text
        await pilot.press("t")
        assert "no field is down, so nothing can be turned: X chooses one" in text_of(app)


async def test_where_fields_need_the_room_what_is_held_is_told_and_what_is_shown_is_told_in_short() -> None:
    axes = ("echo_step=1..4", "cell=rnn,gru", "total_series_length=1000,5000")
    app = app_of(results_of(Grid(tuple(map(Axis.parse, axes)), {}, 2)))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("left_square_bracket")
        assert "solved, % · across echo_step, down cell · total_series_length 5000" in text_of(app)


def test_of_many_fields_the_result_stays_on_the_line() -> None:
    text = "cell rnn, echo_step 2, total_series_length 5000: 4 of 4 solved (51 to 100 %)"
    assert with_result(text, 80) == text
    assert with_result(text, 60) == "cell rnn, echo_step 2...: 4 of 4 solved (51 to 100 %)"
    assert len(with_result(text, 12)) <= 12


@pytest.mark.parametrize("measure", [Measure.WINDOWS, Measure.LOSS])
def test_a_shade_means_the_same_whatever_is_filtered_held_or_turned(measure: Measure) -> None:
    everything = overview_of(results_of(CLIFF))
    whole = MapFrame.of(MapState("echo_step", "cell", measure=measure), everything)
    for chosen in (
        MapState("echo_step", "cell", filter="gru echo=3", measure=measure),
        MapState("echo_step", None, held={"cell": "gru"}, measure=measure),
        MapState("cell", None, measure=measure),
    ):
        assert MapFrame.of(chosen, everything).scale == whole.scale


async def test_every_key_is_in_the_command_palette() -> None:
    app = app_of(results_of(CLIFF))
    async with app.run_test(size=(80, 24)) as pilot:
        titles = {command.title for command in app.get_system_commands(app.screen)}
        assert titles >= {"Axes", "Down", "Turn", "Shown", "Hold", "Mark", "Open", "Copy", "Filter", "Help", "Quit"}
        await pilot.press("ctrl+p", *"turn", "enter")
        await pilot.pause()
        assert app.frame.state.across == "cell"


@pytest.mark.parametrize("opens", [["ctrl+p"], ["question_mark", "slash"]])
async def test_what_is_typed_into_a_search_is_no_filter(opens: list[str]) -> None:
    app = app_of(results_of(CLIFF))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press(*opens, *"gru")
        await pilot.pause()
        assert app.frame.state.filter == ""


async def test_two_cells_are_compared() -> None:
    app = app_of(results_of(CLIFF))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press(*["right"] * 8, "space", "down", "down")
        told = "more than luck, p < 0.001: 69 fewer (35 to 84) of 100 than cell rnn"
        assert told in text_of(app).splitlines(), "both have the same echo_step"
        await pilot.press("escape")
        assert app.frame.state.mark is None


async def test_a_filter_is_obeyed_while_it_is_typed_and_refused_in_words() -> None:
    app = app_of(results_of(CLIFF))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("slash", *"echo=..4 gru")
        await pilot.pause()
        assert (app.frame.table.columns, app.frame.table.rows) == ((1, 2, 3, 4), ("gru",))
        await pilot.press("x")
        await pilot.pause()
        assert "filter = 'grux' cannot be used" in text_of(app)
        await pilot.press("backspace", "enter")
        await pilot.pause()
        assert not app.query_one(Input).display
        assert app.focused is app.query_one(MapGrid)
        assert "filter echo=..4 gru" in text_of(app)
        await pilot.press("escape")
        await pilot.pause()
        assert len(app.frame.table.columns) == 20


async def test_enter_leaves_it_for_the_best_seed_and_it_comes_back_as_it_was() -> None:
    results = results_of(CLIFF)
    app = app_of(results)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("m", "down", "right", "enter")
    opened = app.return_value
    assert isinstance(opened, Opened)
    assert (opened.config.cell, opened.config.echo_step, opened.config.state_size) == ("gru", 2, 16)
    best = app.frame.table.cells[1][1].counts.best
    assert best is not None
    assert opened.config.seed == best.seed
    again = app_of(results, first=app.frame.state, hint="no memory for it")
    async with again.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        assert again.frame.name == "cell gru, echo_step 2"
        assert "no memory for it" in text_of(again)


async def test_y_copies_the_command_and_shows_it() -> None:
    app = app_of(results_of(CLIFF))
    async with app.run_test(size=(120, 24)) as pilot:
        await pilot.press("y")
        command = "echornn-tui --num-epochs 1 --state-size 16 --echo-step 1 --seed 2 --init glorot"
        assert app.clipboard == command
        assert f"copied: {command}" in text_of(app)
        await pilot.press("right")
        assert "copied" not in text_of(app)


@pytest.mark.parametrize(
    ("key", "hint"), [("x", keys.NEEDS_TWO), ("left_square_bracket", "no other field to hold: x and X show all fields")]
)
async def test_a_key_that_can_do_nothing_says_why(key: str, hint: str) -> None:
    one_field = SweepResults.of(Path("nowhere"), ())
    app = app_of(one_field)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press(key)
        assert hint in text_of(app)
        await pilot.press("enter")
        assert keys.CANNOT_OPEN in text_of(app)


def test_how_many_were_lost_again_stands_beside_how_many_solved_it() -> None:
    grid = replace(SMALL, until="all")
    follower = Follower(results_of(grid, lambda _: Result(60, 0.69, 666, 0.02)))
    assert progress_of(follower.seen, "", True) == "# done   20 of 20 trained   20 solved   20 lost again"


def test_whether_a_process_computes_it_is_seen_by_its_lock(tmp_path: Path) -> None:
    half = keep(tmp_path, [SMALL], lambda config: with_a_cliff(config) if config.seed else None)
    clock = iter(range(100)).__next__
    lock = Lock(half)
    follower = Follower(SweepResults.read(half), clock)
    assert progress_of(follower.seen, "", True) == "> computing   10 of 20 trained   2 solved"
    keep(tmp_path, [SMALL], lambda config: with_a_cliff(config) if config.cell == "rnn" else None)
    follower.look_now()
    assert progress_of(follower.seen, "", True).endswith("   5.0 a second, 1 s left")
    lock.release()
    follower.look_now()
    assert progress_of(follower.seen, "", True).startswith(". unfinished   15 of 20 trained")
    keep(tmp_path, [SMALL])
    follower.look_now()
    assert progress_of(follower.seen, "", True) == "# done   20 of 20 trained   2 solved"


async def test_it_follows_its_folder(tmp_path: Path) -> None:
    follower = Follower(SweepResults.read(keep(tmp_path, [SMALL], lambda _: None)), clock=iter(range(100)).__next__)
    app = MapApp(follower, says=lambda: "2 workers")
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        assert "computing   0 of 20 trained   0 solved   2 workers" in text_of(app)
        keep(tmp_path, [SMALL], lambda config: with_a_cliff(config) if config.cell == "rnn" else None)
        follower.look_now()
        app.show_newest()
        assert "10 of 20 trained" in text_of(app)
        assert follower.seen.rate > 0
        (tmp_path / "sweep.json").unlink()
        follower.look_now()
        app.show_newest()
        assert "there is no sweep in" in text_of(app)
        assert "unfinished" not in text_of(app)
    app_again = MapApp(follower)
    async with app_again.run_test(size=(80, 24)) as pilot:
        await pilot.press("question_mark")
        await pilot.pause()
        await pilot.press("q")
        await pilot.pause()
        assert len(app_again.screen_stack) == 1
        await pilot.press("q")
    assert app_again.return_value == 0


async def test_what_is_due_when_the_widgets_have_gone_is_no_error() -> None:
    app = app_of(results_of(CLIFF))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("right")
    app.show_newest()


@pytest.mark.parametrize("size", [(20, 4), (30, 8), (40, 12)])
async def test_small_screens(size: tuple[int, int]) -> None:
    app = app_of(results_of(CLIFF), first=MapState("echo_step", "cell", column=20))
    async with app.run_test(size=size) as pilot:
        await pilot.press("m", "X", "t", "space", "right")
        await pilot.pause()
        lines = text_of(app).splitlines()
        assert max(map(len, lines)) <= size[0]
        assert lines[0].startswith("■ done")
        assert any(line.startswith("echo_step 20") for line in lines), "where the cursor is"
        assert lines[-1].startswith("marked")


async def test_a_click_moves_the_cursor_twice_opens_and_the_pointer_reads() -> None:
    app = app_of(results_of(CLIFF))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        grid = app.query_one(MapGrid)
        width, height = grid.size
        where = {grid.cells.under(x, y): (x, y) for y in range(height) for x in range(width)}
        await pilot.hover(grid, offset=where[Square(1, 4)])
        await pilot.pause()
        assert app.frame.cursor == (0, 0)
        assert "echo_step 5" in text_of(app).split("\n")[-3]
        await pilot.click(grid, offset=where[Square(2, 3)])
        await pilot.pause()
        assert app.frame.cursor == (2, 3)
        await pilot.click(grid, offset=where[Square(2, 3)], times=2)
        await pilot.pause()
    assert isinstance(app.return_value, Opened)


async def test_with_other_keys_the_map_names_these() -> None:
    ids = [one.id for one in keys.BINDINGS if one.id is not None]
    moved = {name: (chr(0x430 + number),) for number, name in enumerate(ids)}
    app = app_of(results_of(CLIFF), moved=moved)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("x", "m", "space", "q")
        assert app.is_running
        assert app.frame.state.mark is None
        await pilot.press(*moved["map.mark"])
        assert app.frame.state.mark is not None
        assert f"{moved['map.mark'][0]} removes the mark" in text_of(app)
        key_line = app.query_one(KeyLine).render_line(0).text
        assert f"{moved['map.across'][0]}{moved['map.down'][0]} Axes" in key_line
        await pilot.press(*moved["help"])
        await pilot.pause()
        assert isinstance(app.screen, HelpScreen)
        shown = "\n".join(strip.text for strip in app.screen._compositor.render_strips())
        assert f"{moved['map.across'][0]}, {moved['map.down'][0]}" in shown
        assert "«" not in shown
