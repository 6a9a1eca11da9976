"""The next steps that the screen suggests after *finished* and after *failed*: each key that it names works."""

from __future__ import annotations

import threading
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from textual.pilot import Pilot

from echornn.session.commands import FinishEpoch, Resume
from echornn.session.pictures.frame import State
from echornn.session.session import Session
from tests.patience import PATIENCE
from tests.scripted import SMALL, ScriptedTrainer
from tests.tui.app.test_app import opened, screen_text
from tui.app.app import EchoApp
from tui.app.widgets.settings_panel import SettingsPanel


@asynccontextmanager
async def finished() -> AsyncIterator[tuple[EchoApp, Session, Pilot[int]]]:
    """The app on a run of 30 windows that is trained to its end."""
    session = Session(SMALL, make_trainer=ScriptedTrainer)
    session.send(FinishEpoch())
    app = EchoApp(session, fps=0.01)
    async with app.run_test(size=(80, 24)) as pilot:
        session.send(Resume())
        await obeyed(app, pilot)
        assert session.frame.state is State.FINISHED
        yield app, session, pilot


async def obeyed(app: EchoApp, pilot: Pilot[int], *keys: str) -> None:
    """Press keys, and wait until what they request is trained and shown."""
    await pilot.press(*keys)
    session = app.session
    assert isinstance(session, Session)
    idle = threading.Thread(target=session.when_idle, args=(PATIENCE,))
    idle.start()
    deadline = time.monotonic() + PATIENCE
    while idle.is_alive() or session.frame.state not in (State.PAUSED, State.FINISHED):
        assert time.monotonic() < deadline, session.frame
        await pilot.pause(0.001)
    app.show_newest_frame()
    await pilot.pause()


async def test_what_can_be_done_next_is_said_of_a_finished_run() -> None:
    async with finished() as (app, _, _):
        second = screen_text(app).splitlines()[1]
        assert "s: more epochs, [: back, R: new weights, L: 64 seeds · echo 3" in second


@pytest.mark.parametrize(
    ("keys", "state", "trained"),
    [
        (["s", "plus"], State.FINISHED, 40),
        (["s", "5", "enter"], State.FINISHED, 50),
        (["left_square_bracket"], State.PAUSED, 29),
        (["left_square_bracket", "space"], State.FINISHED, 30),
        (["R"], State.FINISHED, 30),
        (["r"], State.FINISHED, 30),
        (["L"], State.FINISHED, 30),
    ],
)
async def test_each_key_that_is_named_works(keys: list[str], state: State, trained: int) -> None:
    async with finished() as (app, session, pilot):
        before = session.frame.trained_in_all
        for key in keys:
            await obeyed(app, pilot, key)
        frame = session.frame
        assert (frame.state, frame.trained) == (state, trained)
        assert (frame.trained_in_all > before) == (keys != ["left_square_bracket"]), "more was trained"
        assert frame.config.replicas == (64 if keys == ["L"] else 1)


async def test_the_settings_of_a_finished_run_begin_at_its_epochs() -> None:
    async with finished() as (app, _, pilot):
        await pilot.press("s")
        assert app.query_one(SettingsPanel).form.name == "num_epochs"
        assert "> num_epochs" in screen_text(app)


@pytest.mark.parametrize(("trained", "words"), [(800, "prints the command that goes on"), (0, "with other flags")])
async def test_after_a_failure_it_is_said_what_can_be_done(trained: int, words: str) -> None:
    async with opened(State.PAUSED) as (app, session, pilot):
        message = "RuntimeError: out of memory, and more words than a line has room for (traceback in /far/away)"
        session.set_frame(State.FAILED, message=message, trained_in_all=trained)
        app.show_newest_frame()
        await pilot.pause()
        lines = screen_text(app).splitlines()
        assert "out of memory" in lines[1] + lines[2]
        assert words in "".join(lines[2:4])
        await pilot.press("q")
        assert session.stops
