"""Decides when the training thread keeps a keyframe."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from echornn.runs.keyframes import Keyframe, Keyframes
from echornn.runs.recorder import Recorder
from echornn.timeline.branch import Moment
from echornn.timeline.timeline import Timeline
from echornn.training.any_trainer import AnyTrainer

KEYFRAME_SECONDS = 0.08
"""Training between two keyframes, in seconds: showing a moment trains windows again for about this long, at most."""

KEYFRAME_SHARE = 0.02
"""Keyframes may take this share of the training time, so those of a large network are further apart."""


def ours(timeline: Timeline, keyframes: Iterable[Keyframe]) -> Iterator[Keyframe]:
    """The keyframes found on disk that belong to this run; the file may be of another run."""
    for one in keyframes:
        if timeline.has(one.moment) and one.digest == timeline.digest(one.moment.branch):
            yield one


class Keyframing:
    """Keeps states of a run while it trains, and has them recorded.

    Attributes:
        keyframes: the keyframes that are kept.

    Args:
        recorder: writes them to the disk.
        clock: seconds that never go back.
    """

    def __init__(self, recorder: Recorder, clock: Callable[[], float]) -> None:
        self.keyframes = Keyframes()
        self._recorder = recorder
        self._clock = clock
        self._thinned = 0
        self._trained, self._apart = 0.0, KEYFRAME_SECONDS

    def take_up(self, keyframes: Iterable[Keyframe]) -> None:
        """Begin with the keyframes that a run on disk has."""
        for keyframe in keyframes:
            self.keyframes.add(keyframe)
        self._recorder.all_keyframes(self.keyframes.all())

    def trained(self, seconds: float) -> bool:
        """Count so many seconds of training; returns whether `keep` is due."""
        self._trained += seconds
        return self._trained >= self._apart

    def keep(self, moment: Moment, trainer: AnyTrainer, digest: int) -> None:
        """Keep the trainer's state at a moment of the branch in which it was trained, if its weights are finite.

        Args:
            digest: a hash of all that leads to the branch; see `echornn.timeline.timeline.Timeline.digest`.
        """
        begun = self._clock()
        state = trainer.state
        if state.is_finite:
            if self.keyframes.add(keyframe := Keyframe(moment, state, digest)):
                self._recorder.keyframe(keyframe)
            if self.keyframes.thinned != self._thinned:
                self._thinned = self.keyframes.thinned
                self._recorder.all_keyframes(self.keyframes.all())
        self._apart = max(KEYFRAME_SECONDS, (self._clock() - begun) / KEYFRAME_SHARE)
        self._trained = 0.0
