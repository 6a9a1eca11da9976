"""A lottery's training as lines: how many of its networks are solved, how soon, and what losses the others have."""

from __future__ import annotations

import json
import math
import re
from dataclasses import replace

import numpy as np
import pytest

from echornn.analysis.lottery import Lottery, wilson
from echornn.config import EchoConfig
from echornn.session.frame import Frame, State
from echornn.tasks.solved import RECENT_WINDOWS
from tests.scripted_population import ScriptedPopulation, scripted_losses
from tui.commands.lottery_report import LotteryReport
from tui.commands.record_lines import LOTTERY_NOTE, as_line, short
from tui.commands.records import Record, as_json, finished_record

CONFIG = EchoConfig(num_epochs=2, total_series_length=75 * 250, replicas=9)
"""250 windows an epoch, seeds 7 to 15: three of them are stuck."""


def records_of(pieces: list[int], config: EchoConfig = CONFIG) -> list[Record]:
    population = ScriptedPopulation(config)
    report = LotteryReport(config, clock=lambda: 0.0)
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
    population = ScriptedPopulation(config)
    population.diverges_at = {1: 3, 2: 90}
    *_, last = LotteryReport(config).records(population.advance(101))
    assert (last["diverged"], last["loss_90"]) == (2, math.inf)
    parsed = json.loads(as_json(last))
    assert parsed["loss_90"] is None
    assert parsed["loss_10"] > 0
    assert as_line(last, config).endswith(" inf  2 diverged")


def test_lines_are_for_80_columns() -> None:
    first, *_, last = records_of([500])
    assert as_line(first, CONFIG) == "epoch 1 window 1  0/9 solved (0-30%)  loss 0.693 0.700 0.700"
    assert as_line(last, CONFIG) == "epoch 2 done  6/9 solved (35-88%) median 117  loss 3e-6 0.001 0.693  0.0s"
    many = {"epoch": 100, "replicas": 256, "solved": 128, "median_window": 66_000, "window": 601, "seconds": 99.9}
    for record in (first, last):
        wide = {**record, **many, "loss_10": 2.34e-5}
        line = as_line(wide, replace(CONFIG, num_epochs=100))
        assert len(line) <= 84
        narrow = {**wide, "replicas": 64, "solved": 41, "median_window": 1243}
        assert len(as_line(narrow, replace(CONFIG, num_epochs=100))) <= 80
    assert len(LOTTERY_NOTE) <= 80


def test_the_last_line_is_the_lottery_as_it_stands() -> None:
    mean = np.array([0.001, 0.002, 0.6931], np.float32)
    lottery = Lottery(np.array([80, 0, 60]), mean, mean, np.array([False, False, False]), 500)
    frame = Frame(State.FINISHED, CONFIG, trained=500, trained_in_all=700, lottery=lottery)
    record = finished_record(frame, 1.23456)
    assert as_line(record, CONFIG) == (
        "finished  2/3 solved (21-94%) median 60  mean loss 0.001 0.002 0.555  seconds 1.235"
    )
    parsed = json.loads(as_json(record))
    assert (parsed["event"], parsed["windows"], parsed["seconds"]) == ("finished", 700, 1.235)
    assert (parsed["solved"], parsed["median_window"], parsed["diverged"]) == (2, 60, 0)


@pytest.mark.parametrize(
    ("loss", "text"),
    [
        *((0.0, "0"), (0.69314, "0.693"), (0.0123, "0.012"), (0.0005, "0.001"), (0.0004999, "5e-4"), (1.234, "1.234")),
        *((99.99, "100"), (123.4, "123"), (999.9, "1e+03"), (12345.0, "1e+4"), (3e38, "3e+38"), (2.34e-12, "2e-12")),
        *((math.inf, "inf"), (math.nan, "nan"), (9.7e-6, "1e-5"), (1e-45, "1e-45")),
    ],
)
def test_a_short_loss(loss: float, text: str) -> None:
    assert short(loss) == text
    assert re.fullmatch(r"[0-9.e+-]{1,5}|inf|nan", text)
