"""The printed lines about several networks: how many are solved, how soon, and the losses."""

from __future__ import annotations

import json
import math
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from echornn.config import ConfigError, EchoConfig
from echornn.data.solved import RECENT_WINDOWS
from echornn.diagnosis.seed_stats import SeedStats, wilson
from echornn.runs import run_dir
from echornn.session import loop
from echornn.session.pictures.frame import Frame, State
from echornn.training.window_cost import cost_note
from tests.patience import PATIENCE
from tests.recorded import record_branches
from tests.scripted import ScriptedTrainer, scripted_loss, scripted_losses
from tui.commands.printed.record_lines import SEEDS_NOTE, as_line, short
from tui.commands.printed.records import Record, as_json, finished_record
from tui.commands.training.epoch_report import EpochReport
from tui.commands.training.headless import print_training
from tui.term.exit_code import ExitCode

CONFIG = EchoConfig(num_epochs=2, total_series_length=75 * 250, replicas=9)
"""250 windows per epoch, seeds 7 to 15: three of them do not learn."""


def records_of(pieces: list[int], config: EchoConfig = CONFIG) -> list[Record]:
    population = ScriptedTrainer(config)
    report = EpochReport(config, clock=lambda: 0.0)
    return [record for n in pieces for record in report.records(population.advance(n))]


@pytest.mark.parametrize("pieces", [[500], [1] * 500, [99, 2, 150, 249]])
def test_each_record_is_what_the_losses_up_to_it_say(pieces: list[int]) -> None:
    losses = scripted_losses(CONFIG, 0, 500)
    means = np.stack([losses[end - RECENT_WINDOWS : end].mean(axis=0) for end in range(RECENT_WINDOWS, 501)])
    records = records_of(pieces)
    places = [(record["event"], record["epoch"], record.get("window")) for record in records]
    in_an_epoch = [("window", 1), ("window", 101), ("window", 201), ("epoch", None)]
    assert places == [(event, epoch, window) for epoch in (1, 2) for event, window in in_an_epoch]
    for record in records:
        windows = (record["epoch"] - 1) * 250 + record.get("window", 250)
        below = means[: max(0, windows + 1 - RECENT_WINDOWS)] < 0.05
        solved_at = [RECENT_WINDOWS + int(column.argmax()) for column in below.T if column.any()]
        assert (record["solved"], record["replicas"], record["diverged"]) == (len(solved_at), 9, 0)
        assert (record["success_low"], record["success_high"]) == wilson(len(solved_at), 9)
        assert record["success_rate"] == len(solved_at) / 9
        expected = sorted(solved_at)[(len(solved_at) - 1) // 2] if solved_at else None
        assert record["median_window"] == expected
        shown = losses[windows - 1] if record["event"] == "window" else losses[windows - 250 : windows].mean(axis=0)
        quantiles = [record[name] for name in ("loss_10", "loss_50", "loss_90")]
        assert quantiles == pytest.approx(np.quantile(shown.astype(float), [0.1, 0.5, 0.9]), rel=1e-5)


def test_what_has_diverged_is_counted_and_its_loss_is_null() -> None:
    config = replace(CONFIG, replicas=4)
    population = ScriptedTrainer(config)
    population.diverge({1: 3, 2: 90})
    *_, last = EpochReport(config).records(population.advance(101))
    assert (last["diverged"], last["loss_90"]) == (2, math.inf)
    parsed = json.loads(as_json(last))
    assert parsed["loss_90"] is None
    assert parsed["loss_10"] > 0
    assert as_line(last, config).endswith(" inf  2 diverged")


def test_lines_are_for_80_columns() -> None:
    first, *_, last = records_of([500])
    assert as_line(first, CONFIG) == "epoch 1 window 1  0/9 solved (0-30%)  loss 0.693 0.700 0.700"
    assert as_line(last, CONFIG) == "epoch 2 done  6/9 solved (35-88%) median 117  loss 3e-6 9e-4 0.693  0.0s"
    many = {"epoch": 100, "replicas": 256, "solved": 128, "median_window": 66_000, "window": 601, "seconds": 99.9}
    for record in (first, last):
        wide = {**record, **many, "loss_10": 2.34e-5}
        line = as_line(wide, replace(CONFIG, num_epochs=100))
        assert len(line) <= 84
        narrow = {**wide, "replicas": 64, "solved": 41, "median_window": 1243}
        assert len(as_line(narrow, replace(CONFIG, num_epochs=100))) <= 80
    assert len(SEEDS_NOTE) <= 80


def test_the_last_line_is_the_population_as_it_stands() -> None:
    mean = np.array([0.001, 0.002, 0.6931], np.float32)
    population = SeedStats(np.array([80, 0, 60]), mean, mean, np.zeros(3, np.bool_), 500, np.zeros(3, np.int64))
    frame = Frame(State.FINISHED, CONFIG, trained=500, trained_in_all=700, seed_stats=population)
    record = finished_record(frame, 1.23456)
    assert as_line(record, CONFIG) == (
        "finished  2/3 solved (21-94%) median 60  mean loss 0.001 0.002 0.555  seconds 1.235"
    )
    parsed = json.loads(as_json(record))
    assert (parsed["event"], parsed["windows"], parsed["seconds"]) == ("finished", 700, 1.235)
    assert (parsed["solved"], parsed["median_window"], parsed["diverged"], parsed["lost"]) == (2, 60, 0, 0)
    frame = replace(frame, seed_stats=replace(population, lost_at=np.array([140, 0, 0])))
    record = finished_record(frame, 1.23456)
    assert as_line(record, CONFIG).startswith("finished  2/3 solved (21-94%) median 60, 1 lost again  mean loss 0.001")
    assert json.loads(as_json(record))["lost"] == 1


@pytest.mark.parametrize("cut", [1, 20, 119])
def test_after_a_resume_the_epoch_under_way_is_reported_whole(cut: int, tmp_path: Path) -> None:
    record_branches(tmp_path / "run", 250, cut, config=CONFIG, make_trainer=ScriptedTrainer)
    run = run_dir.read(tmp_path / "run")
    assert run.checkpoint is not None
    population = ScriptedTrainer(CONFIG)
    population.restore(run.checkpoint.state)
    report = EpochReport(CONFIG, clock=lambda: 0.0)
    report.go_on_after(run)
    *_, epoch = report.records(population.advance(250 - cut))
    *_, whole = records_of([500])
    for name, value in whole.items():
        assert epoch[name] == (pytest.approx(value, rel=1e-5) if isinstance(value, float) else value)


def test_an_epoch_that_begins_in_a_population_and_goes_on_alone_is_that_networks(tmp_path: Path) -> None:
    story = (100, "choose 2", "alone", 20)
    record_branches(tmp_path / "run", *story, config=CONFIG, make_trainer=ScriptedTrainer)
    run = run_dir.read(tmp_path / "run")
    assert run.checkpoint is not None
    trainer = ScriptedTrainer(run.config)
    trainer.restore(run.checkpoint.state)
    report = EpochReport(run.config, clock=lambda: 0.0)
    report.go_on_after(run)
    *_, epoch = report.records(trainer.advance(130))
    losses = [*scripted_losses(CONFIG, 0, 100)[:, 2].tolist(), *(scripted_loss(window) for window in range(100, 250))]
    assert epoch["loss"] == pytest.approx(np.mean(losses), rel=1e-5)


@pytest.mark.parametrize("lost", [8, 9])
def test_it_ends_as_diverged_when_no_network_has_a_loss(
    lost: int, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def make(config: EchoConfig) -> ScriptedTrainer:
        population = ScriptedTrainer(config)
        population.diverge(dict.fromkeys(range(lost), 300))
        return population

    monkeypatch.setattr(loop, "tensorflow_trainers", lambda *_: make)
    code = print_training(CONFIG, math.inf, True)
    *_, last = [json.loads(line) for line in capfd.readouterr().out.splitlines()]
    if lost == 9:
        assert code == ExitCode.FAILED
        assert last == {"event": "diverged", "epoch": 2, "window": 51, "loss": None}
    else:
        assert code == ExitCode.DONE
        assert (last["event"], last["diverged"]) == ("finished", 8)


@pytest.mark.parametrize("is_refused", [False, True])
def test_the_cost_of_a_rule_is_not_said_of_a_run_that_is_refused(
    is_refused: bool, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def make(config: EchoConfig) -> ScriptedTrainer:
        if is_refused:
            raise ConfigError("replicas", config.replicas, "they need about 181 GB, and 19 GB are free")
        return ScriptedTrainer(config)

    monkeypatch.setattr(loop, "tensorflow_trainers", lambda *_: make)
    config = replace(CONFIG, num_epochs=1, rule="rtrl", state_size=64)
    if is_refused:
        with pytest.raises(ConfigError, match="181 GB"):
            print_training(config, math.inf, True)
    else:
        assert print_training(config, math.inf, True) == ExitCode.DONE
    said = f"echornn-tui: rtrl: {cost_note(config)}"
    assert "a window takes about " in said
    assert capfd.readouterr().err.splitlines().count(said) == (not is_refused)


@pytest.mark.slow
def test_the_program_prints_a_population_and_goes_on_with_it(tmp_path: Path) -> None:
    sizes = ("--num-epochs", "2", "--total-series-length", "18750", "--replicas", "9")
    folder, arguments = str(tmp_path / "run"), ("--headless", *sizes)
    done = program(*arguments, "--run", folder)
    assert done.returncode == 0
    assert done.stderr.splitlines()[0] == f"the run is in {folder}", "and then how it goes on"
    assert "Traceback" not in done.stderr
    lines = done.stdout.splitlines()
    assert lines[1] == SEEDS_NOTE
    assert lines[-2].startswith("epoch 2 done  6/9 solved (35-88%) median 117  loss 3e-6 9e-4 0.693  ")
    assert lines[-1].startswith("finished  6/9 solved (35-88%) median 117  mean loss ")
    whole = program("export", folder).stdout
    assert program("--resume", folder, "--at", "120", "--headless").returncode == 0
    assert program("export", folder, "--path").stdout == whole
    summed = program("export", folder, "--summary").stdout.splitlines()
    assert [line.split(",")[2] != "" for line in summed[1:]] == [seed % 3 != 0 for seed in range(7, 16)]


def program(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "tests.scripted_program", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=False)


@pytest.mark.parametrize(
    ("loss", "text"),
    [
        *(
            (0.0, "0"),
            (0.69314, "0.693"),
            (0.0123, "0.012"),
            (0.001, "0.001"),
            (0.0006, "6e-4"),
            (0.000999, "1e-3"),
            (1.234, "1.234"),
        ),
        *((99.99, "100"), (123.4, "123"), (999.9, "1e+03"), (12345.0, "1e+4"), (3e38, "3e+38"), (2.34e-12, "2e-12")),
        *((math.inf, "inf"), (math.nan, "nan"), (9.7e-6, "1e-5"), (1e-45, "1e-45")),
    ],
)
def test_a_short_loss(loss: float, text: str) -> None:
    assert short(loss) == text
    assert re.fullmatch(r"[0-9.e+-]{1,5}|inf|nan", text)
