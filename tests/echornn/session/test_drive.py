"""Whether windows are trained now, and how many, after the keys that pause, resume and step."""

from __future__ import annotations

import math

import pytest

from echornn.replay.pace import Pace
from echornn.session.commands import Toggle
from echornn.session.drive import Drive


def drive_at(speed: float) -> Drive:
    """A drive whose clock stands still, and whose windows take 1 ms."""
    pace = Pace(speed, lambda: 0.0)
    pace.restart()
    pace.took(1000, 1.0)
    return Drive(pace)


@pytest.mark.parametrize(("speed", "windows"), [(10.0, 1), (100.0, 1), (1000.0, 1), (math.inf, 8)])
def test_it_begins_to_train_what_is_due_and_no_more_than_a_slice(speed: float, windows: int) -> None:
    assert drive_at(speed).windows(at_most=8) == windows


def test_what_was_stepped_is_owed_in_slices_then_it_stands_still() -> None:
    drive = drive_at(1.0)
    drive.step(3)
    drive.step(2)
    assert (drive.running, drive.requested, drive.wait_seconds()) == (False, 5, 0.0)
    assert drive.windows(at_most=4) == 4
    drive.trained(4)
    assert drive.windows(at_most=4) == 1
    drive.trained(1)
    assert (drive.windows(at_most=4), drive.wait_seconds()) == (0, None)


def test_toggling_pauses_steps_too_and_resumes_what_stands_still() -> None:
    drive = drive_at(math.inf)
    drive.step(5)
    drive.obey(Toggle(), epoch_left=7)
    assert (drive.running, drive.requested) == (False, 0)
    drive.obey(Toggle(), epoch_left=7)
    assert (drive.running, drive.wait_seconds()) == (True, 0.0)
