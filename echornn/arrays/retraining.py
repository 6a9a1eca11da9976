"""The networks of a stored run at its positions: as they were kept, or trained again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from echornn.data import check_own_files
from echornn.errors import RunError
from echornn.progress import PopulationProgress
from echornn.run.branch import Position
from echornn.run.replay import Replay
from echornn.run.run import Run
from echornn.run.states import Keyframe, States
from echornn.runtime import quiet
from echornn.runtime.waiting import Say, silent
from echornn.state import PopulationState, UnlikeRecord
from echornn.training.structure import tensorflow_trainers

MOST_WINDOWS = 4096  # that a call trains again
LEAST_SAID = 500  # windows to train again, of which is said how many are left; chosen by eye


class StateThere(NamedTuple):
    """The networks at a position; what is known only if windows were trained again is None
    otherwise."""

    state: PopulationState
    newest: PopulationProgress | None = None  # the window before
    before: PopulationState | None = None  # the same networks one window earlier
    unlike: UnlikeRecord | None = None  # the first window whose loss then differed from the record


def state_at(run: Run, position: Position, retrain: bool, say: Say = silent) -> StateThere:
    """The networks at a position; arguments and errors as in `RunArrays.weights`."""
    _require_weights(run)
    kept = run.kept(position.branch)
    if position.window in kept:
        state = kept[position.window].state()
        if state is not None:  # it is not damaged
            return StateThere(state)
    if retrain:
        return Retraining(run, position.branch, say).state_after(position.window)
    raise RunError(
        f"the weights after window {position.window} were not kept: {_near(position.window, kept)}"
    )


def _near(window: int, kept: Iterable[int]) -> str:
    windows = sorted(kept)
    before = [earlier for earlier in windows if earlier < window]
    after = [later for later in windows if later > window]
    nearest = [*before[-1:], *after[:1]]
    words = "retrain=True trains windows again"
    if nearest:
        words = f"those after {' and '.join(map(str, nearest))} were; {words}"
    return words


def _require_weights(run: Run) -> None:
    if run.checkpoint is None:
        raise RunError(f"{run.folder} has no weights yet")


class Retraining:
    """Trains the path to a branch's end again. It goes from each window to the next, or from a
    nearer keyframe; all share the compiled programs."""

    def __init__(self, run: Run, branch: int, say: Say = silent) -> None:
        _require_weights(run)
        for config in {before.config for before in run.tree.path(run.tree.end(branch))}:
            check_own_files(config)
        quiet.import_tensorflow(run.about.threshold, say)
        self._say = say
        self._branch = branch
        self._losses = run.losses
        # Not the run's own: those that are added here may differ from the record
        self._states = States()
        self._states.take_up(run.keyframes())
        self._make_trainer = tensorflow_trainers(*run.trained_by)
        self._trainer = self._make_trainer(run.config)
        self._unlike: UnlikeRecord | None = None

    def state_after(self, window: int) -> StateThere:
        """The networks after a window of the path."""
        replay = self._replay(self._states, window)
        before = None
        while replay.windows_left:
            if replay.windows_left >= LEAST_SAID:
                self._say(f"{replay.windows_left:,} windows to train again")
            before = replay.trainer.state if replay.before_recent else None
            replay.advance(MOST_WINDOWS)
        self._trainer = replay.trainer
        state = replay.trainer.state
        owner = self._losses.tree.owner(Position(self._branch, window))
        self._states.add(Keyframe(Position(owner.number, window), state))
        self._unlike = self._unlike or replay.unlike
        # Only one of the networks goes on from here
        if before is not None and before.configs != state.configs:
            before = None
        newest = replay.recent[-1] if replay.recent else None
        return StateThere(state, newest, before, self._unlike)

    def along(self, windows: Sequence[int]) -> Iterator[StateThere]:
        """The networks after each of these windows of the path, in ascending order. What lies
        between the first and the last is trained once."""
        first, end = windows[0], windows[-1]
        before = States()
        for keyframe in self._states.all():
            if keyframe.position.window <= first:
                before.add(keyframe)
        replay = self._replay(before, end)
        for window in windows:
            left = end - window
            while replay.windows_left > left:
                replay.advance(min(replay.windows_left - left, MOST_WINDOWS))
            yield StateThere(replay.trainer.state, unlike=replay.unlike)

    def _replay(self, states: States, window: int) -> Replay:
        return Replay(
            self._losses,
            states,
            self._trainer,
            Position(self._branch, window),
            recent_windows=1,
            make_trainer=self._make_trainer,
        )
