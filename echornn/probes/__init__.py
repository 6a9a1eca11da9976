"""Probes: measure what a network remembers, and how far back its gradient reaches; here for weights from scripts.

All share ``prepared``, the network run over their own data (``series``) and over the newest window. To add a probe, add
a file, a kind and a field in `echornn.readings`, and a line in ``examine``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from echornn.config import EchoConfig
from echornn.progress import Floats
from echornn.readings import FixedPoints, Kind, Question, parts_of
from echornn.runtime import quiet
from echornn.state import Snapshot, TrainerState

Weights = Mapping[str, npt.ArrayLike]  # by name, as `Trainer.weights`


def snapshot_of(weights: Weights, config: EchoConfig) -> Snapshot:
    """A snapshot of a network from its weights alone, without a window of data.

    Raises:
        ValueError: the weights do not fit the configuration, or are NaN or infinite.
    """
    quiet.import_tensorflow()
    from echornn.network.model import checked_weights
    from echornn.network.shapes import carried_size

    arrays = checked_weights(weights, config, "examined")
    carried = np.zeros((config.batch_size, carried_size(config)), np.float32)
    return Snapshot(TrainerState(config, 0, 0, 0, 0, arrays, carried, ()))


def memory_by_lag(weights: Weights, config: EchoConfig, part: str = "") -> Floats:
    """r2 of the best linear read-out of x[t-k] by lag k, float32 [lags], 0 to 1; see `echornn.readings.Memory`. It
    reads a part in `Readings.parts`, by default the top layer's h.

    Raises:
        ValueError: the network has no such part.
    """
    parts = parts_of(config)
    if part and part not in parts:
        raise ValueError(f"part = {part!r} cannot be read: one of {', '.join(parts)}")
    return np.asarray(_read(weights, config, "memory", part).by_lag)


def gradient_by_lag(weights: Weights, config: EchoConfig) -> Floats:
    """Mean ||dL_t/dh[t-k]|| by lag k, in nats per unit of state, float32 [lags]; see `echornn.readings.Gradient`."""
    return np.asarray(_read(weights, config, "gradient").by_lag)


def turned_by_lag(weights: Weights, config: EchoConfig) -> Floats:
    """The share of predictions that change with x[t-k], by lag k, float32 [lags], 0 to 1; see `Reliance`."""
    return np.asarray(_read(weights, config, "reliance").turned)


def lyapunov_exponents(weights: Weights, config: EchoConfig) -> Floats:
    """The Lyapunov exponents in nats per step, float32, the largest first; see `echornn.readings.Readings.lyapunov`."""
    return np.asarray(_read(weights, config, "lyapunov"))


def spectral_radius(weights: Weights, config: EchoConfig) -> dict[str, float]:
    """The absolute value of the largest eigenvalue, by recurrent matrix: ``{"W": 1.2}`` for the tutorial's cell."""
    return {one.name: one.spectral_radius for one in _read(weights, config, "weights").recurrent}


def fixed_points_of(weights: Weights, config: EchoConfig, held: Sequence[float] | None = None) -> FixedPoints | None:
    """The states that the network does not leave under a constant input, one number for each input of the cell, zeros
    by default; None if it carries more than `echornn.readings.MOST_CARRIED` numbers.

    Raises:
        ValueError: ``held`` has another number of inputs, or is a single number.
    """
    if held is not None and np.shape(held) != (config.input_size,):
        raise ValueError(f"held = {held!r} cannot be used: a list of {config.input_size}, a number for each input")
    found: FixedPoints | None = _read(weights, config, "fixed_points", held=held)
    return found


def _read(weights: Weights, config: EchoConfig, kind: Kind, part: str = "", held: Sequence[float] | None = None) -> Any:
    snapshot = snapshot_of(weights, config)
    from echornn.probes.examine import examine

    question = Question(frozenset({kind}), part, held=None if held is None else tuple(held))
    return getattr(examine(snapshot, question), kind)
