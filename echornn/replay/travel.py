"""Goes to a moment of the run, some windows at a time, and keeps the newest windows there in full."""

from __future__ import annotations

from collections.abc import Callable

from echornn.progress import PopulationProgress
from echornn.replay.keyframing import Keyframing
from echornn.replay.pace import Pace
from echornn.replay.replay import Replay
from echornn.timeline.branch import Moment
from echornn.timeline.timeline import Timeline
from echornn.training.any_trainer import AnyTrainer, MakeTrainer
from echornn.unlike_record import UnlikeRecord

TAPE_WINDOWS = 32
"""How many windows before the newest are kept in full, for the rows on the screen."""

TAPE_BYTES = 32 << 20
"""The most bytes of all windows that are kept in full; the newest is always kept."""

TAPE_SECONDS = 0.05
"""How long windows may be trained one by one after going back, so that their rows can be shown."""

NEAR_SECONDS = 0.03
"""If going to a moment took longer, a keyframe is kept there, so that moments near it are reached quickly; but not if
its losses differ from those on record."""


def newest(shown: tuple[PopulationProgress, ...]) -> tuple[PopulationProgress, ...]:
    """The windows to keep in full: the newest, and as many before it as there is room for."""
    if not shown:
        return ()
    last = shown[-1]
    size = sum(array.nbytes for array in (last.losses, last.errors, last.x, last.y, last.probabilities, last.states))
    fitting = TAPE_BYTES // max(1, size)
    return shown[-max(1, min(1 + TAPE_WINDOWS, fitting)) :]


class Travel:
    """Going to a moment of the run: the replay, and how far it is.

    Attributes:
        unlike: the first window of the newest replay whose loss differs from the record; None if none does.

    Args:
        keyframing: the keyframes at which a replay begins; it also keeps some of a long replay.
        pace: knows what a window of the present trainer takes.
        clock: seconds that never go back.
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
        """How many windows are still to be trained again; 0 if it goes nowhere."""
        return self._under_way[0].windows_left if self._under_way is not None else 0

    @property
    def arrived(self) -> bool:
        """Whether it has arrived, or goes nowhere."""
        return self._under_way is None

    @property
    def tape_windows(self) -> int:
        """How many windows can be trained one by one, for their rows, without a noticeable wait."""
        return max(1, min(TAPE_WINDOWS, int(TAPE_SECONDS / self._pace.seconds_of_one)))

    @property
    def trainer(self) -> AnyTrainer:
        """The trainer of the replay."""
        assert self._under_way is not None
        return self._under_way[0].trainer

    def set_out(self, timeline: Timeline, moment: Moment, trainer: AnyTrainer, make_trainer: MakeTrainer) -> AnyTrainer:
        """Begin to go to a moment; returns the trainer of the replay. If this raises, nothing has changed; see
        `Replay`."""
        replay = Replay(timeline, self._keyframing.keyframes, trainer, moment, self.tape_windows, make_trainer)
        self._under_way = replay, timeline
        self.unlike = None
        self._seconds = 0.0
        return replay.trainer

    def step(self, windows: int) -> int:
        """Train at most so many windows again; returns how many were trained."""
        assert self._under_way is not None
        replay, timeline = self._under_way
        begun = self._clock()
        done = replay.advance(windows)
        self.unlike = replay.unlike
        self._seconds += self._clock() - begun
        near = replay.at_tape if replay.unlike is None else None  # another's state would pass for this run's
        if near is not None and self._seconds > NEAR_SECONDS:
            self._keyframing.keep(near, replay.trainer, timeline.digest(near.branch))
            self._seconds = 0.0
        return done

    def arrive(self) -> tuple[PopulationProgress, ...] | None:
        """If it has arrived, the newest windows there in full, the last one last; None if not."""
        if self._under_way is None or not self._under_way[0].arrived:
            return None
        tape = tuple(self._under_way[0].tape)
        self.leave()
        return tape

    def leave(self) -> None:
        """Stop going."""
        self._under_way = None
