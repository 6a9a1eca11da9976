"""The weight matrices: names of rows and columns, changes, and eigenvalues of the recurrent matrices."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from echornn.cell_facts import CELL_FACTS
from echornn.config import EchoConfig
from echornn.network.shapes import layer_weight_names, weight_shapes
from echornn.progress import Floats
from echornn.readings import Matrices, Recurrent
from echornn.snapshot import Snapshot
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
    size, kind = config.state_size, CELL_FACTS[config.cell]
    for layer, names in enumerate(layer_weight_names(config)):
        suffix = f" layer {layer + 1}" if config.num_layers > 1 else ""
        for (weight, _), vectors in kind.weight_columns.items():
            blocks = np.split(weights[names[weight]][-size:], len(vectors), axis=1)
            for vector, block in zip(vectors, blocks, strict=True):
                name = "W" if vector == "h" else f"W {vector}"
                yield Recurrent(name + suffix, _eigenvalues(block))


def _eigenvalues(block: Floats) -> np.ndarray[tuple[int, ...], np.dtype[np.complex64]]:
    values = np.linalg.eigvals(block.astype(np.float64)).astype(np.complex64)
    return values[np.argsort(-np.abs(values), kind="stable")]


def _update(now: Floats, before: Mapping[str, Floats] | None, name: str, windows: int) -> float:
    """The relative change per window, ||w - w before|| / ||w|| / windows; NaN if unknown."""
    if before is None or windows < 1 or name not in before or before[name].shape != now.shape:
        return float("nan")
    size = float(np.linalg.norm(now))
    change = float(np.linalg.norm(now - before[name])) / windows
    return change / size if size else float("nan")


def _names(config: EchoConfig) -> dict[str, tuple[tuple[str, ...], tuple[str, ...]]]:
    """The names of the rows and of the columns of each weight."""
    size, kind = config.state_size, CELL_FACTS[config.cell]
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
        for (weight, bias), vectors in kind.weight_columns.items():
            columns = tuple(
                f"h{unit}" if vector == "h" else f"{vector} {unit}" for vector in vectors for unit in range(1, size + 1)
            )
            named[names[weight]] = ((*below, *state), columns)
            named[names[bias]] = (("bias",), columns)
    if isinstance(says, Numbers):
        outputs = tuple(f"output {number}" for number in range(1, says.count + 1))
    else:
        outputs = tuple(f"class {number}" for number in range(says.count))
    named |= {"W2": (state, outputs), "b2": (("bias",), outputs)}
    return {name: named[name] for name in weight_shapes(config)}
