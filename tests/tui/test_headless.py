"""The session as lines."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from echornn import run_dir
from echornn.command import Command
from echornn.config import EchoConfig
from echornn.recorder import RunRecorder
from tests.scripted import ScriptedTrainer, make_progress
from tui.headless import EpochReport, as_json, as_line

CONFIG = EchoConfig(num_epochs=2, total_series_length=75 * 250, truncated_backprop_length=15)
"""250 windows an epoch."""


def records_of(pieces: list[int]) -> list[dict[str, object]]:
    trainer = ScriptedTrainer(CONFIG)
    report = EpochReport(CONFIG, clock=lambda: 0.0)
    return [record for n in pieces for record in report.records(trainer.advance(n))]


@pytest.mark.parametrize("pieces", [[500], [1] * 500, [99, 2, 150, 249]])
def test_a_record_each_hundred_windows_and_one_each_epoch(pieces: list[int]) -> None:
    records = records_of(pieces)
    assert [(record["event"], record["epoch"], record.get("window")) for record in records] == [
        ("window", 1, 1),
        ("window", 1, 101),
        ("window", 1, 201),
        ("epoch", 1, None),
        ("window", 2, 1),
        ("window", 2, 101),
        ("window", 2, 201),
        ("epoch", 2, None),
    ]
    assert records[1]["loss"] == pytest.approx(0.7 * 0.99**100)
    assert records[3]["loss"] == pytest.approx(np.mean([0.7 * 0.99**window for window in range(250)]), rel=1e-5)


def test_accuracy_counts_right_predictions() -> None:
    report = EpochReport(CONFIG)
    (record,) = report.records(make_progress(CONFIG, wrong_every=3))
    assert record["accuracy"] == pytest.approx(10 / 15)


def test_after_a_resume_the_epoch_under_way_is_reported_whole(tmp_path: Path) -> None:
    trainer = ScriptedTrainer(CONFIG)
    recorder = RunRecorder.begin(tmp_path / "run", CONFIG)
    recorder.command(Command(0, "start", 0, 0, 0, 0, CONFIG))
    recorder.windows(trainer.advance(170))
    recorder.save(trainer.state)
    recorder.close()
    report = EpochReport(CONFIG, clock=lambda: 0.0)
    report.go_on_after(run_dir.read(tmp_path / "run"))
    *_, epoch = report.records(trainer.advance(80))
    whole = records_of([250])[-1]
    assert epoch["loss"] == pytest.approx(whole["loss"], rel=1e-6)
    assert epoch["accuracy"] == whole["accuracy"]


def test_lines_for_people() -> None:
    first, *_, last = records_of([250])
    assert as_line(first, CONFIG) == "epoch 1/2  window 1/250  loss 0.7000  accuracy 100.0%"
    assert as_line(last, CONFIG) == "epoch 1/2 done  mean loss 0.2573  accuracy 100.0%  at 0.0 s"
    assert as_line({"event": "note", "unused": 3}, CONFIG) == "note  unused 3"


def test_json_lines_are_valid_whatever_the_loss() -> None:
    progress = replace(make_progress(CONFIG), losses=np.array([math.inf], np.float32))
    (record,) = EpochReport(CONFIG).records(progress)
    parsed = json.loads(as_json(record))
    assert parsed == {"event": "window", "epoch": 1, "window": 1, "loss": None, "accuracy": 1.0}
