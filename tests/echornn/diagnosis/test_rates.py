"""Learning rates that are too large or too small."""

from __future__ import annotations

from dataclasses import replace

import pytest

from echornn.config import EchoConfig
from echornn.diagnosis import rates


def test_of_an_optimizer_that_was_not_measured_no_rate_is_out_of_range(monkeypatch: pytest.MonkeyPatch) -> None:
    large, small = EchoConfig(learning_rate=100.0), EchoConfig(learning_rate=1e-9)
    assert (rates.is_large(large), rates.is_small(small)) == (True, True)
    monkeypatch.delitem(rates.LARGE, "adagrad")
    monkeypatch.delitem(rates.SMALL, "adagrad")
    assert (rates.is_large(large), rates.is_small(small)) == (False, False)


def test_an_lstm_learns_at_larger_rates() -> None:
    three, ten = EchoConfig(learning_rate=3.0), EchoConfig(learning_rate=10.0)
    assert (rates.is_large(three), rates.is_large(ten)) == (True, True)
    of_lstm = (rates.is_large(replace(three, cell="lstm")), rates.is_large(replace(ten, cell="lstm")))
    assert of_lstm == (False, True)
