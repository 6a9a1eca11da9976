"""A diagnosis about earlier windows stays long enough to be read, and no longer."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from echornn.config import EchoConfig
from echornn.diagnosis.loss_stats import LossStats
from echornn.progress import Progress
from echornn.session.pictures.frame import Frame, State
from tests.clock import Clock
from tests.losses_seen import after
from tests.scripted import make_progress
from tui.app.widgets.lasting import LASTING_SECONDS, HeldSentence

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
    lasting = HeldSentence(clock)
    assert lasting.sentence(frame_after(2 * EPOCH)).case == "solved"
    for seconds, case in ((0.05, "spike"), (2.0, "spike"), (LASTING_SECONDS, "spike"), (4.1, "solved")):
        clock.now = seconds
        assert lasting.sentence(frame_after(2 * EPOCH + round(100 * seconds))).case == case


def test_it_stays_while_paused_and_goes_where_one_moves() -> None:
    clock = Clock()
    lasting = HeldSentence(clock)
    assert lasting.sentence(frame_after(2 * EPOCH + 5)).case == "spike"
    for clock.now in (1.0, 100.0):
        assert lasting.sentence(frame_after(2 * EPOCH + 9, state=State.PAUSED)).case == "spike"
    assert lasting.sentence(frame_after(2 * EPOCH + 8, state=State.PAUSED)).case == "solved"
    assert lasting.sentence(frame_after(2 * EPOCH + 1, state=State.PAUSED)).case == "spike"


def test_a_past_window_is_told_for_itself() -> None:
    lasting = HeldSentence(Clock())
    for windows, case in ((EPOCH + 1, "spike"), (EPOCH + 2, "solved")):
        assert lasting.sentence(frame_after(windows, state=State.PAUSED, is_past=True)).case == case


def test_where_windows_cannot_be_watched_nothing_is_said_of_one() -> None:
    lasting = HeldSentence(Clock())
    assert lasting.sentence(frame_after(2 * EPOCH + 1, speed=math.inf)).case == "solved"
    assert lasting.sentence(frame_after(2 * EPOCH + 1, speed=1000.0)).case == "solved"


def test_another_branch_and_a_loss_that_is_no_number_end_it() -> None:
    lasting = HeldSentence(Clock())
    assert lasting.sentence(frame_after(2 * EPOCH + 1)).case == "spike"
    assert lasting.sentence(frame_after(2 * EPOCH + 40, branch=1)).case == "solved"
    assert lasting.sentence(frame_after(3 * EPOCH + 1, branch=1)).case == "spike"
    diverged = frame_after(3 * EPOCH + 2, branch=1)
    loss_stats = after(diverged.loss_stats, np.array([math.nan], np.float32), TUTORIAL)
    assert lasting.sentence(replace(diverged, loss_stats=loss_stats)).case == "diverged"
