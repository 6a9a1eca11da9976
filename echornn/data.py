"""The data of an epoch ("Generate data"), of the echo and of other tasks; and sources of
targets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any, NamedTuple, cast

import numpy as np
import numpy.typing as npt

from echornn import seeding
from echornn.cells.own_cell import OwnCell
from echornn.cells.own_cell import check as check_cell
from echornn.config import TASK, ConfigError, EchoConfig
from echornn.progress import Bools
from echornn.tasks.echo import Echo, targets_side_by_side, uniform_symbols
from echornn.tasks.own_task import check as check_task
from echornn.tasks.table import values_of
from echornn.tasks.task import Batch, Task, TaskError, draw_rows, form_of, known_lags, lags_of_steps


class EpochData(NamedTuple):
    """Inputs and targets of an epoch: symbols, uint8 [row length, batch, replicas], or numbers,
    float32 [row length, batch, count, replicas]; and which steps count, bool [row length, batch,
    replicas], or None if all do.
    """

    x: npt.NDArray[Any]
    y: npt.NDArray[Any]
    scored: Bools | None = None


def batch_of(config: EchoConfig, data_version: int = 0, epoch: int = 0) -> Batch:
    """The inputs and targets of an epoch, without the steps that no trial covers: a pure function
    of the seed, the version of the data, and the epoch, from 0.

    Raises:
        TaskError: an error in a user's task, or a window in which no step is scored.
    """
    task, rows, steps = config.the_task, config.batch_size, config.row_length
    rng = seeding.stream(config.seed, seeding.DATA, data_version, epoch)
    if task.scores_every_step:
        return draw_rows(task, rng, rows, steps)
    skipped = lead_in(config)
    drawn = draw_rows(task, rng, rows, skipped + steps)
    batch = (
        Batch(drawn.x[:, skipped:], drawn.y[:, skipped:], drawn.scored[:, skipped:])
        if skipped
        else drawn
    )
    _require_scored_windows(config, batch.scored, epoch)
    return batch


HELD_OUT_TRIALS = 512
# Of a stream: rows, and their steps that count after the first
HELD_OUT_ROWS, HELD_OUT_STEPS, LEAST_LEAD = 64, 256, 64


def held_out_config(
    config: EchoConfig, settings: Mapping[str, Any] = {}, trials: int | None = None
) -> EchoConfig:
    """A configuration whose epoch is the held-out data of a network, as many trials, or rows of a
    stream; perhaps of other settings of its task.

    Raises:
        ConfigError: the settings are not possible, or their data does not fit the network.
    """
    task = config.the_task.with_values(settings)
    if form_of(task)[:2] != form_of(config.the_task)[:2]:
        name, value = next(iter(settings.items()))
        raise ConfigError(
            name,
            value,
            f"only what keeps {config.the_task.inputs} in and {config.the_task.outputs} out",
        )
    rows = trials or (HELD_OUT_TRIALS if task.length else HELD_OUT_ROWS)
    if task.length is None:
        lags = known_lags(task, config.row_length - 1)
        lead = max(LEAST_LEAD, config.truncated_backprop_length, *(1 + lag for lag in lags))
        steps = lead + HELD_OUT_STEPS
    else:
        steps = task.length
    sizes = {"batch_size": rows, "total_series_length": rows * steps, "stride": None}
    return config.of(0).with_fields({**settings, **sizes})


def held_out_batch(config: EchoConfig, data_seed: int | None = None) -> Batch:
    """The data of a `held_out_config`, the same each time for a data seed, by default the network's
    own. Of a stream the first steps of a row do not count: the state begins with zero there, and a
    target may depend on what came before.
    """
    seed = config.seed if data_seed is None else data_seed
    task, rng = config.the_task, seeding.stream(seed, seeding.HELD_OUT)
    drawn = draw_rows(task, rng, config.batch_size, config.row_length, held_out=True)
    if not config.is_stream:
        return drawn
    return replace(
        drawn,
        scored=drawn.scored & (np.arange(config.row_length) >= config.row_length - HELD_OUT_STEPS),
    )


def lead_in(config: EchoConfig) -> int:
    """The steps of a stream that are drawn before each row, and left out: those of the first
    windows, if no step of them is scored. So a target may depend on an input further back than a
    window is long.
    """
    task = config.the_task
    if task.scores_every_step or not config.is_stream:
        return 0
    return _lead_in(
        task, config.batch_size, config.row_length, config.window_steps, config.window_stride
    )


@lru_cache(maxsize=64)
def _lead_in(task: Task, rows: int, steps: int, window: int, stride: int) -> int:
    scored = draw_rows(task, seeding.stream(0, seeding.DATA, 0, 0), rows, steps).scored
    first = int(np.argmax(scored.any(axis=0)))
    return max(0, -(-(first - window + 1) // stride)) * stride


def lags_of_target(config: EchoConfig, window: int, step: int) -> tuple[int, ...]:
    """The lags of the inputs that decide the target of a window's step, both from 0; empty if they
    are not known."""
    try:
        first = lead_in(config) + window * config.window_stride if config.is_stream else 0
        return known_lags(config.the_task, first + step)
    except TaskError:
        return ()


def data_side_by_side(configs: Sequence[EchoConfig], data_version: int, epoch: int) -> EpochData:
    """The data of `batch_of` for each of some configurations of one structure; it raises the same
    errors."""
    # Not for a subclass, which may draw something else.
    if type(configs[0].the_task) is Echo:
        return _echoes_side_by_side(configs, data_version, epoch)
    each = [batch_of(config, data_version, epoch) for config in configs]
    length = configs[0].row_length
    x, y = (_side_by_side([getattr(one, name) for one in each], length) for name in ("x", "y"))
    every_step = configs[0].the_task.scores_every_step
    return EpochData(
        x, y, None if every_step else _side_by_side([one.scored for one in each], length)
    )


def _echoes_side_by_side(configs: Sequence[EchoConfig], data_version: int, epoch: int) -> EpochData:
    """The same data of echoes in half the time, most of which goes into moving symbols beside those
    of other replicas: inputs only are moved, and targets copied from there.

    Measured, in processor microseconds a network and window: 0.16 in place of 0.34 for 128 networks
    (training takes 0.7 on two processors), 0.07 in place of 0.16 alone (training takes 4.5).
    """
    rows, steps = configs[0].batch_size, configs[0].row_length
    tasks = [cast("Echo", config.the_task) for config in configs]
    drawn = []
    for config, task in zip(configs, tasks, strict=True):
        rng = seeding.stream(config.seed, seeding.DATA, data_version, epoch)
        symbols = uniform_symbols(rng, task.num_classes, rows * steps)
        drawn.append(symbols.reshape(rows, steps))
    x = _side_by_side(drawn, steps)
    return EpochData(x, targets_side_by_side(tasks, x))


FEW_ROWS = 8
"""Up to this number, the rows of a lone network are moved faster one by one. Measured, of symbols:
5 rows of 10 000 take 18 us in place of 59; 16 rows of 3 000 take 19 in place of 15."""


def _side_by_side(each: Sequence[npt.NDArray[Any]], length: int) -> npt.NDArray[Any]:
    """Arrays [batch, steps, ...] as one, [length, batch, ..., arrays]; shorter arrays are filled up
    with 0."""
    batch, steps, *shape = each[0].shape
    whole = np.zeros((length, batch, *shape, len(each)), each[0].dtype)
    is_alone = len(each) == 1
    if is_alone and batch > FEW_ROWS:
        whole[:steps, ..., 0] = each[0].swapaxes(0, 1)
        return whole
    if is_alone:
        for row in range(batch):
            whole[:steps, row, ..., 0] = each[0][row]
        return whole
    for row in range(batch):  # two to three times faster than replica by replica
        whole[:steps, row] = np.moveaxis(np.stack([one[row] for one in each]), 0, -1)
    return whole


def _require_scored_windows(config: EchoConfig, scored: Bools, epoch: int) -> None:
    """Check that each window has a scored step, since its loss is a mean over them."""
    counts = np.concatenate([[0], np.cumsum(scored.sum(axis=0))])
    begins = np.arange(config.windows_per_epoch) * config.window_stride
    empty = np.flatnonzero(counts[begins + config.window_steps] == counts[begins])
    if empty.size:
        raise TaskError(
            f"{type(config.the_task).__name__} scores no step of window {empty[0]} of epoch "
            f"{epoch} (from 0), "
            f"of {config.window_steps} steps: a longer truncated_backprop_length may help"
        )


def check_own_files(config: EchoConfig) -> None:
    """Check the user's own task and cell in another process, before they are used in this one;
    raises an `OwnError`."""
    task = config.the_task
    if task.own is not None:
        check_task(
            config.value(TASK), tuple(values_of(task).items()), config.batch_size, config.row_length
        )
    if isinstance(config.cell, OwnCell):
        check_cell(config.cell)


def load_own_task(config: EchoConfig) -> None:
    """Have the text of a user's own task answer what its record does not say; an `OwnError` if it
    may not run."""
    task = config.the_task
    if task.own is not None:
        task.own.load()


def check_own_data(config: EchoConfig) -> None:
    """Check the user's own files, and that each window of the first epoch has a scored step; raises
    an `OwnError`."""
    check_own_files(config)
    if config.the_task.own is not None:
        batch_of(config.of(0), 0, 0)


# ---- the lags of the inputs that decide targets


def lags_beyond(config: EchoConfig) -> tuple[int, ...]:
    """The lags of sources that no gradient reaches, since no part of a window between two cuts is
    that long."""
    return tuple(
        lag for lag in source_lags(config) if config.reach is not None and lag >= config.reach
    )


def source_lags(config: EchoConfig) -> tuple[int, ...]:
    """The lags that targets depend on, in increasing order; empty if they are not known or depend
    on the data."""
    return _sources(config)[0]


def targets_known(config: EchoConfig) -> int:
    """The number of targets of a window, or of a trial, whose sources are known."""
    return _sources(config)[1]


def _sources(config: EchoConfig) -> tuple[tuple[int, ...], int]:
    """The lags of an epoch's last window, or of a trial, and how many of its targets have known
    sources."""
    try:
        return _known_sources(config)
    except TaskError:  # in a user's own task, or only the record of one is there yet
        return (), 0


@lru_cache(maxsize=256)
def _known_sources(config: EchoConfig) -> tuple[tuple[int, ...], int]:
    first = (config.windows_per_epoch - 1) * config.window_stride if config.is_stream else 0
    known = lags_of_steps(config.the_task, first, config.window_steps)
    return tuple(sorted({lag for one in set(known) for lag in one})), sum(map(bool, known))
