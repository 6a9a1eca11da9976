"""The weight matrices: names of rows and columns, changes, and eigenvalues of the recurrent matrices."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from echornn.cells.cell import Functions
from echornn.config import EchoConfig
from echornn.network.shapes import layer_weight_names, weight_shapes
from echornn.progress import Floats
from echornn.readings import Matrices, Recurrent
from echornn.state import Snapshot
from echornn.tasks.task import Numbers


def matrices(snapshot: Snapshot) -> Matrices:
    """All weights and biases of a snapshot, with names, changes and eigenvalues."""
    config, weights = snapshot.state.config, snapshot.state.weights
    names = _names(config)
    return Matrices(
        {name: weights[name] for name in names},
        {name: rows for name, (rows, _) in names.items()},
        {name: columns for name, (_, columns) in names.items()},
        {name: _update(weights[name], snapshot.before, name, snapshot.windows_since) for name in names},
        tuple(recurrent(config, weights)),
    )


def recurrent(config: EchoConfig, weights: Mapping[str, Floats]) -> Iterator[Recurrent]:
    """The recurrent matrix of each layer and each vector of its cell: the part that multiplies the previous state."""
    size, cell = config.state_size, config.the_cell
    for layer, names in enumerate(layer_weight_names(config)):
        suffix = f" layer {layer + 1}" if config.num_layers > 1 else ""
        for product in cell.products:
            if not product.is_recurrent:
                continue
            blocks = np.split(weights[names[product.weight]][product.state_rows(size)], len(product.columns), axis=1)
            for vector, block in zip(product.columns, blocks, strict=True):
                name = "W" if vector == "h" else f"W {vector}"
                yield Recurrent(name + suffix, _eigenvalues(block))
        used = cell.used({local: weights[name] for local, name in names.items()}, Functions(), config.window_steps)
        for weight, values in cell.eigenvalues(used).items():
            yield Recurrent(weight + suffix, _largest_first(values))


def _eigenvalues(block: Floats) -> np.ndarray[tuple[int, ...], np.dtype[np.complex64]]:
    return _largest_first(np.linalg.eigvals(block.astype(np.float64)))


def _largest_first(values: npt.NDArray[Any]) -> np.ndarray[tuple[int, ...], np.dtype[np.complex64]]:
    ordered = values.astype(np.complex64)
    return ordered[np.argsort(-np.abs(ordered), kind="stable")]


def _update(now: Floats, before: Mapping[str, Floats] | None, name: str, windows: int) -> float:
    """The relative change per window, ||w - w before|| / ||w|| / windows; NaN if unknown."""
    if before is None or windows < 1 or name not in before or before[name].shape != now.shape:
        return float("nan")
    size = float(np.linalg.norm(now))
    change = float(np.linalg.norm(now - before[name])) / windows
    return change / size if size else float("nan")


def _names(config: EchoConfig) -> dict[str, tuple[tuple[str, ...], tuple[str, ...]]]:
    """The names of the rows and of the columns of each weight."""
    size, cell = config.state_size, config.the_cell
    reads, says = config.the_task.inputs, config.the_task.outputs
    if config.input_size == 1:
        inputs: tuple[str, ...] = ("x",)
    elif isinstance(reads, Numbers):
        inputs = tuple(f"x{number}" for number in range(1, reads.count + 1))
    else:
        inputs = tuple(f"x={symbol}" for symbol in range(reads.count))
    state = tuple(f"h{unit}" for unit in range(1, size + 1))
    named = {}
    for layer, names in enumerate(layer_weight_names(config)):
        below = inputs if layer == 0 else tuple(f"below {unit}" for unit in range(1, size + 1))
        for product in cell.products:
            rows = tuple(row for read in product.reads for row in (below if read == "x" else _units(read, size)))
            columns = tuple(column for vector in product.columns for column in _units(vector, size))
            named[names[product.weight]] = (rows, columns)
            named[names[product.bias]] = (("bias",), columns)
        named |= {names[weight]: ((weight,), _units("unit", size)) for weight in cell.unit_weights}
    if isinstance(says, Numbers):
        outputs = tuple(f"output {number}" for number in range(1, says.count + 1))
    else:
        outputs = tuple(f"class {number}" for number in range(says.count))
    named |= {"W2": (state, outputs), "b2": (("bias",), outputs)}
    return {name: named[name] for name in weight_shapes(config)}


def _units(vector: str, size: int) -> tuple[str, ...]:
    """The names of a vector's numbers."""
    return tuple(f"h{unit}" if vector == "h" else f"{vector} {unit}" for unit in range(1, size + 1))
