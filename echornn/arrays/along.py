"""What the probes say at many positions along a run, as records: numbers, numbers by name, and lists by lag."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from echornn.arrays.run_arrays import RunArrays
from echornn.readings import Doubles, Kind
from echornn.runs.run_dir import BranchName

Record = Mapping[str, Any]

MEASURED: tuple[Kind, ...] = ("weights", "saturation", "gradient", "memory", "held_out")

PANELS: dict[str, dict[str, str]] = {
    "loss": {"loss": "window", "held_out": "held out"},
    "spectral radius": {"spectral_radii": ""},
    "saturated": {"saturation": ""},
    "update / weight": {"update_ratios": ""},
    "truncation bias": {"truncation_bias_of_windows": "windows of T", "truncation_bias": "T steps"},
}
"""What is drawn as lines over windows: the keys in a record, and their labels beside the names that they have."""

LAGS = {"gradient_by_lag": "gradient by lag", "memory": "memory by lag"}
"""The keys of what is drawn as a picture of lag against window, and what it is."""

NOTHING = -8.0  # log10 of a gradient from which nothing is learned any more


def records_along(
    run: RunArrays, count: int, at: int | None = None, branch: BranchName | None = None, replica: int | None = None
) -> Iterator[dict[str, Any]]:
    """What is measured at each of `RunArrays.snapshots`; what is not known is NaN, or an empty list or object."""
    for snapshot in run.snapshots(count, at, branch, replica):
        readings = run.examined(snapshot, MEASURED)
        progress, weights, gradient = readings.progress, readings.weights, readings.gradient
        through = gradient.through(readings.config.truncated_backprop_length)[0] if gradient else np.nan
        yield {
            "window": readings.window,
            "seed": readings.config.seed,
            "as_recorded": snapshot.unlike is None,
            "loss": progress.losses[-1] if progress else np.nan,
            "held_out": np.float32(readings.held_out.loss if readings.held_out else np.nan),
            "spectral_radii": {one.name: one.spectral_radius for one in weights.recurrent} if weights else {},
            "saturation": readings.saturation or {},
            "update_ratios": weights.update if weights else {},
            "truncation_bias": np.float32(through),
            "truncation_bias_of_windows": np.float32(gradient.bias_of_windows if gradient else np.nan),
            "gradient_by_lag": gradient.by_lag if gradient else [],
            "memory": readings.memory.by_lag if readings.memory else [],
        }


def series(records: Sequence[Record], key: str) -> dict[str, Doubles]:
    """The numbers of a key over the records, float64 [records] each, by name or lag, or by "" if it is a single number;
    NaN where a number is not known.
    """
    found: dict[str, Doubles] = {}
    for at, record in enumerate(records):
        value = record[key]
        named = value if isinstance(value, dict) else dict(enumerate(value)) if np.ndim(value) else {"": value}
        for name, number in named.items():
            found.setdefault(str(name), np.full(len(records), np.nan))[at] = np.nan if number is None else number
    return found


def columns(records: Sequence[Record], keys: Iterable[str]) -> dict[str, Doubles]:
    """All `series` of these keys: ``loss``, ``spectral_radii W``, ``memory 0``."""
    return {f"{key} {name}".strip(): values for key in keys for name, values in series(records, key).items()}


def panels(records: Sequence[Record]) -> dict[str, dict[str, Doubles]]:
    """The lines of each of `PANELS`, by their labels."""
    found: dict[str, dict[str, Doubles]] = {title: {} for title in PANELS}
    for title, keys in PANELS.items():
        for key, label in keys.items():
            found[title] |= {f"{label} {name}".strip(): line for name, line in series(records, key).items()}
    return found


def by_lag(records: Sequence[Record], key: str) -> Doubles:
    """One of `LAGS` over the records, float64 [lags, records], NaN where not known; of the gradient its log10, for zero
    far below `NOTHING`.
    """
    values = np.array([*series(records, key).values()]).reshape(-1, len(records))
    return np.log10(np.maximum(values, 1e-99)) if key == "gradient_by_lag" else values
