"""The keys for several networks: select one, continue one alone, and switch between one network and many."""

from __future__ import annotations

import math
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import numpy as np
import pytest
from textual.pilot import Pilot

from echornn.config import EchoConfig
from echornn.diagnosis.seed_stats import SeedStats
from echornn.progress import Floats
from echornn.session.commands import Alone, Choose, ToggleReplicas
from echornn.session.nothing_to_do import NOTHING_ON_THIS_PATH
from echornn.session.pictures.frame import State
from echornn.timeline.branch import Position
from tests.key_words import in_words
from tests.program import running
from tests.scripted import ScriptedSession, make_progress
from tests.trees import branch_off, grow
from tests.tui.app.test_app import opened, screen_text
from tui.app import key_effects
from tui.app.app import EchoApp
from tui.app.curve.loss_plot import LossPlot
from tui.app.parts.seeds_keys import where_it_led
from tui.app.views.seeds import SeedsView

WINDOWS = 1600


def losses_of(replicas: Sequence[int], windows: np.ndarray, of: int) -> Floats:
    """float32 [replicas, windows]: chance, and within a hundred windows before it is solved a fall to nearly zero."""
    seeds = np.arange(of)
    solved = np.where(seeds % 3 == 1, 0, 100 + (seeds * 379) % 1400)[list(replicas)][:, np.newaxis]
    fall = np.clip((solved - windows) / 100, 0.01, 1)
    return (math.log(2) * np.where(solved > 0, fall, 1)).astype(np.float32)


@asynccontextmanager
async def population(
    state: State = State.PAUSED, size: tuple[int, int] = (80, 24), replicas: int = 64
) -> AsyncIterator[tuple[EchoApp, ScriptedSession, Pilot[int]]]:
    config = EchoConfig(replicas=replicas)
    windows = WINDOWS if replicas < 1000 else 60
    session = ScriptedSession(config)
    branch_off(session.timeline, config)
    grow(session.timeline, 0, losses_of(range(replicas), np.arange(windows), replicas).T)
    app = EchoApp(session, fps=0.01)
    async with app.run_test(size=size) as pilot:
        where = session.timeline.seed_stats(Position(0, windows))
        session.set_frame(state, make_progress(config.of(0)), trained=windows, seed_stats=where)
        app.show_newest_frame()
        await pilot.pause()
        yield app, session, pilot


def order_of(app: EchoApp) -> list[int]:
    """The replicas in the order of their lines."""
    assert app._frame.seed_stats is not None
    return [int(replica) for replica in app._frame.seed_stats.order()]


def chosen_lines(app: EchoApp) -> list[str]:
    return [line.strip() for line in screen_text(app).split("\n") if line.lstrip().startswith("►")]


async def test_the_view_shows_the_networks_and_marks_the_chosen_one() -> None:
    async with population() as (app, session, pilot):
        await pilot.press("6")
        await pilot.pause()
        assert "seeds: 43 of 64 solved  █ chance ▓▒░ · solved" in screen_text(app)
        assert [line.split()[1] for line in chosen_lines(app)] == ["7"]
        assert session.commands == []


async def test_arrows_choose_the_next_line_each_time_before_any_frame_comes() -> None:
    async with population() as (app, session, pilot):
        await pilot.press("6", "down", "down", "up", "up", "up", "end", "home", "pagedown", "pageup")
        order, page = order_of(app), app.query_one(SeedsView)._shown - 1
        chosen = [order[line] for line in (1, 2, 1, 0, 63, 0, page, 0)]
        assert session.commands == [Choose(replica) for replica in chosen], "nothing comes above the first"
        await pilot.press("down")
        await pilot.pause()
        assert [line.split()[1] for line in chosen_lines(app)] == [str(7 + order[1])], "it is marked at once"
        assert f"seed {7 + order[1]}: solved at " in screen_text(app)


async def test_what_the_session_shows_counts_once_it_is_there() -> None:
    async with population() as (app, session, pilot):
        order = order_of(app)
        await pilot.press("6", "down")
        session.set_frame(State.PAUSED, app._frame.progress, replica=order[1])
        app.show_newest_frame()
        session.set_frame(State.PAUSED, app._frame.progress, replica=order[5])
        app.show_newest_frame()
        await pilot.press("down")
        assert session.commands[-1] == Choose(order[6])


async def test_from_other_views_two_keys_go_through_the_lines() -> None:
    async with population() as (app, session, pilot):
        order = order_of(app)
        await pilot.press("3", "greater_than_sign", "greater_than_sign", "less_than_sign")
        assert session.commands == [Choose(order[line]) for line in (1, 2, 1)]
        assert isinstance(app.focused, LossPlot)


async def test_enter_goes_on_with_one_alone_and_the_crosshair_keeps_its_own() -> None:
    async with population() as (_, session, pilot):
        await pilot.press("6", "tab", "enter")
        assert session.commands == [], "the curve has the keys"
        await pilot.press("tab", "enter")
        assert session.commands == [Alone()]


async def test_v_sorts_by_seed_and_by_loss_and_the_chosen_one_stays_in_sight() -> None:
    async with population() as (app, _, pilot):
        await pilot.press("6", "end")
        for by in ("seed", "loss", "when solved"):
            await pilot.press("v")
            await pilot.pause()
            assert f"by {by}" in screen_text(app)
            assert len(chosen_lines(app)) == 1


async def test_the_mouse_chooses_a_line_and_the_wheel_looks_at_others() -> None:
    async with population() as (app, session, pilot):
        await pilot.press("6")
        await pilot.pause()
        view = app.query_one(SeedsView)
        order = order_of(app)
        await pilot.click(view, offset=(30, 4))
        assert session.commands == [Choose(order[2])]
        for _ in range(5):
            view._scroll(1)
        await pilot.pause()
        assert chosen_lines(app) == [], "the wheel leaves it"
        await pilot.click(view, offset=(30, 2))
        assert session.commands[-1] == Choose(order[5])
        view._scroll(-100)
        assert view._first == 0
        view._scroll(1000)
        assert view._first == 64 - view._shown


async def test_a_key_turns_one_network_into_many_and_when_it_has_it_is_said_how_to_come_back() -> None:
    async with opened(State.RUNNING) as (app, session, pilot):
        await pilot.press("L")
        await pilot.pause()
        assert session.commands == [ToggleReplicas()]
        branches, many = len(session.timeline), EchoConfig(replicas=64)
        none = np.zeros(64, np.int64)
        nothing = SeedStats.after(np.empty((0, 64), np.float32), none, 0, none)
        for state, message in ((State.LOADING, "compiling"), (State.PAUSED, "going to window 7"), (State.PAUSED, "")):
            session.set_frame(state, config=many, branch=branches, seed_stats=nothing, trained=0, message=message)
            app.show_newest_frame()
            await pilot.pause()
            led = in_words(where_it_led(many, begun=True))
            assert (led in screen_text(app)) == (message == "")
        await pilot.press("z")
        assert led not in screen_text(app)
        assert "6 shows each" in screen_text(app)
        await pilot.press("6")
        await pilot.pause()
        assert "shows each" not in screen_text(app), "the view is shown"


@pytest.mark.parametrize(("before", "has_arrows"), [(["6"], True), (["6", "left"], False), ([], False)])
async def test_where_its_view_is_shown_a_population_that_begins_has_the_arrows(
    before: list[str], has_arrows: bool
) -> None:
    """Unless the crosshair has them, or another view is shown."""
    async with opened(State.PAUSED) as (app, session, pilot):
        await pilot.press(*before, "L")
        none, many = np.zeros(64, np.int64), EchoConfig(replicas=64)
        nothing = SeedStats.after(np.empty((0, 64), np.float32), none, 0, none)
        session.set_frame(State.PAUSED, config=many, branch=len(session.timeline), seed_stats=nothing, trained=0)
        app.show_newest_frame()
        await pilot.pause()
        assert isinstance(app.focused, SeedsView) == has_arrows


async def test_while_loading_a_turn_waits() -> None:
    async with opened(State.LOADING) as (app, session, pilot):
        await pilot.press("6", "L")
        app.show_newest_frame()
        await pilot.pause()
        assert session.commands == [ToggleReplicas()]
        assert key_effects.LATER in screen_text(app)
        assert "seeds: 64 networks are being prepared" in screen_text(app)


async def test_while_the_seeds_are_compiled_their_view_says_that_they_come() -> None:
    async with opened(State.PAUSED, size=(80, 24)) as (app, session, pilot):
        await pilot.press("6")
        many = EchoConfig(seed=7, replicas=64)
        session.set_frame(State.LOADING, app._frame.progress, message="compiling", coming=many)
        app.show_newest_frame()
        await pilot.pause()
        assert "seeds: 64 networks are being prepared, with seeds 7 to 70." in screen_text(app)
        assert "this is one network" not in screen_text(app)
        await pilot.press("L")
        app.show_newest_frame()
        await pilot.pause()
        assert "seeds: this is one network" in screen_text(app), "and back"


@pytest.mark.parametrize("begun", [True, False])
@pytest.mark.parametrize("replicas", [1, 64])
def test_where_a_turn_led_is_told_in_a_line(begun: bool, replicas: int) -> None:
    config = EchoConfig(replicas=replicas)
    assert ("shows each" in where_it_led(config, begun)) == (replicas > 1)
    assert "shows each" not in where_it_led(config, begun, seeds_shown=True)
    led = in_words(where_it_led(config, begun))
    assert ("from the start" in led) == begun
    assert "L goes back" in led
    assert len(led) <= 78


async def test_what_became_of_the_chosen_one_stands_below_how_many_solved() -> None:
    async with population() as (app, _, pilot):
        await pilot.press("6")
        await pilot.pause()
        assert isinstance(app.focused, SeedsView), "its arrows act at once"
        lines = screen_text(app).split("\n")
        assert "of 64 solved (" in lines[2]
        assert "enter: go on with it alone" in lines[3]


async def test_the_crosshair_keeps_the_arrows_when_the_population_is_shown() -> None:
    async with population() as (app, _, pilot):
        await pilot.press("left", "6")
        await pilot.pause()
        assert isinstance(app.focused, LossPlot)


async def test_where_nothing_is_to_undo_it_is_said_what_leads_to_the_other_branches() -> None:
    async with opened(State.PAUSED) as (app, session, pilot):
        session.set_frame(State.PAUSED, app._frame.progress, trained_in_all=9000, undoable=0)
        app.show_newest_frame()
        await pilot.press("u")
        await pilot.pause()
        assert in_words(NOTHING_ON_THIS_PATH) in screen_text(app)
        assert len(in_words(NOTHING_ON_THIS_PATH)) <= 78


async def test_of_one_network_there_is_no_other_to_look_at() -> None:
    async with opened(State.PAUSED) as (app, session, pilot):
        await pilot.press("6", "greater_than_sign")
        await pilot.pause()
        assert in_words(key_effects.NO_SEEDS) in screen_text(app)
        await pilot.press("tab", "down", "enter", "end", "v")
        await pilot.pause()
        assert session.commands == []
        assert "L trains 64 networks at once" in screen_text(app)


async def test_at_any_number_of_them_a_frame_costs_the_same_lines() -> None:
    async with population(replicas=4096) as (app, session, pilot):
        await pilot.press("6", "end")
        await pilot.pause()
        assert "of 4,096 solved" in screen_text(app)
        assert session.commands == [Choose(order_of(app)[-1])]


async def test_where_training_has_failed_no_other_is_chosen() -> None:
    async with population(State.FAILED) as (app, session, pilot):
        await pilot.press("6", "down", "enter", "greater_than_sign", "L")
        await pilot.pause()
        assert session.commands == []
        assert [line.split()[1] for line in chosen_lines(app)] == ["7"]


@pytest.mark.slow
def test_from_one_to_many_to_another_one_and_back_in_the_program() -> None:
    with running("--speed", "max", scripted=True) as program:
        program.until(lambda text: "running" in text)
        program.press("6")
        program.until(lambda text: "L trains 64 networks at once" in text)
        program.press("L")
        # new networks give the arrow keys to their view
        program.until(lambda text: " of 64 solved" in text and "enter: go on with it" in text)
        program.press("\x1b[B")
        program.press("\r")
        program.until(lambda text: "one network, with seed" in text)
        program.press("u")
        program.until(lambda text: " of 64 solved" in text and "one network" not in text)
        program.press("L")
        program.until(lambda text: "one network, with seed 7" in text)
        program.press("q")
        assert program.ended() == 0


async def test_the_command_that_shows_a_population_again_says_how_many() -> None:
    async with population() as (app, _, pilot):
        await pilot.press("y")
        assert app.clipboard == "echornn-tui --replicas 64"


async def test_the_list_of_branches_says_how_many_of_a_population_solved() -> None:
    async with population() as (app, _, pilot):
        await pilot.press("b")
        await pilot.pause()
        assert "43 of 64 solved · 1,600 on its" in screen_text(app)
