"""Which learning rates are out of range."""

from __future__ import annotations

import pytest

from echornn.analysis import rates
from echornn.config import EchoConfig


def test_of_an_optimizer_that_was_not_measured_no_rate_is_out_of_range(monkeypatch: pytest.MonkeyPatch) -> None:
    large, small = EchoConfig(learning_rate=100.0), EchoConfig(learning_rate=1e-9)
    assert (rates.is_large(large), rates.is_small(small)) == (True, True)
    monkeypatch.delitem(rates.LARGE, "adagrad")
    monkeypatch.delitem(rates.SMALL, "adagrad")
    assert (rates.is_large(large), rates.is_small(small)) == (False, False)
