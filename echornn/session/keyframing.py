"""Decides when a state is kept, from which the windows after it can be trained again."""

from __future__ import annotations

from collections.abc import Callable

from echornn.run.branch import Position
from echornn.run.run import Run
from echornn.run.states import Keyframe
from echornn.training.structure import AnyTrainer

# Of training between two keyframes; going to a position takes about this long at most
KEYFRAME_SECONDS = 0.08
# Of the time, which keyframes may take; those of a large network are further apart
KEYFRAME_SHARE = 0.02
KEYFRAME_BYTES_A_SECOND = 4 << 20  # of training, since keyframes are written to the disk too

# On the way to a position, above which a keyframe is kept there, so that others nearby are close
NEAR_SECONDS = 0.03


class Keyframing:
    """Keeps states of a run as it is trained, and on the way to a position."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        # Of training since the last keyframe, and to the next
        self._seconds, self._apart = 0.0, KEYFRAME_SECONDS
        self._on_the_way = 0.0  # seconds since leaving, or since the keyframe there

    def trained_for(self, seconds: float) -> None:
        self._seconds += seconds

    @property
    def is_due(self) -> bool:
        return self._seconds >= self._apart

    def leave(self) -> None:
        """Set out for a position."""
        self._on_the_way = 0.0

    def went_on_for(self, seconds: float) -> None:
        self._on_the_way += seconds

    @property
    def is_due_near(self) -> bool:
        """Whether to keep a state shortly before the position to which the session goes."""
        return self._on_the_way > NEAR_SECONDS

    def keep(self, run: Run, trainer: AnyTrainer, position: Position) -> None:
        """Keep the trainer's state, unless no network can be trained on from it."""
        begun, size = self._clock(), 0
        state = trainer.state
        if state.is_finite:
            keyframe = Keyframe(position, state, run.tree.digest(position.branch))
            size = keyframe.size
            run.states.add(keyframe)
        share = (self._clock() - begun) / KEYFRAME_SHARE
        self._seconds = self._on_the_way = 0.0
        self._apart = max(KEYFRAME_SECONDS, share, size / KEYFRAME_BYTES_A_SECOND)
