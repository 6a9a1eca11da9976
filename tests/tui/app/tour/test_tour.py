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
from echornn.session.frame import Frame, State
from tests.scripted import ScriptedSession, make_progress
from tests.tui.app.test_app import screen_text
from tests.tui.app.test_mouse import click_on
from tests.tui.app.views.by_hand import shift_register
from tui.app.tour.card import HEIGHT, TourCard
from tui.app.tour.steps import END, ENOUGH, ENOUGH_FAR, FAR, STEPS
from tui.app.tour.tour_app import TourApp
from tui.app.views.gradient import GradientView
from tui.app.views.memory import MemoryView
from tui.app.views.seeds import SeedsView

TUTORIAL = EchoConfig()
BROKEN = replace(TUTORIAL, echo_step=FAR)
MANY = replace(TUTORIAL, replicas=64)
KEYS = ("full_stop", "space", "3", "4", "t", "u", "L")
COMMANDS: tuple[Command | None, ...] = (
    Step(),
    Toggle(),
    None,
    None,
    Edit({"echo_step": FAR}),
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
        {"config": BROKEN, "branch": 1, "trained": 900, "undoable": 1, "loss_stats": losses(0.696, ENOUGH_FAR)},
    ),
    (State.RUNNING, {"config": TUTORIAL, "branch": 0, "progress": PROGRESS, **LEARNED}),
    (State.RUNNING, {"config": MANY, "trained": 700, "seed_stats": seeds(57), "loss_stats": losses(0.04, 700, 300)}),
)
"""What the run shows when the seven steps, and the end, are ready."""

SAID = (
    "what it read 3 steps before: the echo. It has not trained yet.",
    "guessing has 0.693 (ln 2).",
    "fallen to 0.040; guessing has 0.693. Solved at window 369.",
    "Lag 3, the echo: 1.00.",
    "cut off after T = 15 steps",
    "After 500 windows the mean loss is 0.696, as bad as guessing (0.693).",
    "the network of before is back, with echo 3",
    "57 of 64 have solved it after 700 windows",
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
    return " ".join(" ".join(card.cells.text(y) for y in range(HEIGHT)).split())


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
        assert "Loading" in card_text(app)
        app.place = 2
        session.set_frame(State.RUNNING, PROGRESS, trained=200, loss_stats=losses(0.69, 200))
        app.show_newest_frame()
        await pilot.pause()
        assert "After 200 the mean loss is 0.690; guessing has 0.693. Wait until it falls." in card_text(app)
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
        assert "tour" not in screen_text(app)
        assert session.commands == sent
        await pilot.press("escape", "t", "question_mark")
        assert session.commands == sent
    assert not app.return_code


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


@pytest.mark.parametrize("place", range(len(STEPS) + 1))
def test_all_sentences_fit_on_two_lines(place: int) -> None:
    state, changes = scene(place)
    config = changes.pop("config", TUTORIAL)
    step = (*STEPS, END)[place]
    first = Frame(state, config, **changes)
    others = [
        replace(first, loss_stats=losses(0.5678, 123_456), trained=123_456),
        replace(first, state=State.LOADING, message="compiling the training loop of 64 networks"),
        replace(first, state=State.PAUSED, loss_stats=losses(0.123, 123_456)),
        replace(first, config=replace(config, truncated_backprop_length=100)),
        Frame(State.LOADING, TUTORIAL, message="loading TensorFlow"),
    ]
    for frame in (first, *others):
        texts = [step.waits(frame), *([step.words(frame)] if step.ready(frame) else [])]
        for text in texts:
            assert len(textwrap.wrap(text, 78)) <= HEIGHT - 2, text
