"""What TensorBoard's own readers see of a run of several networks: the loss distribution, and the number solved."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from echornn.history.kept_windows import as_stored, losses_of
from echornn.runs import events, run_dir
from echornn.runs.event_points import EventPoint
from echornn.runs.run_recorder import RunRecorder
from tests.patience import PATIENCE
from tests.recorded import Step, record_branches
from tests.scripted import SMALL_POPULATION, ScriptedTrainer

LONG = replace(SMALL_POPULATION, num_epochs=1000)
TAGS = ("loss", "loss_10", "loss_90", "success_rate", "learning_rate")

Points = dict[str, list[tuple[int, float]]]


def points(folder: Path) -> Points:
    """The steps and values of each curve."""
    reader = EventAccumulator(str(folder / events.FOLDER), size_guidance={"scalars": 0})
    reader.Reload()
    return {tag: [(one.step, one.value) for one in reader.Scalars(tag)] for tag in reader.Tags()["scalars"]}


def go_on(folder: Path, windows: int, *, is_killed: bool = False) -> None:
    """Continue a run up to its next checkpoint; or leave it as a process does that is killed before."""
    recorder = RunRecorder.go_on(folder)
    assert recorder.resumed is not None
    assert recorder.resumed.checkpoint is not None
    population = ScriptedTrainer(recorder.resumed.config)
    population.restore(recorder.resumed.checkpoint.state)
    recorder.windows(as_stored(population.advance(windows), population.config))
    if is_killed:
        recorder._events.flush(recorder._events.length)
        recorder._losses.flush()
    else:
        recorder.save(population.state)
        assert recorder.wait(PATIENCE)
    recorder.close()


@pytest.mark.slow
def test_quantiles_of_the_means_since_the_point_before_and_the_share_that_is_solved(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    record_branches(folder, 150, 250, 300, config=LONG, make_trainer=ScriptedTrainer)
    shown = points(folder)
    assert set(shown) == set(TAGS)
    steps = [step for step, _ in shown["loss"]]
    assert steps[:200] == list(range(1, 201))
    assert steps[-1] > 690
    run = run_dir.read(folder)
    losses, solved_at = losses_of(run.windows(0, 700, 6)), run.solved_at(0)
    assert (solved_at > 0).sum() == 4
    values = np.array([[value for _, value in shown[tag]] for tag in TAGS])
    for index, (before, step) in enumerate(zip([0, *steps], steps, strict=False)):
        low, middle, high = np.quantile(losses[before:step].mean(axis=0, dtype=np.float64), [0.1, 0.5, 0.9])
        rate = ((solved_at > 0) & (solved_at <= step)).mean()
        assert values[:, index] == pytest.approx([middle, low, high, rate, 0.3], rel=1e-5)


@pytest.mark.slow
def test_a_run_that_is_killed_again_and_again_shows_the_points_of_one_that_is_not(tmp_path: Path) -> None:
    record_branches(tmp_path / "whole", 1000, config=LONG, make_trainer=ScriptedTrainer)
    record_branches(tmp_path / "killed", 123, config=LONG, make_trainer=ScriptedTrainer)
    for windows, ahead in ((1, 3), (90, 222), (350, 1), (436, 0)):
        go_on(tmp_path / "killed", ahead + 1, is_killed=True)
        go_on(tmp_path / "killed", windows)
    assert points(tmp_path / "killed") == points(tmp_path / "whole")


@pytest.mark.slow
def test_networks_alone_and_populations_share_a_curve_of_the_loss(tmp_path: Path) -> None:
    story: tuple[Step, ...] = (30, {"replicas": 1}, 20, {"replicas": 3}, 10)
    record_branches(tmp_path / "run", *story, config=LONG, make_trainer=ScriptedTrainer)
    shown = points(tmp_path / "run")
    assert [step for step, _ in shown["loss"]] == list(range(1, 61))
    assert [step for step, _ in shown["accuracy"]] == list(range(31, 51))
    assert [step for step, _ in shown["success_rate"]] == [*range(1, 31), *range(51, 61)]


@pytest.mark.parametrize("replicas", [1, 6])
def test_a_point_is_the_same_however_its_windows_come_in(replicas: int) -> None:
    config = replace(LONG, replicas=replicas)
    whole, pieces = ScriptedTrainer(config).advance(90), ScriptedTrainer(config)
    one, other = EventPoint(config), EventPoint(config)
    one.take(whole, 0, 90)
    for n in (1, 7, 50, 32):
        piece = pieces.advance(n)
        other.take(piece, 0, n // 2)
        other.take(piece, n // 2, n)
    assert one.curves(90) == other.curves(90)


def test_what_has_diverged_lies_above_all() -> None:
    population = ScriptedTrainer(LONG)
    population.diverge({0: 5, 1: 5})
    progress = population.advance(10)
    point = EventPoint(LONG)
    point.take(progress, 0, 10)
    shown = point.curves(10)
    assert shown["loss_90"] == math.inf
    assert shown["loss"] < 0.7
