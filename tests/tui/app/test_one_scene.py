"""All parts of the screen are drawn from the same picture, whatever the session does meanwhile."""

from __future__ import annotations

import random
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pytest
from textual.pilot import Pilot

from echornn.session.commands import Pause, Step
from echornn.session.pictures.frame import State
from echornn.session.session import Session
from tests.patience import PATIENCE, wait_for
from tests.scripted import SMALL_POPULATION, ScriptedTrainer, unread
from tui.app.app import EchoApp
from tui.app.curve.loss_plot import LossPlot
from tui.app.views.seeds import SeedsView
from tui.app.views.table import VIEWS
from tui.app.views.view import View
from tui.kit.cells import CellWidget

WALK = [
    *("full_stop", "e", "e", "e", "R", "r", "u", "U", "g", "L", "greater_than_sign", "enter", "t"),
    *("left_square_bracket", "right_square_bracket", "left_curly_bracket", "right_curly_bracket"),
    *("z", "z", "z", "Z", "left", "right", "shift+left", "home", "end", "d", "tab", "down"),
]
"""Keys that lead to longer and shorter lines, to one network and many, and to other parts of the run."""


def paused(replicas: int) -> Session:
    session = Session(replace(SMALL_POPULATION, replicas=replicas), make_trainer=ScriptedTrainer, examine=unread)
    session.send(Pause())
    return session


def near(app: EchoApp) -> Session:
    """The app's session, which is in this process."""
    assert isinstance(app.session, Session)
    return app.session


async def begun(app: EchoApp, pilot: Pilot[int]) -> None:
    """Wait until the session's thread has started, paused before the first window."""
    await pilot.pause()
    wait_for(lambda: near(app).frame.state is State.PAUSED)
    app.show_newest_frame()


async def press(app: EchoApp, pilot: Pilot[int], keys: str) -> None:
    """Press keys; each is carried out and shown before the next."""
    names = {".": "full_stop"}
    for key in keys.split():
        await pilot.press(names.get(key, key))
        assert near(app).when_idle(PATIENCE)
        app.show_newest_frame()


def drawn(widget: CellWidget) -> tuple[npt.NDArray[np.str_], npt.NDArray[np.int16]]:
    return widget.cells.characters.copy(), widget.cells.styles.copy()


def draw_the_same_again(app: EchoApp) -> None:
    """Check that nothing of what the session has done since changes the drawing."""
    watched: list[LossPlot | View] = [app.query_one(LossPlot), *app._views]
    for widget in watched:
        before = drawn(widget)
        widget.redraw()
        for one, other in zip(before, drawn(widget), strict=True):
            np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("view", [view.key for view in VIEWS])
async def test_zoomed_in_on_a_long_line_it_goes_to_a_shorter_one(view: str) -> None:
    app = EchoApp(paused(3), fps=0.01)
    async with app.run_test(size=(80, 24)) as pilot:
        await begun(app, pilot)
        await press(app, pilot, f"{view} . . R e e z u")
        assert app._frame.line_end == 2


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(2))
async def test_on_any_walk_it_draws_what_it_was_shown_and_nothing_that_came_later(seed: int) -> None:
    dice = random.Random(seed)
    app = EchoApp(paused(dice.choice([1, 6])), fps=0.01)
    async with app.run_test(size=dice.choice([(80, 24), (120, 40)])) as pilot:
        await begun(app, pilot)
        await pilot.press("6", dice.choice("12345"))
        for _ in range(40):
            await pilot.press(dice.choice(WALK))
            assert near(app).when_idle(PATIENCE)
            draw_the_same_again(app)
            if dice.random() < 0.7:
                app.show_newest_frame()
            if dice.random() < 0.1:
                await pilot.press(dice.choice("1234567"))
        assert near(app).error is None


async def test_the_view_of_the_networks_lies_over_the_windows_of_the_curve_at_every_zoom() -> None:
    app = EchoApp(paused(6), fps=0.01)
    async with app.run_test(size=(80, 24)) as pilot:
        await begun(app, pilot)
        await pilot.press("6")
        app.session.send(Step(100))
        assert near(app).when_idle(PATIENCE)
        app.show_newest_frame()
        view = app.query_one(SeedsView)
        assert view.cells.text(1).split()[3:] == ["0", "50"]
        await pilot.press("z", "z")
        assert view.cells.text(1).split()[3:] == ["80", "90"], "at once, before any frame comes"
