"""What a long computation says while somebody waits for it: a short text, what is done and what is
left."""

from __future__ import annotations

import time
from collections.abc import Callable

Say = Callable[[str], None]
"""Takes such a text; each replaces the one before."""

LOADING = "loading TensorFlow"


def silent(text: str) -> None:
    """Says nothing."""


def left_text(seconds: float) -> str:
    if seconds < 120:
        return f"about {seconds:.0f} s left"
    if seconds < 7200:
        return f"about {seconds / 60:.0f} min left"
    return f"about {seconds / 3600:.0f} h left"


class Countdown:
    """Says how many of equal parts are done, and about how long the others will take."""

    def __init__(self, say: Say, part: str, parts: int) -> None:
        self._say, self._part, self._parts = say, part, parts
        self._done = 0
        self._first_done_at = 0.0
        say(f"measuring {part} 1 of {parts}")

    def next(self) -> None:
        """Another part is done."""
        self._done += 1
        text = f"{self._part} {self._done} of {self._parts} measured"
        now = time.monotonic()
        # The first compiles for all: its time says nothing of theirs
        if self._done == 1:
            self._first_done_at = now
        else:
            seconds_a_part = (now - self._first_done_at) / (self._done - 1)
            text += f", {left_text(seconds_a_part * (self._parts - self._done))}"
        self._say(text)
