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
from echornn.progress import Scores
from echornn.tasks.echo import Echo, targets_side_by_side, uniform_symbols
from echornn.tasks.own_task import check as check_task
from echornn.tasks.table import values_of
from echornn.tasks.task import Batch, Task, TaskError, draw_rows, form_of, known_lags, lags_of_steps


class EpochData(NamedTuple):
    """Inputs and targets of an epoch: symbols, uint8 [row length, batch, replicas], or numbers,
    float32 [row length, batch, count, replicas]; and which steps count, bool, or their weights,
    float32 [row length, batch, replicas], or None if all do.
    """

    x: npt.NDArray[Any]
    y: npt.NDArray[Any]
    scored: Scores | None = None


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
    batch = draw_rows(task, rng, rows, skipped + steps)
    if skipped:
        batch = Batch(batch.x[:, skipped:], batch.y[:, skipped:], batch.scored[:, skipped:])
    _require_scored_windows(config, batch.scored, epoch)
    return batch


# Sizes of held-out data, chosen by eye
HELD_OUT_TRIALS = 512
HELD_OUT_ROWS = 64  # of a stream
HELD_OUT_STEPS = 256  # of a row, those that count: its last
LEAST_LEAD = 64  # of a row, those before that do not count


def held_out_config(
    config: EchoConfig, settings: Mapping[str, Any] = {}, trials: int | None = None
) -> EchoConfig:
    """A configuration whose epoch is the held-out data of a network, as many trials, or rows of a
    stream; perhaps of other settings of its task.

    Raises:
        ConfigError: the settings are not possible, or their data does not fit the network.
    """
    task = config.the_task.with_values(settings)
    inputs, outputs, *_ = form_of(config.the_task)
    task_inputs, task_outputs, *_ = form_of(task)
    if (task_inputs, task_outputs) != (inputs, outputs):
        others = [name for name in settings if name not in config.the_task.live_settings]
        name = [*others, *settings][0]
        raise ConfigError(name, settings[name], f"only what keeps {inputs} in and {outputs} out")
    if task.length is not None:
        rows, steps = HELD_OUT_TRIALS, task.length
    else:
        lags = known_lags(task, config.row_length - 1)
        lead = max(LEAST_LEAD, config.truncated_backprop_length, *(1 + lag for lag in lags))
        rows, steps = HELD_OUT_ROWS, lead + HELD_OUT_STEPS
    rows = trials or rows
    sizes = {"batch_size": rows, "total_series_length": rows * steps, "stride": None}
    return config.of(0).with_fields({**settings, **sizes})


def held_out_batch(config: EchoConfig, data_seed: int | None = None) -> Batch:
    """The data of a `held_out_config`, the same each time for a data seed, by default the network's
    own. Of a stream the first steps of a row do not count: the state begins with zero there, and a
    target may depend on what came before. If each window begins with zero, the last windows of the
    rows are the data, a row each.
    """
    seed = config.seed if data_seed is None else data_seed
    rng = seeding.stream(seed, seeding.HELD_OUT)
    rows, steps = config.batch_size, config.row_length
    batch = draw_rows(config.the_task, rng, rows, steps, held_out=True, with_hidden=True)
    if not config.is_stream:
        return batch
    if config.resets_state:
        return _last_windows(batch, config.window_steps)
    counts = np.arange(steps) >= steps - HELD_OUT_STEPS
    return replace(batch, scored=batch.scored * counts)


def _last_windows(batch: Batch, length: int) -> Batch:
    steps = max(1, HELD_OUT_STEPS // length) * length

    def cut(values: npt.NDArray[Any]) -> npt.NDArray[Any]:
        return values[:, -steps:].reshape(-1, length, *values.shape[2:])

    return Batch(cut(batch.x), cut(batch.y), cut(batch.scored))


def lead_in(config: EchoConfig) -> int:
    """The steps of a stream that are drawn before each row, and left out: those of the first
    windows, if no step of them is scored. So a target may depend on an input further back than a
    window is long.
    """
    task = config.the_task
    if task.scores_every_step or not config.is_stream:
        return 0
    first = _first_scored(task, config.batch_size, config.row_length)
    windows = -(-(first - config.window_steps + 1) // config.window_stride)  # rounded up
    return max(0, windows) * config.window_stride


@lru_cache(maxsize=64)
def _first_scored(task: Task, rows: int, steps: int) -> int:
    """The first step that any row scores, in the data of seed 0."""
    rng = seeding.stream(0, seeding.DATA, 0, 0)
    scored = draw_rows(task, rng, rows, steps).scored
    return int(np.argmax(scored.any(axis=0)))


def lags_of_target(config: EchoConfig, window: int, step: int) -> tuple[int, ...]:
    """The lags of the inputs that decide the target of a window's step, both from 0; empty if they
    are not known."""
    first = 0
    try:
        if config.is_stream:
            first = lead_in(config) + window * config.window_stride
        return known_lags(config.the_task, first + step)
    except TaskError:
        return ()


def data_side_by_side(configs: Sequence[EchoConfig], data_version: int, epoch: int) -> EpochData:
    """The data of `batch_of` for each of some configurations of one structure; it raises the same
    errors."""
    # Not for a subclass, which may draw something else.
    if type(configs[0].the_task) is Echo:
        return _echoes_side_by_side(configs, data_version, epoch)
    batches = [batch_of(config, data_version, epoch) for config in configs]
    length = configs[0].row_length
    x = _side_by_side([batch.x for batch in batches], length)
    y = _side_by_side([batch.y for batch in batches], length)
    if configs[0].the_task.scores_every_step:
        return EpochData(x, y)
    return EpochData(x, y, _side_by_side([batch.scored for batch in batches], length))


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


def _side_by_side(arrays: Sequence[npt.NDArray[Any]], length: int) -> npt.NDArray[Any]:
    """Arrays [batch, steps, ...] as one, [length, batch, ..., arrays]; shorter arrays are filled up
    with 0."""
    batch, steps, *shape = arrays[0].shape
    whole = np.zeros((length, batch, *shape, len(arrays)), arrays[0].dtype)
    if len(arrays) > 1:
        for row in range(batch):  # two to three times faster than replica by replica
            rows = np.stack([array[row] for array in arrays])
            whole[:steps, row] = np.moveaxis(rows, 0, -1)
    elif batch > FEW_ROWS:
        whole[:steps, ..., 0] = arrays[0].swapaxes(0, 1)
    else:
        for row in range(batch):
            whole[:steps, row, ..., 0] = arrays[0][row]
    return whole


def _require_scored_windows(config: EchoConfig, scored: Scores, epoch: int) -> None:
    """Check that each window has a scored step, since its loss is a mean over them."""
    scored_before = np.concatenate([[0], np.cumsum(np.count_nonzero(scored, axis=0))])
    begins = np.arange(config.windows_per_epoch) * config.window_stride
    counts = scored_before[begins + config.window_steps] - scored_before[begins]
    empty = np.flatnonzero(counts == 0)
    if empty.size:
        raise TaskError(
            f"{type(config.the_task).__name__} scores no step of window {empty[0]} of epoch "
            f"{epoch} (from 0), of {config.window_steps} steps: a longer "
            "truncated_backprop_length may help"
        )


def check_own_files(config: EchoConfig) -> None:
    """Check the user's own task and cell in another process, before they are used in this one;
    raises an `OwnError`."""
    task = config.the_task
    if task.own is not None:
        values = tuple(values_of(task).items())
        check_task(config.value(TASK), values, config.batch_size, config.row_length)
    if isinstance(config.cell, OwnCell):
        check_cell(config.cell)


def load_own_task(config: EchoConfig) -> None:
    """Have the text of a user's own task answer what its record does not say; an `OwnError` if it
    may not run."""
    own = config.the_task.own
    if own is not None:
        own.load()


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
    reach = config.reach
    if reach is None:
        return ()
    return tuple(lag for lag in source_lags(config) if lag >= reach)


def source_lags(config: EchoConfig) -> tuple[int, ...]:
    """The lags that targets depend on, in increasing order; empty if they are not known or depend
    on the data."""
    return _sources(config).lags


def targets_known(config: EchoConfig) -> int:
    """The number of targets of a window, or of a trial, whose sources are known."""
    return _sources(config).targets


class Sources(NamedTuple):
    """Of the targets of an epoch's last window, or of a trial."""

    lags: tuple[int, ...]  # that any target depends on, in increasing order
    targets: int  # those whose sources are known


def _sources(config: EchoConfig) -> Sources:
    try:
        return _known_sources(config)
    except TaskError:  # in a user's own task, or only the record of one is there yet
        return Sources((), 0)


@lru_cache(maxsize=256)  # views ask at each drawing
def _known_sources(config: EchoConfig) -> Sources:
    first = 0
    if config.is_stream:
        first = (config.windows_per_epoch - 1) * config.window_stride
    targets = lags_of_steps(config.the_task, first, config.window_steps)
    lags = set[int]().union(*set(targets))
    return Sources(tuple(sorted(lags)), sum(map(bool, targets)))
