"""The app on a point of a map: escape goes back to the map if there is nothing else to close."""

from __future__ import annotations

from echornn.session.pictures.frame import State
from tests.scripted import SMALL, ScriptedSession, make_progress
from tests.trees import branch_off, grow
from tui.app.point_app import PointApp


async def test_escape_takes_cursors_and_panels_away_and_then_goes_back() -> None:
    session = ScriptedSession(SMALL)
    grow(session.timeline, branch_off(session.timeline, SMALL), [0.5, 0.4])
    app = PointApp(session, fps=0.01)
    async with app.run_test(size=(80, 24)) as pilot:
        session.set_frame(State.PAUSED, make_progress(SMALL, 0, 1), trained=2)
        app.show_newest_frame()
        await pilot.pause()
        for opens in (["left"], ["s"], ["question_mark"]):
            await pilot.press(*opens)
            await pilot.pause()
            await pilot.press("escape")
            await pilot.pause()
            assert not app.went_back, opens
        await pilot.press("escape")
    assert app.went_back
    assert app.return_value == 0
