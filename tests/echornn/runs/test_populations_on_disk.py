"""Random stories of one and several networks in a recorded run: reading gives exactly what was trained."""

from __future__ import annotations

import itertools
import math
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from hypothesis import example, given
from hypothesis import strategies as st

from echornn.config import EchoConfig
from echornn.replay.pace import Pace
from echornn.runs import run_dir
from echornn.runs.followed_run import FollowedRun
from echornn.runs.recorder import Recorder, Unrecorded
from echornn.runs.run_recorder import RunRecorder
from echornn.session.live_run import LiveRun
from echornn.timeline.timeline import Timeline
from tests.examples import examples
from tests.hashed import HashTrainer
from tests.patience import PATIENCE
from tests.recorded import Step, take

TINY = EchoConfig(num_epochs=10**6, total_series_length=60, truncated_backprop_length=10, batch_size=2, seed=3)
"""Three windows per epoch."""

STEPS = st.one_of(
    st.integers(1, 70),
    st.sampled_from(["reset", "redraw", "regenerate", "alone"]),
    st.sampled_from([{"replicas": 3}, {"replicas": 1}, {"learning_rate": 0.2}, {"echo_step": 5}, {"echo_step": 2}]),
    st.tuples(st.integers(0, 100), st.integers(0, 200)),
)


def lives(recorder: Recorder, config: EchoConfig = TINY) -> LiveRun:
    config = config if recorder.resumed is None else recorder.resumed.config
    clock = itertools.count(0.0, 10.0).__next__  # so that no two commands count as repeats of a held key
    live = LiveRun(config, HashTrainer, recorder, Pace(math.inf, clock), clock)
    live.take_up()
    live.load()
    live.begin()
    return live


def take_if_it_can(live: LiveRun, step: Step) -> None:
    """Take a step; its position is chosen among those that exist."""
    if isinstance(step, tuple):
        branch = step[0] % len(live.timeline)
        step = (branch, step[1] % (live.timeline.end(branch).window + 1))
    take(live, step)


def assert_same(one: Timeline, other: Timeline) -> None:
    """Check that two timelines have the same branches, windows and statistics."""
    assert [one.branch(number) for number in range(len(one))] == [other.branch(number) for number in range(len(other))]
    for number in range(len(one)):
        end = one.end(number)
        assert (end, one.digest(number)) == (other.end(number), other.digest(number))
        for replica in range(one.branch(number).config.replicas):
            mine, its = one.losses(end, 0, replica), other.losses(end, 0, replica)
            assert mine is not None
            assert its is not None
            np.testing.assert_array_equal(mine, its)
            known, read = one.loss_stats(end, replica), other.loss_stats(end, replica)
            assert (known.windows, known.solved_at, known.before) == (read.windows, read.solved_at, read.before)
            assert known.lost_at == read.lost_at
            np.testing.assert_array_equal(known.recent, read.recent)
        assert one.bad_since(end) == other.bad_since(end)
        lived, told = one.seed_stats(end), other.seed_stats(end)
        assert (lived is None) == (told is None)
        if lived is not None and told is not None:
            assert lived.windows == told.windows
            for name in ("solved_at", "lost_at", "mean", "newest", "diverged"):
                np.testing.assert_array_equal(getattr(lived, name), getattr(told, name))
        bands = one.band(number, 20), other.band(number, 20)
        for name in ("starts", "median", "low", "high", "solved"):
            np.testing.assert_array_equal(*(getattr(band, name) for band in bands))


@examples(25)
@given(st.lists(STEPS, max_size=16), st.lists(STEPS, max_size=6), st.integers(0, 15))
@example([], [2, "regenerate", (1, 1), 1], 0)
def test_what_is_read_is_what_was_lived(story: list[Any], later: list[Any], followed_after: int) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "run"
        recorder = RunRecorder.begin(folder, TINY)
        live, twin = lives(recorder), lives(Unrecorded())
        live.save()
        assert recorder.wait(PATIENCE)
        followed = FollowedRun(folder)
        for number, step in enumerate(story):
            take_if_it_can(live, step)
            take_if_it_can(twin, step)
            if number == followed_after:
                live.save()
                assert recorder.wait(PATIENCE)
                followed.refresh()
        live.save()
        assert recorder.wait(PATIENCE)
        recorder.close()

        run = run_dir.read(folder)
        assert run.notes == ()
        assert (run.position, run.config) == (live.here, live.config)
        assert_same(live.timeline, run.timeline())
        followed.refresh()
        assert_same(live.timeline, followed.seen.timeline)

        recorder = RunRecorder.go_on(folder)
        resumed = lives(recorder)
        take(twin, twin.here)  # after going to a position, the next change is undone by itself
        for step in later:
            take_if_it_can(resumed, step)
            take_if_it_can(twin, step)
        resumed.save()
        assert recorder.wait(PATIENCE)
        recorder.close()
        again = run_dir.read(folder)
        assert again.notes == ()
        assert_same(twin.timeline, resumed.timeline)
        assert_same(twin.timeline, again.timeline())


def test_who_goes_on_alone_is_a_branch_on_disk(tmp_path: Path) -> None:
    of_three = replace(TINY, replicas=3)
    recorder = RunRecorder.begin(tmp_path / "run", of_three)
    live = lives(recorder, of_three)
    live.train(20)
    live.choose(2)
    live.alone()
    live.train(15)
    live.save()
    assert recorder.wait(PATIENCE)
    recorder.close()
    run = run_dir.read(tmp_path / "run")
    assert run.commands[-1].cause == "alone"
    assert (run.config, run.position) == (replace(TINY, seed=5), (1, 35))
    assert [len(windows) for _, _, windows in run.path(run.position)] == [20, 15]
    assert run.timeline().differs(1) == "seed 5 alone"
