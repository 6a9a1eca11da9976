"""Trains a stored run again, to one position of a path after another."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from echornn.data.series import check_own_files
from echornn.errors import RunError
from echornn.progress import PopulationProgress
from echornn.run.branch import Position
from echornn.run.replay import Replay
from echornn.run.run import Run
from echornn.run.states import Keyframe, States
from echornn.runtime import quiet
from echornn.state import PopulationState, UnlikeRecord
from echornn.training.structure import tensorflow_trainers

MOST_WINDOWS = 4096  # that a call trains again


class StateThere(NamedTuple):
    """The networks at a position; what is known only if windows were trained again is None
    otherwise."""

    state: PopulationState
    newest: PopulationProgress | None = None  # the window before
    before: PopulationState | None = None  # the same networks one window earlier
    unlike: UnlikeRecord | None = None  # the first window whose loss then differed from the record


class Retraining:
    """Goes from each position to the next, or from a nearer keyframe; all positions share the
    compiled programs."""

    def __init__(self, run: Run, branch: int) -> None:
        if run.checkpoint is None:
            raise RunError(f"{run.folder} has no weights yet")
        for config in {branch.config for branch in run.tree.path(run.tree.end(branch))}:
            check_own_files(config)
        quiet.import_tensorflow(run.about.threshold)
        self._losses, self._states = run.losses, run.states
        self._make = tensorflow_trainers(*run.trained_by)
        self._trainer = self._make(run.config)
        self._unlike: UnlikeRecord | None = None

    def to(self, position: Position) -> StateThere:
        replay = self._replay(self._states, position)
        before = None
        while replay.windows_left:
            before = replay.trainer.state if replay.at_tape else None
            replay.advance(MOST_WINDOWS)
        self._trainer, state = replay.trainer, replay.trainer.state
        owner = self._losses.tree.owner(position)
        self._states.add(Keyframe(Position(owner.number, position.window), state))
        self._unlike = self._unlike or replay.unlike
        # Only one of the networks goes on from here
        if before is not None and before.configs != state.configs:
            before = None
        return StateThere(state, replay.tape[-1] if replay.tape else None, before, self._unlike)

    def along(self, branch: int, windows: Sequence[int]) -> Iterator[StateThere]:
        """The networks after each of these windows of the path to a branch's end, in ascending
        order. What lies between the first and the last is trained once."""
        before = States()
        for keyframe in self._states.all():
            if keyframe.position.window <= windows[0]:
                before.add(keyframe)
        end = Position(branch, windows[-1])
        replay = self._replay(before, end)
        for window in windows:
            while (left := replay.windows_left - (end.window - window)) > 0:
                replay.advance(min(left, MOST_WINDOWS))
            yield StateThere(replay.trainer.state, unlike=replay.unlike)

    def _replay(self, states: States, position: Position) -> Replay:
        return Replay(self._losses, states, self._trainer, position, 1, self._make)
