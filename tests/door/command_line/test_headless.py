"""Training without the app: its lines, JSON, exit codes and flags."""

from __future__ import annotations

import json
import os
import re
import signal
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from echornn import EchoConfig
from tests.answered import answered, json_rows, records, trained
from tests.hashed import HashTrainer
from tests.recorded import Step, contents, record_branches
from tests.scripted import ScriptedTrainer, mean_loss, scripted, scripted_loss, scripted_losses

SIZES = ("--total-series-length", 2050, "--truncated-backprop-length", 10, "--batch-size", 2)
"""102 windows in an epoch, and 10 time steps that are left over."""

ONE_EPOCH = ("--num-epochs", 1, *SIZES)
TWO_EPOCHS = ("--num-epochs", 2, *SIZES)

SEEDS = EchoConfig(num_epochs=2, total_series_length=75 * 250, replicas=9)
"""250 windows in an epoch, seeds 7 to 15: three of them never solve it."""

FLAGS_OF_SEEDS = ("--num-epochs", 2, "--total-series-length", 75 * 250, "--replicas", 9)

KEYS_OF_SEEDS = (
    "replicas solved success_rate success_low success_high median_window loss_10 loss_50 loss_90 "
    "diverged"
)

KEYS_OF_THE_END = (
    "event windows final_loss solved_at lost_at level next_level seconds final_loss_spread"
)

wrong_once_in_four = scripted(wrong_every=4)


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.chdir(tmp_path)
    return tmp_path / "state" / "echornn-tui" / "runs"


def mean(first: int, end: int) -> Any:
    return pytest.approx(mean_loss(first, end), rel=1e-5)


def places(rows: list[dict[str, Any]]) -> list[tuple[str, int, int | None]]:
    return [(row["event"], row["epoch"], row.get("window")) for row in rows]


def test_json_lines_of_a_network(tmp_path: Path) -> None:
    run = str(tmp_path / "run")
    done = trained("--json", *TWO_EPOCHS, "--run", run, trainers=wrong_once_in_four)
    start, note, *progress, end = records(done)
    config = EchoConfig(
        num_epochs=2, total_series_length=2050, truncated_backprop_length=10, batch_size=2
    )
    about = {"event": "start", "task": "echo", "run": run, "trained": 0}
    assert start == config.fields() | about
    assert note == {"event": "note", "unused_steps_per_epoch": 10}
    assert places(progress) == [
        ("window", 1, 1),
        ("window", 1, 101),
        ("epoch", 1, None),
        ("window", 2, 1),
        ("window", 2, 101),
        ("epoch", 2, None),
    ]
    first, later, epoch, *_, last = progress
    loss = pytest.approx(0.7)
    assert first == {"event": "window", "epoch": 1, "window": 1, "loss": loss, "accuracy": 0.7}
    assert later["loss"] == pytest.approx(scripted_loss(100))
    assert 0 <= epoch.pop("seconds") <= last["seconds"]
    levels = {"level": "chance", "next_level": "knows t-3"}
    assert epoch == {"event": "epoch", "epoch": 1, "loss": mean(0, 102), "accuracy": 0.7} | levels
    assert last["loss"] == mean(102, 204)
    assert last["accuracy"] == 0.7

    assert [*end] == KEYS_OF_THE_END.split()
    assert end["event"] == "finished"
    assert end["windows"] == 204
    assert end["solved_at"] is None
    assert end["lost_at"] is None
    newest = [scripted_loss(window) for window in range(154, 204)]
    assert end["final_loss"] == pytest.approx(np.mean(newest), rel=1e-5)
    assert end["final_loss_spread"] == pytest.approx(2 * np.std(newest, ddof=1) / np.sqrt(50))
    assert f"--resume {run} --num-epochs 4" in done.stderr


def test_lines_for_people_have_the_same_numbers() -> None:
    done = trained("--headless", *TWO_EPOCHS, trainers=wrong_once_in_four)
    start, note, first, later, epoch, *_, end = done.stdout.splitlines()
    assert start.startswith(
        "start  num_epochs 2  total_series_length 2050  truncated_backprop_length 10"
    )
    assert note == "note  unused_steps_per_epoch 10"
    assert first == "epoch 1/2  window 1/102  loss 0.7000  accuracy 70.0%"
    assert later == "epoch 1/2  window 101/102  loss 0.2562  accuracy 70.0%"
    assert re.fullmatch(r"epoch 1/2 done +mean loss 0\.4401 +accuracy 70\.0% +at \d+\.\d s", epoch)
    assert re.fullmatch(
        r"finished +windows 204 in all +mean loss 0\.1176 +not solved +seconds \d+\.\d+", end
    )


def test_where_it_was_solved_and_lost_again() -> None:
    """The trainer guesses again from window 500 on, so that the mean of 50 windows rises to 0.7."""
    forgetful = scripted(forgets_at=500)
    flags = ("--num-epochs", 7, *SIZES)
    *_, end = records(trained("--json", *flags, "--run", "run", trainers=forgetful))
    assert end["windows"] == 714
    assert 280 < end["solved_at"] < 320
    assert 500 < end["lost_at"] < 560
    assert end["final_loss"] == pytest.approx(0.7)

    where = rf"mean loss 0\.7000 +solved at {end['solved_at']}, lost at {end['lost_at']}"
    *_, last = trained("--headless", *flags, trainers=forgetful).stdout.splitlines()
    assert re.search(where, last)
    assert re.search(where, answered("list", "run").stdout)
    for command in ("list run", "branches run", "export run --summary"):
        (row,) = json_rows(command)
        assert row["solved_at"] == end["solved_at"]
        assert row["lost_at"] == end["lost_at"]


def test_what_is_told_of_seeds_is_what_their_losses_say() -> None:
    """Each number is computed again from the scripted losses; solved is a mean of 50 windows below
    0.0487, or soon after it.
    """
    losses = scripted_losses(SEEDS, 0, 500).astype(float)
    means = np.stack([losses[end - 50 : end].mean(axis=0) for end in range(50, 501)])
    _, *progress, end = records(trained("--json", *FLAGS_OF_SEEDS))
    assert places(progress) == [
        (event, epoch, window)
        for epoch in (1, 2)
        for event, window in (("window", 1), ("window", 101), ("window", 201), ("epoch", None))
    ]
    for row in (*progress, end):
        match row["event"]:
            case "window":
                windows = (row["epoch"] - 1) * 250 + row["window"]
                shown = losses[windows - 1]
            case "epoch":
                windows = row["epoch"] * 250
                shown = losses[windows - 250 : windows].mean(axis=0)
            case _:
                windows = 500
                shown = means[-1]
        require_lottery(row, means[: max(0, windows - 49)] < 0.04872, windows)
        quantiles = [row[f"loss_{share}"] for share in (10, 50, 90)]
        assert quantiles == pytest.approx(np.quantile(shown, [0.1, 0.5, 0.9]), rel=1e-5)
    assert end["windows"] == 500
    assert end["solved"] == 6
    assert end["lost"] == 0


def require_lottery(row: dict[str, Any], is_below: np.ndarray, windows: int) -> None:
    """The counts in a row are those of the networks whose means have come below the level, [means,
    replicas]."""
    assert [name for name in row if name in KEYS_OF_SEEDS.split()] == KEYS_OF_SEEDS.split()
    assert row["replicas"] == 9
    assert row["diverged"] == 0
    solved = sorted(50 + int(network.argmax()) for network in is_below.T if network.any())
    count = row["solved"]
    assert np.sum(np.array(solved) < windows - 30) <= count <= len(solved)
    assert row["success_rate"] == count / 9
    assert row["success_low"] <= row["success_rate"] <= row["success_high"]
    if count == 0:
        assert row["median_window"] is None
    else:
        assert row["median_window"] == pytest.approx(solved[(count - 1) // 2], abs=30)


def test_lines_of_seeds_for_people_have_the_same_numbers() -> None:
    *_, end = records(trained("--json", *FLAGS_OF_SEEDS))
    lines = trained("--headless", *FLAGS_OF_SEEDS).stdout.splitlines()
    solved = f"6/9 solved (35-88%) median {end['median_window']}"  # by Wilson's interval
    assert lines[2] == "epoch 1 window 1  0/9 solved (0-30%)  loss 0.693 0.700 0.700"
    assert lines[-2].startswith(f"epoch 2 done  {solved}  loss 3.1e-06 0.001 0.693  ")
    assert lines[-1].startswith(f"finished  {solved}  mean loss ")
    assert max(map(len, lines[2:-1])) <= 80


def test_the_level_on_a_tasks_ladder_is_told_with_its_loss() -> None:
    task = ("--task", "two_coins", "--num-epochs", 1, "--total-series-length")
    *_, epoch, end = records(trained("--json", *task, 18750))
    assert epoch["level"] == "knows both"
    assert epoch["next_level"] is None
    assert end["level"] == "knows both"
    assert end["final_loss"] == mean(200, 250)
    *_, line, _ = trained("--headless", *task, 3 * 750).stdout.splitlines()
    assert re.search(r"mean loss 0\.6074 \(.*knows t-8\)", line)


VALUES: dict[str, object] = {
    "num_epochs": 3,
    "total_series_length": 3000,
    "truncated_backprop_length": 12,
    "state_size": 5,
    "num_classes": 3,
    "echo_step": 4,
    "batch_size": 6,
    "learning_rate": 0.25,
    "seed": 11,
    "stride": 6,
    "cell": "lstm",
    "num_layers": 2,
    "dropout": 0.5,
    "optimizer": "adam",
    "clip_norm": 1.5,
    "weight_decay": 0.001,
    "rate_penalty": 0.01,
    "init": "glorot",
    "row_start": "zero",
    "forget_bias": 2.0,
    "chrono": 20,
    "spectral_radius": 0.9,
    "start_state": "zero",
    "rule": "rtrl",
    "device": "cpu",
    "replicas": 2,
    "solved_below": 0.25,
}


def test_each_field_is_a_flag_and_is_kept_in_the_run() -> None:
    assert [*VALUES, "weights", "task"] == [*EchoConfig().fields()]
    flags: list[object] = []
    for name, value in VALUES.items():
        flags += [f"--{name.replace('_', '-')}", value]
    start, *_ = records(trained("--json", *flags, "--run", "run"))
    assert start | VALUES == start
    kept = json.loads(Path("run", "run.json").read_text())["config"]
    assert kept | VALUES == kept


def test_a_setting_of_a_task_is_a_flag() -> None:
    task = ("--task", "delayed_xor", "--far-lag", 5)
    start, *_ = records(trained("--json", *task, "--num-epochs", 1))
    assert start["task"] == "delayed_xor"
    assert start["lag"] == 1
    assert start["far_lag"] == 5
    assert "echo_step" not in start


def test_a_run_has_a_folder_of_its_own_or_that_of_the_flag(state: Path) -> None:
    runs = {records(trained("--json", *ONE_EPOCH))[0]["run"] for _ in range(2)}
    assert len(runs) == 2
    assert runs == {str(folder) for folder in state.iterdir()}
    done = trained("--headless", *ONE_EPOCH, "--run", "mine")
    assert "--resume mine" in done.stderr
    assert Path("mine", "losses.bin").stat().st_size == 8 * 102


def test_without_a_place_for_it_training_goes_on_and_says_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", "/proc/nowhere")
    done = trained("--json", *ONE_EPOCH)
    start, *_, end = records(done)
    assert start["run"] is None
    assert end["windows"] == 102
    assert "/proc/nowhere" in done.stderr


class Interrupted(HashTrainer):
    """Its process gets SIGTERM before its 150th window."""

    def advance(self, n: int) -> Any:
        if self.trained < 149:
            return super().advance(min(n, 149 - self.trained))
        if self.trained == 149:
            os.kill(os.getpid(), signal.SIGTERM)
        return super().advance(n)


@pytest.mark.slow
def test_a_signal_ends_it_with_42_and_resume_goes_on_to_the_same_losses() -> None:
    flags = ("--headless", "--num-epochs", 30, *SIZES)
    done = trained(*flags, "--speed", 200, "--run", "cut off", trainers=Interrupted)
    assert done.returncode == 42
    assert "echornn-tui --resume 'cut off'" in done.stderr
    assert "finished" not in done.stdout
    again = ("--resume", "cut off", "--speed", "max")
    start, *_, end = records(trained("--json", *again, trainers=HashTrainer))
    assert 149 <= start["trained"] < 3060
    assert end["windows"] == 3060
    assert trained(*flags, "--run", "whole", trainers=HashTrainer).returncode == 0
    assert answered("export", "cut off").stdout == answered("export", "whole").stdout


def test_a_finished_run_that_goes_on_says_so_and_is_not_touched() -> None:
    trained("--headless", *ONE_EPOCH, "--run", "run")
    before = contents(Path("run"))
    start, _, end = records(trained("--json", "--resume", "run"))
    assert start["trained"] == 102
    assert end["event"] == "finished"
    assert end["windows"] == 102
    after = contents(Path("run"))
    for name in ("run.json", "losses.bin", "commands.jsonl"):
        assert after[name] == before[name]


def test_at_goes_back_and_reports_the_epoch_under_way_whole() -> None:
    trained("--headless", *ONE_EPOCH, "--run", "run")
    changes = ("--num-epochs", 2, "--learning-rate", 0.1)
    start, _, *progress, end = records(trained("--json", "--resume", "run", "--at", 70, *changes))
    assert start["trained"] == 70
    assert start["learning_rate"] == 0.1
    assert start["num_epochs"] == 2
    assert [row["event"] for row in progress] == ["window", "epoch", "window", "window", "epoch"]
    assert progress[1]["loss"] == mean(0, 102)
    assert end["windows"] == 102 + 134

    branches = json_rows("branches run")
    fields = ("parent", "at", "windows", "path")
    assert [[branch[field] for field in fields] for branch in branches] == [
        [None, 0, 102, 102],
        [0, 70, 134, 204],
    ]
    assert "learning_rate 0.1" in branches[1]["differs"]
    start, *_ = records(trained("--json", "--resume", "run"))
    assert start["trained"] == 204


@pytest.mark.parametrize(
    ("story", "windows"),
    [
        ([14, "reset", 3, (0, 14)], (10, 20)),
        ([13, "regenerate", 4], (13, 23)),
        ([4, {"learning_rate": 0.1}, 1, "reset", 2, (1, 5)], (0, 10)),
    ],
)
def test_the_mean_of_the_epoch_under_way_is_of_its_own_windows(
    story: list[Step], windows: tuple[int, int]
) -> None:
    record_branches(Path("run"), *story)
    rows = records(trained("--json", "--resume", "run"))
    losses = [row["loss"] for row in rows if row["event"] == "epoch"]
    assert losses[0] == mean(*windows)


def test_resume_alone_takes_the_newest_run(state: Path) -> None:
    for name, when in (("older", 1e9), ("newer", 2e9)):
        trained("--headless", *ONE_EPOCH, "--run", state / name)
        for file in (state / name).rglob("*"):
            os.utime(file, (when, when))
    for words in (["--resume"], ["--resume", "newest"], ["--resume", "newer"]):
        start, *_ = records(trained("--json", *words))
        assert start["run"] == str(state / "newer")


def test_a_loss_that_is_not_finite_ends_it_with_1_at_its_window() -> None:
    diverging = scripted(diverges_at=149)
    done = trained("--json", *TWO_EPOCHS, "--run", "wild", trainers=diverging)
    assert done.returncode == 1
    last = json.loads(done.stdout.splitlines()[-1])
    assert last == {"event": "diverged", "epoch": 2, "window": 48, "loss": None}
    assert "--resume wild --at 99" in done.stderr


def wild_seeds(count: int) -> Any:
    """Makes trainers of which so many networks diverge."""

    def make(config: EchoConfig) -> ScriptedTrainer:
        trainer = ScriptedTrainer(config)
        trainer.diverge(dict.fromkeys(range(count), 300))
        return trainer

    return make


def test_seeds_have_diverged_when_all_have() -> None:
    *_, end = records(trained("--json", *FLAGS_OF_SEEDS, trainers=wild_seeds(8)))
    assert end["event"] == "finished"
    assert end["diverged"] == 8
    assert end["loss_90"] is None
    done = trained("--json", *FLAGS_OF_SEEDS, trainers=wild_seeds(9))
    assert done.returncode == 1
    last = json.loads(done.stdout.splitlines()[-1])
    assert last == {"event": "diverged", "epoch": 2, "window": 51, "loss": None}


TEXT = ("--task", "text", "--total-series-length", 5000, "--num-epochs", 1)
"""A task of which no loss counts as solved."""

THREE_TEXTS = (*TEXT, "--replicas", 3)

NOTHING_COUNTS = "nothing counts as solved: --solved-below decides"


def test_of_what_nothing_solves_no_line_has_counts() -> None:
    """In training, in a list of runs and in one of branches."""
    done = trained("--headless", *THREE_TEXTS, "--run", "seeds")
    _, _, head, *lines = done.stdout.splitlines()
    assert head.startswith(NOTHING_COUNTS)
    for line in lines:
        assert (NOTHING_COUNTS in line) == (line is lines[-1])
        assert "%)" not in line
        assert "/3" not in line
    *_, end = trained("--headless", *TEXT, "--run", "one").stdout.splitlines()
    assert end.count(NOTHING_COUNTS) == 1
    assert "not solved" not in end
    _, *runs = answered("list", ".").stdout.splitlines()
    assert len(runs) == 2
    for line in runs:
        assert NOTHING_COUNTS in line
        assert " of 3" not in line
    assert " of 3" not in answered("branches", "seeds").stdout
    above = trained("--headless", *THREE_TEXTS, "--solved-below", 5)
    assert "3/3 solved (44-100%)" in above.stdout


def test_of_what_nothing_solves_json_has_no_shares() -> None:
    *_, end = records(trained("--json", *THREE_TEXTS, "--run", "seeds"))
    assert end["solved"] == 0
    for name in ("success_rate", "success_low", "success_high", "median_window"):
        assert end[name] is None
    for command in ("list seeds", "branches seeds"):
        (row,) = json_rows(command)
        assert row["solved_level"] is None
        assert row["lottery"]["success_rate"] is None
