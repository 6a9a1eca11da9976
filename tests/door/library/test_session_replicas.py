"""Several networks in a session: one is shown, one goes on alone, and each turn comes back to where
one was."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from echornn import EchoConfig, Frame, SeedStats
from echornn.session.commands import (
    Alone,
    Choose,
    Go,
    Redo,
    Resume,
    Step,
    ToggleReplicas,
    Undo,
)
from tests.door.library.sessions import ENDLESS, Query, SeedRows, Stage, on_stage
from tests.scripted import SMALL_POPULATION, SOLVED_AT, STUCK, ScriptedTrainer, scripted_losses

MANY = SMALL_POPULATION
"""Seeds 7 to 12; 9 and 12 never solve it."""


@pytest.fixture
def stage() -> Iterator[Stage]:
    with on_stage(MANY) as stage:
        yield stage


def seed_stats(frame: Frame) -> SeedStats:
    assert frame.seed_stats is not None
    return frame.seed_stats


def assert_close(array: Any, expected: Any) -> None:
    """Losses are kept to a few millionths."""
    np.testing.assert_allclose(array, expected, rtol=1e-3)


def test_where_all_of_them_stand(stage: Stage) -> None:
    frame = stage.do(Step(120))
    assert frame.config == MANY
    assert frame.own_config == replace(MANY, replicas=1)
    losses = scripted_losses(MANY, 0, 120)
    assert_close(seed_stats(frame).newest, losses[-1])
    assert_close(seed_stats(frame).mean, losses[-50:].mean(axis=0))
    picture = stage.look(Query(columns=1000, seeds=SeedRows((4, 2), 100)))
    assert_close(picture.band.low, losses.min(axis=1))
    assert picture.seeds is not None
    assert len(picture.seeds.losses) == 2
    assert_close(picture.seeds.losses[1], STUCK)  # the seed 9


@pytest.mark.parametrize(("asked", "shown"), [(2, 2), (-3, 0), (10**9, 5)])
def test_the_chosen_one_is_shown(stage: Stage, asked: int, shown: int) -> None:
    frame = stage.do(Step(120), Choose(asked))
    losses = scripted_losses(MANY, 0, 120)[:, shown]
    assert frame.replica == shown
    assert frame.own_config.seed == 7 + shown
    assert_close(frame.loss, losses[-1])
    assert_close(frame.loss_stats.recent, losses[-50:])
    assert frame.progress is not None
    assert frame.progress.x.shape == (2, 10)
    picture = stage.look(Query(columns=1000, norms=True))
    assert_close(picture.curve.mean, losses)
    assert_close(picture.norms.mean, 2 * losses)


def test_seeds_that_have_solved_it_are_counted_with_an_interval_and_in_the_past_as_then(
    stage: Stage,
) -> None:
    early = seed_stats(stage.do(Step(150)))
    late = seed_stats(stage.do(Step(500)))
    assert late.replicas == 6
    assert late.solved == 4
    assert late.lost == 0
    seed_7, seed_8, seed_9, seed_10, seed_11, seed_12 = late.solved_at
    assert seed_9 == seed_12 == 0
    # In the order of the paces at which their losses fall
    assert 0 < seed_7 == seed_11 < seed_10 < seed_8 < 650
    numbers = re.findall(r"\d+", late.in_words())
    assert numbers[:4] == ["4", "6", "30", "90"], "with Wilson's interval of 95 %"
    assert early.solved < 4
    back = seed_stats(stage.do(Go(0, 150)))
    np.testing.assert_array_equal(back.solved_at, early.solved_at)
    np.testing.assert_array_equal(back.mean, early.mean)


def test_one_goes_on_alone_with_its_own_past(stage: Stage) -> None:
    together = stage.do(Step(40), Choose(3))
    losses = scripted_losses(MANY, 0, 40)[:, 3]
    alone = stage.do(Alone())
    assert alone.config == replace(MANY, replicas=1, seed=10)
    assert alone.seed_stats is None
    assert alone.trained == 40
    assert alone.branch == 1
    assert alone.replica == 0
    for name in ("epoch", "window", "loss"):
        assert getattr(alone, name) == getattr(together, name)
    assert_close(stage.losses(), losses)
    frame = stage.do(Step(5))
    assert frame.trained == 45
    assert frame.branch == 1
    picture = stage.look(Query(columns=1000))
    assert len(picture.curve.starts) == 45
    assert len(picture.band) == 40
    past = stage.do(Choose(1), Go(1, 30))
    assert past.config == MANY
    assert past.replica == 3, "on its path it stays the one shown"
    assert past.own_config.seed == 10
    assert_close(past.loss, losses[29])
    again = stage.do(Go(1, 40))
    for name in ("config", "loss", "accuracy"):
        assert getattr(again, name) == getattr(alone, name)
    back = stage.do(Undo())
    assert (back.config, back.trained, back.replica) == (MANY, 40, 3)
    assert stage.do(Redo()).config == alone.config


def test_one_that_goes_on_alone_from_its_past_is_solved_by_its_own_losses(stage: Stage) -> None:
    """They are those of a lone network, and others of the six fall faster."""
    frame = stage.do(Step(225), Choose(1), Alone(), Step(20), Go(1, 240), Step(60))
    assert frame.loss_stats.solved_at == SOLVED_AT


def test_a_network_becomes_many_and_turns_back_and_forth_begin_nothing_anew() -> None:
    with on_stage() as stage:
        many = stage.do(Step(7), ToggleReplicas(6))
        assert many.config == replace(ENDLESS, replicas=6)
        assert many.trained == 0
        stage.do(Step(12), Choose(4))
        for _ in range(2):
            lone = stage.do(ToggleReplicas())
            assert lone.config == ENDLESS
            assert lone.trained == 7
            assert lone.branch == 0
            back = stage.do(ToggleReplicas())
            assert back.config == many.config
            assert back.trained == 12
            assert back.branch == 1
            assert back.replica == 4
        stage.do(Step(3), ToggleReplicas(), Step(2), ToggleReplicas())
        assert stage.do(ToggleReplicas()).trained == 9, "what was trained on there is part of it"
        assert stage.do(ToggleReplicas()).trained == 15
        assert len(stage.session.timeline) == 2


DIVERGES_AT = {0: 5, 1: 12, 2: 33, 3: 33, 4: 20, 5: 30}


def diverging(config: EchoConfig) -> ScriptedTrainer:
    trainer = ScriptedTrainer(config)
    trainer.diverge(DIVERGES_AT)
    return trainer


def test_many_pause_where_the_last_of_them_diverges_and_no_sooner() -> None:
    with on_stage(MANY, diverging) as stage:
        frame = stage.do(Step(32))
        assert frame.warning == ""
        assert frame.trained == 32
        assert not frame.has_diverged
        have_diverged = seed_stats(frame).diverged.tolist()
        assert have_diverged == [True, True, False, False, True, True]
        frame = stage.until_it_diverges(Resume())
        assert frame.trained == 34
        assert math.isnan(frame.loss)
        assert "window 4 of epoch 4" in frame.warning
        assert stage.do(Undo()).trained == 0
