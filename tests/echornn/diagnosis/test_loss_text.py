"""Losses as text."""

from __future__ import annotations

import math

from echornn.diagnosis.loss_text import loss_text


def test_four_decimals_or_a_power_of_ten_where_they_would_tell_nothing() -> None:
    losses = (0.0, 0.6931, 0.0001, 5e-5, 4.5e-5, 1e-9, 99_999.0, 1e5, 2.6e35, -4.5e-5, math.inf, math.nan)
    assert [loss_text(loss) for loss in losses] == [
        *("0.0000", "0.6931", "0.0001", "0.0001", "4.5e-05", "1.0e-09", "99999.0000"),
        *("1.000e+05", "2.600e+35", "-4.5e-05", "inf", "nan"),
    ]
    assert [loss_text(loss, 3) for loss in (0.6931, 0.0004)] == ["0.693", "4.0e-04"]
