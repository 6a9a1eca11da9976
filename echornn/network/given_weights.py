"""Weights that are given, not drawn: those of `EchoConfig.weights`, and others by name."""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Mapping
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from echornn.config import EchoConfig
from echornn.errors import ConfigError
from echornn.network.shapes import weight_shapes
from echornn.tasks.data_file import contents, named

SEED = "seed"  # of each network, if a file has several
NO_WEIGHTS = {
    SEED,
    "replica",
    "window",
}  # what export writes beside the weights of several networks


def checked_weights(
    weights: Mapping[str, npt.ArrayLike], config: EchoConfig
) -> dict[str, npt.NDArray[np.float32]]:
    """These weights in the order of `weight_shapes`; a `ValueError` if they do not fit, or are not
    finite."""
    shapes = weight_shapes(config)
    if set(weights) != set(shapes):
        raise ValueError(
            f"{', '.join(sorted(weights))} cannot be loaded: the names must be {sorted(shapes)}"
        )
    arrays = {}
    for name, shape in shapes.items():
        array = np.asarray(weights[name], dtype=np.float32)
        if array.shape != shape:
            raise ValueError(
                f"{name} of shape {array.shape} cannot be loaded: its shape must be {shape}"
            )
        if not np.isfinite(array).all():
            raise ValueError(f"{name} cannot be loaded: some of its numbers are NaN or infinite")
        arrays[name] = array
    return arrays


def require_weights(config: EchoConfig) -> None:
    """A ConfigError if the file of first weights cannot be used for a network of the
    configuration."""
    if config.weights:
        for replica in range(config.replicas):
            given_weights(config.of(replica))


def given_weights(config: EchoConfig) -> dict[str, npt.NDArray[np.float32]]:
    """The first weights of a single network, of a file that has them for all networks alike, or
    [networks, rows, columns] with the seed of each; a ConfigError if they do not fit."""
    file = named(config.weights)
    arrays = _arrays(config.weights)
    weights = {name: array for name, array in arrays.items() if name not in NO_WEIGHTS}
    try:
        if SEED in arrays:
            seeds = arrays[SEED].astype(str).tolist()
            if str(config.seed) not in seeds:
                raise ValueError(f"it has no network of seed {config.seed}")
            place = seeds.index(str(config.seed))
            weights = {name: array[place] for name, array in weights.items()}
        return checked_weights(weights, config)
    except (ValueError, LookupError) as error:
        raise ConfigError("weights", file, str(error)) from error


@lru_cache(maxsize=1)  # asked for each of thousands of replicas
def _arrays(value: str) -> Mapping[str, npt.NDArray[np.generic]]:
    try:
        return dict(np.load(io.BytesIO(contents(value)), allow_pickle=False))
    except (ValueError, TypeError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        raise ConfigError("weights", named(value), "it must be a file of numpy.savez") from error
