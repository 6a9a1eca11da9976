"""What the probes say at many positions along a run, as records: numbers, numbers by name, and
lists by lag."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from echornn.arrays.run_arrays import RunArrays
from echornn.readings import Doubles, Kind

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

NOTHING = -8.0  # log10 of a gradient from which nothing is learned any more


def records_along(run: RunArrays, count: int, **where: Any) -> Iterator[dict[str, Any]]:
    """What is measured at each of `RunArrays.snapshots`; without the numbers where the weights are
    not finite."""
    for snapshot in run.snapshots(count, **where):
        found = run.examined(snapshot, MEASURED)
        record: dict[str, Any] = {"window": snapshot.window, "as_recorded": snapshot.unlike is None}
        record["loss"] = snapshot.progress.losses[-1] if snapshot.progress else np.nan
        if found.weights and found.gradient and found.memory and found.held_out:
            record |= {
                "held_out": found.held_out.loss,
                "spectral_radii": {
                    one.name: one.spectral_radius for one in found.weights.recurrent
                },
                "saturation": found.saturation or {},
                "update_ratios": found.weights.update,
                "truncation_bias": np.float32(
                    found.gradient.through(found.config.truncated_backprop_length)[0]
                ),
                "truncation_bias_of_windows": np.float32(found.gradient.bias_of_windows),
                "gradient_by_lag": found.gradient.by_lag,
                "memory": found.memory.by_lag,
            }
        yield record


def series(records: Sequence[Record], labels: Mapping[str, str]) -> dict[str, Doubles]:
    """The numbers of these keys over the records, float64 [records] each, by the key's label and
    their names or lags: ``loss``, ``spectral_radii W``, ``memory 0``; NaN where a number is not
    known.
    """
    found: dict[str, Doubles] = {}
    for at, record in enumerate(records):
        for key, label in labels.items():
            value = record.get(key, {})
            named = (
                value
                if isinstance(value, dict)
                else dict(enumerate(value))
                if np.ndim(value)
                else {"": value}
            )
            for name, number in named.items():
                row = found.setdefault(f"{label} {name}".strip(), np.full(len(records), np.nan))
                row[at] = np.nan if number is None else number
    return found


def by_lag(records: Sequence[Record], key: str) -> Doubles:
    """One of `LAGS`, float64 [lags, records], NaN where not known; of the gradient its log10, at
    least -99."""
    values = np.array([*series(records, {key: key}).values()]).reshape(-1, len(records))
    return np.log10(np.maximum(values, 1e-99)) if key == "gradient_by_lag" else values
