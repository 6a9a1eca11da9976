"""Takes the session to a position of the run, a few windows per call, and stores the newest windows with their data."""

from __future__ import annotations

from collections.abc import Callable

from echornn.progress import PopulationProgress
from echornn.replay.keyframing import Keyframing
from echornn.replay.pace import Pace
from echornn.replay.replay import Replay
from echornn.timeline.branch import Position
from echornn.timeline.timeline import Timeline
from echornn.training.any_trainer import AnyTrainer, MakeTrainer
from echornn.unlike_record import UnlikeRecord

TAPE_WINDOWS = 32
"""The most windows before the newest that are stored with their data, for the rows on the screen."""

TAPE_BYTES = 32 << 20
"""The most bytes of all windows that are stored with their data; the newest window is always stored."""

TAPE_SECONDS = 0.05
"""After going back, the seconds for which windows are trained one by one so that their rows can be shown."""

NEAR_SECONDS = 0.03
"""The seconds above which a keyframe is stored at a position, so that positions nearby are reached quickly. None is
stored if losses differ from the record.
"""


def newest(shown: tuple[PopulationProgress, ...]) -> tuple[PopulationProgress, ...]:
    """The windows to store with their data: the newest window, and as many earlier windows as the limits allow."""
    if not shown:
        return ()
    last = shown[-1]
    size = sum(array.nbytes for array in (last.losses, last.errors, last.x, last.y, last.outputs, last.states))
    fitting = TAPE_BYTES // max(1, size)
    return shown[-max(1, min(1 + TAPE_WINDOWS, fitting)) :]


class Travel:
    """The way of a session to another position.

    Attributes:
        unlike: the first window of the newest replay whose loss differs from the recorded loss; None if there is none.

    Args:
        keyframing: the keyframes from which replays begin; it also stores some states of a long replay.
        pace: measures the time of the current trainer's windows.
        clock: a monotonic clock, in seconds.
    """

    def __init__(self, keyframing: Keyframing, pace: Pace, clock: Callable[[], float]) -> None:
        self._keyframing = keyframing
        self._pace = pace
        self._clock = clock
        self.unlike: UnlikeRecord | None = None
        self._under_way: tuple[Replay, Timeline] | None = None
        self._seconds = 0.0

    @property
    def windows_left(self) -> int:
        """The number of windows still to be trained again; 0 if the session is not on the way."""
        return self._under_way[0].windows_left if self._under_way is not None else 0

    @property
    def arrived(self) -> bool:
        """Whether the session is not on the way to a position."""
        return self._under_way is None

    @property
    def tape_windows(self) -> int:
        """The number of windows that can be trained one by one, for their rows, without a noticeable wait."""
        return max(1, min(TAPE_WINDOWS, int(TAPE_SECONDS / self._pace.seconds_of_one)))

    @property
    def trainer(self) -> AnyTrainer:
        """The trainer that the replay uses."""
        assert self._under_way is not None
        return self._under_way[0].trainer

    def set_out(
        self, timeline: Timeline, position: Position, trainer: AnyTrainer, make_trainer: MakeTrainer
    ) -> AnyTrainer:
        """Set out for a position; returns the trainer that the replay uses. If this fails, nothing has changed; see
        `Replay`.
        """
        replay = Replay(timeline, self._keyframing.keyframes, trainer, position, self.tape_windows, make_trainer)
        self._under_way = replay, timeline
        self.unlike = None
        self._seconds = 0.0
        return replay.trainer

    def step(self, windows: int) -> int:
        """Train up to ``windows`` recorded windows again; returns how many were trained."""
        assert self._under_way is not None
        replay, timeline = self._under_way
        begun = self._clock()
        done = replay.advance(windows)
        self.unlike = replay.unlike
        self._seconds += self._clock() - begun
        # a state that differs from the record must not become a keyframe
        near = replay.at_tape if replay.unlike is None else None
        if near is not None and self._seconds > NEAR_SECONDS:
            self._keyframing.keep(near, replay.trainer, timeline.digest(near.branch))
            self._seconds = 0.0
        return done

    def arrive(self) -> tuple[PopulationProgress, ...] | None:
        """The newest windows with their data, oldest first, if the session has arrived; otherwise None."""
        if self._under_way is None or not self._under_way[0].arrived:
            return None
        tape = tuple(self._under_way[0].tape)
        self.leave()
        return tape

    def leave(self) -> None:
        """Cancel the way to the position."""
        self._under_way = None
