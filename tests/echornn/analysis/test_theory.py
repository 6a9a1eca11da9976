"""Theory: levels against numbers known from elsewhere, and sentences that the numbers must back."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from echornn.analysis.theory import (
    RECENT_WINDOWS,
    Evidence,
    boundary_floor,
    chance_level,
    credit_coverage,
    mean_floor,
    solved_level,
    verdict,
)
from echornn.config import EchoConfig
from echornn.tasks.series import EchoSeries
from tests.scripted import make_progress

TUTORIAL = EchoConfig()
CHANCE = math.log(2)


def evidence_of(losses: list[float], config: EchoConfig = TUTORIAL) -> Evidence:
    return Evidence().after(np.array(losses, np.float32), config)


def sentence(losses: list[float], config: EchoConfig = TUTORIAL, window: int = 5) -> str:
    progress = make_progress(config, 1, window, losses=losses[-1:])
    return verdict(config, evidence_of(losses, config), progress)


def test_levels_of_the_tutorial() -> None:
    assert chance_level(TUTORIAL) == pytest.approx(0.6931, abs=1e-4)
    assert boundary_floor(TUTORIAL) == pytest.approx(0.1109, abs=1e-4)
    assert boundary_floor(TUTORIAL, 1) == 0
    assert credit_coverage(TUTORIAL) == 0.8
    assert boundary_floor(replace(TUTORIAL, row_start="zero")) == 0
    assert credit_coverage(replace(TUTORIAL, echo_step=15)) == 0
    assert chance_level(replace(TUTORIAL, num_classes=10)) == pytest.approx(2.3026, abs=1e-4)


@given(
    batch=st.integers(1, 6), length=st.integers(1, 12), echo=st.integers(0, 30), window=st.integers(0, 3),
    stride=st.integers(1, 12),
)  # fmt: skip
def test_the_floor_counts_the_targets_that_echo_the_row_above(
    batch: int, length: int, echo: int, window: int, stride: int
) -> None:
    config = EchoConfig(
        batch_size=batch, truncated_backprop_length=length, total_series_length=batch * 64, echo_step=echo,
        stride=min(stride, length),
    )  # fmt: skip
    blank, above = (
        EchoSeries.from_inputs(np.ones(batch * 64, np.uint8), echo, batch, start).y
        for start in ("zero", "previous_row")
    )
    begin = window * config.window_stride
    unknown = int((blank != above)[:, begin : begin + length].sum())
    assert boundary_floor(config, window) == pytest.approx(unknown / (batch * length) * CHANCE)


@given(st.lists(st.floats(0.0, 1.0, width=32), min_size=1, max_size=300), st.integers(1, 70))
def test_evidence_does_not_depend_on_the_pieces_in_which_losses_come(losses: list[float], piece: int) -> None:
    whole, pieces = evidence_of(losses), Evidence()
    for begin in range(0, len(losses), piece):
        pieces = pieces.after(np.array(losses[begin : begin + piece], np.float32), TUTORIAL)
    assert (pieces.windows, pieces.solved_at) == (whole.windows, whole.solved_at)
    np.testing.assert_array_equal(pieces.recent, whole.recent)


def test_solved_is_the_first_window_with_a_low_mean() -> None:
    assert evidence_of([0.7] * 400 + [0.0] * 100).solved_at == 400 + 47
    assert evidence_of([0.01] * 49).solved_at is None
    assert evidence_of([math.nan] + [0.01] * 50).solved_at == 51
    assert "solved at window 447: mean loss now 0.0000" in sentence([0.7] * 400 + [0.0] * 100)
    assert "solved at window 50, but the mean loss is 0.300 again" in sentence([0.01] * 50 + [0.3] * 50)


def test_a_plateau_is_told_as_one() -> None:
    text = sentence([0.69] * 1200)
    assert text.startswith("at chance (0.693) after 1,200 windows: ")
    assert text.split(": ")[1].startswith("a plateau of thousands is common; R draws another")
    assert len(text.partition(";")[0]) <= 78, "what comforts is seen on the smallest screen"
    glorot = sentence([0.69] * 1200, replace(TUTORIAL, init="glorot"))
    assert "plateau" not in glorot
    assert "80%" not in glorot, "what reaches its cause is no reason"
    assert "7% of the targets" in sentence([0.69] * 1200, replace(TUTORIAL, echo_step=14))


def test_what_cannot_be_learned_is_said_only_while_it_is_not() -> None:
    beyond = replace(TUTORIAL, echo_step=15)
    text = "cannot be learned through time: the echo (15) reaches beyond the window (15); only what"
    assert sentence([0.69] * 60, beyond).startswith(text)
    assert sentence([0.69] * 5, beyond).startswith(text)
    assert sentence([0.3] * 60, beyond).startswith("learning: mean loss 0.300, 57% of the way")
    assert "cannot" not in sentence([0.69] * 60, replace(TUTORIAL, echo_step=14))


@pytest.mark.parametrize(
    ("batch", "windows", "echo", "level"),
    [(5, 1, 3, 0.1831), (5, 2, 3, 0.1158), (5, 666, 3, 0.0487), (1, 1, 3, 0.0485), (50, 1, 14, 0.9 * CHANCE)],
)
def test_few_windows_an_epoch_raise_the_level_at_which_it_is_solved(
    batch: int, windows: int, echo: int, level: float
) -> None:
    config = EchoConfig(batch_size=batch, total_series_length=batch * 15 * windows, echo_step=echo)
    assert solved_level(config) == pytest.approx(level, abs=1e-4)
    below, above = [[level - 0.001] * 60, [level + 0.001] * 60]
    assert sentence(below, config).startswith("solved at window 50: ")
    assert not sentence(above, config).startswith("solved")


@pytest.mark.parametrize("classes", [2, 3])
@pytest.mark.parametrize("batch", [2, 5])
def test_the_floor_of_a_network_is_what_the_best_guess_costs(batch: int, classes: int) -> None:
    """Of targets that echo the row above, or are blank, only how common each symbol is can be known."""
    config = EchoConfig(
        batch_size=batch, total_series_length=batch * 6, truncated_backprop_length=6, echo_step=3, num_classes=classes
    )
    x = np.random.default_rng(0).integers(0, classes, batch * 6 * 20_000).astype(np.uint8)
    targets = [EchoSeries.from_inputs(one, 3, batch, "previous_row").y[:, :3] for one in x.reshape(-1, batch * 6)]
    shares = np.bincount(np.array(targets).ravel()) / np.size(targets)
    assert mean_floor(config) == pytest.approx(-(shares * np.log(shares)).sum() * 3 / 6, abs=2e-3)


def test_what_is_left_to_learn_is_counted_from_the_floor() -> None:
    config = EchoConfig(total_series_length=75)
    assert "50% of the way from chance to its floor of 0.135" in sentence([(CHANCE + 0.1346) / 2] * 60, config)
    assert "50% of the way from chance to nothing" in sentence([CHANCE / 2] * 60)


def test_solved_is_numbered_in_the_run_as_the_axis_is() -> None:
    evidence = Evidence().after(np.full(30, 0.7, np.float32), TUTORIAL, 1000)
    assert evidence.after(np.full(100, 0.01, np.float32), TUTORIAL, 1030).solved_at == 1030 + 48


def test_a_spike_is_explained_where_there_is_one() -> None:
    text = sentence([0.01] * 60 + [0.14], window=0)
    assert text.startswith("spike: the first 3 targets of each row echo the row above")
    assert "(floor 0.111)" in text
    assert "spike" not in sentence([0.01] * 60 + [0.14], window=1), "not at an epoch's start"
    assert "spike" not in sentence([0.01] * 61, window=0), "the loss does not stand out"
    assert "spike" not in sentence([0.69] * 61, window=0), "the loss does not stand out"
    assert "spike" not in sentence([0.01] * 60 + [0.14], replace(TUTORIAL, row_start="zero"), window=0)


def test_few_windows_give_no_verdict() -> None:
    assert sentence([0.7] * 10) == f"too early to tell: {RECENT_WINDOWS - 10} more windows until the first mean"
    assert "chance is 0.693 nats; the error of 80%" in verdict(TUTORIAL, Evidence(), None)


@pytest.mark.parametrize("loss", [math.nan, math.inf])
def test_divergence_is_told(loss: float) -> None:
    assert sentence([0.5] * 60 + [loss]).startswith("diverged")
    progress = make_progress(TUTORIAL, losses=[loss])
    for undoable, way in ((True, "u goes back"), (False, "r starts over")):
        assert way in verdict(TUTORIAL, evidence_of([loss]), progress, undoable)
    assert "worse than chance: mean loss 2.000" in sentence([2.0] * 60)


@given(
    st.lists(st.floats(min_value=0, width=32) | st.just(math.nan), min_size=1, max_size=120),
    st.integers(0, 40),
    st.integers(0, 3),
    st.sampled_from(["previous_row", "zero"]),
)
def test_there_is_a_sentence_for_every_run(losses: list[float], echo: int, window: int, start: str) -> None:
    text = sentence(losses, replace(TUTORIAL, echo_step=echo, row_start=start), window)
    assert text
    assert "\n" not in text
    mean = float(np.mean(np.float32(losses[-RECENT_WINDOWS:]), dtype=np.float64))
    if text.startswith("at chance"):
        assert abs(mean - CHANCE) <= 0.05 * CHANCE
    if text.startswith("learning"):
        assert mean < CHANCE
    if text.startswith("cannot"):
        assert echo >= 15
