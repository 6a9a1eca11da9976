"""The windows of a line at which epochs end, also when new data or settings start an epoch early."""

from __future__ import annotations

import pytest

from echornn.config import EchoConfig
from echornn.timeline.branch import Position
from echornn.timeline.epoch_ends import end_of_epoch
from echornn.timeline.going_back import tried_from
from echornn.timeline.timeline import Timeline
from tests.scripted import SMALL
from tests.trees import branch_off, grow

GLOROT = EchoConfig(**{**vars(SMALL), "init": "glorot"})
LIVE = EchoConfig(**{**vars(SMALL), "learning_rate": 0.1})


def line() -> tuple[Timeline, int]:
    """25 windows, ten per epoch; then new data, which starts the third epoch early; and 12 more windows."""
    timeline = Timeline()
    first = branch_off(timeline, SMALL)
    grow(timeline, first, [0.5] * 25)
    second = branch_off(timeline, SMALL, "regenerate", (first, 25), (2, 0))
    grow(timeline, second, [0.5] * 12)
    return timeline, second


@pytest.mark.parametrize(
    ("here", "back", "forth"),
    [
        (0, 0, 10),
        (1, 0, 10),
        (10, 0, 20),
        (11, 10, 20),
        (22, 20, 25),
        (25, 20, 35),
        (26, 25, 35),
        (35, 25, 37),
        (37, 35, 37),
    ],
)
def test_epochs_end_where_they_do_and_not_by_count(here: int, back: int, forth: int) -> None:
    timeline, number = line()
    assert end_of_epoch(timeline, Position(number, here), -1) == back
    assert end_of_epoch(timeline, Position(number, here), 1) == forth


def test_several_epochs_are_several_steps() -> None:
    timeline, number = line()
    assert end_of_epoch(timeline, Position(number, 36), -3) == 20
    assert end_of_epoch(timeline, Position(number, 3), 3) == 25
    assert end_of_epoch(timeline, Position(number, 3), 99) == 37
    assert end_of_epoch(timeline, Position(number, 3), 10**30) == 37, "at once"
    assert end_of_epoch(timeline, Position(number, 3), -(10**30)) == 0


def test_an_edit_that_starts_over_was_tried_wherever_one_is_and_a_live_one_from_its_moment() -> None:
    timeline, number = line()
    assert tried_from(timeline, Position(number, 30), GLOROT) is None
    over = branch_off(timeline, GLOROT, "edit", (number, 0))
    live = branch_off(timeline, LIVE, "edit", (number, 30))
    assert tried_from(timeline, Position(number, 30), GLOROT) == over
    assert tried_from(timeline, Position(number, 7), GLOROT) == over
    assert tried_from(timeline, Position(number, 30), LIVE) == live
    assert tried_from(timeline, Position(number, 31), LIVE) is None
    assert tried_from(timeline, Position(number, 30), LIVE, anew=True) is None
