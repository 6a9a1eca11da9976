"""The states of a run that are on disk, and the state at any position, which may have to be trained again."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from echornn.arrays.window_pieces import Integers
from echornn.data.own_checks import check_own_files
from echornn.files.run_error import RunError
from echornn.population_state import PopulationState
from echornn.progress import PopulationProgress
from echornn.replay.keyframing import ours
from echornn.replay.replay import Replay
from echornn.runs.run_dir import Run
from echornn.runs.states.keyframes import Keyframe, Keyframes
from echornn.runtime import quiet
from echornn.timeline.branch import Position, digests, path_to_end, spans_to
from echornn.training.any_trainer import tensorflow_trainers
from echornn.unlike_record import UnlikeRecord

WINDOWS_AT_A_TIME = 4096


@dataclass(frozen=True, eq=False)
class StateThere:
    """The networks at a position.

    Attributes:
        state: everything that determines their further training.
        newest: the newest window before it, if it was trained again; else None.
        unlike: the first window that was trained again with another loss than recorded; None if there is none.
    """

    state: PopulationState
    newest: PopulationProgress | None = None
    unlike: UnlikeRecord | None = None


def kept_windows(run: Run, branch: int) -> Integers:
    """The windows of the path to a branch's end after which the networks are on disk, int64 [n], ascending."""
    return np.array(sorted(_kept(run, branch)), np.int64)


def state_at(run: Run, position: Position, retrain: bool) -> StateThere:
    """The networks at a position.

    Args:
        retrain: whether windows may be trained again, with TensorFlow, if these networks were not kept.

    Raises:
        RunError: nothing was saved of the run; or the networks were not kept, and nothing may be trained again.
        OwnError: a task or cell of the user's own fails its check.
        OSError: the losses of the run cannot be read.
        ConfigError: there is not enough memory, or no device, to train them again.
    """
    if run.checkpoint is None:
        raise RunError(f"{run.folder} has no weights yet")
    kept = _kept(run, position.branch)
    there = kept.get(position.window)
    state = there.state() if isinstance(there, Keyframe) else there
    if state is not None:
        return StateThere(state)
    if not retrain:
        raise RunError(f"the weights after window {position.window} were not kept: {_near(position.window, kept)}")
    for config in {branch.config for branch in path_to_end(run.tree[0][position.branch], run.tree[0].__getitem__)}:
        check_own_files(config)
    quiet.import_tensorflow(run.threshold)
    replay = _replayed(run, position)
    return StateThere(replay.trainer.state, replay.tape[-1] if replay.tape else None, replay.unlike)


def _replayed(run: Run, position: Position) -> Replay:
    """A replay that has arrived at a position: it has trained windows again from the nearest keyframe."""
    timeline, keyframes = run.timeline(), Keyframes()
    for one in ours(timeline, run.keyframes()):
        keyframes.add(one)
    make = tensorflow_trainers(run.devices, run.threshold, run.threads)
    replay = Replay(timeline, keyframes, make(run.config), position, 1, make)
    while not replay.arrived:
        replay.advance(WINDOWS_AT_A_TIME)
    return replay


def _kept(run: Run, number: int) -> dict[int, Keyframe | PopulationState]:
    """The kept networks on the path to a branch's end, by their window."""
    branches = run.tree[0]
    if run.checkpoint is None or not branches:
        return {}
    path = spans_to(run.ends[number], path_to_end(branches[number], branches.__getitem__))
    there = {branch.number: range(first, last) for branch, first, last in path}
    there[number] = range(path[-1].first, run.ends[number] + 1)  # an edit is at a start
    marks, here, owner = digests(branches), run.position, run.owner(run.position)
    kept: dict[int, Keyframe | PopulationState] = {
        one.position.window: one
        for one in run.keyframes()
        if one.position.window in there.get(one.position.branch, ()) and one.digest == marks[one.position.branch]
    }
    if owner is not None and here.window in there.get(owner.number, ()):
        kept[here.window] = run.checkpoint.state
    return kept


def _near(window: int, kept: dict[int, Keyframe | PopulationState]) -> str:
    """The kept windows before and after a window, and how to get what is not kept, in words."""
    before = max((one for one in kept if one < window), default=None)
    after = min((one for one in kept if one > window), default=None)
    found = " and ".join(str(one) for one in (before, after) if one is not None)
    return f"{f'those after {found} were; ' if found else ''}retrain=True trains windows again"
