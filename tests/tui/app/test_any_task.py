"""The app shows every task of the table: every key in every view, on small and large screens."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from textual.binding import Binding
from textual.events import Key

from echornn.config import EchoConfig
from echornn.data.levels import ladder_of
from echornn.session.pictures.frame import State
from echornn.tasks.table import TASKS
from tests.any_task import progress_of
from tests.scripted import ScriptedSession
from tests.trees import branch_off, grow
from tests.tui.app.test_app import screen_text
from tui.app.app import EchoApp
from tui.app.views.table import VIEWS

OTHERS = [name for name in TASKS if name != "echo"]

SMALL = {"total_series_length": 3000, "batch_size": 5, "num_epochs": 3}


def session_of(config: EchoConfig) -> ScriptedSession:
    """A session that is paused after some windows, whose losses fall from above the ladder to its second rung."""
    session = ScriptedSession(config)
    chance, second, *_ = (level.loss for level in ladder_of(config))
    losses = (second + 1.2 * chance * np.exp(-np.arange(40) / 8)).astype(np.float32)
    grow(session.timeline, branch_off(session.timeline, config), losses, np.full_like(losses, 0.25))
    windows = config.windows_per_epoch
    tape = tuple(progress_of(config, 0, window) for window in range(max(0, windows - 3), windows - 1))
    newest = replace(progress_of(config, 0, windows - 1), losses=losses[-1:])
    session.set_frame(State.PAUSED, newest, trained=40, tape=tape, device="cpu")
    return session


@pytest.mark.slow
@pytest.mark.parametrize(("size", "ascii_only"), [((80, 24), False), ((200, 60), True)])
@pytest.mark.parametrize("task", TASKS)
async def test_every_key_in_every_view(task: str, size: tuple[int, int], ascii_only: bool) -> None:
    app = EchoApp(session_of(EchoConfig.from_fields({"task": task, **SMALL})), fps=0.01, ascii_only=ascii_only)
    async with app.run_test(size=size) as pilot:
        app.show_newest_frame()
        for view in VIEWS:
            await pilot.press(view.key, "tab")
            for key in (one.key.split(",")[0] for one in view.BINDINGS if isinstance(one, Binding)):
                app.post_message(Key(key, None))
                if size[0] < 100:  # each is drawn; on the large screen all of a view at once
                    await pilot.pause()
            await pilot.pause()
            text = screen_text(app)
            assert task in text or task == "echo" or size[0] < 100
            assert not ascii_only or text.isascii()
        await pilot.press("s")
        for _ in range(30):
            app.post_message(Key("down", None))  # drawn once
        await pilot.press("escape", "b", "escape", "l", "left", "d", "end")
        assert screen_text(app)


@pytest.mark.parametrize("task", OTHERS)
async def test_before_the_first_window_the_task_is_explained(task: str) -> None:
    config = EchoConfig.from_fields({"task": task, **SMALL})
    app = EchoApp(ScriptedSession(config), fps=0.01)
    async with app.run_test(size=(100, 40)) as pilot:
        await pilot.pause()
        text = screen_text(app)
    assert f"{task}: " in text
    assert ladder_of(config)[-1].knows in text
    assert config.loss_name in text
