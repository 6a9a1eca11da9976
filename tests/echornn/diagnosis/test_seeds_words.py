"""The diagnosis of a run with several networks, in words."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from echornn.config import EchoConfig
from echornn.data.levels import lost_level
from echornn.diagnosis.key_marks import length
from echornn.diagnosis.seed_stats import SeedStats
from echornn.diagnosis.seeds_words import LevelCounts, seeds_sentence
from echornn.diagnosis.sentence import LINE

TUTORIAL = EchoConfig()
BEYOND = replace(TUTORIAL, echo_step=15)
SOLVED, AT_CHANCE, BELOW, ABOVE, NAN = 0.01, 0.69, 0.4, 1.2, math.nan


def population(solved: list[float], others: list[float], windows: int = 2000) -> SeedStats:
    """Networks with these mean losses. The first ones solved the task at window 500, and have lost it again if their
    loss is high.
    """
    losses = np.array(solved + others, np.float32)
    at = np.array([500] * len(solved) + [0] * len(others), np.int64)
    lost_at = np.where((at > 0) & ~(losses < lost_level(TUTORIAL)), windows, 0)
    return SeedStats(at, losses, losses, ~np.isfinite(losses), windows, lost_at)


def test_where_they_stand() -> None:
    some = population([SOLVED, 0.6, NAN], [AT_CHANCE, AT_CHANCE, BELOW, ABOVE, NAN, math.inf])
    assert LevelCounts.of(some, TUTORIAL) == LevelCounts(at_chance=2, above=1, below=1, diverged=2, lost=2)


def test_how_many_solved_then_what_keeps_the_others() -> None:
    some = seeds_sentence(population([SOLVED] * 41, [AT_CHANCE] * 20 + [BELOW] * 2 + [NAN]), TUTORIAL)
    assert some.cause == "41 of 64 solved (52 to 75 %), median window 500; 20 at chance, 2 below chance"
    assert some.advice == "uniform starts can stay at chance long; press «advice»: init glorot, or wait"
    assert some.more_cause == ", 1 diverged"
    finished = seeds_sentence(population([SOLVED] * 41, [AT_CHANCE] * 23), TUTORIAL, finished=True)
    assert (
        finished.advice == "uniform starts can stay at chance long; «advice»: init glorot, or more epochs («settings»)"
    )
    large = seeds_sentence(population([], [AT_CHANCE] * 64), replace(TUTORIAL, cell="gru", state_size=12))
    assert large.advice == "uniform starts can stay at chance long; press «advice»: init glorot"


@pytest.mark.parametrize(
    ("config", "others", "words"),
    [
        (BEYOND, [AT_CHANCE], "tbptt's gradient stops before t-15; rule rtrl («settings») has no cut"),
        (
            replace(TUTORIAL, truncated_backprop_length=2, init="glorot"),
            [AT_CHANCE],
            "tbptt stops before t-3; rtrl («settings»); or restart, «advice»: truncated_backprop_length 15",
        ),
        (BEYOND, [BELOW], "tbptt's gradient stops before t-15"),
        (replace(TUTORIAL, learning_rate=3.0), [AT_CHANCE], "learning_rate 3 is too large for adagrad"),
        (
            replace(TUTORIAL, learning_rate=1e-5),
            [AT_CHANCE],
            "learning_rate 1e-05 is small for adagrad; «advice»:",
        ),
        (
            replace(TUTORIAL, echo_step=5),
            [AT_CHANCE],
            "hardly any seed solves echo 5 with state 4; «advice»: state_size 10",
        ),
        (
            replace(TUTORIAL, state_size=16),
            [AT_CHANCE],
            "few uniform starts learn with state 16; press «advice»: init glorot",
        ),
        (replace(TUTORIAL, init="glorot"), [AT_CHANCE], "«redraw» draws other weights for all"),
        (TUTORIAL, [BELOW], "seeds learn on, or are stuck"),
        (TUTORIAL, [NAN], "their steps are too large: «undo» goes back, then «settings» sets a smaller learning_rate"),
        (replace(TUTORIAL, optimizer="sgd", learning_rate=30.0), [ABOVE], "learning_rate 30 is too large for sgd"),
        (TUTORIAL, [ABOVE], "those are too sure of wrong answers"),
        (TUTORIAL, [], "all of these seeds solve it"),
    ],
)
def test_the_key_that_helps_most_of_the_others(config: EchoConfig, others: list[float], words: str) -> None:
    assert words in seeds_sentence(population([SOLVED], 5 * others), config, undoable=True).advice


def test_nobody_is_sent_away_who_only_has_to_wait() -> None:
    for cell in ("rnn", "gru", "lstm"):
        early = seeds_sentence(population([], [AT_CHANCE] * 64, windows=60), EchoConfig(cell=cell, init="glorot"))
        assert early.advice == "wait: learning often begins after some hundred windows"


def test_advice_without_known_changes_is_a_sentence() -> None:
    far = replace(TUTORIAL, echo_step=14, state_size=16, init="glorot")
    told = seeds_sentence(population([], [AT_CHANCE] * 64), far)
    assert (told.advice, told.more_advice, told.remedy) == (
        "learning takes more windows, often thousands; wait, or a longer T («settings»)", "", None
    )  # fmt: skip
    short = EchoConfig(echo_step=20, total_series_length=150)
    told = seeds_sentence(population([], [AT_CHANCE] * 64), short)
    assert told.advice == "tbptt's gradient stops before t-20; rule rtrl («settings») has no cut"
    half = EchoConfig(echo_step=4, cell="gru", init="glorot")
    told = seeds_sentence(population([SOLVED] * 34, [AT_CHANCE] * 30), half)
    assert told.advice == "not every seed solves echo 4 with state 4; a larger state_size («settings») may help"


def test_what_was_solved_and_lost_again_is_told() -> None:
    lost = seeds_sentence(population([SOLVED] * 5 + [0.6] * 3, []), TUTORIAL)
    assert lost.cause == "8 of 8 solved (68 to 100 %), median window 500; 3 of the 8 lost it again"
    assert lost.advice == "a smaller learning_rate («settings») may hold it steadier"


def test_above_chance_at_the_beginning_is_how_a_uniform_start_begins() -> None:
    early = seeds_sentence(population([], [ABOVE] * 8, windows=60), TUTORIAL)
    assert str(early).endswith(
        "8 above chance; random weights are too sure of their guesses; training corrects that first"
    )


def test_before_anything_can_be_solved() -> None:
    none = np.zeros(64, np.int64)
    begin = SeedStats.after(np.empty((0, 64), np.float32), none, 0, none)
    assert "64 networks" in seeds_sentence(begin, TUTORIAL).cause
    assert str(seeds_sentence(population([], [AT_CHANCE] * 4, windows=49), TUTORIAL)) == (
        "too early to tell: 1 more window until the first can be solved"
    )
    assert "2 diverged" in seeds_sentence(population([], [NAN] * 2, windows=9), TUTORIAL).cause


mean_losses = st.sampled_from([SOLVED, AT_CHANCE, BELOW, ABOVE, NAN, math.inf])


@settings(deadline=None)
@given(
    st.lists(mean_losses, max_size=6),
    st.lists(mean_losses, min_size=1, max_size=6),
    st.integers(1, 150_000),
    st.integers(0, 10**6),
    st.sampled_from([TUTORIAL, BEYOND, replace(TUTORIAL, cell="lstm", num_layers=3, state_size=100, echo_step=9)]),
    st.booleans(),
)
def test_both_parts_fit_in_a_line_of_80_columns(
    solved: list[float], others: list[float], times: int, windows: int, config: EchoConfig, finished: bool
) -> None:
    told = population(times // 1000 * solved, times // 1000 * others + others, windows)
    sentence = seeds_sentence(told, config, undoable=True, finished=finished)
    assert ("wait" in sentence.advice) <= (not finished)
    assert 0 < length(sentence.cause) <= LINE
    assert length(sentence.advice) <= LINE
    assert ",  " not in sentence.advice
    assert sentence.advice[:1].isalnum() or not sentence.advice
