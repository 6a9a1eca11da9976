"""Pictures of the views with probe readings, from a recorded run; see `tests.tui.app.test_pictures`."""

from __future__ import annotations

import pytest

from echornn.diagnosis.loss_stats import LossStats
from echornn.session.pictures.frame import State
from echornn.timeline.branch import Position
from tests.losses_seen import after
from tests.record_flip_flop import CONFIG as FLIP_FLOP
from tests.record_flip_flop import recorded_flip_flop
from tests.record_population import CONFIG, WINDOWS, recorded_population
from tests.record_readings import recorded_readings
from tests.record_run import recorded
from tests.record_stuck import CONFIG as STUCK
from tests.record_stuck import recorded_stuck
from tests.scripted import ScriptedSession
from tests.trees import branch_off, grow
from tests.tui.app.test_pictures import TUTORIAL, compare, pinned
from tui.app.app import EchoApp


@pytest.mark.parametrize(
    ("name", "position", "size", "keys"),
    [
        ("memory", 298, (120, 38), ["3"]),
        ("memory_ascii", 298, (80, 24), ["3"]),
        ("gradient", 1500, (120, 40), ["4", "tab", *["left"] * 6, "f"]),
        ("weights", 1500, (100, 30), ["5"]),
        ("plane", 1500, (120, 40), ["7", "tab", *["left"] * 4]),
        ("plane_learning", 298, (80, 24), ["7"]),
    ],
)
async def test_picture(name: str, position: int, size: tuple[int, int], keys: list[str]) -> None:
    (*tape, progress), losses, error_rates = recorded(position)
    session = ScriptedSession(TUTORIAL)
    grow(session.timeline, branch_off(session.timeline, TUTORIAL), losses, error_rates)
    app = EchoApp(session, fps=0.01, ascii_only=name.endswith("ascii"))
    async with app.run_test(size=size) as pilot:
        shown = {"trained": position, "rate": 100.0, "device": "cpu", "tape": tuple(tape)}
        loss_stats = after(LossStats(), losses, TUTORIAL, errors=error_rates)
        session.set_frame(State.PAUSED, progress, **shown, loss_stats=loss_stats, readings=recorded_readings(position))
        app.show_newest_frame()
        await pilot.pause()
        await pilot.press(*keys)
        app.show_newest_frame()
        await pilot.pause()
        assert session.asked is not None
        assert session.asked.flip == ((0, 6) if "f" in keys else None)
        svg = pinned(app.export_screenshot(title=""))
    compare(name, svg)


@pytest.mark.parametrize(
    ("name", "size", "keys"),
    [
        ("seeds", (120, 40), ["6"]),
        ("seeds_ascii", (80, 24), ["6", "tab", "down"]),
        ("seeds_small", (80, 24), ["z", "left"]),
    ],
)
async def test_picture_of_a_population(name: str, size: tuple[int, int], keys: list[str]) -> None:
    session = ScriptedSession(CONFIG)
    grow(session.timeline, branch_off(session.timeline, CONFIG), recorded_population())
    (*tape, progress), losses, error_rates = recorded(WINDOWS)
    app = EchoApp(session, fps=0.01, ascii_only=name.endswith("ascii"))
    async with app.run_test(size=size) as pilot:
        shown = {"trained": WINDOWS, "rate": 100.0, "device": "cpu", "tape": tuple(tape)}
        where = session.timeline.seed_stats(Position(0, WINDOWS))
        loss_stats = after(LossStats(), losses, TUTORIAL, errors=error_rates)
        session.set_frame(State.PAUSED, progress, **shown, loss_stats=loss_stats, seed_stats=where)
        app.show_newest_frame()
        await pilot.pause()
        await pilot.press(*keys)
        await pilot.pause()
        svg = pinned(app.export_screenshot(title=""))
    compare(name, svg)


@pytest.mark.parametrize(("name", "moment"), [("plane_before", 1), ("plane_middle", 100), ("plane_after", 1500)])
async def test_picture_of_the_fixed_points_of_a_flip_flop(name: str, moment: int) -> None:
    progress, losses, readings = recorded_flip_flop(moment)
    session = ScriptedSession(FLIP_FLOP)
    grow(session.timeline, branch_off(session.timeline, FLIP_FLOP), losses)
    app = EchoApp(session, fps=0.01)
    async with app.run_test(size=(100, 32)) as pilot:
        loss_stats = after(LossStats(), losses, FLIP_FLOP)
        shown = {"trained": moment, "rate": 100.0, "device": "cpu", "loss_stats": loss_stats}
        session.set_frame(State.PAUSED, progress, **shown, readings=readings)
        app.show_newest_frame()
        await pilot.pause()
        await pilot.press("7", "x")
        app.show_newest_frame()
        await pilot.pause()
        assert session.asked is not None
        assert session.asked.held == (0, 0, 0)
        svg = pinned(app.export_screenshot(title=""))
    compare(name, svg)


async def test_picture_of_a_network_whose_state_holds_too_little() -> None:
    progress, losses, error_rates, readings = recorded_stuck()
    session = ScriptedSession(STUCK)
    grow(session.timeline, branch_off(session.timeline, STUCK), losses, error_rates)
    app = EchoApp(session, fps=0.01)
    async with app.run_test(size=(120, 38)) as pilot:
        loss_stats = after(LossStats(), losses, STUCK, errors=error_rates)
        shown = {"trained": len(losses), "rate": 100.0, "device": "cpu", "loss_stats": loss_stats}
        session.set_frame(State.PAUSED, progress, **shown, readings=readings)
        app.show_newest_frame()
        await pilot.pause()
        await pilot.press("3")
        app.show_newest_frame()
        await pilot.pause()
        svg = pinned(app.export_screenshot(title=""))
    compare("stuck", svg)
