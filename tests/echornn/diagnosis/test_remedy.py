"""Changes of a configuration that are known to help, and the advice about them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from echornn.config import EchoConfig
from echornn.diagnosis.advice import in_a_line
from echornn.diagnosis.remedy import Remedy, remedy
from echornn.diagnosis.sentence import LINE

GLOROT = EchoConfig(init="glorot")


@pytest.mark.parametrize(
    ("config", "changes", "anew"),
    [
        (EchoConfig(), {"init": "glorot"}, False),
        (EchoConfig(cell="gru", state_size=8), {"init": "glorot"}, False),
        (replace(GLOROT, echo_step=5), {"state_size": 10}, False),
        (replace(GLOROT, truncated_backprop_length=1), {"truncated_backprop_length": 15}, False),
        (
            replace(GLOROT, echo_step=9, truncated_backprop_length=10),
            {"truncated_backprop_length": 15, "state_size": 16},
            False,
        ),
        (replace(GLOROT, echo_step=12), {"state_size": 16}, False),
        (replace(GLOROT, echo_step=13, state_size=16), {"truncated_backprop_length": 26}, False),
        (EchoConfig(cell="cornn"), {"init": "glorot"}, False),
        (
            EchoConfig(cell="mingru"),
            {"num_layers": 3, "state_size": 16, "init": "glorot", "optimizer": "adam", "learning_rate": 0.01},
            False,
        ),
        (replace(GLOROT, learning_rate=30.0), {"learning_rate": 0.3}, True),
        (replace(GLOROT, learning_rate=1e-5), {"learning_rate": 0.3}, False),
        (
            EchoConfig(echo_step=8, truncated_backprop_length=5, rule="rtrl"),
            {"learning_rate": 0.1, "state_size": 16, "init": "glorot"},
            True,
        ),
        (
            replace(GLOROT, echo_step=5, truncated_backprop_length=1, state_size=16, rule="rtrl"),
            {"learning_rate": 0.1},
            True,
        ),
    ],
)
def test_every_known_obstacle_is_taken_away_at_once(config: EchoConfig, changes: dict[str, Any], anew: bool) -> None:
    known = remedy(config)
    assert known is not None
    assert (dict(known.changes), known.anew) == (changes, anew)
    assert remedy(replace(config, **changes)) is None


def test_where_no_obstacle_is_known_or_none_can_be_taken_away_there_is_none() -> None:
    assert remedy(GLOROT) is None
    past_t = replace(GLOROT, echo_step=8, truncated_backprop_length=5, rule="rtrl")
    assert remedy(past_t) is not None
    for other in (replace(past_t, rule="snap1"), replace(past_t, optimizer="adam"), replace(past_t, cell="gru")):
        assert remedy(other) is None, "not measured"
    assert remedy(EchoConfig(echo_step=20)) is None, "T 40, state 40: none of 16 seeds"
    assert remedy(replace(GLOROT, echo_step=14, state_size=16)) is None, "slow, and no wall: 15 of 16 seeds"
    assert remedy(replace(GLOROT, echo_step=4, cell="gru")) is None, "not measured"
    assert remedy(EchoConfig(cell="mingru", echo_step=2)) is None, "not measured"
    assert remedy(EchoConfig(cell="indrnn")) is None, "none of 16 seeds, also with three layers"
    assert remedy(EchoConfig(cell="lru")) is None, "all of 16 seeds, also from the uniform start"
    assert remedy(EchoConfig(total_series_length=100, echo_step=15)) is None, "rows are too short for such windows"


def test_changes_are_named_as_far_as_a_line_goes() -> None:
    two = Remedy({"state_size": 10, "init": "glorot"})
    assert in_a_line(two, "before; ", ", after") == ("before; press «advice»: state_size 10, init glorot, after", "")
    assert in_a_line(two, "", 60 * "-") == ("«advice»: state_size 10, init glorot", 60 * "-")
    assert in_a_line(two, 50 * "-") == (50 * "-" + "«advice»: state_size 10 and 1 more", ": init glorot")
    assert in_a_line(two, LINE * "-") == ("press «advice»: state_size 10, init glorot", "")
