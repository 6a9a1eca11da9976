"""What a run is judged to be, by its losses alone: the case, the windows and the numbers that the
screen shows."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from echornn import EchoConfig, SeedStats
from echornn.session.commands import Edit, Go, Redraw, Resume, Step, Undo
from tests.door.library.judged import (
    RUNS,
    crossings,
    judged,
    judging,
    numbers_of,
    recorded,
)

CHANCE = math.log(2)

TUTORIAL = EchoConfig(num_epochs=1000, init="glorot", state_size=16)
SHORT = EchoConfig(num_epochs=1000, total_series_length=10_000, init="glorot", state_size=16)
COINS = EchoConfig(task="two_coins", truncated_backprop_length=5, num_epochs=1000)

Losses = npt.NDArray[np.float32]


def noise(windows: int, spread: float, seed: int = 0) -> npt.NDArray[np.float64]:
    """Noise around 0, the same on every machine: no generator's normal numbers."""
    raw = np.random.default_rng(seed).integers(0, 1 << 16, (windows, 12)) / (1 << 16)
    return np.asarray(spread * (raw.sum(axis=1) - 6))


def flat(level: float, windows: int, spread: float = 0.004) -> Losses:
    return np.asarray(level * (1 + noise(windows, spread)), np.float32)


def falling(windows: int, pace: float) -> Losses:
    return np.asarray(0.69 * pace ** np.arange(windows), np.float32)


def course(*parts: npt.ArrayLike) -> Losses:
    """Losses one after the other."""
    return np.concatenate(parts)


def first_below(losses: Losses, level: float, over: int) -> int | None:
    """The number of the first window at which the mean of so many losses is below a level, one mean
    at a time."""
    for end in range(over, len(losses) + 1):
        if mean_at(end, losses, over) < level:
            return end
    return None


def mean_at(end: int, losses: Losses, over: int = 50) -> float:
    """The mean of so many losses up to a window."""
    return float(losses[end - over : end].mean(dtype=np.float64))


# ---- solved, and lost again


def test_noise_of_a_network_that_stays_at_the_level_before_is_not_taken_for_a_solution() -> None:
    with np.load(Path(__file__).parent / "two_coins_losses.npz") as recorded:
        losses = recorded["losses"]
    assert first_below(losses, 0.4707, 50) == 1131, "the mean of 50 windows touched the level"
    assert losses[1500:2000].mean() > 0.516, "though the network stays at 'knows t-3', 0.519"
    frame = judged(COINS, losses)
    assert crossings(frame) == (None, None)
    assert frame.sentence.case != "lost"


def learned(middle: int, windows: int) -> npt.NDArray[np.float64]:
    """The loss of a network that comes to know both coins of the task."""
    windows_after = np.arange(windows) - middle
    return np.asarray(0.4554 + 0.0638 / (1 + np.exp(windows_after / 40)))


@pytest.mark.parametrize(
    ("length", "batch", "level", "over"),
    [(5, 5, 0.470714, 166), (10, 5, 0.470714, 83), (16, 50, 0.4714545, 50)],
)
def test_a_network_that_knows_all_is_solved_once_a_mean_of_enough_windows_is_below_the_level(
    length: int, batch: int, level: float, over: int
) -> None:
    config = replace(COINS, truncated_backprop_length=length, batch_size=batch, state_size=16)
    spread = 0.45 / math.sqrt(batch * length)
    losses = np.asarray(learned(700, 1500) + noise(1500, spread), np.float32)
    solved_at = judged(config, losses).loss_stats.solved_at
    assert solved_at == first_below(losses, level, over)
    assert solved_at is not None
    assert 700 < solved_at < 800 + over


def test_the_echo_is_solved_and_lost_and_solved_again_at_exact_windows() -> None:
    losses = course(falling(400, 0.985), flat(0.3, 60), flat(0.01, 200))
    means = {end: mean_at(end, losses) for end in range(203, 505)}
    solved, lost_above = 0.0487278, 0.113170
    assert first_below(losses, solved, 50) == 203
    assert means[504] < solved < lost_above < means[419]
    for end in range(203, 419):
        assert means[end] < lost_above
    for end in range(419, 504):
        assert means[end] > solved
    with judging(TUTORIAL, losses, Step(660)) as judge:
        assert crossings(judge.frame) == (203, None)
        assert crossings(judge.after(Go(0, 202))) == (None, None)
        for window in (203, 418, 504):
            assert crossings(judge.after(Go(0, window))) == (203, None)
        for window in (419, 503):
            assert crossings(judge.after(Go(0, window))) == (203, 419)


def test_what_counts_as_solved_can_be_set_and_changed_while_it_trains() -> None:
    losses = falling(1000, 0.985)
    with judging(TUTORIAL.with_fields({"solved_below": 0.3}), losses, Step(200)) as judge:
        assert judge.frame.loss_stats.solved_at == first_below(losses, 0.3, 50)
        assert judge.after(Edit({"solved_below": 0.01})).loss_stats.solved_at is None
        expected = first_below(losses, 0.01, 50)
        assert crossings(judge.after(Step(800))) == (expected, None)


def test_each_of_several_networks_is_solved_and_lost_as_if_it_were_alone() -> None:
    several = EchoConfig(num_epochs=1000, replicas=4)
    columns = [
        course(falling(300, 0.98), flat(0.01, 700)),
        course(falling(500, 0.99), flat(0.4, 500)),
        flat(CHANCE, 1000),
        course(falling(600, 0.985), flat(0.3, 100), flat(0.01, 300)),
    ]
    stats = judged(
        several, np.stack(columns, axis=1), *map(Step, (7, 13, 1, 300, 50, 629))
    ).seed_stats
    assert stats is not None
    for replica, column in enumerate(columns):
        solved, lost = crossings(judged(TUTORIAL, column))
        assert stats.solved_at[replica] == (solved or 0)
        assert stats.lost_at[replica] == (lost or 0)
    assert stats.solved == 3
    assert stats.lost == 1


def test_a_run_that_was_resumed_counts_on_with_the_losses_before(tmp_path: Path) -> None:
    config = replace(COINS, replicas=2)
    losses = learned(400, 1000)[:, np.newaxis] + noise(2000, 0.09).reshape(1000, 2)
    stats = judged(config, losses).seed_stats
    assert stats is not None
    assert stats.solved_at.all()
    middle = int(stats.solved_at.min()) - 20
    judged(config, losses, Step(middle), folder=tmp_path / "run")
    resumed = judged(config, losses, Step(1000 - middle), folder=tmp_path / "run").seed_stats
    assert resumed is not None
    np.testing.assert_array_equal(resumed.solved_at, stats.solved_at)


# ---- cases


@pytest.mark.parametrize(
    ("case", "losses", "numbers"),
    [
        ("early", flat(CHANCE, 40), {24}),
        ("chance", flat(CHANCE, 3000), {0.693, 3000}),
        ("falling", 0.69 - 0.0002 * np.arange(2048), {0.306, 56}),
        ("standing", course(falling(60, 0.99), flat(0.4, 4000)), {0.400}),
        ("solved", falling(1000, 0.985), {203}),
        ("lost", course(falling(400, 0.985), flat(0.3, 400)), {203, 419, 0.3}),
        ("above", flat(3.0, 1500, 0.02), {0.693}),
    ],
)
def test_the_case_and_its_numbers(case: str, losses: Losses, numbers: set[float]) -> None:
    frame = judged(TUTORIAL, losses)
    assert frame.sentence.case == case
    assert numbers <= set(numbers_of(frame)), frame.sentence.text


@pytest.mark.parametrize("name", RUNS)
def test_a_run_that_was_trained_once_is_judged_to_be_what_it_was(name: str) -> None:
    changes, cases = RUNS[name]
    config = EchoConfig(num_epochs=100_000, **changes)
    losses, wrong = recorded(name)
    with judging(config, losses, wrong=wrong) as judge:
        for window, case in cases.items():
            sentence = judge.after(Step(window - judge.frame.trained)).sentence
            assert sentence.case == case, f"{window}: {sentence.text}"


@pytest.mark.parametrize(("mean", "level"), [(0.196, 0.460), (0.1735, 0.173), (0.165, 0.173)])
def test_a_loss_is_at_a_level_within_its_uncertainty_or_below_one(
    mean: float, level: float
) -> None:
    """0.196 is clearly above 0.173, though by little of the distance to chance, 0.460."""
    config = EchoConfig(task="copy_memory", num_epochs=1000)
    frame = judged(config, flat(mean, 4000))
    assert level in numbers_of(frame)
    assert ("below" in frame.sentence.text) == (mean != 0.1735)


def test_an_epochs_first_window_whose_targets_nobody_can_know_is_a_spike_with_its_window() -> None:
    assert SHORT.windows_per_epoch == 133
    losses = course(falling(400, 0.98), [0.3], flat(0.002, 100))
    losses[399] = 0.4  # window 1 of epoch 4
    assert judged(SHORT, losses, Step(400)).sentence.case == "spike"
    assert judged(SHORT, losses, Step(399)).sentence.case == "solved"
    assert judged(SHORT, losses, Step(450)).sentence.case == "solved"
    high = flat(0.2, 13)
    high[12] = 3.0
    assert judged(SHORT, high).sentence.case == "early", "the first epoch has no row above"


def test_an_edit_that_changes_the_task_forgets_that_the_other_was_solved() -> None:
    losses = course(falling(400, 0.98), flat(CHANCE, 200))
    frame = judged(TUTORIAL, losses, Step(400), Edit({"echo_step": 5}), Step(200))
    assert frame.loss_stats.solved_at is None
    assert frame.sentence.case == "another task"


# ---- divergence


@pytest.mark.parametrize(("loss", "window", "after"), [(6.2e33, 2, 0.6935), (800.0, 700, 0.9)])
def test_the_window_at_which_the_loss_went_far_above_chance_is_said_though_it_came_back(
    loss: float, window: int, after: float
) -> None:
    losses = course(flat(CHANCE, window - 1), [loss], flat(after, 2735))
    frame = judged(TUTORIAL, losses, Step(window), Step(2735))
    assert frame.trained == window + 2735
    assert frame.sentence.case == "diverged"
    assert numbers_of(frame)[0] == window


LEFT = course(falling(600, 0.98), [0.2, 1.1, 1.6, 3.2], flat(0.75, 400))


def test_the_window_at_which_a_task_was_lost_is_said_not_when_the_mean_had_risen() -> None:
    frame = judged(TUTORIAL, LEFT, *map(Step, (601, 2, 1, 400)))
    assert frame.sentence.case == "left"
    window, loss, norm, *_ = numbers_of(frame)
    assert window == 603
    assert loss == 1.6
    assert norm == 2 * loss, "of the scripted network"


def test_before_it_left_its_range_and_after_it_came_back_it_is_solved() -> None:
    with judging(TUTORIAL, LEFT, Step(1004)) as judge:
        assert judge.after(Go(0, 590)).sentence.case == "solved"
    again = course(LEFT, falling(600, 0.98))
    assert judged(TUTORIAL, again).sentence.case == "solved"


def test_a_loss_that_is_no_number_pauses_there_and_says_the_window() -> None:
    losses = course(falling(129, 0.999), [math.nan])
    frame = judged(TUTORIAL, losses, Resume())
    assert frame.state == "paused"
    assert frame.trained == 130
    assert frame.has_diverged
    assert frame.sentence.case == "diverged"
    assert numbers_of(frame)[0] == 130


# ---- advice


def at_chance(config: EchoConfig, windows: int) -> npt.NDArray[np.float32]:
    """Losses of all replicas, [windows, replicas]."""
    return np.tile(flat(CHANCE, windows)[:, np.newaxis], (1, config.replicas))


@pytest.mark.parametrize(("units", "changes"), [(3, None), (4, {"init": "glorot"})])
def test_another_start_is_advised_where_it_solves_more(
    units: int, changes: dict[str, str] | None
) -> None:
    """Echo 3 at 10,000 windows: 3 units 3 of 16, from glorot 1; 4 units nearly all from glorot."""
    config = EchoConfig(state_size=units, num_epochs=1000)
    remedy = judged(config, at_chance(config, 1000)).sentence.remedy
    assert (remedy and remedy.changes) == changes


def test_a_change_that_was_made_to_networks_is_not_advised_again() -> None:
    config = EchoConfig(num_epochs=1000, replicas=64)
    with judging(config, at_chance(config, 2000), Step(1000)) as judge:
        assert judge.frame.sentence.remedy is not None
        judge.after(Edit({"init": "glorot"}))
        assert judge.after(Step(500)).sentence.remedy is None
        back = judge.after(Undo())
        assert back.config == config
        assert back.sentence.remedy is None
        assert judge.after(Redraw()).sentence.remedy is None, "too early"
        assert judge.after(Step(500)).sentence.remedy is not None, "another network"


# ---- several seeds

WILSON = {  # scipy.stats.binomtest(solved, seeds).proportion_ci(method="wilson")
    (0, 10): (0.0, 0.27753279986288926),
    (41, 64): (0.518208506097791, 0.7471159770854825),
    (613, 4096): (0.13906181046839394, 0.16091112047866124),
}


@pytest.mark.parametrize(("solved", "seeds"), WILSON)
def test_the_share_of_seeds_that_solved_it_has_the_interval_of_wilson(
    solved: int, seeds: int
) -> None:
    solved_at = np.arange(100, 100 + seeds)
    solved_at[solved:] = 0
    losses = np.full((50, seeds), 0.5, np.float32)
    stats = SeedStats.after(losses, solved_at, 5000, lost_at=np.zeros(seeds, np.int64))
    assert stats.solved == solved
    assert stats.replicas == seeds
    assert stats.interval == pytest.approx(WILSON[solved, seeds], abs=2e-7)
    median = 99 + (solved + 1) // 2 if solved else None
    assert stats.median_window == median
