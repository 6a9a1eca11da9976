"""The stored history of a branch of several networks, and which of its past values are still known."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from echornn.config import EchoConfig
from echornn.history import loss_history
from echornn.history.block_means import BlockMeans
from echornn.history.kept_windows import kept
from echornn.progress import Floats
from echornn.timeline.branch import Branch, Position
from echornn.timeline.timeline import Timeline
from tests.trees import grow

THREE = EchoConfig(replicas=3, seed=7)


def grown(losses: Floats, solved_at: tuple[int, ...], config: EchoConfig = THREE) -> Timeline:
    """A run of a single branch."""
    timeline = Timeline()
    timeline.begin(Branch(0, "start", None, None, 0, 0, 0, 0, config))
    timeline.append(0, kept(losses, np.zeros(losses.shape, np.int32), config), np.array(solved_at, np.int64))
    return timeline


@given(st.lists(st.integers(0, 60), min_size=2, max_size=8))
def test_a_population_is_solved_when_half_of_it_is(solved_at: list[int]) -> None:
    config = replace(THREE, replicas=len(solved_at))
    timeline = grown(np.full((60, len(solved_at)), 0.5, np.float32), tuple(solved_at), config)
    solved = sorted(one for one in solved_at if one)
    half = -(-len(solved_at) // 2)
    assert timeline.solved_at(0) == (solved[half - 1] if len(solved) >= half else None)


def test_the_loss_of_a_population_is_its_median_networks() -> None:
    losses = np.repeat(np.array([[0.25, 0.5, np.nan]], np.float32), 60, axis=0)
    losses[-1] = [1.0, 0.75, np.inf]
    timeline = grown(losses[:, :2], (0, 0), replace(THREE, replicas=2))
    assert timeline.newest_loss(0) == pytest.approx(0.875)
    assert timeline.mean_loss(0) == pytest.approx((0.25 * 49 / 50 + 1 / 50 + 0.5 * 49 / 50 + 0.75 / 50) / 2, rel=1e-5)
    diverged = grown(losses, (0, 0, 0))
    assert not diverged.diverged(Position(0, 60))
    assert diverged.bad_since(Position(0, 60)) is None
    gone = grown(np.full((4, 3), np.nan, np.float32), (0, 0, 0))
    assert gone.diverged(Position(0, 4))
    assert gone.bad_since(Position(0, 4)) == 0
    assert math.isnan(grown(losses[:0], (0, 0, 0)).newest_loss(0))


def test_networks_that_lost_what_they_solved_are_counted() -> None:
    losses = np.full((400, 3), 0.01, np.float32)
    losses[:, 2] = losses[300:, 0] = 0.69
    timeline = grown(losses, (50, 50, 0))
    population, before = timeline.seed_stats(Position(0, 400)), timeline.seed_stats(Position(0, 300))
    assert population is not None
    assert before is not None
    assert population.lost_at.tolist() == [308, 0, 0]
    assert before.lost_at.tolist() == [0, 0, 0]
    assert (str(population.counts), str(before.counts)) == ("2 of 3 solved, 1 lost again", "2 of 3 solved")
    assert timeline.counts(0) == population.counts
    assert [timeline.loss_stats(Position(0, 400), replica).lost_at for replica in range(3)] == [308, None, None]


def test_of_windows_that_are_forgotten_their_mean_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loss_history, "kept_buckets", lambda _: 64)
    losses = (np.linspace(1, 0, 4000)[:, np.newaxis] + np.arange(3)).astype(np.float32)
    timeline = grown(losses, (30, 0, 2000))
    assert timeline.losses(Position(0, 1000), 950) is None
    population = timeline.seed_stats(Position(0, 1000))
    assert population is not None
    assert population.solved_at.tolist() == [30, 0, 0]
    np.testing.assert_allclose(population.mean, losses[950:1000].mean(axis=0), atol=0.02)
    now = timeline.seed_stats(Position(0, 4000))
    assert now is not None
    np.testing.assert_allclose(now.mean, losses[-50:].mean(axis=0), rtol=1e-5)


@pytest.mark.parametrize(
    ("cause", "after"),
    [
        ("edit", EchoConfig(seed=7)),
        ("alone", EchoConfig(seed=10)),
        ("alone", EchoConfig(seed=8, learning_rate=0.1)),
        ("back", replace(THREE, seed=8)),
        ("back", replace(THREE, replicas=2)),
    ],
)
def test_a_branch_that_no_population_can_go_on_as_is_refused(cause: str, after: EchoConfig) -> None:
    timeline = grown(np.full((6, 3), 0.5, np.float32), (0, 0, 0))
    here = Position(0, 6)
    branch = Branch(1, cause, here, here, 0, 6, 0, 0, after)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="cannot continue its parent with this configuration"):
        timeline.begin(branch)
    timeline.begin(replace(branch, cause="alone", config=EchoConfig(seed=9)))
    assert timeline.differs(1) == "seed 9 alone"
    assert len(timeline) == 2


def test_the_block_means_of_a_network_that_goes_on_alone_begin_there() -> None:
    timeline = grown(np.full((6, 3), 0.5, np.float32), (0, 0, 0))
    assert [timeline.loss_stats(Position(0, at)).block_means.begun for at in (4, 6)] == [4, 6]
    assert timeline.loss_stats(Position(0, 6), 2).tried == ()
    timeline.begin(Branch(1, "alone", Position(0, 6), Position(0, 6), 0, 6, 0, 0, THREE.of(2)))
    losses = np.linspace(0.5, 0.1, 300, dtype=np.float32)
    grow(timeline, 1, losses)
    for at in (6, 100, 306):
        some, told = losses[: at - 6], timeline.loss_stats(Position(1, at)).block_means
        alone = BlockMeans(begun=6).after(some, np.zeros_like(some))
        assert (told.begun, told.windows, told.losses.tolist()) == (6, at - 6, alone.losses.tolist())


def test_what_an_edit_of_several_networks_changed_is_not_told_about_one() -> None:
    timeline = grown(np.full((6, 3), 0.5, np.float32), (0, 0, 0))
    edited = replace(THREE, state_size=8)
    timeline.begin(Branch(1, "edit", Position(0, 0), Position(0, 6), 0, 0, 0, 0, edited))
    grow(timeline, 1, np.full((4, 3), 0.5))
    assert timeline.loss_stats(Position(1, 4), 1).tried == ()
