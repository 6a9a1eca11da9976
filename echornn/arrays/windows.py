"""The windows of a run as arrays."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from echornn.arrays.numbers import Numbering, configs_of
from echornn.history.windows import StoredWindows, errors_of, losses_of
from echornn.progress import Floats
from echornn.run.branch import Branch, Position
from echornn.run.run import Run
from echornn.run.tree import LogRange

Integers = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class WindowPiece:
    """Windows of a branch that were trained one after the other, as in `RunWindows`. Accuracies are
    not rounded yet."""

    branch: Branch
    window: Integers
    epoch: Integers
    loss: Floats
    accuracy: npt.NDArray[np.float64]
    grad_norm: Floats
    networks: range  # their numbers

    def __len__(self) -> int:
        return len(self.window)


@dataclass(frozen=True, eq=False)
class RunWindows:
    """Windows of a run, one row each. The second axis is the networks, also if there is only one;
    values are NaN where a window was lost, or its branch did not train the network.
    """

    window: Integers  # int64 [n], from 1, in the whole run or along a path
    epoch: Integers  # int64 [n], from 1
    branch: Integers  # int64 [n], which trained it
    loss: Floats  # float32 [n, networks], the mean loss in nats, or squared error
    # Float32 [n, networks], the share of right predictions; NaN if predictions are numbers
    accuracy: Floats
    grad_norm: Floats  # float32 [n, networks], before clipping; NaN in runs of early versions
    replica: Integers  # int64 [networks], the numbers of the networks, the same in all branches

    def __len__(self) -> int:
        return len(self.window)

    @classmethod
    def of(cls, pieces: Iterable[WindowPiece]) -> RunWindows:
        pieces = list(pieces)
        numbers = sorted({number for piece in pieces for number in piece.networks}) or [0]
        count = sum(map(len, pieces))
        window, epoch, branch = np.empty((3, count), np.int64)
        loss, accuracy, grad_norm = np.full((3, count, len(numbers)), np.nan, np.float32)
        begin = 0
        for piece in pieces:
            rows = slice(begin, begin + len(piece))
            window[rows] = piece.window
            epoch[rows] = piece.epoch
            branch[rows] = piece.branch.number
            first = numbers.index(piece.networks[0])
            columns = slice(first, first + len(piece.networks))
            loss[rows, columns] = piece.loss
            accuracy[rows, columns] = piece.accuracy
            grad_norm[rows, columns] = piece.grad_norm
            begin = rows.stop
        return cls(window, epoch, branch, loss, accuracy, grad_norm, np.array(numbers, np.int64))


def pieces(
    run: Run, end: Position | None = None, replica: int | None = None, first: int = 0
) -> Iterator[WindowPiece]:
    """All windows in the order trained, of all networks or the one with this number; with ``end``,
    only those on the path to this position, numbered along it, without the ``first`` ones. A
    RunError if there is no such network.
    """
    numbering = Numbering.of(run)
    numbering.require(replica, configs_of(run, end))  # now, not when the first is asked for
    return _pieces(run, end, replica, first, numbering)


def _pieces(
    run: Run, end: Position | None, replica: int | None, first: int, numbering: Numbering
) -> Iterator[WindowPiece]:
    for part, windows, norms in run.stored(run.tree.ranges(end, first)):
        numbers = numbering.numbers(part.branch.config)
        before = part.at  # windows of the whole run
        if end is not None:
            before = part.first  # of the path
        if replica is None:
            yield _piece(part, before, numbers, windows, norms)
        elif replica in numbers:
            own = [numbers.index(replica)]
            alone = range(replica, replica + 1)
            yield _piece(part, before, alone, windows[:, own], norms[:, own])


def _piece(
    part: LogRange, before: int, networks: range, windows: StoredWindows, norms: StoredWindows
) -> WindowPiece:
    branch, config = part.branch, part.branch.config
    index = np.arange(len(windows), dtype=np.int64)
    in_epoch = branch.window + part.first - branch.start + index
    epoch = branch.epoch + in_epoch // config.windows_per_epoch + 1
    losses, grad_norms = losses_of(windows), losses_of(norms)
    errors = errors_of(windows, config)
    right = config.accuracy(errors.astype(np.float64))
    accuracy = np.where(errors < 0, np.nan, right)
    window = before + index + 1
    return WindowPiece(branch, window, epoch, losses, accuracy, grad_norms, networks)
