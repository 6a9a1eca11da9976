"""The output of `list`: progress of runs, whether they have learned, and their configurations."""

from __future__ import annotations

import json
import os
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from echornn.arrays.network_facts import network_facts
from echornn.config import EchoConfig
from echornn.progress import Floats
from echornn.runs import kept_runs, run_dir, summary
from echornn.runs.logs.command_log import RecordedCommand
from echornn.runs.run_dir import COMMAND_FILE, LOSS_FILE, RUN_FILE, WINDOW
from echornn.runs.run_recorder import RunRecorder
from echornn.runs.states import checkpoint
from echornn.session.commands import Step
from echornn.session.session import Session
from tests.echornn.runs.test_recorder import recorded
from tests.on_a_thread import play
from tests.recorded import record_branches
from tests.scripted import (
    FORGETS_AT,
    LOST_AT,
    SMALL,
    SMALL_POPULATION,
    SOLVED_AT,
    ScriptedTrainer,
    forgetful,
    scripted_loss,
    scripted_losses,
)
from tui.app.kept_list import kept_runs_beside
from tui.cli.program import exit_code_of
from tui.commands.kept_runs import branches, list_runs

LONG = replace(SMALL, num_epochs=100)
"""1 000 windows; the scripted loss counts as solved after `SOLVED_AT`."""


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    return kept_runs.state_folder()


def objects(folder: Path | None = None) -> list[dict[str, object]]:
    return [json.loads(line) for line in list_runs.json_lines(folder)]


def test_a_run_says_how_far_it_is_what_it_has_learned_and_what_differs(home: Path) -> None:
    windows = recorded(home / "mine", 1000, config=LONG)
    _, line = list_runs.lines()
    assert "epoch 100/100" in line
    assert "1,000 windows" in line
    assert f"solved at {SOLVED_AT}" in line
    assert line.endswith("mine  total_series_length 200, truncated_backprop_length 10, batch_size 2")
    (run,) = objects()
    assert run["loss"] == pytest.approx(windows["loss"][-50:].mean(dtype=np.float64))
    assert {name: run[name] for name in ("epoch", "window", "windows", "diverged", "solved_at")} == {
        "epoch": 100,
        "window": 10,
        "windows": 1000,
        "diverged": False,
        "solved_at": SOLVED_AT,
    }
    assert run["run"] == str(home / "mine")
    assert run["differs"] == {"total_series_length": 200, "truncated_backprop_length": 10, "batch_size": 2}
    assert run["bytes"] == run_dir.size(home / "mine")


def test_it_was_solved_says_the_record_what_the_verdict_says(home: Path) -> None:
    recorder = RunRecorder.begin(home / "one", LONG)
    session = Session(LONG, make_trainer=ScriptedTrainer, recorder=recorder)
    play(session, Step(700))
    assert session.frame.loss_stats.solved_at == SOLVED_AT
    assert f"solved at window {SOLVED_AT}" in session.frame.sentence.text
    (newest, *_), _ = checkpoint.load(home / "one")
    assert newest.solved_at == SOLVED_AT
    recorded(home / "two", 700, "reset", 20, config=LONG)
    by_name = {Path(str(run["run"])).name: run["solved_at"] for run in objects()}
    assert by_name == {"one": SOLVED_AT, "two": None}


@pytest.mark.parametrize("is_old", [False, True])
def test_a_run_that_lost_the_echo_again_says_where(home: Path, is_old: bool) -> None:
    record_branches(home / "forgetful", 700, config=LONG, make_trainer=forgetful)
    (newest, *_), _ = checkpoint.load(home / "forgetful")
    if is_old:  # its record lacks this
        checkpoint.save(home / "forgetful", replace(newest, serial=newest.serial + 1, lost_at=None))
    (run,) = objects()
    assert (run["solved_at"], run["lost_at"]) == (SOLVED_AT, LOST_AT)
    assert run["loss"] == pytest.approx(0.7)
    assert f"solved at {SOLVED_AT}, lost at {LOST_AT}" in list(list_runs.lines())[1]
    (row,) = network_facts(run_dir.read(home / "forgetful"))
    assert (row.solved_at, row.lost_at) == (SOLVED_AT, LOST_AT)
    (branch,) = branches.records(run_dir.read(home / "forgetful"))
    assert (branch["solved_at"], branch["lost_at"]) == (SOLVED_AT, LOST_AT)
    assert list(branches.lines([branch]))[1].endswith(f"the start; lost at {LOST_AT}")
    (kept,) = kept_runs_beside(LONG, None)
    assert (kept.solved_at, kept.lost_at) == (SOLVED_AT, LOST_AT)


@pytest.mark.parametrize("is_known", [True, False])
def test_whether_an_early_run_is_lost_whose_newest_losses_do_not_say_is_read_or_not_known(
    home: Path, is_known: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(summary, "MOST_READ", 10_000 if is_known else 0)
    record_branches(home / "between", 700, config=LONG, make_trainer=between)
    (newest, *_), _ = checkpoint.load(home / "between")
    checkpoint.save(home / "between", replace(newest, serial=newest.serial + 1, lost_at=None))
    run = run_dir.read(home / "between")
    told = summary.summary(run.folder)
    assert (told.solved_at, told.lost_at) == (SOLVED_AT, LOST_AT if is_known else None)
    assert [row.lost_at for row in network_facts(run)] == [LOST_AT]


def between(config: EchoConfig) -> ScriptedTrainer:
    """A trainer whose network guesses for some windows after `FORGETS_AT`, and then is between solved and lost."""

    class Between(ScriptedTrainer):
        def _losses(self, n: int) -> Floats:
            return np.where(self.trained + np.arange(n)[:, np.newaxis] < 560, super()._losses(n), np.float32(0.08))

    trainer = Between(config)
    trainer.forgets_at = FORGETS_AT
    return trainer


@pytest.mark.parametrize(("windows", "solved_at"), [(700, SOLVED_AT), (200, None)])
def test_a_record_of_an_earlier_version_is_asked_for_it(home: Path, windows: int, solved_at: int | None) -> None:
    recorded(home / "old", windows, config=LONG)
    (newest, *_), _ = checkpoint.load(home / "old")
    checkpoint.save(home / "old", replace(newest, serial=newest.serial + 1, solved_at=None))
    assert [run["solved_at"] for run in objects()] == [solved_at]


def test_a_run_of_a_hundred_million_windows_is_listed_at_once(home: Path) -> None:
    recorded(home / "long", 1000, config=LONG)
    (newest, *_), _ = checkpoint.load(home / "long")
    length = 10**8 * WINDOW.itemsize
    os.truncate(home / "long" / LOSS_FILE, length)
    assert newest.position == (0, 1000)
    losses = replace(newest.losses, length=length)
    longer = replace(newest, serial=newest.serial + 1, losses=losses, position=(0, 10**8))
    checkpoint.save(home / "long", longer)
    begun = time.thread_time()
    (run,) = objects()
    assert time.thread_time() - begun < 1
    assert (run["windows"], run["solved_at"], run["loss"]) == (10**8, SOLVED_AT, 0.0)


def test_a_run_that_diverged_before_it_was_saved_says_so_and_where(home: Path) -> None:
    def make_trainer(config: EchoConfig) -> ScriptedTrainer:
        trainer = ScriptedTrainer(config)
        trainer.diverges_at = 16
        return trainer

    session = Session(LONG, make_trainer=make_trainer, recorder=RunRecorder.begin(home / "wild", LONG))
    play(session, Step(40))
    _, line = list_runs.lines()
    assert "epoch 2/100" in line
    assert " 17 windows in all  mean loss diverged" in line
    (run,) = objects()
    assert (run["windows"], run["epoch"], run["window"], run["loss"], run["diverged"]) == (17, 2, 7, None, True)


def test_a_run_that_has_not_begun_has_no_loss(home: Path) -> None:
    recorder = RunRecorder.begin(home / "new", LONG)
    recorder.command(RecordedCommand(0, "start", 0, 0, 0, 0, LONG))
    recorder.save(ScriptedTrainer(LONG).state)
    recorder.close()
    (run,) = objects()
    assert (run["epoch"], run["windows"], run["loss"], run["solved_at"]) == (0, 0, None, None)
    assert "loss - " in next(line for line in list_runs.lines() if "windows" in line)


def test_another_folder_or_a_run_can_be_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    recorded(tmp_path / "runs" / "one", 5)
    recorded(tmp_path / "runs" / "two", 5)
    assert sorted(Path(str(run["run"])).name for run in objects(tmp_path / "runs")) == ["one", "two"]
    assert [run["run"] for run in objects(tmp_path / "runs" / "one")] == [str(tmp_path / "runs" / "one")]
    assert exit_code_of(["list", str(tmp_path / "runs"), "--json"]) == 0
    assert len([json.loads(line) for line in capsys.readouterr().out.splitlines()]) == 2
    for name, why in (("nowhere", "No such file or directory"), ("runs/one/run.json", "Not a directory")):
        assert exit_code_of(["list", str(tmp_path / name)]) == 2
        assert f"{tmp_path / name} cannot be read: {why}" in capsys.readouterr().err


def test_what_cannot_be_read_is_a_line_of_its_own_that_nobody_can_forge(
    home: Path, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    recorded(home / os.fsdecode(b"\xff\n2026-01-01 00:00  forged \x1b[2J"), 5)
    recorded(home / "format", 5)
    about = json.loads((home / "format" / RUN_FILE).read_text()) | {"format": "1\x1b[2J\nforged \u202e"}
    (home / "format" / RUN_FILE).write_text(json.dumps(about))
    recorded(home / "cause", 5)
    (home / "cause" / COMMAND_FILE).write_bytes(b"\x1b[2J\n")
    assert exit_code_of(["list"]) == 0
    out, _ = capsysbinary.readouterr()
    assert len(out.splitlines()) == 4
    assert b"\x1b" not in out
    assert rb"\xff\n2026-01-01 00:00  forged \x1b[2J" in out
    assert "\u202e" not in out.decode()
    assert exit_code_of(["list", "--json"]) == 0
    out, _ = capsysbinary.readouterr()
    assert len([json.loads(line) for line in out.splitlines()]) == 3
    assert exit_code_of(["prune", "--keep", "0", "--dry-run"]) == 0
    out, _ = capsysbinary.readouterr()
    assert (len(out.splitlines()), b"\x1b" in out) == (3, False)


def test_a_population_says_how_many_are_solved(home: Path) -> None:
    record_branches(home / "lot", 500, config=SMALL_POPULATION, make_trainer=ScriptedTrainer)
    solved = ScriptedTrainer(SMALL_POPULATION)
    progress = solved.advance(500)
    by_half = sorted(progress.solved_at[progress.solved_at > 0])[2]
    _, line = list_runs.lines()
    assert " 500 windows in all" in line
    assert "4 of 6 solved" in line
    assert line.endswith("replicas 6")
    (run,) = objects()
    assert (run["solved_at"], run["diverged"]) == (by_half, False)
    assert isinstance(run["lottery"], dict)
    assert (run["lottery"]["replicas"], run["lottery"]["solved"]) == (6, 4)
    assert run["loss"] == run["lottery"]["loss_50"]


def test_of_a_population_that_nothing_was_trained_of_no_loss_is_told(home: Path) -> None:
    record_branches(home / "lot", config=SMALL_POPULATION, make_trainer=ScriptedTrainer)
    _, line = list_runs.lines()
    assert "mean loss - " in line
    assert "0 of 6 solved" in line
    (run,) = objects()
    assert (run["loss"], run["diverged"]) == (None, False)


def test_one_of_a_population_that_goes_on_alone_has_its_own_losses(home: Path) -> None:
    record_branches(home / "lot", 500, "alone", 20, config=SMALL_POPULATION, make_trainer=ScriptedTrainer)
    (run,) = objects()
    losses = [*scripted_losses(SMALL_POPULATION, 470, 30)[:, 0], *map(scripted_loss, range(500, 520))]
    assert run["loss"] == pytest.approx(np.mean(losses), rel=1e-5)
    assert "lottery" not in run


def test_a_population_all_of_which_diverged_before_it_was_saved_says_so(home: Path) -> None:
    def make_trainer(config: EchoConfig) -> ScriptedTrainer:
        population = ScriptedTrainer(config)
        population.diverge(dict.fromkeys(range(6), 16))
        return population

    recorder = RunRecorder.begin(home / "wild", SMALL_POPULATION)
    session = Session(SMALL_POPULATION, make_trainer=make_trainer, recorder=recorder)
    play(session, Step(40))
    (run,) = objects()
    assert (run["windows"], run["epoch"], run["window"], run["loss"], run["diverged"]) == (17, 2, 7, None, True)
