"""The numbers of the figures that need probes: memory and gradient by lag, weights and eigenvalues."""

from __future__ import annotations

from typing import Any

import numpy as np

from echornn.arrays.run_arrays import read
from echornn.config import EchoConfig
from echornn.data.series import source_lags
from echornn.readings import Kind, Readings
from tui.figures.data import Column, FigureData, FigureError, FigureRequest
from tui.views.text import source_name


def memory_numbers(request: FigureRequest) -> FigureData:
    """For each lag, r2 of the best linear read-out of the input, as in the view "memory" and in ``probe``."""
    readings, notes = readings_of(request, "memory")
    memory = readings.memory
    if memory is None:
        raise nothing(readings)
    names = _channel_names(readings.config, memory.channels.shape[1])
    columns: dict[str, Column] = {
        "lag": list(range(len(memory.by_lag))),
        "r2": memory.by_lag,
        **{f"r2 {name}": memory.channels[:, number] for number, name in enumerate(names)},
        "source": _sources(readings.config, len(memory.by_lag)),
    }
    return FigureData(columns, {**_marks(readings.config), "samples": memory.samples}, 1.9, notes)


def gradient_numbers(request: FigureRequest) -> FigureData:
    """For each lag, the size of the gradient; and for each number of steps, the bias of the gradient if each error is
    followed back so many steps, with its spread: as in the view "gradient" and in ``probe``.
    """
    readings, notes = readings_of(request, "gradient")
    gradient = readings.gradient
    if gradient is None:
        raise nothing(readings)
    lags = len(gradient.by_lag)
    columns: dict[str, Column] = {
        "lag": list(range(lags)),
        "gradient": gradient.by_lag,
        "source": _sources(readings.config, lags),
        "steps": list(range(1, lags + 1)),
        "bias": gradient.bias,
        "bias_spread": np.broadcast_to(gradient.bias_spread, gradient.bias.shape),
    }
    unit = readings.config.the_task.outputs.unit or readings.config.the_task.outputs.loss
    facts = {**_marks(readings.config), "unit": unit, "samples": gradient.samples}
    return FigureData(columns, facts, 3.0, notes)


def weights_numbers(request: FigureRequest) -> FigureData:
    """Each weight of each matrix, and the eigenvalues of the recurrent matrices, as in the view "weights"."""
    readings, notes = readings_of(request, "weights")
    matrices = readings.weights
    if matrices is None:
        raise nothing(readings)
    columns: dict[str, list[Any]] = {
        name: [] for name in ("part", "matrix", "row", "column", "from", "to", "value", "imaginary")
    }
    for name, values in matrices.weights.items():
        rows, across = values.shape
        columns["part"] += ["weight"] * values.size
        columns["matrix"] += [name] * values.size
        columns["row"] += np.repeat(np.arange(rows), across).tolist()
        columns["column"] += np.tile(np.arange(across), rows).tolist()
        columns["from"] += [one for one in matrices.rows[name] for _ in range(across)]
        columns["to"] += list(matrices.columns[name]) * rows
        columns["value"] += [f"{value:.9g}" for value in values.ravel().tolist()]
        columns["imaginary"] += [None] * values.size
    for recurrent in matrices.recurrent:
        count = len(recurrent.eigenvalues)
        columns["part"] += ["eigenvalue"] * count
        columns["matrix"] += [recurrent.name] * count
        columns["row"] += range(count)
        for name in ("column", "from", "to"):
            columns[name] += [None] * count
        columns["value"] += [f"{value:.9g}" for value in recurrent.eigenvalues.real.tolist()]
        columns["imaginary"] += [f"{value:.9g}" for value in recurrent.eigenvalues.imag.tolist()]
    panels = -(-(len(matrices.weights) + any(len(one.eigenvalues) for one in matrices.recurrent)) // 3)
    return FigureData(columns, {}, 0.6 + 1.3 * panels, notes)


def readings_of(request: FigureRequest, *kinds: Kind) -> tuple[Readings, tuple[str, ...]]:
    """The readings at the position, and lines about them."""
    opened = read(request.run, request.trust)
    snapshot = opened.snapshot(request.at, request.branch, request.replica, retrain=True)
    unlike = () if snapshot.unlike is None else (str(snapshot.unlike),)
    return opened.examined(snapshot, kinds), (*opened.notes, *unlike)


def nothing(readings: Readings) -> FigureError:
    return FigureError(f"the weights are not finite after window {readings.window}: nothing to draw")


def _sources(config: EchoConfig, lags: int) -> list[int]:
    """For each lag, 1 if a target depends on the input at that lag, else 0."""
    sources = source_lags(config)
    return [int(lag in sources) for lag in range(lags)]


def _marks(config: EchoConfig) -> dict[str, Any]:
    return {"T": config.reach, "source": source_name(config)}


def _channel_names(config: EchoConfig, channels: int) -> list[str]:
    names = list(getattr(config.the_task.inputs, "names", ()))
    return names if len(names) == channels else [str(number + 1) for number in range(channels)]
