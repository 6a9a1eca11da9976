"""The advice on the screen, and the key that follows it."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from textual.pilot import Pilot

from echornn.config import MAX_EPOCHS, EchoConfig
from echornn.diagnosis.loss_stats import LossStats
from echornn.diagnosis.seed_stats import SeedStats
from echornn.session.commands import Edit, StartOver
from echornn.session.pictures.frame import State
from echornn.session.session import Session
from tests.key_words import in_words
from tests.losses_seen import after
from tests.patience import PATIENCE
from tests.scripted import SMALL, ScriptedSession, ScriptedTrainer, make_progress
from tests.trees import branch_off
from tests.tui.app.test_app import opened, screen_text
from tui.app import key_effects
from tui.app.app import EchoApp
from tui.app.parts import status_messages

POPULATION = EchoConfig(state_size=12, replicas=64)
NONE = np.zeros(64, np.int64)
AT_CHANCE = SeedStats.after(np.full((50, 64), 0.69, np.float32), NONE, 700, NONE)
SOLVED = SeedStats.after(np.full((50, 64), 0.01, np.float32), NONE + 300, 700, NONE)


@asynccontextmanager
async def shown(
    size: tuple[int, int] = (80, 24), **frame: Any
) -> AsyncIterator[tuple[EchoApp, ScriptedSession, Pilot[int]]]:
    session = ScriptedSession(POPULATION)
    app = EchoApp(session, fps=0.01)
    async with app.run_test(size=size) as pilot:
        config = frame.get("config", POPULATION)
        branch_off(session.timeline, config)
        session.set_frame(State.RUNNING, make_progress(config.of(0)), trained=700, **frame)
        app.show_newest_frame()
        await pilot.pause()
        await pilot.pause()
        yield app, session, pilot


def footer(app: EchoApp) -> str:
    return screen_text(app).split("\n")[-1]


@pytest.mark.parametrize("size", [(60, 16), (80, 24), (120, 40)])
async def test_a_key_makes_the_change_that_is_known_to_help_and_no_other(size: tuple[int, int]) -> None:
    async with shown(size, seed_stats=AT_CHANCE) as (app, session, pilot):
        assert "press a: init glorot" in " ".join(screen_text(app).split())
        assert "a Advice" in footer(app)
        assert footer(app).rstrip().endswith("? Help q Quit")
        await pilot.press("a")
        assert session.commands == [Edit({"init": "glorot"})]
        assert "init glorot, all else as it was: u undoes" in screen_text(app)


async def test_what_a_would_do_is_said_beside_what_is_read_of_a_network() -> None:
    async with shown((100, 30), seed_stats=AT_CHANCE) as (app, _, pilot):
        await pilot.press("6", "down")
        await pilot.pause()
        assert "a Advice" in footer(app)
        assert "enter: go on with it alone · press a: init glorot" in screen_text(app)


async def test_where_the_advice_names_no_change_the_key_is_not_offered_and_says_so() -> None:
    async with shown(seed_stats=SOLVED) as (app, session, pilot):
        assert "Advice" not in footer(app)
        await pilot.press("a")
        assert session.commands == []
        assert in_words(key_effects.NO_ADVICE) in screen_text(app)
        session.set_frame(State.RUNNING, seed_stats=AT_CHANCE)
        app.show_newest_frame()
        await pilot.pause()
        await pilot.pause()
        assert "a Advice" in footer(app)
    async with opened(State.FAILED) as (app, session, pilot):
        await pilot.press("a")
        assert session.commands == []


async def test_after_a_rate_that_was_too_large_the_weights_start_over_too() -> None:
    config = EchoConfig(learning_rate=5.0, init="glorot")
    loss_stats = after(LossStats(), np.full(1000, 0.69, np.float32), config)
    async with shown(config=config, loss_stats=loss_stats) as (app, session, pilot):
        assert "press a: learning_rate 0.3, starting over" in screen_text(app)
        await pilot.press("a")
        assert session.commands == [StartOver({"learning_rate": 0.3})]


def guessing(config: EchoConfig) -> ScriptedTrainer:
    """A trainer whose network learns nothing."""
    trainer = ScriptedTrainer(config)
    trainer.forgets_at, trainer.wrong_every = 0, 2
    return trainer


async def until(pilot: Pilot[int], holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < deadline
        await pilot.pause(0.01)


async def test_in_the_running_app_the_key_changes_what_trains_and_u_goes_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(status_messages, "HINT_SECONDS", PATIENCE)  # so that a slow machine sees the message too
    config = replace(SMALL, num_epochs=MAX_EPOCHS, seed=3, learning_rate=0.2)  # it is never finished
    session = Session(config, speed=30_000, make_trainer=guessing)
    app = EchoApp(session, fps=20)
    async with app.run_test() as pilot:
        await until(pilot, lambda: "a Advice" in footer(app) and "press a: init glorot" in screen_text(app))
        await pilot.press("a")
        await until(pilot, lambda: session.frame.config == replace(config, init="glorot"))
        await pilot.press("u")
        await until(pilot, lambda: session.frame.config == config)
        await until(pilot, lambda: "a: init glorot" in screen_text(app))
        trained = session.timeline.end(1).window
        await pilot.press("a")
        await until(pilot, lambda: "init glorot was tried before: branch b goes on" in screen_text(app))
        await until(pilot, lambda: session.frame.branch == 1 and session.frame.trained > trained)
        assert len(session.timeline) <= 3, "the branch that has it goes on"
        await pilot.press("q")
