"""The window at which the echo was lost again follows from the losses on the path, however the run came there."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from echornn.arrays.network_facts import network_facts
from echornn.config import EchoConfig
from echornn.progress import Floats
from echornn.runs import run_dir
from echornn.runs.states import checkpoint
from echornn.timeline.branch import Branch, Position
from echornn.timeline.timeline import Timeline
from tests.echornn.data.test_side_by_side import lost_at_by_hand
from tests.examples import examples
from tests.recorded import Step, record_branches
from tests.scripted import SMALL, ScriptedTrainer
from tests.trees import grow
from tui.commands.kept_runs import branches

ALONE, THREE = replace(SMALL, num_epochs=200), replace(SMALL, num_epochs=200, replicas=3)
"""2 000 windows; each seed's losses count as solved, lost, or between the two, for some windows each."""

LEVELS = np.array([0.01, 0.01, 0.01, 0.08, 0.08, 0.3, 0.69])


def losses_of(config: EchoConfig, first: int, windows: int) -> Floats:
    """Float32 [windows, replicas]: 150 solved windows, then for every 40 windows a level that depends on the seed."""
    told = []
    for replica in range(config.replicas):
        levels = np.random.default_rng(config.seed + replica).choice(LEVELS, 50)
        told.append(np.concatenate([np.full(150, 0.01), np.repeat(levels, 40)])[first : first + windows])
    return np.array(told, np.float32).T.reshape(windows, config.replicas)


class Wavering(ScriptedTrainer):
    """A trainer with these losses."""

    def _losses(self, n: int) -> Floats:
        return losses_of(self.config, self.trained, n)


STEPS = st.one_of(
    st.integers(1, 200),
    st.integers(1, 60),
    st.sampled_from(["regenerate", "alone", {"learning_rate": 0.1}, {"learning_rate": 0.2}]),
    st.tuples(st.just(0), st.integers(1, 200)),
)


def told(timeline: Timeline, position: Position) -> list[int]:
    """The window at which each network had lost the echo, as of a position."""
    population = timeline.seed_stats(position)
    replicas = range(timeline.owner(position).config.replicas)
    each = [timeline.loss_stats(position, replica).lost_at or 0 for replica in replicas]
    assert population is None or population.lost_at.tolist() == each
    return each


@examples(15)
@given(
    st.sampled_from([ALONE, THREE]), st.integers(0, 99), st.lists(STEPS, min_size=1, max_size=6), st.integers(0, 999)
)
@example(ALONE, 3, [(0, 180), {"learning_rate": 0.2}, 10], 77)
def test_lost_at_of_any_moment_is_what_the_losses_that_lead_there_say(
    config: EchoConfig, seed: int, steps: list[Step], window: int
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "run"
        record_branches(path, 600, *steps, config=replace(config, seed=seed), make_trainer=Wavering)
        run = run_dir.read(path)
        timeline = run.timeline()
        for number, line in enumerate(branches.records(run)):
            end = timeline.end(number)
            for position in (end, Position(number, window % (end.window + 1))):
                each = range(timeline.owner(position).config.replicas)
                by_hand = [lost_at_by_hand(_path(timeline, position, replica), config) for replica in each]
                assert told(timeline, position) == by_hand
                assert [row.lost_at for row in network_facts(run, position)] == by_hand
                if position == end:
                    population = line.get("lottery")
                    assert population is None or population["lost"] == np.count_nonzero(by_hand)
                    assert population is not None or (line["lost_at"] or 0) == by_hand[0]


def _path(timeline: Timeline, position: Position, replica: int) -> Floats:
    losses = timeline.losses(position, 0, replica)
    assert losses is not None
    return losses


@pytest.mark.parametrize(("seed", "windows"), [(4, 230), (14, 390)])
def test_where_the_networks_of_an_early_record_were_lost_is_read_from_their_losses(
    tmp_path: Path, seed: int, windows: int
) -> None:
    """Even if the newest losses, between both levels, do not tell whether the networks have lost it."""
    record_branches(tmp_path / "run", windows, config=replace(THREE, seed=seed), make_trainer=Wavering)
    known = [row.lost_at for row in network_facts(run_dir.read(tmp_path / "run"))]
    assert any(known)
    (newest, *_), _ = checkpoint.load(tmp_path / "run")
    solved = replace(newest.state.solved, lost_at=np.zeros(3, np.int64))
    early = replace(newest, serial=newest.serial + 1, lost_at=None, state=replace(newest.state, solved=solved))
    checkpoint.save(tmp_path / "run", early)
    assert [row.lost_at for row in network_facts(run_dir.read(tmp_path / "run"))] == known


def test_a_moment_before_the_echo_was_solved_anew_is_one_at_which_it_was_lost() -> None:
    timeline = Timeline()
    losses = np.concatenate([np.full(n, loss, np.float32) for n, loss in ((150, 0.01), (130, 0.69), (120, 0.01))])
    timeline.begin(Branch(0, "start", None, None, 0, 0, 0, 0, ALONE))
    grow(timeline, 0, losses, 0.0)
    known = [timeline.loss_stats(Position(0, at)).lost_at for at in (150, 158, 159, 280, 400)]
    assert known == [None, None, 159, 159, None]
