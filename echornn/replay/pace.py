"""How many windows to train next for the chosen speed, in slices short enough that keys take effect at once."""

from __future__ import annotations

import math
import statistics
from collections import deque
from collections.abc import Callable

SLICE_SECONDS = 0.025
"""Seconds of work between two looks at the commands."""

LONG_SLICE_SECONDS = 0.08
"""The same if a call has a high fixed cost; if a single window takes longer than this, it is the time beyond that."""

LEAST_WORK_OF_A_CALL = 50
"""A slice lasts at least this many times the fixed cost of a call, up to `LONG_SLICE_SECONDS`."""

RECENT_CALLS = 5
"""The time of a window is the median of this many calls, since a call that waited for a processor is no measure."""

LEAST_SHARE_OF_A_CALL = 0.2
"""The fixed cost of a call is at least this share of its time if training more windows in it is to pay."""

CALLS_TO_A_TRY = 20
"""After too many windows were trained together, so many calls pass before more are tried again."""

TICK_SECONDS = 0.02
"""Windows that fall due within this time are trained together."""

LONGEST_LAG_SECONDS = 0.25
"""A trainer that cannot keep up falls behind by no more than this; the rest is dropped."""

RATE_SECONDS = 1.0
"""The rate is measured over this many seconds."""


LEAST_SECONDS_PER_WINDOW = 1e-7
"""The shortest time of a window that is believed; a clock that did not move measures nothing."""


class Pace:
    """Keeps a training loop at a speed, and measures the speed that it reaches.

    Args:
        speed: windows a second; infinity is full speed.
        clock: seconds that never go back.
    """

    def __init__(self, speed: float, clock: Callable[[], float]) -> None:
        self.speed = speed
        self._clock = clock
        self._recent: deque[float] = deque(maxlen=RECENT_CALLS)
        self._call_seconds = self._seconds_of_one = 0.0
        self._together, self._tries_in = 1, 0
        self._due_since = clock()
        self._done: deque[tuple[float, int]] = deque()

    def set_speed(self, speed: float) -> None:
        """Go on at this speed."""
        self.speed = speed
        self._due_since = max(self._due_since, self._clock() - 1 / speed)

    def restart(self) -> None:
        """Begin after a rest: the first window is due now, and the rest does not count for the rate."""
        self._due_since = self._clock() - 1 / self.speed
        self._done.clear()

    def forget(self, call_seconds: float = 0.0) -> None:
        """Say that another trainer trains from now on: the time of its windows is unknown.

        Args:
            call_seconds: seconds of a call that trains no window; for a large population, longer than many windows
                take.
        """
        self._recent.clear()
        self._call_seconds, self._seconds_of_one = call_seconds, 0.0
        self._together, self._tries_in = 1, 0

    def due(self) -> int:
        """Windows that are due now."""
        if math.isinf(self.speed):
            return self.slice_windows()
        return int((self._clock() - self._due_since) * self.speed + 1e-9)

    def wait_seconds(self) -> float:
        """Seconds until the next windows are worth a call."""
        if math.isinf(self.speed):
            return 0.0
        return max(0.0, self._due_since + max(1 / self.speed, TICK_SECONDS) - self._clock())

    def slice_windows(self) -> int:
        """Windows that can be trained in `SLICE_SECONDS`, judged by earlier ones; one if there are none.

        If a call has a high fixed cost, the slice lasts up to `LONG_SLICE_SECONDS`; if a single window takes longer
        than that, it has as many windows as take `LONG_SLICE_SECONDS` more.
        """
        if not self._recent:
            return 1
        seconds = min(max(SLICE_SECONDS, LEAST_WORK_OF_A_CALL * self._call_seconds), LONG_SLICE_SECONDS)
        return max(self._together, int(seconds / self.seconds_per_window))

    @property
    def seconds_per_window(self) -> float:
        """Seconds that a window takes, judged by earlier ones; `SLICE_SECONDS` if there are none."""
        return statistics.median_low(self._recent) if self._recent else SLICE_SECONDS

    @property
    def seconds_of_one(self) -> float:
        """Seconds that a window takes if it is trained by itself."""
        return max(self._call_seconds, self.seconds_per_window)

    def took(self, windows: int, seconds: float) -> None:
        """Take note of how long so many windows took, even if they were not due (as in a replay)."""
        self._recent.append(max(seconds / windows, LEAST_SECONDS_PER_WINDOW))
        if seconds > SLICE_SECONDS:
            self._weigh_together(windows, seconds)

    def _weigh_together(self, windows: int, seconds: float) -> None:
        """Train more windows in a call that takes long, as long as that costs little more time than one; see
        `slice_windows`.

        Now and then more windows are tried, because only the time of a call and its windows together can be measured.
        """
        if windows == 1:
            self._seconds_of_one = seconds
        if seconds > self._seconds_of_one + LONG_SLICE_SECONDS:
            self._together, self._tries_in = max(1, windows // 2), CALLS_TO_A_TRY
        elif windows >= self._together and self._call_seconds > LEAST_SHARE_OF_A_CALL * seconds:
            self._tries_in -= 1
            if self._tries_in < 0:
                self._together, self._tries_in = 2 * windows, 0

    def trained(self, windows: int, seconds: float, is_typical: bool = True) -> None:
        """Take note of windows that were just trained, and of their time, unless that is not typical of other
        windows.
        """
        now = self._clock()
        if is_typical:
            self.took(windows, seconds)
        self._due_since += windows / self.speed
        self._due_since = max(self._due_since, now - max(LONGEST_LAG_SECONDS, 1 / self.speed))
        self._done.append((now, windows))
        while len(self._done) > 2 and self._done[0][0] < now - RATE_SECONDS:
            self._done.popleft()

    def rate(self) -> float:
        """Windows a second over about the last second; 0 until there is something to measure.

        It is never above the speed: any excess is the jitter of a wait.
        """
        if len(self._done) < 2:
            return 0.0
        seconds = self._done[-1][0] - self._done[0][0]
        measured = sum(windows for _, windows in list(self._done)[1:]) / seconds if seconds > 0 else 0.0
        return min(measured, self.speed)


LEAST_SPEED, MOST_SPEED = 0.01, 1e6
"""The slowest and the fastest speed that can be asked for, in windows a second; above it there is only full speed."""

SPEEDS: tuple[float, ...] = (
    *(float(f"{digit}e{power}") for power in range(-2, 6) for digit in (1, 2, 5)),
    MOST_SPEED,
    math.inf,
)
"""Notches of the speed dial, in windows a second, from the slowest to full speed."""


def require_speed(speed: float) -> float:
    """Return the speed, if it can be asked for.

    Raises:
        ValueError: it is neither infinity nor from `LEAST_SPEED` to `MOST_SPEED`.
    """
    if not (LEAST_SPEED <= speed <= MOST_SPEED or speed == math.inf):
        allowed = f"{LEAST_SPEED:g} to {MOST_SPEED:,.0f} windows a second, or full speed"
        raise ValueError(f"speed = {speed!r} cannot be used: {allowed}")
    return speed


def faster(speed: float) -> float:
    """The next notch above ``speed``; the last is full speed."""
    return next((notch for notch in SPEEDS if notch > speed), math.inf)


def slower(speed: float) -> float:
    """The next notch below ``speed``, down to the first."""
    return next((notch for notch in reversed(SPEEDS) if notch < speed), SPEEDS[0])
