"""The loss of a network as a function of its weights over the whole past, in NumPy with float64, and its gradient."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from echornn.config import EchoConfig
from echornn.network.shapes import carried_size, layer_weight_names
from tests.door.oracles.probes.numpy_network import TWINS, Array, losses

STEP = 1e-6


def states(config: EchoConfig, weights: Mapping[str, Array], x: npt.NDArray[np.uint8]) -> Array:
    """The carried states of all layers after each step, from zero, [steps, rows, carried]."""
    rows, size = x.shape[1], config.state_size
    each = carried_size(config) // config.num_layers
    now = [np.zeros((rows, each)) for _ in range(config.num_layers)]
    after = []
    for symbols in x.astype(np.float64):
        below = symbols[:, np.newaxis]
        for layer, names in enumerate(layer_weight_names(config)):
            twin, own = TWINS[str(config.cell)], {one: weights[name] for one, name in names.items()}
            now[layer], _ = twin(own, below, now[layer])
            below = now[layer][:, :size]
        after.append(np.hstack(now))
    return np.array(after)


def loss(
    config: EchoConfig, weights: Mapping[str, Array], x: npt.NDArray[np.uint8], y: npt.NDArray[np.uint8], begin: int
) -> float:
    """The mean cross-entropy of all steps from ``begin`` on, after running through the whole past."""
    top = states(config, weights, x)[begin:, :, -carried_size(config) // config.num_layers :]
    return float(np.mean([losses(weights, now, target) for now, target in zip(top, y[begin:], strict=True)]))


def gradient(
    config: EchoConfig,
    weights: Mapping[str, npt.ArrayLike],
    x: npt.NDArray[np.uint8],
    y: npt.NDArray[np.uint8],
    begin: int,
) -> dict[str, Array]:
    """The gradient of `loss` by every weight, by central differences."""
    w = {name: np.array(value, np.float64) for name, value in weights.items()}
    found = {name: np.zeros_like(value) for name, value in w.items()}
    for name, value in w.items():
        for at in np.ndindex(value.shape):
            kept = value[at]
            value[at] = kept + STEP
            above = loss(config, w, x, y, begin)
            value[at] = kept - STEP
            found[name][at] = (above - loss(config, w, x, y, begin)) / (2 * STEP)
            value[at] = kept
    return found
