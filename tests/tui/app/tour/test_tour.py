"""The tour under Pilot: each step says what the run shows, its key leads on, and it can be left at each."""

from __future__ import annotations

import textwrap
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from textual.pilot import Pilot

from echornn.config import EchoConfig
from echornn.diagnosis.loss_stats import LossStats
from echornn.diagnosis.seed_stats import SeedStats
from echornn.session.commands import Command, Edit, Step, Toggle, ToggleReplicas, Undo
from echornn.session.pictures.frame import Frame, State
from tests.readings_by_hand import shift_register
from tests.scripted import ScriptedSession, make_progress
from tests.tui.app.test_app import screen_text
from tests.tui.app.test_mouse import click_on
from tui.app.tour.card import TourCard, card_height
from tui.app.tour.guide import told
from tui.app.tour.steps import ALL, END, ENOUGH, ENOUGH_SHORT, SHORT, STEPS, TRY_SHORT
from tui.app.tour.tour_app import TourApp
from tui.app.views.gradient import GradientView
from tui.app.views.memory import MemoryView
from tui.app.views.seeds import SeedsView

TUTORIAL = EchoConfig()
BROKEN = replace(TUTORIAL, truncated_backprop_length=SHORT)
MANY = replace(TUTORIAL, replicas=64)
KEYS = ("full_stop", "space", "3", "4", "t", "u", "L")
COMMANDS: tuple[Command | None, ...] = (
    Step(),
    Toggle(),
    None,
    None,
    Edit({"truncated_backprop_length": SHORT}),
    Undo(),
    ToggleReplicas(),
)


def losses(mean: float, windows: int, solved_at: int | None = None) -> LossStats:
    return LossStats(windows, np.full(min(windows, 50), mean, np.float32), solved_at)


def seeds(solved: int, windows: int = 700) -> SeedStats:
    at = np.where(np.arange(64) < solved, 300, 0)
    return SeedStats.after(np.full((50, 64), 0.1, np.float32), at, windows, np.zeros(64, np.int64))


READINGS = replace(shift_register(), window=400)
PROGRESS = make_progress(TUTORIAL, 0, 399)
LEARNED: dict[str, Any] = {"trained": 400, "loss_stats": losses(0.04, 400, 369)}
SCENES: tuple[tuple[State, dict[str, Any]], ...] = (
    (State.PAUSED, {}),
    (State.PAUSED, {"trained": 1, "progress": make_progress(TUTORIAL, 0, 0), "loss_stats": losses(0.9, 1)}),
    (State.RUNNING, {"progress": PROGRESS, **LEARNED}),
    (State.RUNNING, {"progress": PROGRESS, "readings": READINGS, **LEARNED}),
    (State.RUNNING, {"progress": PROGRESS, "readings": READINGS, **LEARNED}),
    (
        State.RUNNING,
        {"config": BROKEN, "branch": 1, "trained": 900, "undoable": 1, "loss_stats": losses(0.696, ENOUGH_SHORT)},
    ),
    (State.RUNNING, {"config": TUTORIAL, "branch": 0, "progress": PROGRESS, **LEARNED}),
    (State.RUNNING, {"config": MANY, "trained": 700, "seed_stats": seeds(57), "loss_stats": losses(0.04, 700, 300)}),
)
"""What the run shows when the seven steps, and the end, are ready."""

SAID = (
    "what it read 3 steps before: the echo.",
    "guessing has 0.693 (ln 2: 1/2 right).",
    "Solved at window 369: loss 0.040 (mean of 50), guessing has 0.693.",
    "Lag 3, the echo: 1.00 of 1.",
    "at most T = 15 steps. The echo, 3 back, is inside for 12 of 15: enough, it is solved.",
    "1,000 windows: loss 0.696 (mean of 50), guessing has 0.693. Of 64 seeds none",
    "The network of before is back, with T = 15.",
    "57 of 64 have solved it after 700 windows, so",
)


def scene(place: int) -> tuple[State, dict[str, Any]]:
    state, changes = SCENES[place]
    return state, dict(changes)


def show(app: TourApp, session: ScriptedSession, place: int) -> None:
    state, changes = scene(place)
    session.set_frame(state, changes.pop("progress", None), **changes)
    app.show_newest_frame()


@asynccontextmanager
async def taken(
    size: tuple[int, int] = (80, 24), ascii_only: bool = False
) -> AsyncIterator[tuple[TourApp, ScriptedSession, Pilot[int]]]:
    session = ScriptedSession(TUTORIAL, 100.0)
    app = TourApp(session, fps=0.01, ascii_only=ascii_only)
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        yield app, session, pilot


def card_text(app: TourApp) -> str:
    """The card's lines as one text; the sentences may be broken anywhere."""
    card = app.query_one(TourCard)
    return " ".join(" ".join(card.cells.text(y) for y in range(card.cells.height)).split())


@pytest.mark.parametrize(("size", "ascii_only"), [((80, 24), False), ((80, 24), True), ((120, 40), False)])
async def test_each_step_says_what_the_run_shows_and_its_key_leads_on(size: tuple[int, int], ascii_only: bool) -> None:
    async with taken(size, ascii_only) as (app, session, pilot):
        for place, (step, said) in enumerate(zip((*STEPS, END), SAID, strict=True)):
            assert app.place == place
            show(app, session, place)
            await pilot.pause()
            text = card_text(app)
            assert said in text
            assert f": {step.does}" in text
            if place < len(STEPS):
                assert f"tour {place + 1} of 7: {step.title}" in text
                await pilot.press(KEYS[place])
                await pilot.pause()
                if COMMANDS[place] is not None:
                    assert session.commands[-1] == COMMANDS[place]
        assert app.query_one(SeedsView).display
        assert not ascii_only or card_text(app).isascii()


async def test_while_the_run_does_not_show_it_yet_it_says_so_and_names_no_key() -> None:
    async with taken() as (app, session, pilot):
        assert "press" not in card_text(app)
        assert "Loading TensorFlow: this takes some seconds." in card_text(app)
        await pilot.press("full_stop", "space", "3", "L")
        assert app.place == 0
        app.place = 2
        session.set_frame(State.RUNNING, PROGRESS, trained=200, loss_stats=losses(0.69, 200))
        app.show_newest_frame()
        await pilot.pause()
        assert (
            "After 200 windows the loss is 0.690 (mean of 50); guessing has 0.693. Wait until it falls."
            in card_text(app)
        )
        assert "press" not in card_text(app)
        session.set_frame(State.PAUSED, PROGRESS, trained=ENOUGH, loss_stats=losses(0.69, ENOUGH))
        app.show_newest_frame()
        await pilot.pause()
        assert "Not every start learns as fast" in card_text(app)
        assert "press 3" in card_text(app)


async def test_the_views_of_the_steps_are_opened_and_a_click_on_the_key_presses_it() -> None:
    async with taken() as (app, session, pilot):
        app.place = 2
        for place, view in ((2, MemoryView), (3, GradientView)):
            show(app, session, place)
            await pilot.pause()
            if STEPS[place].looks:
                await pilot.press("5")
                assert f"press {STEPS[place].view}: show it" in card_text(app)
                await pilot.press(STEPS[place].view)
                app.show_newest_frame()
                await pilot.pause()
            await click_on(app, pilot, f": {STEPS[place].does}")
            await pilot.pause()
            assert app.place == place + 1
            assert app.query_one(view).display


@pytest.mark.parametrize("place", range(len(STEPS) + 1))
async def test_it_is_left_at_any_step_and_the_run_goes_on_in_the_whole_screen(place: int) -> None:
    async with taken() as (app, session, pilot):
        if place == len(STEPS):
            app.place = place - 1
            show(app, session, place - 1)
            await pilot.press("L")
        else:
            app.place = place
        show(app, session, place)
        await pilot.pause()
        sent = list(session.commands)
        await pilot.press("escape")
        await pilot.pause()
        assert app.step is None
        assert not app.query_one(TourCard).display
        assert app.LAST_WORDS == ("take the tour again: echornn-tui tour",)
        assert "tour" not in screen_text(app)
        assert session.commands == sent
        await pilot.press("escape", "t", "question_mark")
        assert session.commands == sent
    assert not app.return_code


async def test_only_the_tour_says_what_to_press() -> None:
    """The advice of the app would compete with it."""
    async with taken() as (app, session, pilot):
        session.set_frame(State.RUNNING, None, config=BROKEN, trained=9000, loss_stats=losses(0.69, 9000))
        app.show_newest_frame()
        await pilot.pause()
        assert "a: truncated_backprop_length" not in screen_text(app)
        await pilot.press("a")
        assert session.commands == []
        await pilot.press("escape")
        await pilot.pause()
        assert "a: truncated_backprop_length" in screen_text(app)
        assert "echornn-tui tour" in list(app._notifications)[-1].message


async def test_on_a_screen_that_is_too_small_it_says_the_size_and_still_leads_on() -> None:
    async with taken(size=(60, 20)) as (app, session, pilot):
        show(app, session, 0)
        await pilot.pause()
        assert "need 60x21" in screen_text(app)
        assert "? then /word explains a word." in card_text(app)
        app.place = 3
        session.set_frame(State.RUNNING, PROGRESS, trained=400, loss_stats=losses(0.04, 400, 369))
        app.show_newest_frame()
        await pilot.pause()
        assert "there is no room now. press 4" in card_text(app)
        await pilot.press("4")
        assert app.place == 4


async def test_q_ends_it_at_once() -> None:
    async with taken() as (app, _, pilot):
        await pilot.press("q")
        await pilot.pause()
    assert app.return_value == 0


async def test_escape_first_closes_what_is_open() -> None:
    async with taken() as (app, session, pilot):
        show(app, session, 0)
        await pilot.press("s", "escape")
        await pilot.pause()
        assert app.place == 0
        await pilot.press("home", "escape")
        assert app.place in (0, None)


def moments(place: int) -> list[Frame]:
    """What the run may show at a step, after all keys in any order."""
    state, changes = scene(place)
    config = changes.pop("config", TUTORIAL)
    first = Frame(state, config, **changes)
    configs = [TUTORIAL, BROKEN, MANY, replace(TUTORIAL, echo_step=20), replace(MANY, cell="gru", learning_rate=0.123)]
    return [
        first,
        replace(first, loss_stats=losses(0.5678, 123_456), trained=123_456),
        replace(first, loss_stats=losses(0.0123, 123_456, 98_765), trained=123_456),
        replace(first, progress=None, readings=None, loss_stats=losses(0.5, 10)),
        *(
            replace(first, config=config, undoable=undoable, state=state, message="compiling the loop of 64 networks")
            for config in configs
            for undoable in (0, 1)
            for state in State
        ),
        *(replace(first, state=state, loss_stats=LossStats(), trained=0, progress=None) for state in State),
    ]


@pytest.mark.parametrize("width", [60, 80, 100])
@pytest.mark.parametrize("place", range(len(ALL)))
def test_all_sentences_fit(place: int, width: int) -> None:
    for frame in moments(place):
        text = told(place, frame, TUTORIAL, [ALL[place].view]).words
        text = text.replace("«help»", "?")
        assert len(textwrap.wrap(text, width - 2)) <= card_height(width) - 2, text


@pytest.mark.parametrize("place", range(len(ALL)))
def test_another_view_is_never_waited_for(place: int) -> None:
    """What a view does not show is not measured."""
    frames = [frame for frame in moments(place) if frame.config == ALL[place].settings(TUTORIAL)]
    for frame in frames:
        now = told(place, frame, TUTORIAL, ["5"])
        if ALL[place].looks and frame.state not in (State.LOADING, State.FAILED):
            assert now.actions == (f"view('{ALL[place].view}')",)


@pytest.mark.parametrize("place", range(len(ALL)))
def test_there_is_always_a_key_to_press_unless_the_run_works_by_itself(place: int) -> None:
    for frame in moments(place):
        now = told(place, frame, TUTORIAL, [ALL[place].view])
        works = frame.state in (State.LOADING, State.RUNNING) or "measured:" in now.words or "read:" in now.words
        assert now.actions or works, (frame.state, now)
        assert not now.leads or frame.config == ALL[place].settings(TUTORIAL)
        assert ("this takes some seconds." in now.words and not now.actions) >= (frame.state is State.LOADING)


@pytest.mark.parametrize(
    ("place", "state", "changes", "words", "action"),
    [
        (
            0,
            State.RUNNING,
            {"trained": 200, "loss_stats": losses(0.7, 200)},
            "It has trained 200 windows.",
            "send('step')",
        ),
        (1, State.RUNNING, {"trained": 200, "progress": PROGRESS}, "It trains already: 200 windows.", "send('pause')"),
        (1, State.PAUSED, {"config": MANY, "undoable": 1}, "tour: replicas is 64, not 1.", "send('undo')"),
        (2, State.PAUSED, {"trained": 9, "loss_stats": losses(0.69, 9)}, "It is paused.", "send('resume')"),
        (
            2,
            State.RUNNING,
            {"config": replace(TUTORIAL, echo_step=5), "undoable": 1},
            "echo_step is 5, not 3.",
            "send('undo')",
        ),
        (5, State.PAUSED, {"config": BROKEN}, "windows of T = 3 steps. It is paused.", "send('resume')"),
        (5, State.RUNNING, {"undoable": 0}, "still those of the step before", TRY_SHORT),
        (6, State.RUNNING, {"config": BROKEN, "undoable": 1}, "still those of the step before", "send('undo')"),
        (7, State.RUNNING, {}, "still those of the step before", "send('seeds')"),
        (7, State.PAUSED, {"config": MANY, "seed_stats": seeds(3, 400)}, "3 of 64 have solved it", "send('resume')"),
        (2, State.FINISHED, {"loss_stats": losses(0.69, 9)}, "After 9 windows", "leave_tour"),
        (2, State.FAILED, {}, "Training has failed", "leave_tour"),
    ],
)
def test_after_keys_in_another_order_it_says_what_holds_and_names_the_key_that_leads_back(
    place: int, state: State, changes: dict[str, Any], words: str, action: str
) -> None:
    now = told(place, Frame(state, **{"config": TUTORIAL, **changes}), TUTORIAL, [])
    assert words in now.words
    assert now.actions[0] == action
