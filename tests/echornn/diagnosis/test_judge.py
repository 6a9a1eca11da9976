"""What is the case, of runs that were trained and of losses made up: the kind that is said, and that it stays."""

from __future__ import annotations

import itertools
import math
import re
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from echornn.config import EchoConfig
from echornn.data.levels import chance_level
from echornn.diagnosis import words
from echornn.diagnosis.diagnosis import Kind, Note
from echornn.diagnosis.judge import diagnosis
from echornn.diagnosis.loss_stats import LossStats
from echornn.diagnosis.phrases import ONE_SEED, note_text
from echornn.progress import Progress
from echornn.session.pictures.frame import Frame, State
from tests.echornn.diagnosis.recorded import RUNS, Read, past, read
from tests.examples import examples
from tests.losses_seen import after

TUTORIAL = EchoConfig()
GLOROT = EchoConfig(init="glorot")
CHANCE = math.log(2)

MOMENTS = [(name, window, kind) for name, run in RUNS.items() for window, kind in run.says.items()]


@pytest.mark.parametrize(("name", "window", "kind"), MOMENTS)
def test_what_is_said_of_a_run_at_a_moment(name: str, window: int, kind: Kind) -> None:
    run = past(name)
    readings = read(name, window).readings(run.config_at(window), window)
    assert run.diagnosis(window, readings).kind is kind
    assert run.diagnosis(window).kind is kind, "the losses alone say so too"


@pytest.mark.parametrize("name", RUNS)
def test_what_is_to_be_known_beside_it(name: str) -> None:
    run = past(name)
    assert run.diagnosis(run.run.windows).note is run.run.note


@pytest.mark.parametrize("name", RUNS)
def test_the_kind_of_a_run_changes_a_few_times_and_not_to_and_fro(name: str) -> None:
    kinds = [it.kind for it in past(name).walk()]
    said = [kind for kind, _ in itertools.groupby(kinds)]
    assert len(said) <= 7
    assert max(said.count(kind) for kind in said) <= 2


def test_the_numbers_of_a_situation() -> None:
    name, window = "state 4, echo 5", 19_968
    it = past(name).diagnosis(window, read(name, window).readings(TUTORIAL, window))
    assert (it.kind, it.note) == (Kind.FEW_NUMBERS, Note.FEW_NUMBERS)
    assert (it.windows, it.since, it.best_at, it.solved_at, it.relapses) == (window, 3392, 15_872, None, 0)
    numbers = [it.mean, it.wrong, it.fall, it.sure, it.held, it.saturated, 1000 * it.update]
    np.testing.assert_allclose(numbers, [0.373, 0.133, 0.036, math.exp(-0.371), 2.994, 0.356, 0.497], atol=0.005)


# ---- made-up losses


def evidence_of(*parts: tuple[int, float], config: EchoConfig = TUTORIAL, wrong: float | None = None) -> LossStats:
    """The loss statistics after stretches of (windows, loss)."""
    losses = np.concatenate([np.full(count, loss, np.float32) for count, loss in parts])
    errors = None if wrong is None else np.full(len(losses), wrong, np.float32)
    return after(LossStats(), losses, config, errors=errors)


def kind(*parts: tuple[int, float], config: EchoConfig = TUTORIAL, undoable: bool = False) -> Kind:
    return diagnosis(config, evidence_of(*parts, config=config), None, undoable).kind


def window_of(losses: list[float], window: int, wrong: int = 0, epoch: int = 4) -> Progress:
    """A window with these losses; its other data is not used."""
    none = np.zeros((0, 0), np.uint8)
    probabilities, states = np.zeros((0, 0, 2), np.float32), np.zeros((0, 0, 1), np.float32)
    errors = np.array([wrong], np.int32)
    return Progress(np.array(losses[-1:], np.float32), errors, epoch, window, none, none, probabilities, states)


def test_before_the_first_block() -> None:
    assert diagnosis(TUTORIAL, LossStats(), None).kind is Kind.START
    assert kind((63, 0.7)) is Kind.TOO_EARLY
    assert kind((63, 0.01)) is Kind.SOLVED
    assert kind((63, 0.7), config=EchoConfig(echo_step=15)) is Kind.BEYOND


def test_how_long_it_is_too_early_to_tell_counts_from_the_last_edit() -> None:
    edited = replace(TUTORIAL, learning_rate=0.1)
    for windows, left in [(0, "64 more windows"), (5, "59 more windows"), (63, "1 more window")]:
        later = evidence_of((81, 0.7)).under(edited, TUTORIAL, 81)
        it = diagnosis(edited, after(later, np.full(windows, 0.7, np.float32), edited, 81), None)
        assert it.kind is Kind.TOO_EARLY
        assert words.said(it).cause == f"too early to tell: {left} needed"


@pytest.mark.parametrize(
    ("parts", "said"),
    [
        (((256, 1.0), (256, 0.8)), Kind.SETTLING),
        (((4000, 1.0),), Kind.WORSE),
        (((256, 5.0),), Kind.WORSE),
        (((1200, CHANCE),), Kind.PLATEAU),
        (((512, 0.6), (512, 0.3)), Kind.LEARNING),
        (((512, 0.6), (4000, 0.3)), Kind.STALLED),
        (((1024, 0.3), (4000, 0.45)), Kind.SLIPPED),
        (3 * ((512, 0.5), (512, 0.7)), Kind.SWINGING),
        (((512, 0.01),), Kind.SOLVED),
        (((512, 0.01), (512, 0.3)), Kind.RELAPSED),
        (((512, 0.01), (512, 1.5)), Kind.RELAPSED),
        (((512, 0.01), (128, 0.3), (128, 0.01), (128, 0.3), (128, 0.01), (128, 0.3)), Kind.UNSTEADY),
        (((512, 0.01), (128, 0.3), (128, 0.01), (128, 0.3), (128, 0.01), (128, 0.3), (128, 0.01)), Kind.UNSTEADY),
        (((512, 0.01), (128, 0.3), (128, 0.01), (128, 0.3), (128, 0.01), (128, 0.3), (9000, 0.01)), Kind.SOLVED),
        (((100, 0.5), (1, math.nan)), Kind.DIVERGED),
        (((100, 0.5), (1, math.inf), (1, 2.6e35)), Kind.DIVERGED),
        (((3, math.nan), (20, 0.8)), Kind.RECOVERING),
    ],
)  # fmt: skip
def test_kinds_of_losses(parts: tuple[tuple[int, float], ...], said: Kind) -> None:
    assert kind(*parts, config=GLOROT) is said


@pytest.mark.parametrize(
    ("parts", "said", "mean"),
    [
        (((256, CHANCE), (4, 0.5)), Kind.PINNED, CHANCE),
        (((256, CHANCE), (14, 0.62)), Kind.LEARNING, (36 * CHANCE + 14 * 0.62) / 50),
        (((256, CHANCE), (14, 0.63)), Kind.PINNED, CHANCE),
        (((256, CHANCE), (50, 0.5)), Kind.LEARNING, 0.5),
        (((1_000_000, 0.01), (49, 0.4)), Kind.RELAPSED, 0.01 / 50 + 0.4 * 49 / 50),
        (((1_000_000, 0.01), (50, 0.2)), Kind.SOLVED, 0.01),
        (((1_000_000, 0.3), (50, 0.6)), Kind.SLIPPED, 0.6),
        (((1_000_000, 0.3), (50, 0.45)), Kind.STALLED, 0.3),
    ],
)
def test_what_is_clear_at_once_waits_for_no_block(
    parts: tuple[tuple[int, float], ...], said: Kind, mean: float
) -> None:
    it = diagnosis(TUTORIAL, evidence_of(*parts), None)
    assert it.kind is said
    assert it.mean == pytest.approx(mean, abs=1e-4)


def test_worse_than_chance_is_not_said_of_newest_windows_that_are_below_it() -> None:
    """For a block, or a longer stretch, with a mean far above chance, and lower losses after it."""
    three = replace(GLOROT, num_classes=3)
    it = diagnosis(three, evidence_of((64, 15.0), (56, 1.0), config=three), None)
    assert it.kind is Kind.PLATEAU
    assert it.mean == pytest.approx(1.0)
    right = diagnosis(GLOROT, evidence_of((64, 3.0), (56, 0.67), config=GLOROT, wrong=0.4), None)
    assert right.kind is Kind.PLATEAU, "how many are right is known of the windows before alone"
    it = diagnosis(GLOROT, evidence_of((512, 0.01), (512, 1.5), (50, 0.6), config=GLOROT), None)
    assert it.kind is Kind.RELAPSED
    assert it.mean == pytest.approx(0.6)


@pytest.mark.parametrize("name", ["state 4, echo 5", "state 4, echo 5, glorot", "gru of 4, echo 5", "state 2, echo 3"])
def test_since_when_a_loss_stands_does_not_move_as_long_as_it_does(name: str) -> None:
    standing = [it.since for it in past(name).walk() if it.kind in (Kind.FEW_NUMBERS, Kind.STALLED)]
    assert len(list(itertools.groupby(standing))) <= 2
    assert len(standing) > 10


def test_more_is_right_than_by_guessing_where_chance_would_not_bring_it_about() -> None:
    beyond = replace(GLOROT, truncated_backprop_length=1)
    for windows, wrong, said in ((64, 0.35, True), (64, 0.45, False), (8192, 0.45, True), (8192, 0.5, False)):
        it = diagnosis(beyond, evidence_of((windows, 0.69), config=beyond, wrong=wrong), None)
        assert (it.kind, it.more_right) == (Kind.BEYOND, said)
    blank = EchoConfig(row_start="zero", total_series_length=75, echo_step=14, truncated_backprop_length=1)
    assert not diagnosis(blank, evidence_of((8192, 0.69), config=blank, wrong=0.04), None).more_right, "zeros are"


def test_what_the_state_keeps_of_an_echo_that_no_gradient_reaches_is_read() -> None:
    beyond = replace(GLOROT, truncated_backprop_length=1)
    vitals = Read(spread=0.5, saturated=0.1, held=1.0, update=0.1).readings(beyond, 640)
    assert vitals.memory is not None
    memory = replace(vitals.memory, by_lag=np.array([0.9, 0.6, 0.5, 0.417, 0.2], np.float32))
    it = diagnosis(beyond, evidence_of((640, 0.69)), None, readings=replace(vitals, memory=memory))
    assert it.kept == pytest.approx(0.417)
    assert math.isnan(diagnosis(beyond, evidence_of((640, 0.69)), None, readings=vitals).kept), "not looked at"


@pytest.mark.parametrize("rule", ["rtrl", "snap1"])
def test_a_rule_that_does_not_cut_is_told_of_no_cut(rule: str) -> None:
    """What is said instead is how far back its gradient goes."""
    beyond = replace(GLOROT, echo_step=8, truncated_backprop_length=5, state_size=16)
    uncut = replace(beyond, rule=rule)
    for losses in ([(32, 0.9)], [(640, 0.69)], [(2000, 0.5)], [(448, 0.01)], [(448, 0.01), (640, 0.68)]):
        seen = evidence_of(*losses, config=uncut)
        it = diagnosis(uncut, seen, None)
        sentence = words.said(it)
        assert it.kind is not Kind.BEYOND
        assert it.note is Note.UNCUT
        assert not re.search(r"stops|cut|no gradient|only what the state keeps", f"{sentence}{sentence.more_cause}")
        assert "T" not in str(sentence.remedy or ""), "what helps was measured with tbptt"
    assert diagnosis(beyond, evidence_of((640, 0.69)), None).kind is Kind.BEYOND
    solved = words.said(diagnosis(uncut, evidence_of((448, 0.01), config=uncut), None))
    assert solved.advice.startswith(f"{rule}'s gradient goes back past T 5")
    note = note_text(diagnosis(uncut, evidence_of((640, 0.69)), None))
    assert note == f"{rule}'s gradient goes back past T 5{', in part' if rule == 'snap1' else ''}"


def test_what_was_solved_without_its_gradient_and_when_it_was_lost() -> None:
    beyond = replace(GLOROT, truncated_backprop_length=2, state_size=16)
    solved = evidence_of((448, 0.01), config=beyond, wrong=0.01)
    told = words.said(diagnosis(beyond, solved, None))
    assert told.cause == "solved at window 50: mean loss 0.0100, though tbptt stops before t-3"
    assert told.advice == words.CARRIED
    lost = after(solved, np.full(640, 0.676, np.float32), beyond, 448)
    told = words.said(diagnosis(beyond, lost, None))
    assert lost.lost_at is not None
    assert told.cause == f"solved at window 50, but lost since {lost.lost_at}: mean 0.676"
    assert 448 < lost.lost_at <= 448 + 10
    assert told.lengths[0][1].endswith(", 99% at window 64")
    assert told.advice == "no gradient reaches the source; «advice»: truncated_backprop_length 15"
    assert told.remedy is not None


def test_what_is_solved_again_is_not_said_to_be_lost() -> None:
    loss_stats = evidence_of((512, 0.01), (60, 0.4), (100, 0.009))
    assert loss_stats.lost_at is None
    assert diagnosis(TUTORIAL, loss_stats, None).kind is Kind.SOLVED


def test_where_in_its_epoch_it_was_lost_is_known_unless_epochs_began_anew() -> None:
    lost = evidence_of((1343, 0.01), (500, 0.6))
    assert lost.lost_at is not None
    newest = window_of([0.6], 1843 - 2 * 666 - 1, epoch=2)
    assert diagnosis(TUTORIAL, lost, newest).into_epoch == lost.lost_at - 2 * 666
    assert diagnosis(TUTORIAL, lost.with_new_data(1843), newest).into_epoch == 0
    assert diagnosis(TUTORIAL, lost, None).into_epoch == 0


def test_a_task_is_not_said_to_be_lost_with_a_mean_that_counts_as_solved() -> None:
    """The last four blocks begin before it was lost; the mean of 50 windows is what was judged."""
    it = diagnosis(TUTORIAL, evidence_of((512, 0.01), (64, 0.12), (32, 0.07)), None)
    assert it.kind is Kind.RELAPSED
    assert it.mean == pytest.approx((18 * 0.12 + 32 * 0.07) / 50)
    assert words.said(it).cause == "solved at window 50, but lost since 559: mean 0.088"
    assert words.said(it).mean_of == 50


def test_a_network_that_is_solved_with_new_data_too_learned_the_rule() -> None:
    solved = evidence_of((640, 0.01)).with_new_data(640)
    assert diagnosis(TUTORIAL, solved, None).renewed is None, "nothing of it was trained yet"
    still = after(solved, np.full(50, 0.01, np.float32), TUTORIAL, 640)
    told = words.said(diagnosis(TUTORIAL, still, None))
    assert told.advice == "solved on new data too (since window 640): it learned the rule"
    lost = diagnosis(TUTORIAL, after(solved, np.full(640, 0.6, np.float32), TUTORIAL, 640), None)
    assert lost.kind is Kind.RELAPSED
    assert evidence_of((640, 0.7)).with_new_data(640).renewed is None


def test_after_an_edit_it_is_said_that_one_seed_proves_nothing() -> None:
    faster = replace(TUTORIAL, learning_rate=0.5)
    edited = evidence_of((640, 0.01)).under(faster, TUTORIAL, 640)
    assert edited.tried == ("learning_rate",)
    solved = after(edited, np.full(640, 0.01, np.float32), faster, 640)
    early = after(evidence_of((640, 0.7)).under(faster, TUTORIAL, 640), np.full(20, 0.7, np.float32), faster, 640)
    for loss_stats in (solved, early):
        assert words.said(diagnosis(faster, loss_stats, None)).advice == ONE_SEED
    assert evidence_of((640, 0.01)).under(replace(TUTORIAL, num_epochs=200), TUTORIAL, 640).tried == ()


def test_that_it_is_solved_is_said_in_an_epochs_first_windows_too() -> None:
    for loss, window, said in ((0.14, 0, "solved; spike: first 3"), (0.9, 15, "solved; thrown off: loss 0.90")):
        loss_stats = after(LossStats(), np.array([0.01] * 100 + [loss], np.float32), TUTORIAL)
        assert words.said(diagnosis(TUTORIAL, loss_stats, window_of([loss], window))).cause.startswith(said)
    unsolved = after(LossStats(), np.array([0.69 / 2] * 100 + [0.9], np.float32), TUTORIAL)
    assert words.said(diagnosis(TUTORIAL, unsolved, window_of([0.9], 0))).cause.startswith("spike: first 3")


def test_a_rate_that_is_out_of_range_is_named_unless_it_learns() -> None:
    for rate, said in ((5.0, Kind.RATE_TOO_LARGE), (0.3, Kind.PLATEAU), (1e-5, Kind.STEPS_TOO_SMALL)):
        config = replace(GLOROT, learning_rate=rate)
        assert kind((1200, CHANCE), config=config) is said
        assert kind((512, 0.6), (512, 0.3), config=config) is Kind.LEARNING
        assert kind((512, 0.01), config=config) is Kind.SOLVED


def test_with_a_small_rate_a_lucky_start_is_not_said_to_learn() -> None:
    small = replace(GLOROT, learning_rate=1e-5)
    for windows in (64, 200, 667):
        assert kind((windows, 0.644), config=small) is Kind.STEPS_TOO_SMALL


@pytest.mark.parametrize("loss", [0.693, 1.93])
def test_units_that_larger_steps_saturated_are_why_a_smaller_rate_does_not_help(loss: float) -> None:
    large = replace(GLOROT, learning_rate=30.0)
    edited = evidence_of((700, 3.0), config=large).under(GLOROT, large, 700)
    assert edited.too_large == 30
    again = edited.under(replace(GLOROT, learning_rate=0.1), GLOROT, 700)
    assert again.too_large == 30, "the weights are the same"
    later = after(edited, np.full(100, loss, np.float32), GLOROT, 700)
    assert diagnosis(GLOROT, later, None).kind is Kind.SATURATED
    moving = Read(spread=0.5, saturated=0.1, held=1.0, update=0.1).readings(GLOROT, 800)
    assert diagnosis(GLOROT, later, None, readings=moving).kind is not Kind.SATURATED
    learns = after(later, np.full(50, 0.3, np.float32), GLOROT, 800)
    assert diagnosis(GLOROT, learns, None).kind is Kind.LEARNING
    assert LossStats().under(GLOROT, large, 0).too_large == 0, "nothing was trained with it"


def test_saturated_units_are_named_whatever_the_start() -> None:
    read_now = Read(spread=1.0, saturated=0.95, held=0.0, update=0.1).readings(GLOROT, 640)
    assert diagnosis(GLOROT, evidence_of((640, CHANCE)), None, readings=read_now).kind is Kind.SATURATED


def test_the_mean_of_a_loss_that_falls_fast_is_of_the_newest_windows() -> None:
    it = diagnosis(GLOROT, evidence_of((192, 0.6), (60, 0.2), config=GLOROT), None)
    assert (it.kind, round(it.mean, 3)) == (Kind.LEARNING, 0.2)


def test_few_windows_an_epoch_raise_the_level_at_which_it_is_solved() -> None:
    config = replace(GLOROT, total_series_length=75)
    assert kind((640, 0.18), config=config) is Kind.SOLVED
    assert kind((640, 0.19), config=config) is not Kind.SOLVED
    assert kind((640, 0.18), config=GLOROT) is not Kind.SOLVED


def test_an_epoch_whose_first_windows_stand_out() -> None:
    for loss, window, said in (
        (0.14, 0, Kind.SPIKE),
        (0.14, 1, Kind.UNSTABLE),
        (0.04, 1, Kind.SOLVED),
        (0.01, 0, Kind.SOLVED),
        (0.9, 15, Kind.UNSTABLE),
        (0.9, 16, Kind.SOLVED),
    ):
        losses = [0.01] * 100 + [loss]
        loss_stats = after(LossStats(), np.array(losses, np.float32), TUTORIAL)
        assert diagnosis(TUTORIAL, loss_stats, window_of(losses, window)).kind is said
    it = diagnosis(TUTORIAL, loss_stats, window_of([0.987], 3, wrong=16))
    assert (it.kind, it.place, it.wrong) == (Kind.UNSTABLE, (5, 4), 16 / 75)
    assert it.newest == pytest.approx(0.987)
    at_chance = evidence_of((100, 0.69))
    assert diagnosis(TUTORIAL, at_chance, window_of([0.72], 0)).kind is Kind.PINNED
    assert diagnosis(TUTORIAL, evidence_of((100, 0.01)), window_of([0.8], 0, epoch=0)).kind is Kind.SOLVED


def test_the_fifth_epoch_of_the_tutorials_run() -> None:
    """A recorded epoch: its first step disturbs the network, which recovers by itself."""
    loss_stats = evidence_of((400, 0.69), (2264, 0.002), wrong=0)
    kinds = []
    for window, (loss, wrong) in enumerate([(0.130, 4), (0.101, 2), (0.704, 9), (0.987, 16), (0.109, 2), (0.002, 0)]):
        rate = np.array([wrong / 75], np.float32)
        loss_stats = after(loss_stats, np.array([loss], np.float32), TUTORIAL, errors=rate)
        it = diagnosis(TUTORIAL, loss_stats, window_of([loss], window, wrong))
        kinds.append((it.kind, it.place[1]))
    unstable = [(Kind.UNSTABLE, window) for window in (2, 3, 4, 5)]
    assert kinds == [(Kind.SPIKE, 1), *unstable, (Kind.SOLVED, 0)]


def test_windows_in_which_stride_leaves_less_unknown() -> None:
    config = EchoConfig(stride=1)
    loss_stats = evidence_of((100, 0.01), (1, 0.2), config=config)
    told = [diagnosis(config, loss_stats, window_of([0.2], window)) for window in range(4)]
    assert [(it.kind, it.unknown) for it in told] == [
        (Kind.SPIKE, 3), (Kind.SPIKE, 2), (Kind.SPIKE, 1), (Kind.UNSTABLE, 0)
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "causes", "floors"),
    [
        ({"echo_step": 8, "truncated_backprop_length": 5},
         ["first 5 targets of rows 2 to 5 echo the row above, window 1 of an epoch",
          "targets 6 to 8 of rows 2 to 5 echo the row above, window 2 of an epoch"], [0.555, 0.333]),
        ({"stride": 1, "batch_size": 2},
         ["first 3 targets of row 2 echo the row above, window 1 of an epoch",
          "targets 2 to 3 of row 2 echo the row above, window 2 of an epoch",
          "target 3 of row 2 echoes the row above, window 3 of an epoch"], [0.069, 0.046, 0.023]),
        ({}, ["first 3 targets of rows 2 to 5 echo the row above"], [0.111]),
    ],
)  # fmt: skip
def test_which_targets_a_spike_is_of(changes: dict[str, Any], causes: list[str], floors: list[float]) -> None:
    config = EchoConfig(**changes)
    loss_stats = after(LossStats(), np.array([0.3] * 100 + [0.9], np.float32), config)
    told = [diagnosis(config, loss_stats, window_of([0.9], window)) for window in range(len(causes))]
    assert [words.said(it).cause for it in told] == [f"spike: {cause}" for cause in causes]
    assert [it.floor for it in told] == pytest.approx(floors, abs=5e-4)


def test_after_an_edit_it_is_known_what_was_solved() -> None:
    solved, longer = evidence_of((640, 0.01)), replace(TUTORIAL, echo_step=5)
    loss_stats = solved.under(longer, TUTORIAL, 640)
    assert loss_stats.before is not None
    assert (loss_stats.before.config, loss_stats.before.solved_at, loss_stats.before.changed_at) == (TUTORIAL, 50, 640)
    on = after(loss_stats, np.full(640, 0.7, np.float32), longer, 640)
    assert diagnosis(longer, on, None).kind is Kind.FORGOT
    anew = diagnosis(longer, after(on, np.full(50, 0.44, np.float32), longer, 1280), None)
    assert anew.kind is Kind.LEARNING, "at once, not with the next block"
    again = replace(longer, echo_step=6)
    assert on.under(again, longer, 1280).before == loss_stats.before, (
        "what was tried between and not solved is no matter"
    )
    assert evidence_of((640, 0.7)).under(longer, TUTORIAL, 640).before is None
    faster = solved.under(replace(TUTORIAL, learning_rate=0.5), TUTORIAL, 640)
    assert (faster.solved_at, len(faster.block_means), faster.block_means.begun) == (50, 0, 640)
    assert diagnosis(TUTORIAL, faster, None).kind is Kind.SOLVED
    assert solved.under(replace(TUTORIAL, num_epochs=7), TUTORIAL, 640) is solved


def test_what_the_vitals_read_counts_while_they_are_of_the_same_network_and_near() -> None:
    loss_stats = evidence_of((10_000, CHANCE))
    vitals = Read(spread=0.5, saturated=0.1, held=1.0, update=0.1).readings(TUTORIAL, 8000)
    frame = Frame(State.RUNNING, TUTORIAL, trained=10_000, loss_stats=loss_stats, vitals=vitals)
    assert frame.diagnosis.kind is Kind.PLATEAU, "its units move"
    for other in (
        replace(frame, vitals=None),
        replace(frame, trained=16_003),
        replace(frame, trained=7999),
        replace(frame, config=replace(TUTORIAL, learning_rate=0.2)),
    ):
        assert other.diagnosis.kind is Kind.PINNED


def test_of_one_step_no_unit_is_said_to_stand_still() -> None:
    vitals = Read(spread=0.5, saturated=0.1, held=1.0, update=0.1).readings(TUTORIAL, 0)
    assert vitals.units is not None
    for steps in (0, 1, 2):
        units = replace(vitals.units, activity=vitals.units.activity[:, :steps])
        it = diagnosis(TUTORIAL, evidence_of((640, CHANCE)), None, readings=replace(vitals, units=units))
        assert math.isnan(it.spread)


def test_losses_that_are_forgotten_leave_the_blocks() -> None:
    loss_stats = replace(evidence_of((1200, CHANCE)), recent=np.empty(0, np.float32))
    it = diagnosis(GLOROT, loss_stats, None)
    assert it.kind is Kind.PLATEAU
    assert it.mean == pytest.approx(CHANCE, abs=1e-6)
    assert math.isnan(it.newest)


@examples(20)
@given(
    st.integers(0, 2**32),
    st.floats(0.0, 0.15),
    st.floats(0.02, 1.4),
    st.floats(0.05, 1.0),
    st.integers(100, 19_000),
    st.sampled_from(
        [TUTORIAL, GLOROT, EchoConfig(echo_step=5), EchoConfig(echo_step=14), EchoConfig(learning_rate=5.0)]
    ),
)
@example(seed=0, noise=0.125, loss=1.0, share=0.9375, at=100, config=TUTORIAL)
def test_noise_changes_the_kind_a_few_times_at_most(
    seed: int, noise: float, loss: float, share: float, at: int, config: EchoConfig
) -> None:
    """For losses at any share of chance that change to any other share at some window."""
    rng = np.random.default_rng(seed)
    means = np.where(np.arange(20_000) < at, loss, loss * share) * chance_level(config)
    losses = np.clip(means * (1 + noise * rng.normal(size=20_000)), 0, None).astype(np.float32)
    loss_stats, kinds, done = LossStats(), [], 0
    for end in [*range(100, 2000, 50), *range(2000, 20_001, 200)]:
        loss_stats = after(loss_stats, losses[done:end], config, done)
        kinds.append(diagnosis(config, loss_stats, None).kind)
        done = end
    assert len(list(itertools.groupby(kinds))) <= 9
