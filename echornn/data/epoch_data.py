"""The data of an epoch for many replicas as arrays, time first and replicas last."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from echornn import seeding
from echornn.config import EchoConfig
from echornn.data.series_side_by_side import series_side_by_side
from echornn.progress import Bools
from echornn.tasks.checked_task import draw_rows, known_lags
from echornn.tasks.task import Batch, Task, TaskError


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
    task, rows, steps = config.the_task, config.batch_size, config.row_length
    rng = seeding.stream(config.seed, seeding.DATA, data_version, epoch)
    if task.scores_every_step:
        return draw_rows(task, rng, rows, steps)
    skipped = lead_in(config)
    drawn = draw_rows(task, rng, rows, skipped + steps)
    batch = Batch(drawn.x[:, skipped:], drawn.y[:, skipped:], drawn.scored[:, skipped:]) if skipped else drawn
    _require_scored_windows(config, batch.scored, epoch)
    return batch


def lead_in(config: EchoConfig) -> int:
    """The steps of a stream that are drawn before each row, and left out: those of the first windows, if no step of
    them is scored. So a target may depend on an input further back than a window is long.

    Raises:
        TaskError: an error in a user's task.
    """
    task = config.the_task
    if task.scores_every_step or not config.is_stream:
        return 0
    return _lead_in(task, config.batch_size, config.row_length, config.window_steps, config.window_stride)


@lru_cache(maxsize=64)
def _lead_in(task: Task, rows: int, steps: int, window: int, stride: int) -> int:
    scored = draw_rows(task, seeding.stream(0, seeding.DATA, 0, 0), rows, steps).scored
    first = int(np.argmax(scored.any(axis=0)))
    return max(0, -(-(first - window + 1) // stride)) * stride


def lags_of_target(config: EchoConfig, window: int, step: int) -> tuple[int, ...]:
    """The lags of the inputs that decide the target of a window's step, both from 0; empty if they are not known."""
    try:
        first = lead_in(config) + window * config.window_stride if config.is_stream else 0
        return known_lags(config.the_task, first + step)
    except TaskError:
        return ()


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
