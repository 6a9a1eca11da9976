"""The sentences for tasks other than the echo, from made-up losses: where on the ladder, and what is missing."""

from __future__ import annotations

import itertools
import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from echornn.config import EchoConfig
from echornn.data.levels import chance_level, lost_level, solved_level
from echornn.data.solved import Levels, SolvedAt
from echornn.diagnosis.by_number import errors_by_number
from echornn.diagnosis.diagnosis import Diagnosis, Kind
from echornn.diagnosis.judge import diagnosis
from echornn.diagnosis.key_marks import length
from echornn.diagnosis.loss_stats import Earlier, LossStats
from echornn.diagnosis.seed_stats import SeedStats
from echornn.diagnosis.seeds_words import seeds_sentence
from echornn.diagnosis.sentence import LINE, Sentence
from echornn.diagnosis.task_words import position_of
from echornn.diagnosis.words import said
from echornn.tasks.own.own_task import OwnTask
from tests.any_task import progress_of
from tests.echornn.diagnosis.test_judge import window_of
from tests.examples import examples
from tests.losses_seen import after

COINS = EchoConfig(task="two_coins")
WIDE = replace(COINS, state_size=9)
SHORT = replace(COINS, truncated_backprop_length=5)
XOR = EchoConfig(task="delayed_xor")
FLIP_FLOP = EchoConfig(task="flip_flop")
ADDING = EchoConfig(task="adding")
MINGRU = EchoConfig(task="parity", cell="mingru")
COPY = EchoConfig(task="copy_memory", truncated_backprop_length=20)

TEXT = """
from dataclasses import dataclass

from echornn import Level, Numbers, Symbols, Task


@dataclass(frozen=True)
class Mine(Task):
    inputs, outputs = Symbols(2), {outputs}
    length = {length}

    def draw(self, rng, rows, steps):
        raise NotImplementedError

    def levels(self, rows, steps):
        return [Level(name, loss, "of it " + name) for name, loss in {levels}]
"""


def own(*levels: tuple[str, float], outputs: str = "Symbols(4)", length: int | None = None) -> EchoConfig:
    """A configuration with a task of the user's own that has this ladder."""
    return EchoConfig(task=OwnTask("mine.py", "Mine", TEXT.format(outputs=outputs, length=length, levels=list(levels))))


def stats_of(config: EchoConfig, *parts: tuple[int, float], noise: float = 0.002) -> LossStats:
    """The statistics after stretches of (windows, mean loss), with noise; 30 % of the predictions are wrong."""
    rng = np.random.default_rng(0)
    losses = np.concatenate([loss + rng.uniform(-noise, noise, count) for count, loss in parts])
    errors = np.full(len(losses), 0.3, np.float32)
    return after(LossStats(), np.maximum(losses, 0).astype(np.float32), config, errors=errors)


def told(config: EchoConfig, *parts: tuple[int, float], noise: float = 0.002) -> tuple[str, str]:
    sentence = said(diagnosis(config, stats_of(config, *parts, noise=noise), None))
    return sentence.cause, sentence.advice


@pytest.mark.parametrize(
    ("config", "losses", "cause", "advice"),
    [
        (COINS, [(3000, 0.6616)], "at chance (0.662) after 3,000 windows",
         "the next level is 'knows t-8' (0.628): the coin 8 steps back"),
        (COINS, [(1000, 0.6616), (500, 0.6277)], "learning: mean loss 0.628, at knows t-8 (0.628)",
         "the next level is 'knows t-3' (0.519): the coin 3 steps back"),
        (COINS, [(1000, 0.6616), (300, 0.57)], "learning: mean loss 0.570, below knows t-8 (0.628)",
         "53% of the way to knows t-3 (0.519): the coin 3 steps back"),
        (COINS, [(1000, 0.6616), (5000, 0.519)],
         "has stood at knows t-3 (0.519) since about window 1,200: mean loss 0.519",
         "t-8 is missing: a shift register needs 9 numbers; more units («settings») may help"),
        (WIDE, [(1000, 0.6616), (5000, 0.519)],
         "has stood at knows t-3 (0.519) since about window 1,200: mean loss 0.519",
         "t-8 is missing; the next level is 'knows both' (0.455)"),
        (SHORT, [(3000, 0.6616)], "at chance (0.662) after 3,000 windows",
         "the next level is 'knows t-8' (0.628): the coin 8 steps back"),
        (replace(WIDE, truncated_backprop_length=5), [(1000, 0.6616), (5000, 0.519)],
         "has stood at knows t-3 (0.519) since about window 1,200: mean loss 0.519",
         "t-8 is missing: tbptt stops before t-8 (T 5); a longer T or rtrl («settings») may help"),
        (SHORT, [(1000, 0.6616), (5000, 0.495)],
         "has stood at 0.495 since about window 1,200, below knows t-3 (0.519)",
         "a shift register needs 9 numbers; more units («settings») may help"),
        (WIDE, [(3000, 0.495)], "has stood at 0.495 from the start, below knows t-3 (0.519)",
         "37% of the way to knows both (0.455): the coins 3 and 8 steps back"),
        (COINS, [(1000, 0.6616), (500, 0.456)],
         "solved at window 1,047: mean loss 0.4561 (least possible 0.455)",
         "«settings» sets another task, or its settings; «log» shows powers of ten"),
        (COINS, [(30, 0.6616)], "too early to tell: 34 more windows needed",
         "7 of a window's 15 targets have their sources within it, which gradients reach"),
        (COINS, [(100, 0.9)], "above chance: mean loss 0.900, chance is 0.662",
         "7 of a window's 15 targets have their sources within it, which gradients reach"),
        (XOR, [(3000, 0.693)], "at chance (0.693) after 3,000 windows",
         "the next level is 'knows both' (0.000): the bits 1 and 3 steps back"),
        (FLIP_FLOP, [(1000, 1.0), (5000, 0.64)],
         "has stood at knows 2 back (0.640) since about window 1,200: mean loss 0.640",
         "the next level is 'knows 4 back' (0.409): the pulses of the last 4 steps"),
        (replace(XOR, truncated_backprop_length=1), [(3000, 0.693)], "at chance (0.693) after 3,000 windows",
         "tbptt stops before t-1 (T 1); a longer T or rtrl («settings») may help"),
        (ADDING, [(3000, 0.1667)], "at chance (0.167) after 3,000 windows",
         "the next level is 'knows one' (0.083); 4 shows how far back errors get"),
        (replace(FLIP_FLOP, state_size=2), [(1000, 1.0), (5000, 0.334)],
         "has stood at 0.334 since about window 1,200, below knows 4 back (0.409)",
         "3 numbers from 2 units: no read-out gets below 0.32; more units («settings») may help"),
        (COINS, [(1000, 0.6616), (400, 0.519), (300, 0.519)],
         "below chance: mean loss 0.519, at knows t-3 (0.519)",
         "the next level is 'knows both' (0.455): the coins 3 and 8 steps back"),
        (own(("chance", 0.69), ("all", 0.6)), [(1000, 0.69), (1000, 0.316)],
         "mean loss 0.316, below the last level, all (0.600)",
         "no learner gets lower if the ladder is right: check levels in mine.py:Mine"),
        (ADDING, [(1000, 0.1667), (5000, 0.0833)],
         "has stood at knows one (0.083) since about window 1,200: mean loss 0.083",
         "the next level is 'knows both' (0.000): both marked numbers"),
        (replace(ADDING, truncated_backprop_length=10), [(3000, 0.1667)], "at chance (0.167) after 3,000 windows",
         "tbptt cuts every 10 of a trial's 50 steps; a longer T or rtrl («settings») may help"),
        (COPY, [(1000, 0.46), (5000, 0.1733)],
         "has stood at knows when (0.173) since about window 1,200: mean loss 0.173",
         "tbptt stops before t-110 (T 20); a longer T or rtrl («settings») may help"),
        (MINGRU, [(3000, 0.6931)], "at chance (0.693) after 3,000 windows",
         "no mingru solves every length: gates never turn a sign (Sarrof et al. 2024)"),
        (MINGRU, [(1000, 0.6931), (500, 0.02)], "solved at window 1,048: mean loss 0.0201",
         "no mingru solves every length: gates never turn a sign (Sarrof et al. 2024)"),
        (replace(MINGRU, truncated_backprop_length=5), [(3000, 0.6931)], "at chance (0.693) after 3,000 windows",
         "tbptt cuts every 5 of a trial's 10 steps; a longer T or rtrl («settings») may help"),
        (replace(MINGRU, cell="rnn"), [(1000, 0.6931), (5000, 0.416)],
         "has stood at right for 4 (0.416) since about window 1,200: mean loss 0.416",
         "the next level is 'knows all' (0.000): the parity of all bits so far"),
    ],
)  # fmt: skip
def test_where_the_loss_is_on_the_ladder_and_what_comes_next(
    config: EchoConfig, losses: list[tuple[int, float]], cause: str, advice: str
) -> None:
    assert told(config, *losses) == (cause, advice)


@pytest.mark.parametrize("seed", range(6))
def test_a_mean_that_fell_to_a_level_is_not_said_to_rise_again(seed: int) -> None:
    """The windows before the fall are in no mean of blocks that is said after one of the newest windows."""
    fell = np.repeat([0.662, 0.55, 0.515], [790, 80, 362]) + np.random.default_rng(seed).normal(0, 0.045, 1232)
    loss_stats = after(LossStats(), fell[:960].astype(np.float32), COINS)
    means = []
    for part in np.split(fell[960:].astype(np.float32), range(16, 272, 16)):
        loss_stats = after(loss_stats, part, COINS)
        it = diagnosis(COINS, loss_stats, None)
        means.append(it.mean)
        assert said(it).cause.endswith("at knows t-3 (0.519)")
    assert max(np.diff(means)) < 0.01
    assert means[-1] == pytest.approx(0.515, abs=0.01)


@pytest.mark.parametrize(
    ("errors", "advice"),
    [
        ((0.02, 0.015, 0.967), "errors in the newest window: bit 3 0.967, bit 1 0.020, bit 2 0.015"),
        ((0.4, 0.3, 0.3), "31% of the way to knows 8 back (0.168): the pulses of the last 8 steps"),
        ((math.nan, 0.3, 0.3), "31% of the way to knows 8 back (0.168): the pulses of the last 8 steps"),
    ],
)
def test_numbers_that_a_network_knows_and_does_not_know_are_told_apart(errors: tuple[float, ...], advice: str) -> None:
    it = diagnosis(FLIP_FLOP, stats_of(FLIP_FLOP, (1000, 1.0), (5000, 0.334)), None)
    assert said(replace(it, by_number=errors)).advice == advice
    assert said(replace(it, kind=Kind.LEARNING, by_number=errors)).advice == advice
    assert ("of the way" in advice + said(replace(it, by_number=errors)).more_advice) == ("newest window" not in advice)
    few = replace(it, kind=Kind.LEARNING, config=replace(FLIP_FLOP, state_size=2))
    assert said(few).advice == "3 numbers from 2 units: no read-out gets below 0.32; more units («settings») may help"


def test_the_errors_of_numbers_are_those_of_the_scored_steps() -> None:
    window = progress_of(FLIP_FLOP)
    wrong = (window.outputs - window.y).astype(np.float64) ** 2
    np.testing.assert_allclose(errors_by_number(FLIP_FLOP, window), wrong.mean(axis=(0, 1)))
    of_few = replace(window, scored=np.arange(15) % 5 == np.zeros((5, 1)))
    np.testing.assert_allclose(errors_by_number(FLIP_FLOP, of_few), wrong[:, ::5].mean(axis=(0, 1)))
    assert errors_by_number(COINS, progress_of(COINS)) == ()


@pytest.mark.parametrize(
    ("config", "cause", "advice"),
    [
        (COINS, "chance is 0.662 nats, the loss of knowing nothing",
         "next: knows t-8 (0.628), knows t-3 (0.519), knows both (0.455)"),
        (ADDING, "chance is a squared error of 0.167, the loss of knowing nothing",
         "next: knows one (0.083), knows both (0.000)"),
        (own(), "guessing evenly has a loss of 1.386 nats; the task has no ladder",
         "nothing counts as solved; the sentence tells whether the loss falls"),
        (own(outputs="Numbers(1)"), "this task has no ladder, so that chance is not known",
         "nothing counts as solved; the sentence tells whether the loss falls"),
    ],
)  # fmt: skip
def test_before_the_first_window(config: EchoConfig, cause: str, advice: str) -> None:
    sentence = said(diagnosis(config, LossStats(), None))
    assert (sentence.cause, sentence.advice) == (cause, advice)


NUMBERS, SYMBOLS = own(outputs="Numbers(1)"), own()


@pytest.mark.parametrize(
    ("config", "losses", "cause"),
    [
        (NUMBERS, [(3000, 7.5)], "hardly lower from the start: mean loss 7.500"),
        (NUMBERS, [(1000, 7.5), (500, 0.25)], "the loss falls: mean loss 0.250"),
        (NUMBERS, [(3000, 900)], "mean loss 900.000"),
        (NUMBERS, [(3000, 0)], "hardly lower from the start: mean loss 0.000"),
        (NUMBERS, [(99, math.nan)], "diverged: the loss is nan"),
        (NUMBERS, [(99, math.nan), (20, 0.5)], "recovering: mean loss 0.500 in the last 20 windows"),
        (SYMBOLS, [(3000, 1.386)], "at chance (1.386) after 3,000 windows"),
        (SYMBOLS, [(1000, 1.386), (500, 0.7)],
         "learning: mean loss 0.700, below 1.386, the loss of guessing evenly"),
        (SYMBOLS, [(3000, 0)], "hardly lower from the start: mean loss 0.000"),
    ],
)  # fmt: skip
def test_without_a_ladder_only_falls_are_told_and_nothing_is_ever_solved(
    config: EchoConfig, losses: list[tuple[int, float]], cause: str
) -> None:
    stats = stats_of(config, *losses, noise=0)
    assert said(diagnosis(config, stats, None)).cause == cause
    assert (stats.solved_at, stats.lost_at) == (None, None)
    assert (solved_level(config), lost_level(config)) == (-math.inf, math.inf)


def test_a_task_that_cannot_be_solved_is_not_in_a_population_either() -> None:
    levels = Levels.of([NUMBERS, NUMBERS])
    losses = np.zeros((200, 2), np.float32)
    losses[:, 1] = 3e5
    before = SolvedAt.never(2).after(losses, levels)
    assert (before.at.tolist(), before.lost_at.tolist()) == ([0, 0], [0, 0])


def test_first_targets_that_no_network_can_know_are_told() -> None:
    config = EchoConfig(task="delayed_xor")
    stats = stats_of(config, (1000, 0.0))
    window = window_of([*[0.0] * 60, 0.14], 0)
    sentence = said(diagnosis(config, replace(stats, recent=np.append(stats.recent[1:], np.float32(0.14))), window))
    assert sentence.cause == "solved; spike: the first targets of a row depend on inputs before the row"


def test_noise_of_few_scored_steps_is_no_news() -> None:
    """A window of `adding` scores one step of each of 5 trials, so that its loss is mostly noise."""
    rng = np.random.default_rng(1)
    parts = ((3000, 2), (3000, 1))
    squares = [(rng.random((count, 5, numbers)).sum(axis=2) - numbers / 2) ** 2 for count, numbers in parts]
    losses = np.concatenate([square.mean(axis=1) for square in squares]).astype(np.float32)
    stats, kinds = LossStats(), []
    for begin in range(0, len(losses), 40):
        stats = after(stats, losses[begin : begin + 40], ADDING, errors=np.zeros(40, np.float32))
        kinds.append(diagnosis(ADDING, stats, None).kind)
    assert [kind for kind, _ in itertools.groupby(kinds)] == [
        Kind.TOO_EARLY, Kind.PLATEAU, Kind.LEARNING, Kind.STALLED
    ]  # fmt: skip


# ---- several networks


def seeds(config: EchoConfig, *means: float, solved: int = 0) -> Sentence:
    losses = np.array(means, np.float32)
    at = np.array([500] * solved + [0] * (len(means) - solved), np.int64)
    stats = SeedStats(at, losses, losses, ~np.isfinite(losses), 2000, np.zeros(len(means), np.int64))
    return seeds_sentence(stats, config)


def test_how_many_seeds_are_at_each_level() -> None:
    sentence = seeds(COINS, *[0.455] * 3, *[0.52] * 20, *[0.66] * 5, *[0.59] * 3, math.nan, solved=3)
    assert sentence.cause == "3 of 32 solved (3 to 24 %), median window 500; 20 at knows t-3, 5 at chance"
    assert sentence.more_cause == ", 3 below knows t-8, 1 diverged"
    assert sentence.advice == "with a loss below chance, seeds learn on, or are stuck; «view.seeds» shows each"
    assert (
        sentence.beside(["view.rows", "view.seeds"]).advice == "with a loss below chance, seeds learn on, or are stuck"
    )
    assert sentence.beside(["view.rows"]) == sentence
    longer = replace(sentence, more_advice="; «view.gradient» shows how far back errors get: both")
    assert longer.beside(["view.gradient"]).more_advice == ": both"
    assert seeds(SHORT, *[0.52] * 9).advice == "a shift register needs 9 numbers; more units («settings») may help"
    short_and_wide = seeds(replace(WIDE, truncated_backprop_length=5), *[0.52] * 9)
    assert short_and_wide.advice == "tbptt stops before t-8 (T 5); a longer T or rtrl («settings») may help"
    assert (
        seeds(ADDING, *[0.166] * 9).advice == "wait, or «redraw» draws other weights for all; «view.seeds» shows each"
    )


def test_the_losses_of_seeds_if_nothing_counts_as_solved() -> None:
    sentence = seeds(NUMBERS, *np.linspace(1, 2, 21).tolist())
    assert sentence.cause == "21 networks: mean losses 1.100 to 1.900 (10 to 90 %), median 1.500"


# ---- whatever the task is

KINDS = {Kind.START, Kind.TOO_EARLY, Kind.LEARNING, Kind.STALLED, Kind.DIVERGED, Kind.RECOVERING, Kind.SLIPPED}
"""The kinds that there are if chance is not known."""

WITH_CHANCE = {Kind.SETTLING, Kind.PLATEAU, Kind.SATURATED, Kind.SWINGING, Kind.SOLVED, Kind.UNSTEADY, Kind.WORSE}

names = st.text(st.characters(categories=("L", "Nd"), max_codepoint=0x17F), min_size=1, max_size=60)
ladders = st.lists(st.tuples(names, st.just(0.0) | st.floats(1e-3, 512)), max_size=5).map(
    lambda levels: sorted(levels, key=lambda level: -level[1])
)


@examples(40)
@given(ladders, st.sampled_from(["Symbols(7)", "Numbers(3)"]), st.sampled_from([None, 40]), st.floats(0, 600))
def test_any_ladder_gives_sentences_that_fit_and_are_true(
    levels: list[tuple[str, float]], outputs: str, length: int | None, loss: float
) -> None:
    config = own(*levels, outputs=outputs, length=length)
    stats = stats_of(config, (2200, loss), noise=0)
    it = diagnosis(config, stats, None)
    chance = chance_level(config)
    assert it.kind in {Kind.LEARNING, Kind.STALLED, Kind.PLATEAU, Kind.WORSE, Kind.SETTLING, Kind.SOLVED}
    if it.kind is Kind.PLATEAU:
        assert loss == pytest.approx(chance, rel=0.07, abs=1e-6)
    if it.kind is Kind.WORSE:
        assert loss > chance
    if it.kind is Kind.STALLED and it.mean < 512 and (place := position_of(it)):
        assert (place.at or place.above).name[:20] in said(it).cause + said(it).more_cause
    for kind in KINDS if math.isnan(chance) else KINDS | WITH_CHANCE:
        _fits(said(replace(it, kind=kind, solved_at=7, since=700_000, wrong=math.nan)))
    _fits(seeds(config, loss, loss / 2, math.nan))


def _fits(sentence: Sentence) -> None:
    assert 0 < length(sentence.cause) <= LINE
    assert length(sentence.advice) <= LINE
    assert "nan" not in f"{sentence.cause}{sentence.advice}".replace("nan window", "")


def test_a_change_of_a_setting_forgets_what_was_solved() -> None:
    other = COINS.with_fields({"lag": 4})
    it = Diagnosis(Kind.FORGOT, other, windows=300, mean=0.7, before=Earlier(COINS, 900, 3000))
    assert said(it).cause == "weights that solved lag 3 do not solve 4: mean loss 0.700"
    assert said(replace(it, kind=Kind.START)).cause == "lag 4 from here on, with weights that solved 3"
