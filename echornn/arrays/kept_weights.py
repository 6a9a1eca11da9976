"""The states of a run that are on disk, and the state at any position, which may have to be trained again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from echornn.arrays.facts import ReplicaNumbers
from echornn.data.series import check_own_files
from echornn.errors import RunError
from echornn.history.windows import StoredWindows, errors_of, losses_of
from echornn.progress import Floats, PopulationProgress
from echornn.replay.replay import Replay, ours
from echornn.runs.keyframes import Keyframe, Keyframes
from echornn.runs.run_dir import Run
from echornn.runtime import quiet
from echornn.state import PopulationState, UnlikeRecord
from echornn.timeline.branch import Branch, Position, digests, path_to_end, spans_to
from echornn.training.any_trainer import tensorflow_trainers

Integers = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class WindowPiece:
    """Consecutive windows of one branch.

    Attributes:
        branch: the number of the branch that trained them.
        windows: int64 [n], the number of each window, from 1, in the whole run or along a path.
        epochs: int64 [n], the number of its epoch, from 1.
        losses: float32 [n, networks], in nats, or squared errors; NaN for a window that the loss log lacks.
        accuracies: float64 [n, networks], the share of right predictions, 0 to 1; NaN if it is lost, or if predictions
            are numbers.
        first: the number of the first network, see `ReplicaNumbers`; the others have the following numbers.
        has_accuracy: whether predictions are symbols, which are right or wrong.
    """

    branch: int
    windows: Integers
    epochs: Integers
    losses: Floats
    accuracies: npt.NDArray[np.float64]
    first: int
    has_accuracy: bool

    @property
    def networks(self) -> range:
        """The numbers of the networks."""
        return range(self.first, self.first + self.losses.shape[1])

    def part(self, first: int, last: int) -> WindowPiece:
        """The windows ``first <= index < last`` of this piece."""
        part = slice(first, last)
        numbers, losses = (self.windows[part], self.epochs[part]), (self.losses[part], self.accuracies[part])
        return WindowPiece(self.branch, *numbers, *losses, self.first, self.has_accuracy)


def pieces(run: Run, replica: int | None = None) -> Iterator[WindowPiece]:
    """All windows up to the run's checkpoint, in the order trained.

    Args:
        replica: only the network with this number, see `ReplicaNumbers`; by default all networks.

    Raises:
        OSError: the losses cannot be read.
    """
    branches, numbers = run.tree[0], ReplicaNumbers.of(run)
    for stretch, windows in run.pieces():
        branch = branches[stretch.branch]
        yield from _piece(stretch.first, branch, stretch.along, windows, numbers, replica)


def pieces_along(run: Run, position: Position, replica: int | None = None, first: int = 0) -> Iterator[WindowPiece]:
    """The windows on the path to a position, numbered along the path; see `pieces`.

    Args:
        first: the number of windows at the beginning of the path to leave out.
    """
    numbers = ReplicaNumbers.of(run)
    for branch, along, windows in run.path(position, first):
        yield from _piece(along, branch, along, windows, numbers, replica)


def _piece(
    before: int,
    branch: Branch,
    along: int,
    windows: StoredWindows,
    numbers: ReplicaNumbers,
    replica: int | None,
) -> Iterator[WindowPiece]:
    """The windows as a piece; none if the branch has no such replica.

    Args:
        before: the number of windows before these, as they are to be counted.
        along: the number of windows before these along the path.
    """
    losses, errors = losses_of(windows), errors_of(windows, branch.config)
    first = numbers.first(branch.config)
    if replica is not None:
        if (index := numbers.index(replica, branch.config)) is None:
            return
        losses, errors, first = losses[:, [index]], errors[:, [index]], replica
    has, index_of = branch.config.has_classes, np.arange(len(losses), dtype=np.int64)
    accuracies = np.where(errors < 0, np.nan, branch.config.accuracy(errors.astype(np.float64)))
    epochs = branch.epoch + (branch.window + along - branch.start + index_of) // branch.config.windows_per_epoch + 1
    yield WindowPiece(branch.number, before + index_of + 1, epochs, losses, accuracies, first, has)


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
