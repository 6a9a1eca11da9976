"""A diagnosis about earlier windows stays long enough to be read, and no longer."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from echornn.config import EchoConfig
from echornn.diagnosis.diagnosis import Kind
from echornn.diagnosis.loss_stats import LossStats
from echornn.progress import Progress
from echornn.session.pictures.frame import Frame, State
from tests.clock import Clock
from tests.losses_seen import after
from tests.scripted import make_progress
from tui.app.widgets.lasting import LASTING_SECONDS, HeldDiagnosis

TUTORIAL = EchoConfig()
EPOCH = TUTORIAL.windows_per_epoch


def loss_of(window: int) -> float:
    """The losses of a confident network, except in the first window of an epoch; the fifth epoch disturbs windows 3 and
    4.
    """
    epoch, in_epoch = divmod(window, EPOCH)
    return 0.2 if in_epoch == 0 else 0.7 if epoch == 4 and in_epoch in (2, 3) else 0.001


def frame_after(windows: int, **changes: object) -> Frame:
    """The frame after ``windows`` windows, with the previous windows on the tape."""
    shown: list[Progress] = []
    for one in range(windows - 20, windows):
        epoch, in_epoch = divmod(one, EPOCH)
        shown.append(make_progress(TUTORIAL, epoch, in_epoch, losses=[loss_of(one)]))
    losses = np.array([loss_of(one) for one in range(windows)], np.float32)
    frame = Frame(State.RUNNING, TUTORIAL, trained=windows, progress=shown[-1], tape=tuple(shown[:-1]), speed=100.0,
                  loss_stats=after(LossStats(), losses, TUTORIAL))  # fmt: skip
    return replace(frame, **changes)  # type: ignore[arg-type]


def test_a_spike_between_two_frames_stands_for_some_seconds() -> None:
    clock = Clock()
    lasting = HeldDiagnosis(clock)
    assert lasting.diagnosis(frame_after(2 * EPOCH)).kind is Kind.SOLVED
    for seconds, kind in ((0.05, Kind.SPIKE), (2.0, Kind.SPIKE), (LASTING_SECONDS, Kind.SPIKE), (4.1, Kind.SOLVED)):
        clock.now = seconds
        assert lasting.diagnosis(frame_after(2 * EPOCH + round(100 * seconds))).kind is kind


def test_of_two_the_newest_is_told() -> None:
    lasting = HeldDiagnosis(Clock())
    assert lasting.diagnosis(frame_after(4 * EPOCH + 1)).kind is Kind.SPIKE
    it = lasting.diagnosis(frame_after(4 * EPOCH + 4))
    assert (it.kind, it.place) == (Kind.UNSTABLE, (5, 4))


def test_it_stays_while_paused_and_goes_where_one_moves() -> None:
    clock = Clock()
    lasting = HeldDiagnosis(clock)
    assert lasting.diagnosis(frame_after(2 * EPOCH + 5)).kind is Kind.SPIKE
    for clock.now in (1.0, 100.0):
        assert lasting.diagnosis(frame_after(2 * EPOCH + 9, state=State.PAUSED)).kind is Kind.SPIKE
    assert lasting.diagnosis(frame_after(2 * EPOCH + 8, state=State.PAUSED)).kind is Kind.SOLVED
    assert lasting.diagnosis(frame_after(2 * EPOCH + 1, state=State.PAUSED)).kind is Kind.SPIKE


def test_a_past_window_is_told_for_itself() -> None:
    lasting = HeldDiagnosis(Clock())
    for windows, kind in ((EPOCH + 1, Kind.SPIKE), (EPOCH + 2, Kind.SOLVED), (4 * EPOCH + 3, Kind.UNSTABLE)):
        it = lasting.diagnosis(frame_after(windows, state=State.PAUSED, is_past=True))
        assert it.kind is kind


def test_where_windows_cannot_be_watched_nothing_is_said_of_one() -> None:
    lasting = HeldDiagnosis(Clock())
    assert lasting.diagnosis(frame_after(2 * EPOCH + 1, speed=math.inf)).kind is Kind.SOLVED
    assert lasting.diagnosis(frame_after(2 * EPOCH + 1, speed=1000.0)).kind is Kind.SOLVED


def test_another_branch_and_a_loss_that_is_no_number_end_it() -> None:
    lasting = HeldDiagnosis(Clock())
    assert lasting.diagnosis(frame_after(2 * EPOCH + 1)).kind is Kind.SPIKE
    assert lasting.diagnosis(frame_after(2 * EPOCH + 40, branch=1)).kind is Kind.SOLVED
    assert lasting.diagnosis(frame_after(3 * EPOCH + 1, branch=1)).kind is Kind.SPIKE
    diverged = frame_after(3 * EPOCH + 2, branch=1)
    loss_stats = after(diverged.loss_stats, np.array([math.nan], np.float32), TUTORIAL)
    assert lasting.diagnosis(replace(diverged, loss_stats=loss_stats)).kind is Kind.DIVERGED
