"""Learning rates that are too large or too small."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from echornn.cells.on_the_echo import NOT_MEASURED
from echornn.cells.table import CELLS
from echornn.config import EchoConfig
from echornn.diagnosis import rates
from echornn.diagnosis.sentence import LINE


def test_of_a_cell_that_was_not_measured_no_rate_is_out_of_range(monkeypatch: pytest.MonkeyPatch) -> None:
    large, small = EchoConfig(learning_rate=100.0), EchoConfig(learning_rate=1e-9)
    assert (rates.is_large(large), rates.is_small(small)) == (True, True)
    monkeypatch.setitem(CELLS, "rnn", replace(CELLS["rnn"], on_the_echo=NOT_MEASURED))
    assert (rates.is_large(large), rates.is_small(small)) == (False, False)


def test_limits_are_on_both_sides_of_the_usual_rate_and_counts_fit_on_a_line() -> None:
    for cell in CELLS.values():
        for optimizer, usual in rates.USUAL.items():
            known = cell.on_the_echo
            assert len(known.counted) <= LINE
            assert known.small.get(optimizer, 0) < usual < known.large.get(optimizer, math.inf)


def test_an_lstm_learns_at_larger_rates() -> None:
    three, ten = EchoConfig(learning_rate=3.0), EchoConfig(learning_rate=10.0)
    assert (rates.is_large(three), rates.is_large(ten)) == (True, True)
    of_lstm = (rates.is_large(replace(three, cell="lstm")), rates.is_large(replace(ten, cell="lstm")))
    assert of_lstm == (False, True)
