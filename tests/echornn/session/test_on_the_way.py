"""A change that arrives while the session is on its way to a window uses the configuration at that window."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from echornn.replay import replayed_run
from echornn.replay.pace import Pace
from echornn.replay.replayed_run import newest
from echornn.runs.recorder import Recorder
from echornn.runs.run_recorder import RunRecorder
from echornn.session.live_run import LiveRun
from echornn.timeline.branch import Position
from tests.scripted import SMALL, SMALL_POPULATION, ScriptedTrainer


@pytest.mark.parametrize(
    ("start_over", "init_index"),
    [
        (lambda live: live.reset(), 1),
        (lambda live: live.reset(1), 2),
        (lambda live: live.edit(live.config, anew=True), 0),
    ],
    ids=["reset", "redraw", "preset"],
)
def test_who_starts_over_on_the_way_has_the_data_and_fields_of_where_it_leads(
    start_over: Callable[[LiveRun], None], init_index: int
) -> None:
    now = 0.0
    pace = Pace(100.0, lambda: now)
    pace.took(1000, 0.001)  # fast enough that the rows of many windows are shown again
    live = LiveRun(SMALL, ScriptedTrainer, Recorder(), pace, lambda: now)
    live.load()
    live.begin()
    live.reset(1)
    live.train(12)
    live.regenerate()
    live.edit(replace(SMALL, learning_rate=0.1))
    live.train(5)
    there = Position(live.here.branch, 14)
    live.go(there)
    while not live.arrived:
        on_the_way = live.trainer.data_version, live.trainer.state.config.learning_rate
        if on_the_way == (0, SMALL.learning_rate):
            break
        live.step(1)
    assert not live.arrived, "the way begins before the data and the rate changed"
    start_over(live)
    state = live.trainer.state
    assert (state.epoch, state.window, state.data_version, state.init_index) == (0, 0, 1, init_index)
    assert state.config == live.config == replace(SMALL, learning_rate=0.1)
    branch = live.owner
    assert (branch.data_version, branch.init_index, branch.config) == (1, init_index, state.config)


def test_who_ends_on_the_way_has_saved_all_that_was_trained(tmp_path: Path) -> None:
    """The window shown just before is not on disk yet; the message must not say that the run was not saved."""
    now = 0.0
    recorder = RunRecorder.begin(tmp_path / "run", SMALL)
    live = LiveRun(SMALL, ScriptedTrainer, recorder, Pace(100.0, lambda: now), lambda: now)
    live.load()
    live.begin()
    live.train(20)
    live.go(Position(0, 5))
    while not live.arrived:
        live.step(1)
    recorder.wait()
    assert recorder.seconds_to_save() is not None, "where one looks is to be saved too"
    live.go(Position(0, 15))
    assert not live.arrived
    live.save()
    recorder.close()
    assert recorder.saved


@pytest.mark.parametrize("further", [0, 1])
def test_who_starts_over_on_the_way_through_a_population_to_one_that_goes_on_alone_has_that_one(further: int) -> None:
    now = 0.0
    pace = Pace(100.0, lambda: now)
    live = LiveRun(SMALL_POPULATION, ScriptedTrainer, Recorder(), pace, lambda: now)
    live.load()
    live.begin()
    pace.took(1000, 0.001)
    live.train(20)
    live.choose(4)
    live.alone()
    pace.took(1000, 0.001)
    live.train(5)
    live.go(Position(1, 23))
    assert not live.arrived
    assert live.trainer.config == SMALL_POPULATION
    live.reset(further)
    assert live.trainer.config == live.config == replace(SMALL_POPULATION, replicas=1, seed=11)
    assert (live.trainer.epoch, live.trainer.window, live.trainer.init_index) == (0, 0, further)
    assert live.train(3).losses.shape == (3, 1)


def test_of_many_large_networks_only_as_many_windows_are_kept_in_full_as_there_is_room_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    shown = tuple(ScriptedTrainer(SMALL_POPULATION).advance(1) for _ in range(50))
    assert len(newest(shown)) == 33
    size = sum(getattr(shown[0], name).nbytes for name in ("losses", "errors", "x", "y", "outputs", "states"))
    monkeypatch.setattr(replayed_run, "TAPE_BYTES", 4 * size)
    assert newest(shown) == shown[-4:]
    monkeypatch.setattr(replayed_run, "TAPE_BYTES", 1)
    assert newest(shown) == shown[-1:]
    assert newest(()) == ()
