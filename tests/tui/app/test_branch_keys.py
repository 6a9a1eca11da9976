"""Keys for branches: going to a position, the list of branches, and the saved notes about them."""

from __future__ import annotations

import dataclasses
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from textual.pilot import Pilot

from echornn.config import EchoConfig
from echornn.diagnosis.loss_stats import LossStats
from echornn.diagnosis.seed_stats import SolvedCounts
from echornn.runs.branch_notes import MOST_LETTERS
from echornn.runs.run_recorder import RunRecorder
from echornn.session.commands import Go, Move, Step, Undo
from echornn.session.pictures.branch_rows import BranchRow
from echornn.session.pictures.frame import State
from echornn.session.pictures.queries import Query
from tests.scripted import ScriptedSession, make_progress
from tests.trees import branch_off, grow
from tests.tui.app.test_app import screen_text
from tests.tui.app.test_settings_panel import post
from tui.app.app import EchoApp
from tui.app.curve.loss_plot import LossPlot
from tui.app.views.rows import Rows
from tui.app.widgets.branch_list import BranchList, row_of

TUTORIAL = EchoConfig()
SLOW = dataclasses.replace(TUTORIAL, learning_rate=0.1)


def plant(session: ScriptedSession) -> None:
    """a: 600 windows whose loss falls after 310; b: 200 at a lower learning rate from window 300; c: 100 after a
    reset.
    """
    timeline = session.timeline
    grow(timeline, branch_off(timeline, TUTORIAL), [0.7] * 310 + [0.1] * 290)
    grow(timeline, branch_off(timeline, SLOW, "edit", (0, 300)), [0.5] * 200)
    grow(timeline, branch_off(timeline, TUTORIAL, "reset", (0, 0)), [0.3] * 100)
    session.set_frame(State.PAUSED, make_progress(TUTORIAL, 0, 599), trained=600, undoable=1)


@asynccontextmanager
async def opened(
    size: tuple[int, int] = (120, 40), folder: Path | None = None, ascii_only: bool = False
) -> AsyncIterator[tuple[EchoApp, ScriptedSession, Pilot[int]]]:
    session = ScriptedSession(TUTORIAL, recorder=None if folder is None else RunRecorder.begin(folder, TUTORIAL))
    plant(session)
    app = EchoApp(session, fps=0.01, ascii_only=ascii_only)  # so that the tests draw, not the clock
    async with app.run_test(size=size) as pilot:
        await drawn(app, pilot)
        yield app, session, pilot
    session.recorder.close()


async def drawn(app: EchoApp, pilot: Pilot[int]) -> str:
    app.show_newest_frame()
    await pilot.pause()
    return screen_text(app)


def rows(app: EchoApp) -> list[str]:
    """The lines of the list."""
    panel = app.query_one(BranchList)
    return [panel.render_line(y).text.rstrip() for y in range(panel.size.height)]


# ---- the crosshair


async def test_enter_goes_to_the_window_under_the_crosshair() -> None:
    async with opened() as (app, session, pilot):
        plot = app.query_one(LossPlot)
        await pilot.press("enter")
        assert session.commands == [], "without a crosshair there is nowhere to go"
        await pilot.press("home", "enter")
        assert session.commands == [Go(0, 1)], "the window under it is the last that is trained there"
        assert plot.viewport.cursor is None
        await pilot.press("z", "left", "left")
        cursor = plot.viewport.cursor
        assert cursor is not None
        await pilot.press("enter")
        assert session.commands[1:] == [Go(0, cursor + 1)]


async def test_in_the_past_the_crosshair_begins_there_and_enter_stays() -> None:
    async with opened() as (app, session, pilot):
        session.set_frame(State.PAUSED, make_progress(TUTORIAL, 0, 249), trained=250, is_past=True)
        await drawn(app, pilot)
        await pilot.press("right", "enter")
        assert session.commands == [Go(0, 250)]


async def test_d_and_enter_go_to_just_before_the_fall() -> None:
    async with opened() as (app, session, pilot):
        await pilot.press("d")
        assert app.query_one(LossPlot).viewport.cursor == 309
        await pilot.press("enter")
        assert session.commands == [Go(0, 310)]


async def test_d_again_goes_to_before_the_echo_was_lost() -> None:
    async with opened() as (app, session, pilot):
        lost = LossStats(windows=600, solved_at=330, lost_at=500)
        session.set_frame(State.PAUSED, make_progress(TUTORIAL, 0, 599), trained=600, loss_stats=lost)
        await drawn(app, pilot)
        for cursor in (309, 498, 309):
            await pilot.press("d")
            assert app.query_one(LossPlot).viewport.cursor == cursor
        await pilot.press("d", "enter")
        assert session.commands == [Go(0, 499)], "to just before it"


async def test_the_line_is_the_branch_that_is_gone_to() -> None:
    async with opened() as (_, session, pilot):
        session.set_frame(State.PAUSED, make_progress(SLOW, 0, 499), trained=500, line=1, branch=1, config=SLOW)
        await drawn(pilot.app, pilot)  # type: ignore[arg-type]
        await pilot.press("home", "enter")
        assert session.commands == [Go(1, 1)]


async def test_where_nothing_falls_d_does_nothing() -> None:
    async with opened() as (app, session, pilot):
        session.set_frame(State.PAUSED, make_progress(TUTORIAL, 0, 99), trained=100, line=2, branch=2)
        await drawn(app, pilot)
        await pilot.press("d", "enter")
        assert app.query_one(LossPlot).viewport.cursor is None
        assert session.commands == []


# ---- the past


async def test_the_past_says_at_which_window_of_which_branch_one_looks() -> None:
    async with opened(size=(100, 30)) as (app, session, pilot):
        before = await drawn(app, pilot)
        assert "window 250" not in before
        session.set_frame(State.PAUSED, make_progress(TUTORIAL, 0, 249), trained=250, is_past=True)
        text = await drawn(app, pilot)
        assert "at 250 of 600" in text.splitlines()[0]
        assert "branch a" in text.splitlines()[0]
        assert "║ window 250 " in text
        session.set_frame(State.PAUSED, make_progress(TUTORIAL, 0, 599), trained=600, is_past=False)
        assert await drawn(app, pilot) == before


# ---- the list


async def test_the_list_tells_what_differs_from_where_how_far_and_how_well() -> None:
    async with opened() as (app, _, pilot):
        await pilot.press("b")
        await drawn(app, pilot)
        assert rows(app)[:7] == [
            "branches: * shown, + under it, x pinned",
            " +c started over",
            "   mean loss 0.3000 · 100 on its path",
            " +b learning_rate 0.1 from window 300",
            "   mean loss 0.5000 · 500 on its path",
            ">*a the start",
            "   mean loss 0.1000 · 600 on its path",
        ]
        await pilot.press("b")
        assert not app.query_one(BranchList).is_open
        assert app.focused is app.query_one(LossPlot)


def test_a_branch_that_lost_what_it_had_solved_says_where() -> None:
    branch = BranchRow(0, "a", "the start", 2000, 0.676, 169, 1042, None, True, False, False)
    assert row_of(branch).second == "solved 169, lost 1,042 of 2,000 · mean loss 0.6760"
    population = dataclasses.replace(branch, seed_stats=SolvedCounts(64, 41, 3))
    assert row_of(population).second == "41 of 64 solved, 3 lost again · 2,000 on its path · mean loss 0.6760"


async def test_enter_goes_to_a_branchs_end_and_closes_the_list() -> None:
    async with opened() as (app, session, pilot):
        await pilot.press("tab", "b", "up", "enter")
        assert not app.query_one(BranchList).is_open
        assert app.focused is app.query_one(Rows), "the keys are where they were"
        assert session.commands == [Go(1)]


async def test_space_hides_a_ghost_and_shows_it_again() -> None:
    async with opened() as (app, session, pilot):
        assert "learning_rate 0.1 from window 300" in await drawn(app, pilot)
        await pilot.press("b", "up", "space")
        text = await drawn(app, pilot)
        assert rows(app)[3] == "> b learning_rate 0.1 from window 300"
        assert "b: learning_rate" not in text, "at once, also where nothing is trained"
        await pilot.press("space")
        assert "b: learning_rate 0.1 from window 300" in await drawn(app, pilot)
        assert rows(app)[3] == ">+b learning_rate 0.1 from window 300"
        assert session.commands == [], "space is the list's here"


async def test_b_and_enter_return_from_the_past_which_the_status_says() -> None:
    async with opened(size=(80, 24)) as (app, session, pilot):
        session.set_frame(State.PAUSED, make_progress(SLOW, 0, 349), trained=350, line=1, branch=1, is_past=True)
        text = await drawn(app, pilot)
        assert "the past: space branches off here; b, then enter, returns" in text.splitlines()[1]
        await pilot.press("b", "enter")
        assert session.commands == [Go(1)]


async def test_space_on_the_branch_that_is_shown_pins_nothing_and_says_why() -> None:
    async with opened() as (app, _, pilot):
        await pilot.press("b", "space")
        assert "the curve shows this branch" in await drawn(app, pilot)
        assert not any(
            row.is_pinned or row.is_shown for row in app.futures.look(Query(branches=True)).branches if row.is_line
        )


async def test_space_pins_only_what_would_not_lie_there_by_itself() -> None:
    async with opened() as (app, session, pilot):
        await pilot.press("b", "up", "space", "space")
        assert [row.is_pinned for row in app.futures.look(Query(branches=True)).branches] == [False] * 3
        for _ in range(20):
            grow(session.timeline, branch_off(session.timeline, TUTORIAL, "back", (0, 10)), [0.6] * 5)
        session.set_frame(State.PAUSED, session.frame.progress)
        await drawn(app, pilot)
        await pilot.press("space")
        assert [row.letter for row in app.futures.look(Query(branches=True)).branches if row.is_pinned] == ["b"]


async def test_when_training_fails_the_list_closes_for_nothing_in_it_can_be_done() -> None:
    async with opened() as (app, session, pilot):
        await pilot.press("b")
        session.set_frame(State.FAILED, session.frame.progress, message="out of memory")
        await drawn(app, pilot)
        assert not app.query_one(BranchList).is_open
        await pilot.press("b")
        assert not app.query_one(BranchList).is_open


async def test_a_name_is_typed_whatever_its_letters_mean_elsewhere() -> None:
    async with opened() as (app, session, pilot):
        await pilot.press("b", "up", "n", *"best", "space", *"one?", "backspace", "enter")
        text = await drawn(app, pilot)
        assert rows(app)[3] == ">+b best one: learning_rate 0.1 from wind…"
        assert "b: best one: lear" in text
        await pilot.press("n")
        assert rows(app)[0] == "name: best one_"
        await pilot.press("x", "escape")
        assert rows(app)[0] == "branches: * shown, + under it, x pinned"
        assert app.query_one(BranchList).is_open
        await pilot.press("n", *["backspace"] * 20, "enter")
        await drawn(app, pilot)
        assert rows(app)[3] == ">+b learning_rate 0.1 from window 300", "an empty name takes it away"
        await pilot.press("n", "enter", "n")
        post(app, *"x" * 99)
        await pilot.press("enter")
        assert session.frame.notes.names[1] == "x" * MOST_LETTERS
        assert session.commands == []


async def test_a_pinned_branch_stays_under_the_curve() -> None:
    async with opened() as (app, session, pilot):
        await pilot.press("b", "end", "up", "x")
        await drawn(app, pilot)
        assert rows(app)[3:5] == [">xb learning_rate 0.1 from window 300", "   mean loss 0.5000 · 500 on its path"]
        for _ in range(20):
            grow(session.timeline, branch_off(session.timeline, TUTORIAL, "back", (0, 10)), [0.6] * 5)
        session.set_frame(State.PAUSED, session.frame.progress)
        await drawn(app, pilot)
        letters = [ghost.letter for ghost in app.futures.look(Query()).ghosts]
        assert "b" in letters
        assert "c" not in letters
        await pilot.press("x")
        await drawn(app, pilot)
        assert "b" not in [ghost.letter for ghost in app.futures.look(Query()).ghosts]


async def test_the_cursor_stays_on_its_branch_while_others_come() -> None:
    async with opened() as (app, session, pilot):
        await pilot.press("b", "up")
        grow(session.timeline, branch_off(session.timeline, TUTORIAL, "back", (0, 10)), [0.6] * 5)
        session.set_frame(State.PAUSED, session.frame.progress)
        await drawn(app, pilot)
        assert rows(app)[5] == ">+b learning_rate 0.1 from window 300"


async def test_keys_that_are_not_the_lists_stay_the_apps() -> None:
    async with opened() as (_, session, pilot):
        await pilot.press("b", "full_stop", "u", "left_square_bracket")
        assert session.commands == [Step(1), Undo(), Move(-1)]


async def test_the_list_is_ascii_where_all_is_and_fits_every_screen() -> None:
    for size in ((120, 40), (80, 24), (60, 16)):
        async with opened(size, ascii_only=True) as (app, _, pilot):
            await pilot.press("b")
            text = await drawn(app, pilot)
            assert text.isascii()
            assert ">*a the start" in text, "the cursor is where one is, and in view"
            await pilot.press("home")
            await drawn(app, pilot)
            assert any(">+c started over" in line for line in rows(app))


async def test_the_crosshair_reads_the_line_that_is_shown_while_the_newest_frame_has_a_shorter_one() -> None:
    async with opened() as (app, session, pilot):
        await pilot.press("z", "left", "left")
        assert "window" in app.query_one(LossPlot).reading
        session.set_frame(State.PAUSED, None, trained=0, line=2, line_end=0, branch=2)
        await pilot.press("left", "right", "d")
        assert "window" in app.query_one(LossPlot).reading
        assert "paused" in await drawn(app, pilot)


async def test_keys_without_effect_say_why() -> None:
    async with opened() as (app, session, pilot):
        await pilot.press("down")
        assert "the curve has no rows: tab gives these keys to the view" in screen_text(app)
        await pilot.press("d", "d")
        await pilot.pause()
        assert "the crosshair is there: no other fall is seen" in screen_text(app)
        await pilot.press("b", "x")
        await pilot.pause()
        assert "the curve shows this branch: pinned, it stays under the curve" in screen_text(app)
        assert session.commands == []
