"""Verdicts: sentences that the numbers must back, cause first, each part on a line of the smallest screen."""

from __future__ import annotations

import dataclasses
import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from echornn.analysis.evidence import RECENT_WINDOWS, Evidence
from echornn.analysis.verdict import RECOVERED, verdict
from echornn.config import EchoConfig
from echornn.progress import Progress
from echornn.tasks.levels import chance_level, solved_level

TUTORIAL = EchoConfig()
CHANCE = math.log(2)
LINE = 78
"""Characters of a line at 80 columns."""


def evidence_of(losses: list[float], config: EchoConfig = TUTORIAL) -> Evidence:
    return Evidence().after(np.array(losses, np.float32), config)


def progress_of(loss: float, window: int) -> Progress:
    """A window's loss and its number; nothing else of it is looked at."""
    none = np.zeros((0, 0), np.uint8)
    losses, errors = np.array([loss], np.float32), np.zeros(1, np.int32)
    probabilities, states = np.zeros((0, 0, 2), np.float32), np.zeros((0, 0, 1), np.float32)
    return Progress(losses, errors, 1, window, none, none, probabilities, states)


def sentence(losses: list[float], config: EchoConfig = TUTORIAL, window: int = 5) -> str:
    return str(verdict(config, evidence_of(losses, config), progress_of(losses[-1], window)))


def test_solved_says_at_which_window_and_whether_it_still_is() -> None:
    assert "solved at window 447: mean loss now 0.0000" in sentence([0.7] * 400 + [0.0] * 100)
    assert "solved at window 50, but the mean loss is 0.300 again" in sentence([0.01] * 50 + [0.3] * 50)
    lost = verdict(TUTORIAL, evidence_of([0.01] * 50 + [3.9e6] * 50), None, undoable=True)
    assert lost.cause == "solved at window 50, but worse than chance now: mean 3.900e+06"
    assert lost.advice == "u goes back to before the last change; s sets a smaller learning_rate"


def test_a_plateau_is_told_as_one() -> None:
    told = verdict(TUTORIAL, evidence_of([0.69] * 1200), None)
    assert told.cause == "at chance (0.693) after 1,200 windows"
    assert told.advice == "a plateau of thousands is common; R draws another uniform start"
    glorot = sentence([0.69] * 1200, replace(TUTORIAL, init="glorot"))
    assert "plateau" not in glorot
    assert "80%" not in glorot, "what reaches its cause is no reason"
    assert "7% of errors reach their source" in sentence([0.69] * 1200, replace(TUTORIAL, echo_step=14))


def test_what_cannot_be_learned_is_said_only_while_it_is_not() -> None:
    beyond = replace(TUTORIAL, echo_step=15)
    text = "cannot be learned through time: echo 15 reaches beyond T 15; s sets a longer"
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


def test_what_is_left_to_learn_is_counted_from_the_floor() -> None:
    config = EchoConfig(total_series_length=75)
    assert "50% of the way from chance to its floor of 0.135" in sentence([(CHANCE + 0.1346) / 2] * 60, config)
    assert "50% of the way from chance to nothing" in sentence([CHANCE / 2] * 60)


def test_a_spike_is_explained_where_there_is_one() -> None:
    text = sentence([0.01] * 60 + [0.14], window=0)
    assert text.startswith("spike: the first 3 targets of each row echo the row above (floor 0.111); a zero state")
    assert "spike" not in sentence([0.01] * 60 + [0.14], window=1), "not at an epoch's start"
    assert "spike" not in sentence([0.01] * 61, window=0), "the loss does not stand out"
    assert "spike" not in sentence([0.69] * 61, window=0), "the loss does not stand out"
    assert "spike" not in sentence([0.01] * 60 + [0.14], replace(TUTORIAL, row_start="zero"), window=0)


def test_few_windows_give_no_verdict() -> None:
    early = f"too early to tell: {RECENT_WINDOWS - 10} more windows until the first mean; the error of 80%"
    assert sentence([0.7] * 10).startswith(early)
    assert str(verdict(TUTORIAL, Evidence(), None)).startswith("chance is 0.693 nats, the loss of guessing; the error")


@pytest.mark.parametrize("loss", [math.nan, math.inf])
def test_divergence_is_told(loss: float) -> None:
    assert sentence([0.5] * 60 + [loss]).startswith(f"diverged: the loss is {loss}; ")
    for undoable, way in ((True, "u goes back, then s sets"), (False, "r starts over, then s sets")):
        assert verdict(TUTORIAL, evidence_of([loss]), None, undoable).advice.startswith(way)
    assert "worse than chance: mean loss 2.000" in sentence([2.0] * 60)


@pytest.mark.parametrize("losses", [[0.5, math.nan], [math.nan, 2.6e35], [math.inf] * 3 + [2.6e35] * 49])
def test_after_a_divergence_it_is_not_recovering_while_the_loss_is_wild(losses: list[float]) -> None:
    wild = replace(TUTORIAL, learning_rate=3e8)
    told = verdict(wild, evidence_of(losses), None, undoable=True, blamed=("learning_rate",))
    loss = "nan" if math.isnan(losses[-1]) else "2.600e+35"
    assert told.cause == f"diverged since learning_rate = 3e+08: the loss is {loss}"
    assert told.advice == "u goes back to before that, then s sets a smaller learning_rate"
    assert "recovering" not in str(verdict(wild, evidence_of(losses), None))


def test_a_wild_loss_names_the_edit_also_when_all_losses_are_numbers_again() -> None:
    wild = replace(TUTORIAL, learning_rate=3e8, optimizer="sgd")
    told = verdict(wild, evidence_of([2.6e35] * 60), None, undoable=True, blamed=("learning_rate", "optimizer"))
    assert told.cause == "worse than chance since learning_rate and 1 more: mean 2.600e+35"
    assert told.advice.startswith("u goes back to before that, then s sets a smaller learning_rate")


def test_recovering_is_said_of_a_loss_that_is_near_chance_or_below() -> None:
    assert sentence([math.nan] * 3 + [0.8] * 20).startswith("recovering: mean loss 0.800 in the last 20 windows; ")
    assert sentence([math.nan, 0.5]).startswith("recovering: mean loss 0.500 in the last window; ")


NUMBERS = st.floats(min_value=0, width=32) | st.sampled_from([0.0, 0.01, 0.5, 0.69, 0.75, 2.6e35, math.nan, math.inf])


@st.composite
def configs(draw: st.DrawFn) -> EchoConfig:
    length, batch, layers = draw(st.integers(1, 9999)), draw(st.integers(1, 999)), draw(st.integers(1, 8))
    row = length + draw(st.integers(0, 99_999))
    return EchoConfig(
        truncated_backprop_length=length, batch_size=batch, total_series_length=row * batch, num_layers=layers,
        echo_step=draw(st.integers(0, row - 1) | st.integers(0, min(row - 1, 20))),
        num_classes=draw(st.integers(2, 256)),
        stride=draw(st.none() | st.integers(1, length)), state_size=draw(st.integers(1, 99_999)),
        learning_rate=draw(st.floats(1e-37, 1e38)), dropout=draw(st.sampled_from([0, 0.123456])) if layers > 1 else 0,
        init=draw(st.sampled_from(["tutorial", "glorot"])),
        row_start=draw(st.sampled_from(["previous_row", "zero"])),
    )  # fmt: skip


@st.composite
def moments(draw: st.DrawFn, config: EchoConfig) -> tuple[Evidence, Progress | None]:
    recent = draw(st.lists(NUMBERS, max_size=RECENT_WINDOWS)) * draw(st.sampled_from([1, 1, RECENT_WINDOWS]))
    recent = recent[-RECENT_WINDOWS:]
    more = draw(st.integers(0, 10**9)) if len(recent) == RECENT_WINDOWS else 0
    solved_at = draw(st.none() | st.integers(1, 10**9)) if len(recent) == RECENT_WINDOWS else None
    evidence = Evidence(len(recent) + more, np.array(recent, np.float32), solved_at)
    window = draw(st.integers(0, min(3, config.windows_per_epoch - 1)))
    return evidence, draw(st.sampled_from([None, progress_of(recent[-1], window)])) if recent else None


FIELDS = [field.name for field in dataclasses.fields(EchoConfig)]


@settings(max_examples=1000, deadline=None)
@given(st.data(), configs(), st.booleans(), st.lists(st.sampled_from(FIELDS), max_size=4, unique=True))
def test_cause_and_advice_fit_the_smallest_screen_and_are_true_for_every_run(
    data: st.DataObject, config: EchoConfig, undoable: bool, blamed: list[str]
) -> None:
    evidence, progress = data.draw(moments(config))
    told = verdict(config, evidence, progress, undoable, tuple(blamed))
    assert told.cause
    for part in (told.cause, told.advice):
        assert len(part) <= LINE
        assert "\n" not in part
    mean, chance = evidence.mean, chance_level(config)
    newest = float(evidence.recent[-1]) if evidence.windows else 0.0
    match told.cause.split()[0].rstrip(":,"):
        case "at":
            assert abs(mean - chance) <= 0.05 * chance
        case "learning":
            assert mean < chance
        case "cannot":
            assert config.echo_step >= config.truncated_backprop_length
        case "recovering":
            assert newest <= RECOVERED * chance * RECENT_WINDOWS
        case "diverged":
            assert not math.isfinite(mean)
        case "worse":
            assert mean > chance
        case "solved":
            assert evidence.solved_at is not None
        case word:
            assert word in ("chance", "spike", "too")
    if not math.isfinite(newest):
        assert told.cause.startswith("diverged")
    assert ("u goes back" in told.advice) <= undoable
