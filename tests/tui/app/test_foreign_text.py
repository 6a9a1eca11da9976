"""Text from outside cannot affect the screen except by being shown."""

from __future__ import annotations

import os

import numpy as np

from echornn.session.pictures.frame import State
from tests.scripted import ScriptedSession
from tests.steps import refused
from tui.app.app import EchoApp
from tui.kit.cells import Cells

FOREIGN = "a\x1b[2J\n\x9b1m" + os.fsdecode(b"\xff") + "\u202egnp"


def test_cells_hold_only_what_is_shown() -> None:
    cells = Cells(60, 1)
    cells.write(0, 0, FOREIGN)
    assert cells.text(0).rstrip() == r"a\x1b[2J\n\x9b1m\xff\u202egnp"
    assert np.char.isalnum(cells.characters).any()


async def test_the_app_shows_it_everywhere_and_lives() -> None:
    session = ScriptedSession()
    app = EchoApp(session)
    async with app.run_test(size=(120, 40)) as pilot:
        for state in (State.LOADING, State.FAILED, State.PAUSED):
            session.set_frame(state, message=FOREIGN, warning=FOREIGN, refused=refused(FOREIGN))
            app.show_newest_frame()
            await pilot.pause()
        app.notify(FOREIGN, severity="error", markup=False)
        await pilot.pause()
        shown = app.export_screenshot()
        shown.encode()
        assert "\x1b" not in shown
        assert "\x9b" not in shown
        assert "\u202e" not in shown
        assert r"\x1b[2J" in shown.replace("&#160;", " ")
