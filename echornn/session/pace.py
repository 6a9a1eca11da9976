"""Decides how many windows to train next for the chosen speed, in slices so short that keys take
effect at once."""

from __future__ import annotations

import itertools
import math
import statistics
from collections import deque
from collections.abc import Callable

from echornn.config import LEAST_SPEED, MOST_SPEED

# The seconds below are chosen by eye: a key is obeyed within 0.1 s, of which a slice is a part
SLICE_SECONDS = 0.025  # of training between two checks for commands
LONG_SLICE_SECONDS = 0.08  # the same, at most, if a call has a high fixed cost
# A slice takes at least this many times the fixed cost of a call, if not longer than that
LEAST_WORK_OF_A_CALL = 50
TICK_SECONDS = 0.02  # windows that become due within this time are trained together
# Of due windows that a slow trainer has to make up for; earlier ones are dropped
LONGEST_LAG_SECONDS = 0.25
RATE_SECONDS = 1.0  # over which the rate is measured
CALLS_KEPT = 5  # whose times are judged: their median does not mind a single slow one
SHORTEST_SECONDS = 1e-7  # of a window, by a coarse clock that may not have moved
ROUNDING = 1e-9  # a window that is due but for rounding is due


class Pace:
    """Keeps a training loop at a speed in windows per second, infinity for full speed, and measures
    what it reaches.

    Attributes:
        chosen: the speed that the user chose; None if none was, so that ``usual`` holds.
    """

    def __init__(
        self, chosen: float | None, clock: Callable[[], float], usual: float = math.inf
    ) -> None:
        self.chosen = chosen
        self.speed = usual if chosen is None else chosen
        self._clock = clock
        self._recent: deque[float] = deque(maxlen=CALLS_KEPT)  # seconds per window
        self._due_since = clock()  # when the next window was due, or will be
        self._done: deque[tuple[float, int]] = deque()  # when so many windows were done
        self.forget()

    def set_speed(self, speed: float) -> None:
        self.chosen = self.speed = speed
        # At full speed, 1 / speed is 0, here and below: the next window is due at once
        self._due_since = max(self._due_since, self._clock() - 1 / speed)

    def restart(self) -> None:
        """Begin again after a pause: the first window is due now, and the pause does not count in
        the rate."""
        self._due_since = self._clock() - 1 / self.speed
        self._done.clear()

    def forget(self, call_seconds: float = 0.0) -> None:
        """Prepare for another trainer, which takes ``call_seconds`` for a call that trains no
        window."""
        self._recent.clear()
        self._call_seconds = call_seconds

    def due(self) -> int:
        if math.isinf(self.speed):
            return self.slice_windows()
        return int((self._clock() - self._due_since) * self.speed + ROUNDING)

    def wait_seconds(self) -> float:
        """The seconds until enough windows are due for a call."""
        if math.isinf(self.speed):
            return 0.0
        due_at = self._due_since + max(1 / self.speed, TICK_SECONDS)
        return max(0.0, due_at - self._clock())

    def slice_windows(self) -> int:
        """The number of windows to train before commands are checked again, judged by earlier
        windows; 1 if none."""
        if not self._recent:
            return 1
        seconds = max(SLICE_SECONDS, LEAST_WORK_OF_A_CALL * self._call_seconds)
        seconds = min(seconds, LONG_SLICE_SECONDS)
        return max(1, int(seconds / self._seconds_per_window))

    @property
    def _seconds_per_window(self) -> float:
        return statistics.median_low(self._recent) if self._recent else SLICE_SECONDS

    @property
    def seconds_of_one(self) -> float:
        return max(self._call_seconds, self._seconds_per_window)

    def took(self, windows: int, seconds: float) -> None:
        """Judge further slices by the time of some windows, even if these were not due (as in a
        replay)."""
        self._recent.append(max(seconds / windows, SHORTEST_SECONDS))

    def trained(self, windows: int, seconds: float, is_typical: bool = True) -> None:
        """Record windows that were just trained; their time counts only if it is typical of other
        windows."""
        now = self._clock()
        if is_typical:
            self.took(windows, seconds)
        longest_lag = max(LONGEST_LAG_SECONDS, 1 / self.speed)
        self._due_since = max(self._due_since + windows / self.speed, now - longest_lag)
        self._done.append((now, windows))
        while len(self._done) > 2 and self._done[0][0] < now - RATE_SECONDS:
            self._done.popleft()

    def rate(self) -> float:
        """The measured windows per second over about the last second; 0 until there is a
        measurement."""
        if len(self._done) < 2:
            return 0.0
        begun, windows_before = self._done[0]
        seconds = self._done[-1][0] - begun
        if seconds <= 0:
            return 0.0
        windows = sum(windows for _, windows in self._done) - windows_before
        return min(windows / seconds, self.speed)  # any excess is the jitter of waiting


# The steps of the keys
SPEEDS = [float(f"{digit}e{power}") for power, digit in itertools.product(range(-2, 6), (1, 2, 5))]
SPEEDS += [MOST_SPEED, math.inf]


def require_speed(speed: float) -> float:
    """The speed; a ValueError if it is neither infinity nor from `LEAST_SPEED` to `MOST_SPEED`."""
    if not (LEAST_SPEED <= speed <= MOST_SPEED or speed == math.inf):
        allowed = f"{LEAST_SPEED:g} to {MOST_SPEED:,.0f} windows a second, or full speed"
        raise ValueError(f"speed = {speed!r} cannot be used: {allowed}")
    return speed


def faster(speed: float) -> float:
    """The next step above ``speed``; above the last is full speed."""
    return next((step for step in SPEEDS if step > speed), math.inf)


def slower(speed: float) -> float:
    """The next step below ``speed``, at least the lowest."""
    return next((step for step in reversed(SPEEDS) if step < speed), SPEEDS[0])
