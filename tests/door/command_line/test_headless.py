"""Training without the app: its lines, JSON, exit codes and flags."""

from __future__ import annotations

import json
import math
import os
import re
import signal
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from echornn import EchoConfig
from tests.answered import answered, records, trained
from tests.door.library.judged import WithLosses
from tests.hashed import HashTrainer
from tests.recorded import Step, contents, record_branches
from tests.scripted import ScriptedTrainer, scripted_loss, scripted_losses

SIZES = ("--total-series-length", 2050, "--truncated-backprop-length", 10, "--batch-size", 2)
"""102 windows in an epoch, and 10 time steps that are left over."""

SEEDS = EchoConfig(num_epochs=2, total_series_length=75 * 250, replicas=9)
"""250 windows in an epoch, seeds 7 to 15: three of them never solve it."""

OF_SEEDS = ["replicas", "solved", "success_rate", "success_low", "success_high", "median_window"]
OF_SEEDS += ["loss_10", "loss_50", "loss_90", "diverged"]


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.chdir(tmp_path)
    return tmp_path / "state" / "echornn-tui" / "runs"


def wrong_once_in_four(config: EchoConfig) -> ScriptedTrainer:
    trainer = ScriptedTrainer(config)
    trainer.wrong_every = 4
    return trainer


def mean(first: int, last: int) -> Any:
    return pytest.approx(
        np.mean([scripted_loss(window) for window in range(first, last)]), rel=1e-5
    )


def test_json_lines_of_a_network(tmp_path: Path) -> None:
    done = trained(
        "--json", "--num-epochs", 2, *SIZES, "--run", tmp_path / "run", trainers=wrong_once_in_four
    )
    start, note, *told, end = records(done)
    fields = EchoConfig(
        num_epochs=2, total_series_length=2050, truncated_backprop_length=10, batch_size=2
    ).fields()
    assert start == {
        "event": "start",
        **fields,
        "task": "echo",
        "run": str(tmp_path / "run"),
        "trained": 0,
    }
    assert note == {"event": "note", "unused_steps_per_epoch": 10}
    assert [(one["event"], one["epoch"], one.get("window")) for one in told] == [
        (event, epoch, window)
        for epoch in (1, 2)
        for event, window in (("window", 1), ("window", 101), ("epoch", None))
    ]
    first, later, epoch, *_, last = told
    assert first == {
        "event": "window",
        "epoch": 1,
        "window": 1,
        "loss": pytest.approx(0.7),
        "accuracy": 0.7,
    }
    assert later["loss"] == pytest.approx(scripted_loss(100))
    seconds = epoch.pop("seconds")
    assert 0 <= seconds <= last["seconds"]
    assert epoch == {"event": "epoch", "epoch": 1, "loss": mean(0, 102), "accuracy": 0.7} | {
        "level": "chance",
        "next_level": "knows t-3",
    }
    assert (last["loss"], last["accuracy"]) == (mean(102, 204), 0.7)
    assert list(end) == [
        "event",
        "windows",
        "final_loss",
        "solved_at",
        "lost_at",
        "level",
        "next_level",
        "seconds",
        "final_loss_spread",
    ]
    assert (end["event"], end["windows"], end["solved_at"], end["lost_at"]) == (
        "finished",
        204,
        None,
        None,
    )
    assert end["final_loss"] == mean(154, 204)
    newest = [scripted_loss(window) for window in range(154, 204)]
    assert end["final_loss_spread"] == pytest.approx(2 * np.std(newest, ddof=1) / np.sqrt(50))
    assert f"--resume {tmp_path / 'run'} --num-epochs 4" in done.stderr


def test_lines_for_people_have_the_same_numbers() -> None:
    done = trained("--headless", "--num-epochs", 2, *SIZES, trainers=wrong_once_in_four)
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

    def forgetful(config: EchoConfig) -> ScriptedTrainer:
        trainer = ScriptedTrainer(config)
        trainer.forgets_at = 500
        return trainer

    flags = ("--num-epochs", 7, *SIZES)
    *_, end = records(trained("--json", *flags, "--run", "run", trainers=forgetful))
    solved, lost = end["solved_at"], end["lost_at"]
    assert end["windows"] == 714
    assert 280 < solved < 320
    assert 500 < lost < 560
    assert end["final_loss"] == pytest.approx(0.7)
    *_, line = trained("--headless", *flags, trainers=forgetful).stdout.splitlines()
    for told in (line, answered("list", "run").stdout):
        assert re.search(rf"mean loss 0\.7000 +solved at {solved}, lost at {lost}", told)
    for words in ("list run", "branches run", "export run --summary"):
        (one,) = records(answered(*words.split(), "--json"))
        assert (one["solved_at"], one["lost_at"]) == (solved, lost)


def test_what_is_told_of_seeds_is_what_their_losses_say() -> None:
    """Each number is computed again from the scripted losses; solved is a mean of 50 windows below
    0.0487, or soon after it.
    """
    losses = scripted_losses(SEEDS, 0, 500).astype(float)
    means = np.stack([losses[end - 50 : end].mean(axis=0) for end in range(50, 501)])
    flags = ("--num-epochs", 2, "--total-series-length", SEEDS.total_series_length, "--replicas", 9)
    _, *told, end = records(trained("--json", *flags))
    assert [(one["event"], one["epoch"], one.get("window")) for one in told] == [
        (event, epoch, window)
        for epoch in (1, 2)
        for event, window in (("window", 1), ("window", 101), ("window", 201), ("epoch", None))
    ]
    for record in (*told, end):
        is_end = record["event"] == "finished"
        windows = 500 if is_end else (record["epoch"] - 1) * 250 + record.get("window", 250)
        below = means[: max(0, windows - 49)] < 0.04872
        solved = sorted(50 + int(column.argmax()) for column in below.T if column.any())
        shown = {
            "window": losses[windows - 1],
            "epoch": losses[max(0, windows - 250) : windows].mean(axis=0),
            "finished": means[-1],
        }[record["event"]]
        assert [name for name in record if name in OF_SEEDS] == OF_SEEDS
        assert (record["replicas"], record["diverged"]) == (9, 0)
        count = record["solved"]
        assert len([at for at in solved if at < windows - 30]) <= count <= len(solved)
        assert record["success_rate"] == count / 9
        assert (record["success_low"], record["success_high"]) == pytest.approx(wilson(count, 9))
        median = solved[(count - 1) // 2] if count else None
        assert record["median_window"] == (median and pytest.approx(median, abs=30))
        quantiles = [record[f"loss_{share}"] for share in (10, 50, 90)]
        assert quantiles == pytest.approx(np.quantile(shown, [0.1, 0.5, 0.9]), rel=1e-5)
    assert (end["windows"], end["solved"], end["lost"]) == (500, 6, 0)
    lines, median = trained("--headless", *flags).stdout.splitlines(), end["median_window"]
    assert lines[2] == "epoch 1 window 1  0/9 solved (0-30%)  loss 0.693 0.700 0.700"
    assert lines[-2].startswith(
        f"epoch 2 done  6/9 solved (35-88%) median {median}  loss 3.1e-06 0.001 0.693  "
    )
    assert lines[-1].startswith(f"finished  6/9 solved (35-88%) median {median}  mean loss ")
    assert all(len(line) <= 80 for line in lines[2:-1])


def wilson(solved: int, of: int) -> tuple[float, float]:
    """The 95 % interval of Wilson (1927), equation 4."""
    z, share = 1.959964, solved / of
    middle, half = (
        share + z * z / (2 * of),
        z * math.sqrt(share * (1 - share) / of + z * z / (4 * of * of)),
    )
    return tuple(max(0.0, (middle + sign * half) / (1 + z * z / of)) for sign in (-1, 1))  # type: ignore[return-value]


def test_the_level_on_a_tasks_ladder_is_told_with_its_loss() -> None:
    _, *told, end = records(
        trained("--json", "--task", "two_coins", "--num-epochs", 1, "--total-series-length", 18750)
    )
    assert (told[-1]["level"], told[-1]["next_level"]) == ("knows both", None)
    assert (end["level"], end["final_loss"]) == ("knows both", mean(200, 250))
    task = ("--task", "two_coins", "--num-epochs", 1, "--total-series-length", 3 * 750)
    lines = trained("--headless", *task).stdout.splitlines()
    assert re.search(r"mean loss 0\.6074 \(.*knows t-8\)", lines[-2])


@pytest.mark.parametrize(
    ("loss", "place"), [(0.196, "below chance"), (0.1735, "at knows when"), (0.165, "below knows")]
)
def test_a_final_loss_is_at_a_level_within_its_spread_or_below_one(loss: float, place: str) -> None:
    class Noisy(WithLosses):
        losses = np.resize(np.array([loss - 0.004, loss + 0.004], np.float32), 1000)
        wrong = None

    words = ("--task", "copy_memory", "--num-epochs", 10)
    end = trained("--headless", *words, trainers=Noisy).stdout.splitlines()[-1]
    assert f"({place}" in end


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
    "rule": "rtrl",
    "device": "cpu",
    "replicas": 2,
    "solved_below": 0.25,
}


def test_each_field_is_a_flag_and_is_kept_in_the_run(tmp_path: Path) -> None:
    assert [*VALUES, "task"] == [*EchoConfig().fields()]
    flags = [
        word for name, value in VALUES.items() for word in (f"--{name.replace('_', '-')}", value)
    ]
    start, *_ = records(trained("--json", *flags, "--run", tmp_path / "run"))
    assert {name: start[name] for name in VALUES} == VALUES
    kept = json.loads((tmp_path / "run" / "run.json").read_text())["config"]
    assert {name: kept[name] for name in VALUES} == VALUES
    start, *_ = records(
        trained("--json", "--task", "delayed_xor", "--far-lag", 5, "--num-epochs", 1)
    )
    assert (start["task"], start["lag"], start["far_lag"]) == ("delayed_xor", 1, 5)
    assert "echo_step" not in start


def test_a_run_has_a_folder_of_its_own_or_that_of_the_flag(state: Path, tmp_path: Path) -> None:
    first, second = (
        records(trained("--json", "--num-epochs", 1, *SIZES))[0]["run"] for _ in range(2)
    )
    assert {Path(first).parent, Path(second).parent} == {state}
    assert {str(folder) for folder in state.iterdir()} == {first, second}
    done = trained("--headless", "--num-epochs", 1, *SIZES, "--run", "mine")
    assert f"{tmp_path / 'mine'}" in done.stderr or "--resume mine" in done.stderr
    assert (tmp_path / "mine" / "losses.bin").stat().st_size == 8 * 102


def test_without_a_place_for_it_training_goes_on_and_says_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", "/proc/nowhere")
    done = trained("--json", "--num-epochs", 1, *SIZES)
    start, *_, end = records(done)
    assert (start["run"], end["windows"]) == (None, 102)
    assert "/proc/nowhere" in done.stderr


class Interrupted(HashTrainer):
    """Its process gets a signal before its 150th window."""

    number = signal.SIGTERM

    def advance(self, n: int) -> Any:
        if self.trained == 149:
            os.kill(os.getpid(), self.number)
        return super().advance(min(n, 149 - self.trained) if self.trained < 149 else n)


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_with_42_and_resume_goes_on_to_the_same_losses(
    number: signal.Signals, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Interrupted, "number", number)
    flags = ("--num-epochs", 30, *SIZES)
    done = trained("--headless", *flags, "--speed", 200, "--run", "cut off", trainers=Interrupted)
    assert done.returncode == 42
    assert "echornn-tui --resume 'cut off'" in done.stderr
    assert "finished" not in done.stdout
    start, *_, end = records(trained("--json", "--resume", "cut off", trainers=HashTrainer))
    assert 149 <= start["trained"] < 3060
    assert end["windows"] == 3060
    assert trained("--headless", *flags, "--run", "whole", trainers=HashTrainer).returncode == 0
    assert answered("export", "cut off").stdout == answered("export", "whole").stdout


def test_a_resumed_run_reports_the_epoch_under_way_whole_and_goes_back_with_at() -> None:
    assert trained("--headless", "--num-epochs", 1, *SIZES, "--run", "run").returncode == 0
    start, _, end = records(trained("--json", "--resume", "run"))
    assert (start["trained"], end["event"], end["windows"]) == (102, "finished", 102)
    again = ("--json", "--resume", "run", "--at", 70, "--num-epochs", 2, "--learning-rate", 0.1)
    start, _, *told, end = records(trained(*again))
    assert (start["trained"], start["learning_rate"], start["num_epochs"]) == (70, 0.1, 2)
    assert [one["event"] for one in told] == ["window", "epoch", "window", "window", "epoch"]
    assert told[1]["loss"] == mean(0, 102)
    assert end["windows"] == 102 + 134
    branches = records(answered("branches", "run", "--json"))
    assert [(one["parent"], one["at"], one["windows"], one["path"]) for one in branches] == [
        (None, 0, 102, 102),
        (0, 70, 134, 204),
    ]
    start, *_ = records(trained("--json", "--resume", "run"))
    assert start["trained"] == 204


@pytest.mark.parametrize(
    ("story", "windows"),
    [
        ([14, "reset", 3], (0, 10)),
        ([14, "reset", 3, (0, 14)], (10, 20)),
        ([12, {"state_size": 8}, 13], (10, 20)),
        ([25, (0, 15)], (10, 20)),
        ([13, "regenerate", 4], (13, 23)),
        ([4, {"learning_rate": 0.1}, 1, "reset", 2, (1, 5)], (0, 10)),
    ],
)
def test_the_mean_of_the_epoch_under_way_is_of_its_own_windows(
    story: list[Step], windows: tuple[int, int]
) -> None:
    record_branches(Path("run"), *story)
    told = records(trained("--json", "--resume", "run"))
    first = next(one for one in told if one["event"] == "epoch")
    assert first["loss"] == mean(*windows)


def test_resume_alone_takes_the_newest_run(state: Path) -> None:
    for name, when in (("older", 1e9), ("newer", 2e9)):
        trained("--headless", "--num-epochs", 1, *SIZES, "--run", state / name)
        for file in (state / name).rglob("*"):
            os.utime(file, (when, when))
    for words in (["--resume"], ["--resume", "newest"], ["--resume", "newer"]):
        assert records(trained("--json", *words))[0]["run"] == str(state / "newer")


def test_a_loss_that_is_not_finite_ends_it_with_1_at_its_window() -> None:
    def wild(config: EchoConfig) -> ScriptedTrainer:
        trainer = ScriptedTrainer(config)
        trainer.diverges_at = 149
        return trainer

    done = trained("--json", "--num-epochs", 2, *SIZES, "--run", "wild", trainers=wild)
    assert done.returncode == 1
    last = json.loads(done.stdout.splitlines()[-1])
    assert last == {"event": "diverged", "epoch": 2, "window": 48, "loss": None}
    assert "--resume wild --at 99" in done.stderr


@pytest.mark.parametrize("lost", [8, 9])
def test_seeds_have_diverged_only_when_all_have(lost: int) -> None:
    def wild(config: EchoConfig) -> ScriptedTrainer:
        trainer = ScriptedTrainer(config)
        trainer.diverge(dict.fromkeys(range(lost), 300))
        return trainer

    sizes = ("--num-epochs", 2, "--total-series-length", SEEDS.total_series_length, "--replicas", 9)
    done = trained("--json", *sizes, trainers=wild)
    last = json.loads(done.stdout.splitlines()[-1])
    if lost == 9:
        assert (done.returncode, last) == (
            1,
            {"event": "diverged", "epoch": 2, "window": 51, "loss": None},
        )
    else:
        assert (done.returncode, last["event"], last["diverged"], last["loss_90"]) == (
            0,
            "finished",
            8,
            None,
        )


def test_a_run_that_goes_on_with_no_more_epochs_is_not_touched() -> None:
    trained("--headless", "--num-epochs", 1, *SIZES, "--run", "run")
    before = contents(Path("run"))
    assert trained("--headless", "--resume", "run").returncode == 0
    after = contents(Path("run"))
    logs = ("run.json", "losses.bin", "commands.jsonl")
    assert {name: after[name] for name in logs} == {name: before[name] for name in logs}


NEVER_SOLVED = ("--task", "text", "--total-series-length", 5000, "--num-epochs", 1)
NOTHING_COUNTS = "nothing counts as solved: --solved-below decides"


def test_what_nothing_solves_has_no_counts_and_says_what_decides(tmp_path: Path) -> None:
    """In training, in a list of runs and in one of branches."""
    several = (*NEVER_SOLVED, "--replicas", 3)
    head, *lines = trained("--headless", *several, "--run", "seeds").stdout.splitlines()[1:]
    told = [line for line in [head, *lines] if NOTHING_COUNTS in line]
    assert [line.split(" ", 1)[0] for line in told] == ["nothing", "finished"]
    assert not any("%)" in line or "/3" in line for line in lines)
    end = trained("--headless", *NEVER_SOLVED, "--run", "one").stdout.splitlines()[-1]
    assert end.count(NOTHING_COUNTS) == 1
    assert "not solved" not in end
    for line in answered("list", tmp_path).stdout.splitlines()[1:]:
        assert NOTHING_COUNTS in line
        assert " of 3" not in line
    assert " of 3" not in answered("branches", "seeds").stdout

    end_of_json = records(trained("--json", *several, "--run", "again"))[-1]
    assert [name for name in end_of_json if name in OF_SEEDS] == OF_SEEDS
    assert [end_of_json[name] for name in OF_SEEDS[1:6]] == [0, None, None, None, None]
    above = ("--solved-below", 5, "--run", "counted")
    assert "3/3 solved (44-100%)" in trained("--headless", *several, *above).stdout
    for command in ("list", "branches"):
        (kept,) = records(answered(command, "seeds", "--json"))
        assert (kept["solved_level"], kept["lottery"]["success_rate"]) == (None, None)
