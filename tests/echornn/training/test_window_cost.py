"""How long a window takes is estimated, and what a learning rule costs is said before it is used."""

from __future__ import annotations

from dataclasses import replace

import pytest

from echornn import EchoConfig
from echornn.rules.table import RULES
from echornn.tasks.adding import Adding
from echornn.training.window_cost import cost_note, duration, window_microseconds

STACKED = EchoConfig(cell="gru", state_size=64, num_layers=3, rule="rtrl")

MEASURED = {
    ("rnn", 4, 15): 14,
    ("rnn", 16, 15): 130,
    ("rnn", 32, 15): 1_060,
    ("rnn", 64, 15): 7_600,
    ("rnn", 128, 15): 72_000,
    ("rnn", 16, 100): 1_270,
    ("rnn", 64, 100): 15_300,
    ("gru", 8, 15): 224,
    ("gru", 16, 15): 920,
    ("gru", 64, 15): 26_400,
}
"""Processor time in us of a window of rtrl, trained alone, by cell, units and T, on a busy machine."""


@pytest.mark.parametrize(("cell", "units", "steps"), MEASURED)
def test_the_estimate_of_rtrl_is_of_the_right_size(cell: str, units: int, steps: int) -> None:
    config = EchoConfig(cell=cell, state_size=units, truncated_backprop_length=steps, rule="rtrl")
    us = MEASURED[cell, units, steps]
    assert us / 2.5 < window_microseconds(config, side_by_side=False) < us * 2.5


def test_what_costs_far_more_than_truncation_is_said_with_its_numbers() -> None:
    assert cost_note(STACKED) == (
        "compiling takes about 53 s; a window takes about 760 ms (with tbptt 540 us); a saved state has 239 MB"
    )
    alone = replace(STACKED, cell="rnn", state_size=8, num_layers=1)
    assert cost_note(alone) == cost_note(replace(alone, state_size=16)) == "", "of a window of 110 us, nothing is said"
    assert cost_note(replace(alone, state_size=16, replicas=64)) == "a window takes about 11 ms (with tbptt 900 us)"


def test_nothing_is_said_of_small_networks_of_trials_and_of_truncation_whatever_its_size() -> None:
    of_trials = EchoConfig(cell="lstm", task=Adding(length=100), total_series_length=10_000, state_size=128)
    for rule in RULES:
        assert cost_note(EchoConfig(rule=rule)) == cost_note(replace(of_trials, rule=rule)) == ""
    assert cost_note(replace(STACKED, rule="tbptt")) == ""


def test_a_time_has_two_digits() -> None:
    said = [duration(seconds) for seconds in (2e-5, 0.00342, 0.9, 1.234, 99, 150, 7200)]
    assert said == ["20 us", "3.4 ms", "900 ms", "1.2 s", "99 s", "2 minutes", "120 minutes"]
