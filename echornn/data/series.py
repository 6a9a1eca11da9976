"""The data of an epoch ("Generate data"), of the echo and of other tasks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from echornn import seeding
from echornn.cells import own_cell
from echornn.cells.own_cell import OwnCell
from echornn.config import TASK, EchoConfig
from echornn.progress import Bools
from echornn.progress import Symbols as Drawn
from echornn.tasks import own_task
from echornn.tasks.echo import RowStart, echo_rows, uniform_symbols
from echornn.tasks.own_task import OwnTask
from echornn.tasks.table import values_of
from echornn.tasks.task import Batch, Task, TaskError, draw_rows, known_lags


@dataclass(frozen=True, eq=False)
class EchoSeries:
    """The inputs and echo targets of one epoch, divided into the rows of the batch.

    Attributes:
        x: uint8 [batch_size, row length], uniformly random symbols from 0 to num_classes - 1.
        y: uint8, of the same shape; ``y`` at a step is ``x`` echo_step steps earlier.
        unused: the time steps at the end of the series that are left out, since the batch size does not divide it.
    """

    x: Drawn
    y: Drawn
    unused: int = 0

    @classmethod
    def generate(cls, config: EchoConfig, data_version: int = 0, epoch: int = 0) -> EchoSeries:
        """The data of an epoch: a pure function of seed, data version and epoch."""
        x = _drawn(config, data_version, epoch)
        return cls.from_inputs(x, config.echo_step, config.batch_size, config.row_start)

    @classmethod
    def from_inputs(cls, x: Drawn, echo_step: int, batch_size: int, row_start: RowStart = "previous_row") -> EchoSeries:
        """Echo the series ``x`` (uint8 [steps]) and cut both into ``batch_size`` rows; see `echo_rows`."""
        x_rows, y_rows = echo_rows(x, echo_step, batch_size, row_start)
        return cls(x_rows, y_rows, len(x) - x_rows.size)

    def window(self, start: int, length: int) -> tuple[Drawn, Drawn]:
        """Inputs and targets of the time steps ``start`` to ``start + length``, uint8 [batch_size, length] each."""
        return self.x[:, start : start + length], self.y[:, start : start + length]


def _drawn(config: EchoConfig, data_version: int, epoch: int) -> Drawn:
    rng = seeding.stream(config.seed, seeding.DATA, data_version, epoch)
    return uniform_symbols(rng, config.num_classes, config.total_series_length)


class EpochData(NamedTuple):
    """Inputs and targets of an epoch: symbols, uint8 [row length, batch, replicas], or numbers, float32 [row length,
    batch, count, replicas]; and which steps count, bool [row length, batch, replicas], or None if all do.
    """

    x: npt.NDArray[Any]
    y: npt.NDArray[Any]
    scored: Bools | None = None


def batch_of(config: EchoConfig, data_version: int, epoch: int) -> Batch:
    """The rows of one epoch, without the steps that no trial covers: a pure function of seed, data version and epoch;
    a `TaskError` for an error in a user's task, or if no step of a window is scored.
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
    """The data of `batch_of` for each of some configurations of one structure; it raises the same errors."""
    one, length = configs[0], configs[0].row_length
    if one.task is None and len({(config.echo_step, config.row_start) for config in configs}) == 1:
        drawn = [_drawn(config, data_version, epoch)[: one.batch_size * length] for config in configs]
        x = _side_by_side([series.reshape(one.batch_size, length) for series in drawn], length)
        y = np.zeros_like(x)  # the echo of all at once, at half of the cost
        y[one.echo_step :] = x[: length - one.echo_step]
        if one.row_start == "previous_row":
            y[: one.echo_step, 1:] = x[length - one.echo_step :, :-1]
        return EpochData(x, y)
    each = [batch_of(config, data_version, epoch) for config in configs]
    x, y = (_side_by_side([getattr(batch, name) for batch in each], length) for name in ("x", "y"))
    scored = None if one.the_task.scores_every_step else _side_by_side([batch.scored for batch in each], length)
    return EpochData(x, y, scored)


def _side_by_side(each: Sequence[npt.NDArray[Any]], length: int) -> npt.NDArray[Any]:
    """Arrays [batch, steps, ...] as one, [length, batch, ..., arrays]; shorter arrays are filled up with 0."""
    batch, steps, *shape = each[0].shape
    whole = np.zeros((length, batch, *shape, len(each)), each[0].dtype)
    for row in range(batch):  # faster than to copy all at once
        whole[:steps, row] = np.moveaxis(np.stack([one[row] for one in each]), 0, -1)
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


def check_own_files(config: EchoConfig) -> None:
    """Check the user's own task and cell in another process, before they are used in this one; raises an `OwnError`."""
    task = config.the_task
    if task.own is not None:
        _check_task(config.value(TASK), tuple(values_of(task).items()), config.batch_size, config.row_length)
    if isinstance(config.cell, OwnCell):
        check_cell(config.cell)


def check_own_data(config: EchoConfig) -> None:
    """Check the user's own files, and that each window of the first epoch has a scored step; raises an `OwnError`."""
    check_own_files(config)
    if config.the_task.own is not None:
        batch_of(config.of(0), 0, 0)


@lru_cache(maxsize=256)
def _check_task(own: OwnTask, values: tuple[tuple[str, object], ...], rows: int, steps: int) -> None:
    own_task.check(own, dict(values), rows, steps)


check_cell = lru_cache(maxsize=256)(own_cell.check)
"""Check the user's own cell in another process; raises a `CellError`."""
