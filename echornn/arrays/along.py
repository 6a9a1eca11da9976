"""What the probes say at many positions along a run, as records: numbers, numbers by name, and
lists by lag."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from echornn.arrays.run_arrays import RunArrays
from echornn.readings import NOTHING_LEARNED, Doubles, Kind, Readings
from echornn.runtime.waiting import silent
from echornn.state import Snapshot

Record = Mapping[str, Any]

MEASURED: tuple[Kind, ...] = ("weights", "saturation", "gradient", "memory", "held_out")

PANELS: dict[str, dict[str, str]] = {
    "loss": {"loss": "window", "held_out": "held out"},
    "spectral radius": {"spectral_radii": ""},
    "saturated": {"saturation": ""},
    "update / weight": {"update_ratios": ""},
    "truncation bias": {"truncation_bias_of_windows": "windows of T", "truncation_bias": "T steps"},
}
"""What is drawn as lines over windows: the keys in a record, and their labels beside the names that
they have."""

LAGS = {"gradient_by_lag": "gradient by lag", "memory": "memory by lag"}
"""The keys of what is drawn as a picture of lag against window, and what it is."""

NUMBERS = {key: key for labels in PANELS.values() for key in labels}
"""The keys of all lines, labelled by themselves."""

NOTHING = math.log10(NOTHING_LEARNED)
LEAST_GRADIENT = 1e-99  # as which 0 is drawn, which has no logarithm


def records_along(run: RunArrays, count: int, **where: Any) -> Iterator[dict[str, Any]]:
    """What is measured at each of `RunArrays.snapshots`; without the numbers where the weights are
    not finite."""
    quietly = replace(run, progress=silent)  # else each window would say what it measures
    for snapshot in run.snapshots(count, **where):
        yield _record(snapshot, quietly.examined(snapshot, MEASURED))


def _record(snapshot: Snapshot, readings: Readings) -> dict[str, Any]:
    record: dict[str, Any] = {
        "window": snapshot.window,
        "as_recorded": snapshot.unlike is None,
        "loss": np.nan,
    }
    if snapshot.progress is not None:
        record["loss"] = snapshot.progress.losses[-1]
    weights, gradient = readings.weights, readings.gradient
    memory, held_out = readings.memory, readings.held_out
    if weights is None or gradient is None or memory is None or held_out is None:
        return record
    bias, _ = gradient.through(readings.config.truncated_backprop_length)
    return record | {
        "held_out": held_out.loss,
        "spectral_radii": {matrix.name: matrix.spectral_radius for matrix in weights.recurrent},
        "saturation": readings.saturation or {},
        "update_ratios": weights.update,
        "truncation_bias": np.float32(bias),
        "truncation_bias_of_windows": np.float32(gradient.bias_of_windows),
        "gradient_by_lag": gradient.by_lag,
        "memory": memory.by_lag,
    }


def series(records: Sequence[Record], labels: Mapping[str, str]) -> dict[str, Doubles]:
    """The numbers of these keys over the records, float64 [records] each, by the key's label and
    their names or lags: ``loss``, ``spectral_radii W``, ``memory 0``; NaN where a number is not
    known.
    """
    found: dict[str, Doubles] = {}
    for at, record in enumerate(records):
        for key, label in labels.items():
            for name, number in _by_name(record.get(key, {})).items():
                column = f"{label} {name}".strip()
                numbers = found.setdefault(column, np.full(len(records), np.nan))
                if number is not None:
                    numbers[at] = number
    return found


def _by_name(value: Any) -> Mapping[Any, Any]:
    if isinstance(value, dict):
        return value
    if np.ndim(value):
        return dict(enumerate(value))
    return {"": value}


def by_lag(records: Sequence[Record], key: str) -> Doubles:
    """One of `LAGS`, float64 [lags, records], NaN where not known; of the gradient its log10, at
    least -99."""
    numbers = series(records, {key: key})
    values = np.array([*numbers.values()]).reshape(-1, len(records))
    if key == "gradient_by_lag":
        return np.asarray(np.log10(np.maximum(values, LEAST_GRADIENT)))
    return values
