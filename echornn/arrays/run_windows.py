"""The windows of a run as arrays in memory."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from echornn.arrays.kept_weights import Integers, WindowPiece
from echornn.progress import Floats


@dataclass(frozen=True, eq=False)
class RunWindows:
    """Windows of a run, one row each. The second axis is the networks, also if there is only one.

    Attributes:
        window: int64 [n], the number of the window, from 1, in the whole run or along a path.
        epoch: int64 [n], the number of its epoch, from 1.
        branch: int64 [n], the number of the branch that trained it.
        loss: float32 [n, networks], its mean loss in nats, or squared error; NaN if the window was lost, or where the
            branch did not train this network.
        accuracy: float32 [n, networks], the share of right predictions, 0 to 1; NaN as in `loss`, and if predictions
            are numbers.
        replica: int64 [networks], the numbers of the networks, the same in all branches; [0] if the run has only one.
    """

    window: Integers
    epoch: Integers
    branch: Integers
    loss: Floats
    accuracy: Floats
    replica: Integers

    def __len__(self) -> int:
        """The number of windows."""
        return len(self.window)


def windows_of(pieces: Iterable[WindowPiece]) -> RunWindows:
    """The windows of these pieces, in one array each."""
    all_pieces = list(pieces)
    numbers = sorted({number for piece in all_pieces for number in piece.networks}) or [0]
    count = sum(len(piece.windows) for piece in all_pieces)
    window, epoch, branch = np.empty((3, count), np.int64)
    loss, accuracy = np.full((2, count, len(numbers)), np.nan, np.float32)
    end = 0
    for piece in all_pieces:
        rows, end = slice(end, end + len(piece.windows)), end + len(piece.windows)
        first = numbers.index(piece.first)
        columns = slice(first, first + len(piece.networks))
        window[rows], epoch[rows], branch[rows] = piece.windows, piece.epochs, piece.branch
        loss[rows, columns], accuracy[rows, columns] = piece.losses, piece.accuracies
    return RunWindows(window, epoch, branch, loss, accuracy, np.array(numbers, np.int64))
