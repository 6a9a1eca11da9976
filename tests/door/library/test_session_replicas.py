"""Several networks in a session: one is shown, one goes on alone, and each turn comes back to where
one was."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest

from echornn import EchoConfig
from echornn.session.commands import (
    Alone,
    Choose,
    Edit,
    Go,
    Redo,
    Resume,
    Step,
    ToggleReplicas,
    Undo,
)
from tests.door.library.sessions import ENDLESS, Query, SeedRows, Stage, on_stage
from tests.patience import wait_for
from tests.scripted import SMALL_POPULATION, SOLVED_AT, STUCK, ScriptedTrainer, scripted_losses

MANY = SMALL_POPULATION
"""Seeds 7 to 12; 9 and 12 never solve it."""


@pytest.fixture
def stage() -> Iterator[Stage]:
    with on_stage(MANY) as stage:
        yield stage


def test_the_chosen_one_is_shown_and_where_all_of_them_stand(stage: Stage) -> None:
    frame = stage.do(Step(120))
    assert (frame.replica, frame.config, frame.own_config) == (0, MANY, replace(MANY, replicas=1))
    losses = scripted_losses(MANY, 0, 120)
    stats = frame.seed_stats
    assert stats is not None
    np.testing.assert_allclose(stats.newest, losses[-1], rtol=1e-3)
    np.testing.assert_allclose(stats.mean, losses[-50:].mean(axis=0), rtol=1e-3)
    for asked, index in ((2, 2), (-3, 0), (5, 5), (6, 5), (10**9, 5), (3, 3)):
        frame = stage.do(Choose(asked))
        assert (frame.replica, frame.own_config.seed) == (index, 7 + index)
        assert frame.loss == pytest.approx(losses[-1, index], rel=1e-3)
        np.testing.assert_allclose(frame.loss_stats.recent, losses[-50:, index], rtol=1e-3)
        assert frame.progress is not None
        assert frame.progress.x.shape == (2, 10)
    picture = stage.session.look(Query(columns=1000, norms=True, seeds=SeedRows((4, 2), 100)))
    np.testing.assert_allclose(picture.curve.mean, losses[:, 3], rtol=1e-3)
    np.testing.assert_allclose(picture.norms.mean, 2 * losses[:, 3], rtol=1e-3)
    np.testing.assert_allclose(picture.band.low, losses.min(axis=1), rtol=1e-3)
    assert picture.seeds is not None
    assert picture.seeds.losses.shape[0] == 2
    assert picture.seeds.losses[1] == pytest.approx(STUCK, rel=1e-3), "the seed 9"


def test_seeds_that_have_solved_it_are_counted_with_an_interval_and_in_the_past_as_then(
    stage: Stage,
) -> None:
    early = stage.do(Step(150)).seed_stats
    late = stage.do(Step(500)).seed_stats
    assert early is not None
    assert late is not None
    at = [int(window) for window in late.solved_at]
    assert (late.replicas, late.solved, late.lost, at[2], at[5]) == (6, 4, 0, 0, 0)
    assert 0 < at[0] == at[4] < at[3] < at[1] < 650, (
        "in the order of the paces at which their losses fall"
    )
    assert re.findall(r"\d+", late.in_words())[:4] == ["4", "6", "30", "90"], (
        "with Wilson's interval of 95 %"
    )
    assert early.solved < 4
    back = stage.do(Go(0, 150)).seed_stats
    assert back is not None
    np.testing.assert_array_equal(back.solved_at, early.solved_at)
    np.testing.assert_array_equal(back.mean, early.mean)


def test_one_goes_on_alone_with_its_own_past_and_undo_comes_back_to_all(stage: Stage) -> None:
    together = stage.do(Step(40), Choose(3))
    own = scripted_losses(MANY, 0, 40)[:, 3]
    alone = stage.do(Alone())
    assert (alone.config, alone.seed_stats) == (replace(MANY, replicas=1, seed=10), None)
    assert (alone.trained, alone.branch, alone.replica) == (40, 1, 0)
    assert (alone.epoch, alone.window, alone.loss) == (
        together.epoch,
        together.window,
        together.loss,
    )
    np.testing.assert_allclose(stage.losses(), own, rtol=1e-3)
    frame = stage.do(Step(5))
    assert (frame.trained, frame.branch) == (45, 1)
    picture = stage.session.look(Query(columns=1000))
    assert (len(picture.curve.starts), len(picture.band)) == (45, 40)
    past = stage.do(Choose(1), Go(1, 30))
    assert (past.config, past.replica, past.own_config.seed) == (MANY, 3, 10), (
        "on its path it stays the one shown"
    )
    assert past.loss == pytest.approx(own[29], rel=1e-3)
    again = stage.do(Go(1, 40))
    assert (again.config, again.loss, again.accuracy) == (alone.config, alone.loss, alone.accuracy)
    back = stage.do(Undo())
    assert (back.config, back.trained, back.replica) == (MANY, 40, 3)
    assert stage.do(Redo()).config == alone.config
    assert stage.do(Choose(5), Go(0, 40)).replica == 3


def test_one_that_goes_on_alone_from_its_past_is_solved_by_its_own_losses(stage: Stage) -> None:
    """They are those of a lone network, and others of the six fall faster."""
    frame = stage.do(Step(225), Choose(1), Alone(), Step(20), Go(1, 240), Step(60))
    assert frame.loss_stats.solved_at == SOLVED_AT


def test_a_network_becomes_many_and_turns_back_and_forth_begin_nothing_anew() -> None:
    with on_stage() as stage:
        many = stage.do(Step(7), ToggleReplicas(6))
        assert (many.config, many.trained) == (replace(ENDLESS, replicas=6), 0)
        stage.do(Step(12), Choose(4))
        for _ in range(2):
            one = stage.do(ToggleReplicas())
            assert (one.config, one.trained, one.branch) == (ENDLESS, 7, 0)
            back = stage.do(ToggleReplicas())
            assert (back.config, back.trained, back.branch, back.replica) == (many.config, 12, 1, 4)
        stage.do(Step(3), ToggleReplicas(), Step(2), ToggleReplicas())
        assert stage.do(ToggleReplicas()).trained == 9, "what was trained on there is part of it"
        assert stage.do(ToggleReplicas()).trained == 15
        assert len(stage.session.timeline) == 2
        stage.do(ToggleReplicas(), Edit({"echo_step": 5}))
        another = stage.do(ToggleReplicas(3))
        assert (another.config, another.trained) == (replace(ENDLESS, echo_step=5, replicas=3), 0)
        assert stage.do(ToggleReplicas()).config == replace(ENDLESS, echo_step=5)
        assert stage.do(Go(0, 7), ToggleReplicas()).config == many.config, "the one that it is of"


def test_many_pause_where_the_last_of_them_diverges_and_no_sooner() -> None:
    def make(config: EchoConfig) -> ScriptedTrainer:
        trainer = ScriptedTrainer(config)
        trainer.diverge({0: 5, 1: 12, 2: 33, 3: 33, 4: 20, 5: 30})
        return trainer

    with on_stage(MANY, make) as stage:
        frame = stage.do(Step(32))
        assert (frame.warning, frame.trained, frame.has_diverged) == ("", 32, False)
        assert frame.seed_stats is not None
        assert frame.seed_stats.diverged.tolist() == [True, True, False, False, True, True]
        stage.session.send(Resume())
        wait_for(lambda: stage.frame.has_diverged and stage.frame.state == "paused")
        frame = stage.settled()
        assert (frame.trained, math.isnan(frame.loss)) == (34, True)
        assert "window 4 of epoch 4" in frame.warning
        assert stage.do(Undo()).trained == 0
