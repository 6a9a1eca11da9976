"""Keeps a diagnosis about a single window on the screen long enough to be read."""

from __future__ import annotations

import time
from collections.abc import Callable

from echornn.diagnosis.diagnosis import PASSING, Diagnosis, Kind
from echornn.session.drive import WATCHABLE_SPEED
from echornn.session.pictures.frame import Frame, State

LASTING_SECONDS = 4.0
"""Seconds for which such a diagnosis stays on the screen while training runs."""


class HeldDiagnosis:
    """Keeps the diagnosis about a remarkable window on the screen for some seconds. It must see all frames in order.

    At high speeds no diagnosis is about a single window. While training is paused, the diagnosis is about the shown
    window, and stays as long as that window is shown.

    Args:
        clock: a monotonic clock, in seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._held: tuple[Diagnosis, float] | None = None
        self._branch = 0
        self._still_at: int | None = None

    def diagnosis(self, frame: Frame) -> Diagnosis:
        """The diagnosis to show together with this frame."""
        if frame.branch != self._branch:
            self._branch, self._held = frame.branch, None
        if frame.state is not State.RUNNING:
            return self._standing_still(frame)
        self._still_at = None
        it = frame.lasting_diagnosis
        if frame.speed > WATCHABLE_SPEED or it.kind in (Kind.DIVERGED, Kind.RECOVERING):
            self._held = None
            return it
        passed = frame.passed
        if passed is not None and (self._held is None or passed.place != self._held[0].place):
            self._held = passed, self._clock()
        if self._held is not None and self._clock() - self._held[1] < LASTING_SECONDS:
            return self._held[0]
        return it

    def _standing_still(self, frame: Frame) -> Diagnosis:
        it = frame.diagnosis
        if self._still_at is None:
            self._still_at = frame.trained
            if self._held is not None and self._clock() - self._held[1] >= LASTING_SECONDS:
                self._held = None
        if frame.trained != self._still_at or it.kind in PASSING or frame.is_past:
            self._held = None
        return it if self._held is None else self._held[0]
