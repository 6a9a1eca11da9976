"""The windows of a run as columns of arrays, in pieces, so that a run of any length needs little memory."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from echornn.arrays.replica_numbers import ReplicaNumbers
from echornn.history.kept_windows import StoredWindows, errors_of, losses_of
from echornn.progress import Floats
from echornn.runs.run_dir import Run
from echornn.timeline.branch import Branch, Position

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
