"""The weight matrices: names of rows and columns, changes, and eigenvalues of the recurrent
matrices."""

from __future__ import annotations

import math
from collections.abc import Iterator
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
    config, weights = snapshot.state.config, snapshot.state.weights
    named = _names(config)
    rows, columns = ({name: named[name][side] for name in weight_shapes(config)} for side in (0, 1))

    def update(name: str) -> float:
        now, before = weights[name], (snapshot.before or {}).get(name)
        size = float(np.linalg.norm(now))
        if before is None or snapshot.windows_since < 1 or before.shape != now.shape or not size:
            return math.nan
        return float(np.linalg.norm(now - before)) / snapshot.windows_since / size

    updates = {name: update(name) for name in rows}
    return Matrices(
        {name: weights[name] for name in rows},
        rows,
        columns,
        updates,
        tuple(_recurrent(config, weights)),
    )


def _recurrent(config: EchoConfig, weights: dict[str, Floats]) -> Iterator[Recurrent]:
    """The recurrent matrix of each layer and each vector of its cell: the part that multiplies the
    previous state."""
    size, cell = config.state_size, config.the_cell

    def recurrent(name: str, eigenvalues: npt.NDArray[Any], norm: float) -> Recurrent:
        values = eigenvalues.astype(np.complex64)
        largest_first = np.argsort(-np.abs(values), kind="stable")
        return Recurrent(name + suffix, values[largest_first], norm)

    def of_matrix(name: str, matrix: npt.NDArray[Any]) -> Recurrent:
        return recurrent(name, np.linalg.eigvals(matrix), float(np.linalg.norm(matrix, 2)))

    for layer, names in enumerate(layer_weight_names(config)):
        suffix = f" layer {layer + 1}" if config.num_layers > 1 else ""
        for product in cell.products:
            if product.is_recurrent:
                read = weights[names[product.weight]][product.state_rows(size)].astype(np.float64)
                blocks = np.split(read, len(product.columns), axis=1)
                for vector, block in zip(product.columns, blocks, strict=True):
                    yield of_matrix("W" if vector == "h" else f"W {vector}", block)
        used = cell.used(
            {local: weights[name] for local, name in names.items()},
            Functions(),
            config.window_steps,
        )
        factors = cell.eigenvalues(used)
        for weight, shape in cell.other_weights.items():
            is_square = tuple(shape) == ("units", "units")
            if is_square and weight in used and weight not in factors:
                yield of_matrix(weight, used[weight])
        for weight, values in factors.items():
            # Each unit multiplies only its own state: a diagonal matrix
            yield recurrent(weight, values, float(np.abs(values).max()))


def _names(config: EchoConfig) -> dict[str, tuple[tuple[str, ...], tuple[str, ...]]]:
    size, cell = config.state_size, config.the_cell
    reads, says = config.the_task.inputs, config.the_task.outputs

    def numbered(name: str, count: int, first: int = 1) -> tuple[str, ...]:
        return tuple(f"{name}{number}" for number in range(first, first + count))

    def units(vector: str) -> tuple[str, ...]:
        return numbered("h" if vector == "h" else f"{vector} ", size)

    inputs = (
        numbered("x", reads.count) if isinstance(reads, Numbers) else numbered("x=", reads.count, 0)
    )
    if config.input_size == 1:
        inputs = ("x",)
    named = {}
    for layer, names in enumerate(layer_weight_names(config)):
        below = units("below") if layer else inputs
        for product in cell.products:
            rows = tuple(
                row for read in product.reads for row in (below if read == "x" else units(read))
            )
            columns = tuple(column for vector in product.columns for column in units(vector))
            named[names[product.weight]] = (rows, columns)
            named[names[product.bias]] = (("bias",), columns)
        named |= {names[weight]: ((weight,), units("unit")) for weight in cell.unit_weights}
        sides = {"units": units("h"), "inputs": below}
        for weight, shape in cell.other_weights.items():
            row, column = (sides.get(str(one)) or numbered(f"{weight} ", int(one)) for one in shape)
            named[names[weight]] = (row, column)
    outputs = (
        numbered("output ", says.count)
        if isinstance(says, Numbers)
        else numbered("class ", says.count, 0)
    )
    return named | {"W2": (units("h"), outputs), "b2": (("bias",), outputs)}
