"""Decides when the training thread keeps a keyframe (a state of the run)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from echornn.runs.keyframes import Keyframe, Keyframes
from echornn.runs.recorder import Recorder
from echornn.timeline.branch import Position
from echornn.timeline.timeline import Timeline
from echornn.training.any_trainer import AnyTrainer

KEYFRAME_SECONDS = 0.08
"""The seconds of training between two keyframes; going to a position takes about this long at most."""

KEYFRAME_SHARE = 0.02
"""The largest share of the time that keyframes may take; those of a large network are further apart."""

KEYFRAME_BYTES_A_SECOND = 4 << 20
"""The most bytes of keyframes for each second of training, since they are written to the disk too."""


def ours(timeline: Timeline, keyframes: Iterable[Keyframe]) -> Iterator[Keyframe]:
    """The keyframes on disk that belong to this run; the file may contain keyframes of another run."""
    for one in keyframes:
        if timeline.has(one.position) and one.digest == timeline.digest(one.position.branch):
            yield one


class Keyframing:
    """Keeps states of a run while it trains, and passes them to the recorder.

    Attributes:
        keyframes: the keyframes kept in memory.

    Args:
        recorder: writes keyframes to the disk.
        clock: a monotonic clock, in seconds.
    """

    def __init__(self, recorder: Recorder, clock: Callable[[], float]) -> None:
        self.keyframes = Keyframes()
        self._recorder = recorder
        self._clock = clock
        self._thinned = 0
        self._trained, self._apart = 0.0, KEYFRAME_SECONDS

    def take_up(self, keyframes: Iterable[Keyframe]) -> None:
        """Add the keyframes of a run on disk."""
        for keyframe in keyframes:
            self.keyframes.add(keyframe)
        self._recorder.all_keyframes(self.keyframes.all())

    def trained(self, seconds: float) -> bool:
        """Add ``seconds`` of training; returns whether a keyframe is due."""
        self._trained += seconds
        return self._trained >= self._apart

    def keep(self, position: Position, trainer: AnyTrainer, digest: int) -> None:
        """Keep the trainer's state at a position of the branch that trained it, if its weights are finite.

        Args:
            digest: a hash of everything that leads to the branch; see `echornn.timeline.timeline.Timeline.digest`.
        """
        begun, size = self._clock(), 0
        state = trainer.state
        if state.is_finite:
            keyframe = Keyframe(position, state, digest)
            size = keyframe.size
            if self.keyframes.add(keyframe):
                self._recorder.keyframe(keyframe)
            if self.keyframes.thinned != self._thinned:
                self._thinned = self.keyframes.thinned
                self._recorder.all_keyframes(self.keyframes.all())
        share = (self._clock() - begun) / KEYFRAME_SHARE
        self._apart = max(KEYFRAME_SECONDS, share, size / KEYFRAME_BYTES_A_SECOND)
        self._trained = 0.0
