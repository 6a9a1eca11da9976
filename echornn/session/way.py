"""Goes to a moment of the run, some windows at a time, and keeps the newest windows there in full."""

from __future__ import annotations

from collections.abc import Callable

from echornn.progress import AnyProgress
from echornn.runs.branch import Moment
from echornn.runs.timeline import Timeline
from echornn.session.keyframing import Keyframing
from echornn.session.pace import Pace
from echornn.session.replay import Replay
from echornn.training.any_trainer import AnyTrainer, MakeTrainer
from echornn.unlike_record import UnlikeRecord

TAPE_WINDOWS = 32
"""Windows kept in full before the newest, for the screen to scroll by."""

TAPE_BYTES = 32 << 20
"""Of all windows that are kept in full, at most; the newest is, however large."""

TAPE_SECONDS = 0.05
"""Training one by one, so as to show them, where one goes back."""

NEAR_SECONDS = 0.03
"""A way to a moment that took longer leaves a keyframe, so that the moments beside it are near, unless its losses are
others than those on record."""


def newest(shown: tuple[AnyProgress, ...]) -> tuple[AnyProgress, ...]:
    """Those of these windows that are kept in full: the newest, and of those before as many as there is room for."""
    if not shown:
        return ()
    last = shown[-1]
    size = sum(array.nbytes for array in (last.losses, last.errors, last.x, last.y, last.probabilities, last.states))
    fitting = TAPE_BYTES // max(1, size)
    return shown[-max(1, min(1 + TAPE_WINDOWS, fitting)) :]


class Way:
    """The replay that leads to a moment of the run, and how far it has come.

    Attributes:
        unlike: the first window on the newest way whose loss is another than is on record; None where none is.

    Args:
        keyframing: the states to begin at; those of a long way are kept too.
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
        """Windows to be trained again until the end of the way; 0 on none."""
        return self._under_way[0].windows_left if self._under_way is not None else 0

    @property
    def arrived(self) -> bool:
        """Whether one is on no way."""
        return self._under_way is None

    @property
    def tape_windows(self) -> int:
        """Of how many windows the rows can be shown without a wait."""
        return max(1, min(TAPE_WINDOWS, int(TAPE_SECONDS / self._pace.seconds_of_one)))

    @property
    def trainer(self) -> AnyTrainer:
        """What trains on the way."""
        assert self._under_way is not None
        return self._under_way[0].trainer

    def set_out(self, timeline: Timeline, moment: Moment, trainer: AnyTrainer, make_trainer: MakeTrainer) -> AnyTrainer:
        """Set out for a moment; what trains on the way. What is raised leaves all as it was; see `Replay`."""
        replay = Replay(timeline, self._keyframing.keyframes, trainer, moment, self.tape_windows, make_trainer)
        self._under_way = replay, timeline
        self.unlike = None
        self._seconds = 0.0
        return replay.trainer

    def step(self, windows: int) -> int:
        """Train at most so many windows again; how many it were."""
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

    def arrive(self) -> tuple[AnyProgress, ...] | None:
        """At the end of the way, be on it no more: the newest windows before it, the last one last; else None."""
        if self._under_way is None or not self._under_way[0].arrived:
            return None
        tape = tuple(self._under_way[0].tape)
        self.leave()
        return tape

    def leave(self) -> None:
        """Go no further."""
        self._under_way = None
