"""The data of an epoch for many replicas as arrays, time first and replicas last."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from echornn import seeding
from echornn.config import EchoConfig
from echornn.data.series_side_by_side import series_side_by_side
from echornn.progress import Bools
from echornn.tasks.checked_task import draw_rows
from echornn.tasks.task import Batch, TaskError


class EpochData(NamedTuple):
    """The data of an epoch.

    Attributes:
        x, y: inputs and targets: symbols, uint8 [row length, batch, replicas], or numbers, float32 [row length, batch,
            count, replicas].
        scored: bool [row length, batch, replicas], the steps that count; None if all do.
    """

    x: npt.NDArray[Any]
    y: npt.NDArray[Any]
    scored: Bools | None = None

    @property
    def arrays(self) -> Iterator[npt.NDArray[Any]]:
        """The arrays x, y and, if only some steps are scored, scored."""
        return (one for one in self if one is not None)


def batch_of(config: EchoConfig, data_version: int, epoch: int) -> Batch:
    """The rows of one epoch: a pure function of the seed, the version of the data, and the epoch.

    Steps of a row that no trial covers are left out.

    Raises:
        TaskError: an error in a user's task, or a window in which no step is scored.
    """
    rng = seeding.stream(config.seed, seeding.DATA, data_version, epoch)
    batch = draw_rows(config.the_task, rng, config.batch_size, config.row_length)
    if not config.the_task.scores_every_step:
        _require_scored_windows(config, batch.scored, epoch)
    return batch


def data_side_by_side(configs: Sequence[EchoConfig], data_version: int, epoch: int) -> EpochData:
    """The data of `batch_of` for each configuration, bit for bit.

    Args:
        configs: configurations of one structure.
        data_version, epoch: the version of the data, and the epoch.

    Raises:
        TaskError: see `batch_of`.
    """
    if configs[0].task is None:
        return EpochData(*series_side_by_side(configs, data_version, epoch))
    each = [batch_of(config, data_version, epoch) for config in configs]
    length = configs[0].row_length
    x, y = (_side_by_side([getattr(one, name) for one in each], length) for name in ("x", "y"))
    every_step = configs[0].the_task.scores_every_step
    return EpochData(x, y, None if every_step else _side_by_side([one.scored for one in each], length))


def _side_by_side(each: Sequence[npt.NDArray[Any]], length: int) -> npt.NDArray[Any]:
    """Arrays [batch, steps, ...] as one, [length, batch, ..., arrays]; shorter arrays are filled up with 0."""
    batch, steps, *shape = each[0].shape
    whole = np.zeros((length, batch, *shape, len(each)), each[0].dtype)
    for index, one in enumerate(each):
        whole[:steps, ..., index] = np.swapaxes(one, 0, 1)
    return whole


def _require_scored_windows(config: EchoConfig, scored: Bools, epoch: int) -> None:
    """Check that each window has a scored step, since its loss is a mean over them."""
    counts = np.concatenate([[0], np.cumsum(scored.sum(axis=0))])
    begins = np.arange(config.windows_per_epoch) * config.window_stride
    empty = np.flatnonzero(counts[begins + config.window_steps] == counts[begins])
    if empty.size:
        raise TaskError(
            f"{type(config.the_task).__name__} scores no step of window {empty[0]} of epoch {epoch} (from 0), "
            f"of {config.window_steps} steps: a longer truncated_backprop_length may help"
        )
