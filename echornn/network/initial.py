"""The weights before training, as drawn; no TensorFlow is needed."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from echornn import seeding
from echornn.config import ConfigError, EchoConfig
from echornn.network.given_weights import given_weights
from echornn.network.shapes import layer_weight_names, weight_shapes

Weights = dict[str, npt.NDArray[np.float32]]


def initial_weights(config: EchoConfig, init_index: int = 0) -> Weights:
    """A pure function of (seed, draw).

    Draw 0 is the file of ``config.weights``, if there is one. Otherwise biases are zero, except as
    `Cell.first_biases`, ``forget_bias`` and ``chrono`` say; with ``"orthogonal"`` the rows for the
    state are a random orthogonal matrix for each vector (Saxe et al. 2014), others as with
    ``"glorot"``. Then ``spectral_radius`` scales these matrices.

    Raises:
        ConfigError: the file does not fit, or a matrix to be scaled has no eigenvalue but 0.
    """
    if config.weights and init_index == 0:
        return given_weights(config)
    rng = seeding.stream(config.seed, seeding.WEIGHTS, init_index)
    cell = config.the_cell
    size = config.state_size
    shapes = weight_shapes(config)
    first_biases = dict(cell.first_biases)
    if config.cell == "lstm":
        first_biases["b"] = (0, config.forget_bias, 0, 0)

    weights: Weights = {}
    for names in layer_weight_names(config):
        for product in cell.products:
            matrix = _initial_matrix(config, rng, shapes[names[product.weight]])
            if product.is_recurrent:
                rows = matrix[product.state_rows(size, len(matrix))]
                if product.from_identity:
                    rows[:] = np.tile(np.eye(size), len(product.columns))
                elif config.init == "orthogonal":
                    rows[:] = np.hstack([_orthogonal(rng, size) for _ in product.columns])
                for block in np.split(rows, len(product.columns), axis=1):
                    _scale_eigenvalues(config, block)
            weights[names[product.weight]] = matrix
            biases = first_biases.get(product.bias, (0,) * len(product.columns))
            weights[names[product.bias]] = np.repeat(np.array([biases], np.float32), size, axis=1)
        first_units = cell.first_units(rng, size, config.window_steps)
        for name in (*cell.unit_weights, *cell.other_weights):
            shape = shapes[names[name]]
            if name in first_units:
                weights[names[name]] = first_units[name].reshape(shape)
            else:
                weights[names[name]] = _initial_matrix(config, rng, shape)
    weights["W2"] = _initial_matrix(config, rng, shapes["W2"])
    weights["b2"] = np.zeros(shapes["b2"], np.float32)
    if config.chrono is not None:  # last, so that the other weights are those without it
        _open_gates(config, config.chrono, rng, weights)
    return weights


def _orthogonal(rng: np.random.Generator, size: int) -> npt.NDArray[np.float64]:
    """A random orthogonal matrix, uniform over all of them (Mezzadri 2007)."""
    q, r = np.linalg.qr(rng.standard_normal((size, size)))
    return np.asarray(q * np.sign(np.diag(r)))


def _initial_matrix(
    config: EchoConfig, rng: np.random.Generator, shape: tuple[int, int]
) -> npt.NDArray[np.float32]:
    if config.init == "tutorial":
        return rng.random(shape, dtype=np.float32)
    bound = np.float32(np.sqrt(6 / sum(shape)))  # Glorot and Bengio 2010, equation 16
    drawn: npt.NDArray[np.float32] = (2 * rng.random(shape, dtype=np.float32) - 1) * bound
    return drawn


def _scale_eigenvalues(config: EchoConfig, matrix: npt.NDArray[np.float32]) -> None:
    """In place, so that the largest is of the wanted size."""
    if config.spectral_radius is None:
        return
    largest = np.abs(np.linalg.eigvals(matrix.astype(np.float64))).max()
    if largest == 0:
        allowed = "unset, as a first recurrent matrix has no eigenvalue but 0"
        raise ConfigError("spectral_radius", config.spectral_radius, allowed)
    matrix *= config.spectral_radius / largest


def _open_gates(
    config: EchoConfig, longest: int, rng: np.random.Generator, weights: Weights
) -> None:
    """Tallec and Ollivier 2018, section 2.3: b_f = log U(1, T_max - 1), and b_i = -b_f."""
    size = config.state_size
    for names in layer_weight_names(config):
        for bias, signs in config.the_cell.memory_gates.items():
            opened = np.log(rng.uniform(1, longest - 1, size))
            for sign, first in zip(
                signs, np.split(weights[names[bias]][0], len(signs)), strict=True
            ):
                if sign:
                    first[:] = sign * opened
