"""Probes: measure what a network remembers, and how far back its gradient reaches.

`echornn.examine` takes a `Snapshot` and a `Question`, and returns `Readings`. Each probe has its own file: in
``changed_inputs``, ``gradients`` or ``states``, or here. All share ``prepared`` (the network, run over the probes' own
data ``series`` and over the newest window), ``running`` (forward) and ``gradients.following`` (backward). Scripts can
pass weights directly::

    from echornn.probes import memory_by_lag, turned_by_lag, gradient_by_lag, lyapunov_exponents, spectral_radius
    memory_by_lag(weights, config)      # float32 [lags], 0 to 1; its sum is at most state_size
    turned_by_lag(weights, config)      # float32 [lags], 0 to 1; the share of predictions that change with the input

To add a probe, add a file, a field in `echornn.readings.Readings`, a kind there, and a line in ``examine``.
The names are imported when first used.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from echornn.runtime import quiet

if TYPE_CHECKING:
    from echornn.probes.of_weights import fixed_points_of as fixed_points_of
    from echornn.probes.of_weights import gradient_by_lag as gradient_by_lag
    from echornn.probes.of_weights import lyapunov_exponents as lyapunov_exponents
    from echornn.probes.of_weights import memory_by_lag as memory_by_lag
    from echornn.probes.of_weights import snapshot_of as snapshot_of
    from echornn.probes.of_weights import specimen_of as specimen_of
    from echornn.probes.of_weights import spectral_radius as spectral_radius
    from echornn.probes.of_weights import turned_by_lag as turned_by_lag

_HOME = {
    "fixed_points_of": "of_weights",
    "gradient_by_lag": "of_weights",
    "lyapunov_exponents": "of_weights",
    "memory_by_lag": "of_weights",
    "snapshot_of": "of_weights",
    "specimen_of": "of_weights",
    "spectral_radius": "of_weights",
    "turned_by_lag": "of_weights",
}

__all__ = sorted(_HOME)


def __getattr__(name: str) -> object:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    quiet.import_tensorflow()
    return getattr(importlib.import_module(f"{__name__}.{_HOME[name]}"), name)


def __dir__() -> list[str]:
    return __all__
