"""What the pictures show: recorded runs, and sessions that stand where the pictures need them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from echornn import EchoConfig
from echornn.diagnosis.loss_stats import LossStats
from echornn.history.curve import Cause
from echornn.levels import ladder_of
from echornn.run.branch import Position
from echornn.session.exchange import LOCAL
from echornn.session.pictures.frame import State
from tests import recordings
from tests.any_task import progress_of
from tests.record_sweep import recorded as recorded_sweep
from tests.recordings import FUTURES, recorded, recorded_future, recorded_readings
from tests.scripted import ScriptedSession, make_progress
from tests.trees import after, branch_off, grow
from tui.app.app import EchoApp
from tui.map.app import Follower, MapApp

TUTORIAL = EchoConfig()

SEEN = {"rate": 100.0, "device": "cpu"}


def of_tutorial(
    position: int, state: str = "paused", has_futures: bool = False, has_readings: bool = False
) -> ScriptedSession:
    """The tutorial's run after so many windows; with futures, it has trained on, and has other
    branches."""
    (*tape, progress), losses, error_rates = recorded(position)
    session, config = ScriptedSession(TUTORIAL), TUTORIAL
    loss_stats = after(LossStats(), losses, config, errors=error_rates)
    whole = recorded(1500)[1:] if has_futures else (losses, error_rates)
    grow(session.timeline, branch_off(session.timeline, config), *whole)
    for name in FUTURES if has_futures else ():
        at, config, of_future = recorded_future(name)
        cause: Cause = "edit" if at else "preset"
        grow(session.timeline, branch_off(session.timeline, config, cause, (0, at)), of_future)
    readings = recorded_readings(position) if has_readings else None
    shown: dict[str, Any] = {
        "trained": position,
        "loss_stats": loss_stats,
        "tape": tuple(tape),
        "readings": readings,
    }
    session.set_frame(State(state), progress, **SEEN, **shown, is_past=position < len(whole[0]))
    return session


def little_example() -> ScriptedSession:
    """The tutorial's small data matrix, as in its figures."""
    config = EchoConfig(total_series_length=36, batch_size=3, truncated_backprop_length=3, seed=1)
    session = ScriptedSession(config)
    session.set_frame(State.PAUSED, make_progress(config, 0, 1), trained=2)
    return session


def two_viewers() -> ScriptedSession:
    """A viewer who watches, while another steers."""
    session = of_tutorial(298, "running")
    session.viewers.join("pts/3 (10.0.0.7)")
    session.viewers.join("pts/1", LOCAL)
    return session


def seeds() -> ScriptedSession:
    """The tutorial's run with 64 seeds."""
    config, windows = recordings.POPULATION, recordings.POPULATION_WINDOWS
    session = ScriptedSession(config)
    grow(session.timeline, branch_off(session.timeline, config), recordings.recorded_population())
    (*tape, progress), losses, error_rates = recorded(windows)
    loss_stats = after(LossStats(), losses, TUTORIAL, errors=error_rates)
    shown: dict[str, Any] = {"trained": windows, "loss_stats": loss_stats, "tape": tuple(tape)}
    where = session.timeline.seed_stats(Position(0, windows))
    session.set_frame(State.PAUSED, progress, **SEEN, **shown, seed_stats=where)
    return session


def flip_flop(moment: int) -> ScriptedSession:
    """A flip-flop network with its fixed points, before, while and after it learns."""
    config, (progress, losses, readings) = (
        recordings.FLIP_FLOP,
        recordings.recorded_flip_flop(moment),
    )
    return _with_readings(config, progress, losses, readings)


def stuck() -> ScriptedSession:
    """A network whose state holds too little for its echo."""
    progress, losses, error_rates, readings = recordings.recorded_stuck()
    return _with_readings(recordings.STUCK, progress, losses, readings, error_rates)


def _with_readings(
    config: EchoConfig, progress: Any, losses: Any, readings: Any, errors: Any = 0.0
) -> ScriptedSession:
    session = ScriptedSession(config)
    grow(session.timeline, branch_off(session.timeline, config), losses, errors)
    seen = after(LossStats(), losses, config, errors=None if isinstance(errors, float) else errors)
    shown: dict[str, Any] = {"trained": len(losses), "loss_stats": seen, "readings": readings}
    session.set_frame(State.PAUSED, progress, **SEEN, **shown)
    return session


def task(name: str) -> ScriptedSession:
    """A task whose losses fall from above its ladder to its second level."""
    config = EchoConfig.from_fields(
        {"task": name, "total_series_length": 3000, "batch_size": 5, "num_epochs": 3}
    )
    session = ScriptedSession(config)
    chance, second, *_ = (level.loss for level in ladder_of(config))
    losses = (second + 1.2 * chance * np.exp(-np.arange(40) / 8)).astype(np.float32)
    grow(session.timeline, branch_off(session.timeline, config), losses, np.full_like(losses, 0.25))
    windows = config.windows_per_epoch
    tape = tuple(
        progress_of(config, 0, window) for window in range(max(0, windows - 3), windows - 1)
    )
    newest = replace(progress_of(config, 0, windows - 1), losses=losses[-1:])
    session.set_frame(State.PAUSED, newest, trained=40, tape=tape, device="cpu")
    return session


async def drawn(
    session: ScriptedSession, size: tuple[int, int], keys: Sequence[str], look: str = "dark"
) -> str:
    """The app's screen after these keys, as SVG; ``look`` is dark, light or ascii."""
    app = EchoApp(
        session, fps=0.01, ascii_only=look == "ascii", theme="light" if look == "light" else "dark"
    )
    async with app.run_test(size=size) as pilot:
        for key in ([], keys, []):
            await pilot.press(*key)
            app.show_newest_frame()
            await pilot.pause()
        return app.export_screenshot(title="")


async def drawn_map(name: str, size: tuple[int, int], keys: Sequence[str]) -> str:
    """A recorded map after these keys, as SVG."""
    app = MapApp(Follower(recorded_sweep(name)))
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        await pilot.press(*keys)
        await pilot.pause()
        return app.export_screenshot(title="")
