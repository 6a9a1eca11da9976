"""Keeps a sentence about a single window on the screen long enough to be read."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

from echornn.diagnosis.diagnosis import PASSING, Diagnosis, Kind
from echornn.session.drive import WATCHABLE_SPEED
from echornn.session.frame import Frame, State

LASTING_SECONDS = 4.0
"""Seconds for which such a sentence stays while training goes on."""


class Lasting:
    """Keeps a remarkable window's sentence on the screen for a moment; it has to see every shown frame, in order.

    At speeds too high to watch single windows, no sentence is about one. While training pauses, the sentence is about
    the window that is shown, and the sentence at the moment of pausing stays as long as that window does.

    Args:
        clock: seconds that never go back.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._held: tuple[Diagnosis, float] | None = None
        self._branch = 0
        self._still_at: int | None = None

    def diagnosis(self, frame: Frame) -> Diagnosis:
        """The diagnosis to show with this frame."""
        if frame.branch != self._branch:
            self._branch, self._held = frame.branch, None
        if frame.state is not State.RUNNING:
            return self._standing_still(frame)
        self._still_at = None
        it = replace(frame, progress=None).diagnosis
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
