"""The sentences of diagnoses: the numbers support them, the cause comes first, and parts fit the smallest screen."""

from __future__ import annotations

import dataclasses
import math
import re
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from echornn.cells.table import CELLS
from echornn.config import EchoConfig, Init
from echornn.data.levels import chance_level
from echornn.diagnosis.diagnosis import Diagnosis, Kind, Note
from echornn.diagnosis.judge import diagnosis
from echornn.diagnosis.key_marks import length
from echornn.diagnosis.loss_stats import RECENT_WINDOWS, Earlier, LossStats
from echornn.diagnosis.phrases import GO_BACK
from echornn.diagnosis.sentence import LINE, Sentence
from echornn.diagnosis.words import SENTENCES, said
from echornn.history.block_means import BlockMeans
from tests.echornn.diagnosis.recorded import Read
from tests.echornn.diagnosis.test_judge import window_of
from tests.examples import examples
from tests.losses_seen import after

TUTORIAL = EchoConfig()
GLOROT = EchoConfig(init="glorot")
LSTM = EchoConfig(cell="lstm")
SOLVED = Earlier(TUTORIAL, 369, 3000)


def test_every_kind_has_its_sentence() -> None:
    assert set(SENTENCES) == set(Kind)


def told(kind: Kind, config: EchoConfig = TUTORIAL, **numbers: object) -> Sentence:
    return said(replace(Diagnosis(kind, config, windows=1200), **numbers))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("sentence", "cause", "advice"),
    [
        (told(Kind.START, note=Note.COVERAGE), "chance is 0.693 nats, the loss of guessing",
         "12 of a window's 15 targets echo an input inside it, which gradients reach"),
        (told(Kind.TOO_EARLY, windows=63, note=Note.OVERLAP, config=replace(TUTORIAL, stride=3)),
         "too early to tell: 1 more window needed",
         "windows of 15 steps start every 3, so each step is trained 5 times"),
        (told(Kind.SETTLING, mean=0.9), "coming down: mean loss 0.900, chance is 0.693",
         "random weights are too sure of their guesses; training corrects that first"),
        (told(Kind.SETTLING, replace(TUTORIAL, state_size=12), mean=0.807, note=Note.UNIFORM_START),
         "coming down: mean loss 0.807, chance is 0.693", "few uniform starts learn; press «advice»: init glorot"),
        (told(Kind.STALLED, replace(GLOROT, num_classes=5), mean=1.17, wrong=0.5, since=190),
         "hardly lower since about window 190: mean loss 1.170, 50% right",
         "«redraw» draws other weights; «seeds» shows how many of 64 seeds get further"),
        (told(Kind.RELAPSED, replace(GLOROT, echo_step=15), mean=0.5, solved_at=9, since=500),
         "solved at window 9, but lost since 500: mean 0.500",
         "no gradient reaches the source; «window_back» and «epoch_back» go back to when it was still kept"),
        (told(Kind.LEARNING, mean=0.3466, wrong=0.2),
         "learning: mean loss 0.347, 50% of the way from chance to zero", ""),
        (told(Kind.LEARNING, replace(TUTORIAL, echo_step=5), mean=0.4, note=Note.FEW_NUMBERS, held=3.5),
         "learning: mean loss 0.400, 42% of the way from chance to zero",
         "hardly any seed solves echo 5 with state 4: a shift register needs 6"),
        (told(Kind.BEGINNING, mean=0.68, wrong=0.35),
         "65% right, more than by guessing, though the loss is near chance: 0.680", ""),
        (told(Kind.BEGINNING, replace(GLOROT, echo_step=13, state_size=16), mean=0.68, wrong=0.42),
         "58% right, more than by guessing, though the loss is near chance: 0.680",
         "learning takes more windows, often thousands; «advice»: truncated_backprop_length 26"),
        (told(Kind.BEGINNING, GLOROT, mean=0.66, wrong=0.42, windows=13_300, changed=10_000),
         "58% right, more than by guessing, though the loss is near chance: 0.660",
         "so for 3,300 windows; wait, or «redraw» draws other weights"),
        (told(Kind.LEARNING, GLOROT, mean=0.388, windows=667, falls=True, fall=0.01),
         "below chance: mean loss 0.388, 44% of the way from chance to zero", ""),
        (told(Kind.LEARNING, GLOROT, mean=0.388, windows=667, falls=True, fall=0.1),
         "learning: mean loss 0.388, 44% of the way from chance to zero", ""),
        (told(Kind.PLATEAU, GLOROT), "at chance (0.693) after 1,200 windows",
         "wait: learning often begins after some hundred windows; «redraw»: other weights"),
        (told(Kind.PLATEAU, GLOROT, windows=2_000), "at chance (0.693) after 2,000 windows",
         "nothing is learned yet; «redraw» draws other weights"),
        (told(Kind.PLATEAU, GLOROT, windows=14_773, changed=14_000), "at chance (0.693), 14,773 windows in all",
         "wait: learning often begins after some hundred windows; «redraw»: other weights"),
        (told(Kind.PINNED, windows=14_773, changed=14_000),
         "at chance, 14,773 windows in all: a uniform start often pins units near one",
         "press «advice»: init glorot; or «redraw» for another uniform start"),
        (told(Kind.PLATEAU, LSTM, windows=999_999, changed=9),
         "at chance (0.693), 999,999 windows in all: a uniform start can stay there long",
         "press «advice»: init glorot"),
        (told(Kind.PLATEAU, LSTM, windows=25_999),
         "at chance (0.693) after 25,999 windows: a uniform start can stay there long",
         "press «advice»: init glorot; or wait: a uniform start can take thousands of windows"),
        (told(Kind.PLATEAU, LSTM, windows=26_000),
         "at chance (0.693) after 26,000 windows: a uniform start can stay there long", "press «advice»: init glorot"),
        (told(Kind.PLATEAU, replace(LSTM, cell="gru", state_size=12)),
         "at chance (0.693) after 1,200 windows: a uniform start can stay there long", "press «advice»: init glorot"),
        (told(Kind.PLATEAU, replace(LSTM, num_layers=2)),
         "at chance (0.693) after 1,200 windows: a uniform start can stay there long", "press «advice»: init glorot"),
        (told(Kind.PLATEAU, EchoConfig(cell="lru"), windows=500), "at chance (0.693) after 500 windows",
         "wait: learning often begins after some hundred windows; «redraw»: other weights"),
        (told(Kind.STALLED, EchoConfig(cell="mingru"), mean=0.57, wrong=0.33, since=600),
         "hardly lower since about window 600: mean loss 0.570, 67% right",
         "«advice»: num_layers 3, state_size 16, init glorot, optimizer adam and 1 more"),
        (told(Kind.STALLED, EchoConfig(cell="mingru", echo_step=2), mean=0.57, wrong=0.33, since=600),
         "hardly lower since about window 600: mean loss 0.570, 67% right",
         "of 16 seeds none solved echo 3 with one layer, and 14 with three of 16 units"),
        (told(Kind.PINNED, spread=0.0071), "units hardly move with the input (0.007), as after many uniform starts",
         "press «advice»: init glorot; or wait, or «redraw» for another uniform start"),
        (told(Kind.PINNED, replace(TUTORIAL, state_size=16), spread=1.0, saturated=1.0),
         "100% of units saturated, as after many uniform starts",
         "press «advice»: init glorot; «redraw» draws such a start again: few learn at this size"),
        (told(Kind.PINNED), "at chance after 1,200 windows: a uniform start often pins units near one",
         "press «advice»: init glorot; or wait, or «redraw» for another uniform start"),
        (told(Kind.FAR, replace(TUTORIAL, echo_step=14)),
         "at chance (0.693): 1 of a window's 15 targets echoes an input inside it",
         "learning takes more windows, often thousands; «advice»: state_size 16, init glorot"),
        (told(Kind.FAR, replace(GLOROT, echo_step=13, state_size=16)),
         "at chance (0.693): 2 of a window's 15 targets echo an input inside it",
         "learning takes more windows, often thousands; «advice»: truncated_backprop_length 26"),
        (told(Kind.FAR, replace(GLOROT, echo_step=14, state_size=16)),
         "at chance (0.693): 1 of a window's 15 targets echoes an input inside it",
         "learning takes more windows, often thousands; a longer T («settings») may be quicker"),
        (told(Kind.STALLED, replace(GLOROT, echo_step=14, state_size=16), mean=0.602, wrong=0.32, since=580),
         "hardly lower since about window 580: mean loss 0.602, 68% right",
         "learning takes more windows, often thousands; a longer T («settings») may be quicker"),
        (told(Kind.FAR, replace(GLOROT, echo_step=9, state_size=16, truncated_backprop_length=10)),
         "at chance (0.693): 1 of a window's 10 targets echoes an input inside it",
         "learning takes more windows, often thousands; «advice»: truncated_backprop_length 15"),
        (told(Kind.SATURATED, GLOROT, mean=1.93, too_large=30.0),
         "the earlier learning_rate 30 often saturates units: mean loss 1.930",
         "«reset» starts over with these settings: saturated units hardly learn"),
        (told(Kind.SATURATED, GLOROT, mean=0.69, saturated=0.94),
         "94% of units saturated: mean loss 0.690",
         "«reset» starts over with these settings: saturated units hardly learn"),
        (told(Kind.BEYOND, replace(TUTORIAL, echo_step=15)),
         "tbptt's gradient stops before t-15 (T 15); in our trials no seed solved it",
         "no cut with rule rtrl («settings»); or a longer T, or a shorter echo_step"),
        (told(Kind.BEYOND, replace(GLOROT, truncated_backprop_length=1, state_size=16), kept=0.417),
         "tbptt's gradient stops before t-3 (T 1); some seeds find it and lose it",
         "no cut: rule rtrl («settings»); or restart, press «advice»: truncated_backprop_length 15"),
        (told(Kind.BEYOND, replace(GLOROT, echo_step=1, truncated_backprop_length=1), kept=0.001),
         "tbptt's gradient stops before t-1 (T 1); some seeds find it and lose it",
         "no cut: rule rtrl («settings»); or restart, press «advice»: truncated_backprop_length 15"),
        (told(Kind.RATE_TOO_LARGE, replace(TUTORIAL, learning_rate=5), mean=0.7, saturated=0.94),
         "learning_rate 5 is too large for adagrad: 94% of units saturated",
         "«advice»: learning_rate 0.3, init glorot, starting over: saturated units hardly learn"),
        (told(Kind.STEPS_TOO_SMALL, replace(TUTORIAL, learning_rate=1e-4, optimizer="sgd"), mean=0.7, update=1.2e-5),
         "learning_rate 0.0001 is small for sgd: learning takes far more windows",
         "press «advice»: learning_rate 0.3, init glorot"),
        (told(Kind.FEW_NUMBERS, replace(TUTORIAL, echo_step=5), mean=0.37, since=17_861),
         "hardly any seed solves echo 5 with state 4: mean loss 0.370",
         "a linear shift register needs 6 numbers; press «advice»: state_size 10, init glorot"),
        (told(Kind.STALLED, mean=0.3, wrong=0.1, since=9000, held=2.9),
         "hardly lower since about window 9,000: mean loss 0.300, 90% right",
         "a linear read-out finds 2.9 numbers, a shift register needs 4"),
        (told(Kind.SLIPPED, mean=0.678, best=0.539, best_at=320),
         "it was better: mean loss 0.539 at window 320, 0.678 now",
         "a smaller learning_rate («settings») may hold what it has; «window_back» and «epoch_back» go back to look"),
        (told(Kind.SWINGING, mean=0.7, undoable=True), "the loss swings around chance: mean 0.700",
         "a smaller learning_rate («settings») may steady it; «undo» goes back"),
        (told(Kind.FORGOT, replace(TUTORIAL, echo_step=5), mean=0.7, before=SOLVED),
         "weights that solved echo_step 3 do not solve 5: mean loss 0.700",
         "press «advice»: state_size 10, init glorot"),
        (told(Kind.FORGOT, replace(GLOROT, echo_step=2), mean=0.7, before=Earlier(GLOROT, 369, 3000)),
         "weights that solved echo_step 3 do not solve 2: mean loss 0.700",
         "some seeds relearn it within hundreds of windows; «reset» starts over"),
        (told(Kind.FORGOT, replace(TUTORIAL, echo_step=4), mean=0.7, before=SOLVED, saturated=0.88, undoable=True),
         "weights that solved echo_step 3 do not solve 4: 88% saturated",
         "press «advice»: state_size 8, init glorot; or «undo» goes back"),
        (told(Kind.FORGOT, replace(GLOROT, echo_step=2), mean=0.7, before=Earlier(GLOROT, 369, 3000), saturated=0.88,
              undoable=True),
         "weights that solved echo_step 3 do not solve 2: 88% saturated",
         "«reset» starts over, «undo» goes back; saturated units hardly learn"),
        (told(Kind.START, replace(TUTORIAL, echo_step=4), before=SOLVED),
         "echo_step 4 from here on, with weights that solved 3", "chance is 0.693 nats, the loss of guessing"),
        (told(Kind.SOLVED, mean=0.0004, solved_at=369, typical_fall=0.3, sure=0.99996),
         "solved at window 369: mean loss 0.0004; typical losses still fall",
         "«settings» sets a longer echo_step; «log» shows powers of ten"),
        (told(Kind.SOLVED, mean=0.0004, solved_at=369, typical_fall=-0.1),
         "solved at window 369: mean loss 0.0004; typical losses rise",
         "«settings» sets a longer echo_step; «log» shows powers of ten"),
        (told(Kind.SOLVED, mean=0.0004, solved_at=369, falls=True, fall=0.3), "solved at window 369: mean loss 0.0004",
         "«settings» sets a longer echo_step; «log» shows powers of ten"),
        (told(Kind.SOLVED, replace(TUTORIAL, total_series_length=75), note=Note.ONE_WINDOW, mean=0.1366, solved_at=236),
         "solved at window 236: mean loss 0.1366 (floor 0.135)",
         "an epoch is one window here; «settings» sets a longer total_series_length"),
        (told(Kind.SOLVED, replace(TUTORIAL, num_layers=3, dropout=0.5), note=Note.DROPOUT, mean=0.04, solved_at=9),
         "solved at window 9: mean loss 0.0400", "this loss is measured with dropout 0.5; without it fewer are wrong"),
        (told(Kind.UNSTEADY, mean=0.05, solved_at=9, relapses=8),
         "solved at window 9, then lost 8 times: mean loss 0.050",
         "a smaller learning_rate («settings») may hold it steadier"),
        (told(Kind.RELAPSED, mean=0.3, wrong=0.1, solved_at=9, since=500),
         "solved at window 9, but lost since 500: mean 0.300",
         f"{GO_BACK}; a smaller learning_rate («settings») may hold it steadier from there"),
        (told(Kind.RELAPSED, mean=0.69, solved_at=47, since=1342, into_epoch=10),
         "solved at window 47, but lost since 1,342 (window 10 of its epoch): mean 0.690",
         f"{GO_BACK}; a smaller learning_rate («settings») may hold it steadier from there"),
        (told(Kind.RELAPSED, mean=3.9e6, solved_at=9, since=500, undoable=True),
         "solved at window 9, but lost since 500: mean 3.900e+06, worse than chance",
         "«undo» goes back to before the last change; «settings» sets a smaller learning_rate"),
        (told(Kind.SPIKE, unknown=3, floor=0.111, newest=0.22),
         "spike: first 3 targets of rows 2 to 5 echo the row above",
         "a zero state cannot know them (floor 0.111); press «advice»: row_start zero"),
        (told(Kind.UNSTABLE, newest=0.987, wrong=16 / 75, place=(5, 4)),
         "thrown off: loss 0.99, 21% wrong, 4 windows into an epoch",
         "the epoch's first step probably did it; a smaller learning_rate («settings») may help"),
        (told(Kind.WORSE, mean=2.0), "worse than chance: mean loss 2.000, chance 0.693",
         "its guesses are too sure; «settings» sets a smaller learning_rate"),
        (told(Kind.WORSE, replace(TUTORIAL, learning_rate=3e8), mean=2.6e35, blamed=("learning_rate",), undoable=True),
         "worse than chance since learning_rate = 3e+08: mean 2.600e+35",
         "«undo» goes back to before that, then «settings» sets a smaller learning_rate"),
        (told(Kind.DIVERGED, newest=math.nan, undoable=True), "diverged: the loss is nan",
         "«undo» goes back, then «settings» sets a smaller learning_rate"),
        (told(Kind.DIVERGED, newest=2.6e35, blamed=("learning_rate", "echo_step")),
         "diverged since learning_rate and 1 more: the loss is 2.600e+35",
         "«reset» starts over, then «settings» sets a smaller learning_rate"),
        (told(Kind.RECOVERING, windows=20, mean=0.8), "recovering: mean loss 0.800 in the last 20 windows",
         "before that the loss was not finite; «reset» starts over"),
    ],
)  # fmt: skip
def test_sentences(sentence: Sentence, cause: str, advice: str) -> None:
    assert (sentence.cause, sentence.advice) == (cause, advice)


@pytest.mark.parametrize(
    ("steps", "echo", "seeds"),
    [
        (1, 8, "in our trials no seed solved it"),
        (2, 7, "some seeds find it and lose it"),
        (2, 8, "in our trials no seed solved it"),
        (3, 4, "some seeds find it and lose it"),
        (4, 4, "some seeds find it and lose it"),
        (4, 5, "in our trials no seed solved it"),
        (5, 8, "in our trials no seed solved it"),
        (8, 8, "in our trials no seed solved it"),
        (7, 8, ""),
        (15, 16, ""),
        (2, 9, ""),
    ],
)
def test_how_many_seeds_solve_an_echo_beyond_t_as_far_as_it_was_tried(steps: int, echo: int, seeds: str) -> None:
    beyond = told(Kind.BEYOND, replace(GLOROT, truncated_backprop_length=steps, echo_step=echo))
    cut = f"tbptt's gradient stops before t-{echo} (T {steps})"
    assert beyond.cause.startswith(f"{cut}; {seeds}" if seeds else cut)
    assert bool(seeds) is ("seed" in beyond.cause + beyond.more_cause)
    lstm = told(Kind.BEYOND, replace(LSTM, truncated_backprop_length=steps, echo_step=echo))
    assert "seed" not in lstm.cause + lstm.more_cause, "nobody tried it with this cell"


def test_of_an_echo_beyond_t_a_loss_below_chance_comes_first() -> None:
    config = replace(GLOROT, truncated_backprop_length=5, echo_step=8, state_size=16)
    below = told(Kind.BEYOND, config, mean=0.575, unsure=0.01, mean_of=1280)
    assert below.cause == "below chance: mean loss 0.575; tbptt stops before t-8 (T 5)"
    assert below.advice.startswith("no cut: rule rtrl («settings»)")
    for near in (told(Kind.BEYOND, config, mean=0.68, unsure=0.01), told(Kind.BEYOND, config, mean=0.5)):
        assert near.cause.startswith("tbptt's gradient stops before t-8 (T 5)"), "at chance, or too few windows"


def test_powers_of_ten_that_are_shown_are_not_advised() -> None:
    solved = told(Kind.SOLVED, mean=0.0004, solved_at=369)
    assert solved.beside(["view.rows", "log"]).advice == "«settings» sets a longer echo_step"
    assert solved.beside(["view.rows"]) == solved


def test_a_wide_screen_is_told_more() -> None:
    spike = told(Kind.SPIKE, unknown=3, floor=0.111, newest=0.22)
    assert spike.more_cause == "; loss 0.220 is above the floor: its guesses are too sure"
    assert spike.more_advice == ", which blanks them; those of row 1 are blank"
    assert told(Kind.BEGINNING, mean=0.68, wrong=0.35).more_cause == "; wrong answers are too sure"
    assert told(Kind.BEGINNING, mean=0.64, wrong=0.35).more_cause == "", "as sure as it is right: 0.647 nats"
    assert told(Kind.LEARNING, mean=0.4, mean_of=1280).lengths[0] == (
        "learning: mean loss 0.400, 42% of the way from chance to zero",
        "learning: mean loss of 1,280 windows 0.400, 42% of the way from chance to zero",
    )
    relapsed = told(Kind.RELAPSED, mean=0.3, wrong=0.1, solved_at=9, since=500, mean_of=50)
    assert relapsed.lengths[0][1] == "solved at window 9, but lost since 500: mean of 50 windows 0.300; 90% right"
    assert told(Kind.RECOVERING, windows=20, mean=0.8, mean_of=50).mean_of == 0, "said already"
    solved = told(Kind.SOLVED, mean=0.0004, solved_at=369, sure=0.99996)
    assert solved.more_cause == "; 99.99% sure of its answers in a typical window"
    beyond = told(Kind.BEYOND, wrong=0.3, more_right=True, mean=0.56, best=0.5, best_at=8192, best_wrong=0.2)
    keeps = "; only what the state keeps can be used"
    assert beyond.more_cause == f"{keeps}; 70% right, more than by guessing; 80% right at window 8,192"
    assert told(Kind.BEYOND, wrong=0.49).more_cause == f"{keeps}; 51% right, no more than by guessing"
    lost = {"solved_at": 9, "since": 500, "mean": 0.6, "best_at": 764, "wrong": 0.49}
    assert told(Kind.RELAPSED, TUTORIAL, best_wrong=0.49, **lost).more_cause == "; 51% right"
    assert told(Kind.RELAPSED, TUTORIAL, best_wrong=0.01, **lost).more_cause == "; 51% right, 99% at window 764"
    stands = told(Kind.FEW_NUMBERS, replace(TUTORIAL, echo_step=5), mean=0.37, fall=0.0, since=17_861, held=3.04)
    assert stands.more_cause == "; hardly lower since about window 18,000"
    assert stands.more_advice == "; a linear read-out finds 3.0 numbers in the state"


# ---- any diagnosis


NUMBERS = st.floats(min_value=0, width=32) | st.sampled_from([0.0, 0.01, 0.5, 0.69, 0.75, 2.6e35, math.nan, math.inf])


@pytest.mark.parametrize(
    ("kind", "config", "advice"),
    [
        (Kind.PLATEAU, GLOROT, "more epochs («settings»): learning often begins after some hundred windows"),
        (Kind.PLATEAU, LSTM, "press «advice»: init glorot; or more epochs («settings»)"),
        (
            Kind.PINNED,
            TUTORIAL,
            "press «advice»: init glorot; or more epochs («settings»), or «redraw» for another uniform start",
        ),
        (Kind.BEGINNING, GLOROT, "so for 3,300 windows; more epochs («settings»), or «redraw» draws other weights"),
        (Kind.FAR, replace(GLOROT, echo_step=13, state_size=16), "«advice»: truncated_backprop_length 26"),
    ],
)
def test_a_run_that_is_finished_is_not_told_to_wait(kind: Kind, config: EchoConfig, advice: str) -> None:
    windows = 3_300 if kind is Kind.BEGINNING else 1_200
    finished = told(kind, config, windows=windows, mean=0.66, wrong=0.4, finished=True)
    assert finished.advice.removeprefix("learning takes more windows, often thousands; ") == advice
    assert "wait" not in str(finished)


@st.composite
def configs(draw: st.DrawFn) -> EchoConfig:
    length, batch, layers = draw(st.integers(1, 9999)), draw(st.integers(1, 999)), draw(st.integers(1, 8))
    row = length + draw(st.integers(0, 99_999))
    return EchoConfig(
        truncated_backprop_length=length, batch_size=batch, total_series_length=row * batch, num_layers=layers,
        echo_step=draw(st.integers(0, row - 1) | st.integers(0, min(row - 1, 20))),
        num_classes=draw(st.sampled_from([2, 2, 3, 256])),
        stride=draw(st.none() | st.integers(1, length)), state_size=draw(st.integers(1, 99_999)),
        learning_rate=draw(st.floats(1e-37, 1e38)), dropout=draw(st.sampled_from([0, 0.123456])) if layers > 1 else 0,
        init=draw(st.sampled_from(["tutorial", "glorot"])), optimizer=draw(st.sampled_from(["sgd", "rmsprop"])),
        cell=draw(st.sampled_from(list(CELLS))), row_start=draw(st.sampled_from(["previous_row", "zero"])),
    )  # fmt: skip


@st.composite
def evidences(draw: st.DrawFn, config: EchoConfig) -> LossStats:
    begun = draw(st.sampled_from([0, 0, 10**9]))
    loss_stats = LossStats(block_means=BlockMeans(begun=begun))
    for _ in range(draw(st.integers(0, 4))):
        count, loss = draw(st.sampled_from([1, 60, 640, 5000])), draw(NUMBERS)
        wrong = np.full(count, draw(st.floats(0, 1)), np.float32)
        loss_stats = after(loss_stats, np.full(count, loss, np.float32), config, begun + loss_stats.windows, wrong)
    if draw(st.booleans()):
        was = replace(config, echo_step=config.row_length - 1)
        loss_stats = replace(loss_stats, before=Earlier(was, draw(st.integers(1, 10**9)), begun))
    return loss_stats


FIELDS = [field.name for field in dataclasses.fields(EchoConfig)]


@examples(150)
@given(st.data(), configs(), st.booleans(), st.lists(st.sampled_from(FIELDS), max_size=4, unique=True))
def test_cause_and_advice_fit_the_smallest_screen_and_are_true_for_every_run(
    data: st.DataObject, config: EchoConfig, undoable: bool, blamed: list[str]
) -> None:
    loss_stats = data.draw(evidences(config))
    held = st.floats(0, max(1.0, min(config.state_size, config.echo_step)))
    read = data.draw(st.none() | st.builds(Read, st.floats(0, 1), st.floats(0, 1), held, st.floats(0, 1e9)))
    progress = None
    if loss_stats.windows:
        window = data.draw(st.integers(0, min(3, config.windows_per_epoch - 1)))
        progress = data.draw(st.sampled_from([None, window_of(loss_stats.recent.tolist(), window)]))
    readings = None if read is None else read.readings(config, 0)
    it = diagnosis(config, loss_stats, progress, undoable, tuple(blamed), readings)
    it = replace(it, finished=data.draw(st.booleans()))
    sentence = said(it)
    assert sentence.cause[0].isalnum()
    assert sentence.advice[:1].isalnum() or sentence.advice.startswith("«") or not sentence.advice
    for short, long in sentence.lengths:
        assert length(short) <= LINE
        assert re.sub(r"(?<=mean )of [\d,]+ windows |(?<=loss )of [\d,]+ windows ", "", long).startswith(short)
        assert "\n" not in long
        assert "nan" not in short.replace("is nan", "")
    if loss_stats.windows and not math.isfinite(loss_stats.recent[-1]):
        assert sentence.cause.startswith("diverged")
    assert ("«undo» goes back" in sentence.advice) <= undoable
    chance, mean = chance_level(config), it.mean
    match it.kind:
        case Kind.START:
            assert not loss_stats.windows
        case Kind.LEARNING | Kind.STALLED | Kind.FEW_NUMBERS | Kind.SLIPPED:
            assert mean < chance
        case Kind.PLATEAU | Kind.PINNED | Kind.FAR:
            assert mean < 1.07 * chance
        case Kind.SETTLING | Kind.WORSE:
            assert mean > chance
        case Kind.BEYOND:
            assert config.echo_step >= config.truncated_backprop_length
        case Kind.SOLVED | Kind.UNSTEADY | Kind.RELAPSED:
            assert loss_stats.solved_at is not None
        case Kind.DIVERGED | Kind.RECOVERING:
            assert not np.isfinite(loss_stats.recent).all()
        case Kind.TOO_EARLY:
            assert loss_stats.windows < RECENT_WINDOWS + 14


@pytest.mark.parametrize("init", ["tutorial", "glorot"])
@pytest.mark.parametrize("length", range(1, 15))
def test_advice_beside_another_rule_says_that_it_starts_over(length: int, init: Init) -> None:
    for echo_step in range(length, 15):
        config = EchoConfig(echo_step=echo_step, truncated_backprop_length=length, init=init)
        sentence = told(Kind.BEYOND, config, mean=0.69)
        known = sentence.remedy
        assert known is not None
        assert not config.differs_only_live(config.with_fields(known.changes))
        assert sentence.advice.startswith("no cut: rule rtrl («settings»); or restart, "), sentence.advice


@pytest.mark.parametrize("kind", [kind for kind in SENTENCES if kind is not Kind.RATE_TOO_LARGE])
@pytest.mark.parametrize("task", ["echo", "parity"])
def test_of_a_tiny_learning_rate_no_smaller_one_is_advised(kind: Kind, task: str) -> None:
    config = EchoConfig(init="glorot", optimizer="adam", learning_rate=1e-6).with_fields({"task": task})
    for undoable in (False, True):
        sentence = told(kind, config, mean=3.0, wrong=0.4, solved_at=9, since=500, before=SOLVED, undoable=undoable)
        assert "smaller learning_rate" not in str(sentence)
        assert "a smaller learning_rate" not in sentence.more_cause + sentence.more_advice
