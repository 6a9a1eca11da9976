"""What the pictures show: recorded runs, and sessions that stand where the pictures need them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from echornn import EchoConfig, Progress
from echornn.levels import ladder_of
from echornn.machines import Machine, Word
from echornn.run.branch import Position
from echornn.session.exchange import LOCAL
from echornn.session.pictures.frame import State
from tests import recordings
from tests.any_task import progress_of
from tests.readings_by_hand import one_each, parity_automaton
from tests.record_sweep import recorded as recorded_sweep
from tests.recordings import FUTURES, recorded, recorded_future, recorded_readings
from tests.scripted import ScriptedSession, make_progress
from tests.trees import branch_off, grow
from tui.app.app import EchoApp
from tui.map.app import Follower, MapApp, MapScreen

TUTORIAL = EchoConfig()
TRAINED = 1500
"""The windows of the tutorial's recorded run."""


def trained_session(config: EchoConfig, losses: Any, errors: Any = 0.0) -> ScriptedSession:
    """A session whose run has one branch with these losses and shares of wrong predictions."""
    session = ScriptedSession(config)
    grow(session.timeline, branch_off(session.timeline, config), losses, errors)
    return session


def stand(
    session: ScriptedSession,
    progress: Progress,
    trained: int,
    state: str = "paused",
    **frame: Any,
) -> None:
    """Let a session stand after so many windows."""
    loss_stats = session.timeline.stats(Position(0, trained))
    place = {"trained": trained, "loss_stats": loss_stats, "rate": 100.0, "device": "cpu"}
    session.set_frame(State(state), progress, **place, **frame)


def of_tutorial(
    position: int, state: str = "paused", has_futures: bool = False, has_readings: bool = False
) -> ScriptedSession:
    """The tutorial's run after so many windows; with futures, it has trained on, and has other
    branches."""
    (*recent, progress), losses, errors = recorded(position)
    if has_futures:
        session = trained_session(TUTORIAL, *recorded(TRAINED)[1:])
        for name in FUTURES:
            add_future(session, name)
    else:
        session = trained_session(TUTORIAL, losses, errors)
    shown: dict[str, Any] = {"recent": tuple(recent), "is_past": has_futures and position < TRAINED}
    if has_readings:
        shown["readings"] = recorded_readings(position)
    stand(session, progress, position, state, **shown)
    return session


def add_future(session: ScriptedSession, name: str) -> None:
    """Add another branch of the tutorial's run."""
    first, config, losses = recorded_future(name)
    cause: Any = "edit" if first else "preset"
    number = branch_off(session.timeline, config, cause, (0, first))
    grow(session.timeline, number, losses)


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


def seeds(**frame: Any) -> ScriptedSession:
    """The tutorial's run with 64 seeds."""
    session = trained_session(recordings.POPULATION, recordings.recorded_population())
    (*recent, progress), _, _ = recorded(TRAINED)
    seed_stats = session.timeline.seed_stats(Position(0, TRAINED))
    stand(session, progress, TRAINED, recent=tuple(recent), seed_stats=seed_stats, **frame)
    return session


def solutions() -> ScriptedSession:
    """The map of these 64 networks."""
    return seeds(readings=recordings.recorded_solutions())


def flip_flop(moment: int) -> ScriptedSession:
    """A flip-flop network with its fixed points, before, while and after it learns."""
    progress, losses, readings = recordings.recorded_flip_flop(moment)
    session = trained_session(recordings.FLIP_FLOP, losses)
    stand(session, progress, moment, readings=readings)
    return session


def automaton() -> ScriptedSession:
    """A network that has become another machine than that of parity: after two ones, any letter
    makes the number odd."""
    leads = np.array([[0, 1], [1, 2], [1, 1]], np.int32)
    right, network = one_each(1, 0, 0), one_each(1, 0, 1)
    readings = parity_automaton(
        machine=Machine(leads, one_each(0, 1, 0)),
        means=np.array([[-0.8, 1.7, 0, 0], [0.2, 0.2, 0, 0], [-0.8, 0, 0, 0]], np.float32),
        visits=np.array([0.09, 0.62, 0.29], np.float32),
        right=0.547,
        is_same=False,
        counterexample=Word((1, 1, 0), network, network, right, is_shortest=True),
    )
    falling = 0.53 + 0.2 * np.exp(-np.arange(250) / 60)
    session = trained_session(readings.config, falling, 0.3)
    readings = replace(readings, window=250)
    stand(session, progress_of(readings.config, 0, 249), 250, readings=readings)
    return session


def stuck() -> ScriptedSession:
    """A network whose state holds too little for its echo."""
    progress, losses, errors, readings = recordings.recorded_stuck()
    session = trained_session(recordings.STUCK, losses, errors)
    stand(session, progress, len(losses), readings=readings)
    return session


def task(name: str) -> ScriptedSession:
    """A task whose losses fall from above its ladder to its second level."""
    size = {"total_series_length": 3000, "batch_size": 5, "num_epochs": 3}
    config = EchoConfig.from_fields({"task": name, **size})
    chance, second, *_ = ladder_of(config)
    falling = second.loss + 1.2 * chance.loss * np.exp(-np.arange(40) / 8)
    losses = falling.astype(np.float32)
    session = trained_session(config, losses, np.full_like(losses, 0.25))
    last = config.windows_per_epoch - 1
    recent = tuple(progress_of(config, 0, window) for window in range(max(0, last - 2), last))
    newest = replace(progress_of(config, 0, last), losses=losses[-1:])
    session.set_frame(State.PAUSED, newest, trained=40, recent=recent, device="cpu")
    return session


async def drawn(
    session: ScriptedSession, size: tuple[int, int], keys: str, look: str = "dark"
) -> str:
    """The app's screen after these keys, as SVG; ``look`` is dark, light or ascii."""
    theme: Any = "light" if look == "light" else "dark"
    app = EchoApp(session, fps=0.01, ascii_only=look == "ascii", theme=theme)
    async with app.run_test(size=size) as pilot:
        for pressed in ("", keys, ""):
            await pilot.press(*pressed.split())
            app.show_newest_frame()
            await pilot.pause()
        return app.export_screenshot(title="")


async def drawn_map(name: str, size: tuple[int, int], keys: str) -> str:
    """A recorded map after these keys, as SVG."""
    app = MapApp(MapScreen(Follower(recorded_sweep(name))))
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        await pilot.press(*keys.split())
        await pilot.pause()
        return app.export_screenshot(title="")
