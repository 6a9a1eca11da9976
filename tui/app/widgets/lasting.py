"""Keeps a diagnosis about a single window on the screen long enough to be read."""

from __future__ import annotations

import time
from collections.abc import Callable

from echornn.diagnosis.cases import Sentence
from echornn.session.drive import WATCHABLE_SPEED
from echornn.session.pictures.frame import Frame, State

LASTING_SECONDS = 4.0
"""Seconds for which such a diagnosis stays on the screen while training runs."""


class HeldSentence:
    """Keeps the line about a spike on the screen for some seconds. It must see all frames in order.

    At high speeds no line is about a single window. While training is paused, the line is about the shown window, and
    stays as long as that window is shown.

    Args:
        clock: a monotonic clock, in seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._held: tuple[tuple[int, int], Sentence, float] | None = None
        self._branch = 0
        self._still_at: int | None = None

    def sentence(self, frame: Frame) -> Sentence:
        """The line to show together with this frame."""
        if frame.branch != self._branch:
            self._branch, self._held = frame.branch, None
        if frame.state is not State.RUNNING:
            return self._standing_still(frame)
        self._still_at = None
        line = frame.lasting_sentence
        if frame.speed > WATCHABLE_SPEED or line.case == "diverged":
            self._held = None
            return line
        passed = frame.passed
        if passed is not None and (self._held is None or passed[0] != self._held[0]):
            self._held = (*passed, self._clock())
        return self._held[1] if self._held is not None and self._is_fresh else line

    @property
    def _is_fresh(self) -> bool:
        return self._held is not None and self._clock() - self._held[2] < LASTING_SECONDS

    def _standing_still(self, frame: Frame) -> Sentence:
        line = frame.sentence
        if self._still_at is None:
            self._still_at = frame.trained
            self._held = self._held if self._is_fresh else None
        if frame.trained != self._still_at or line.case == "spike" or frame.is_past:
            self._held = None
        return line if self._held is None else self._held[1]
