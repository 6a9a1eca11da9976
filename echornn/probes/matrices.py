"""The weight matrices: names of rows and columns, changes, and eigenvalues of the recurrent
matrices."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from itertools import chain
from typing import Any

import numpy as np
import numpy.typing as npt

from echornn.cells.cell import Functions
from echornn.config import EchoConfig
from echornn.network.shapes import layer_weight_names
from echornn.progress import Floats
from echornn.readings import Matrices, Recurrent
from echornn.state import Snapshot
from echornn.tasks.task import Numbers, Symbols

Names = tuple[str, ...]


def matrices(snapshot: Snapshot) -> Matrices:
    config, weights = snapshot.state.config, snapshot.state.weights
    rows, columns = _names(config)
    return Matrices(
        weights={name: weights[name] for name in rows},
        rows=rows,
        columns=columns,
        update={name: _update(snapshot, name) for name in rows},
        recurrent=tuple(_recurrent(config, weights)),
    )


def _update(snapshot: Snapshot, name: str) -> float:
    """How much a weight changes in a window, relative to its size; NaN if it is not known."""
    if snapshot.before is None or name not in snapshot.before or snapshot.windows_since < 1:
        return math.nan
    now, before = snapshot.state.weights[name], snapshot.before[name]
    size = float(np.linalg.norm(now))
    if before.shape != now.shape or size == 0:
        return math.nan
    return float(np.linalg.norm(now - before)) / snapshot.windows_since / size


# ---- from state to state


def _recurrent(config: EchoConfig, weights: Mapping[str, Floats]) -> Iterator[Recurrent]:
    """The recurrent matrix of each layer and each vector of its cell: the part that multiplies the
    previous state."""
    cell = config.the_cell
    for layer, names in enumerate(layer_weight_names(config)):
        suffix = f" layer {layer + 1}" if config.num_layers > 1 else ""
        of_layer = {local: weights[name] for local, name in names.items()}
        used = cell.used(of_layer, Functions(), config.window_steps)
        factors = cell.eigenvalues(used)

        for vector, block in _blocks(config, of_layer):
            name = "W" if vector == "h" else f"W {vector}"
            yield _matrix(name + suffix, block)
        for name, shape in cell.other_weights.items():
            is_square = tuple(shape) == ("units", "units")
            if is_square and name in used and name not in factors:
                yield _matrix(name + suffix, used[name])
        for name, values in factors.items():
            # Each unit multiplies only its own state: a diagonal matrix
            norm = float(np.abs(values).max())
            yield Recurrent(name + suffix, _largest_first(values), norm)


def _blocks(
    config: EchoConfig, weights: Mapping[str, Floats]
) -> Iterator[tuple[str, npt.NDArray[Any]]]:
    """The matrices by which a layer's state is multiplied, with the vector that each adds to."""
    for product in config.the_cell.products:
        if product.is_recurrent:
            weight = weights[product.weight]
            rows = product.state_rows(config.state_size, len(weight))
            from_state = weight[rows].astype(np.float64)
            blocks = np.split(from_state, len(product.columns), axis=1)
            yield from zip(product.columns, blocks, strict=True)


def _matrix(name: str, matrix: npt.NDArray[Any]) -> Recurrent:
    norm = float(np.linalg.norm(matrix, 2))
    return Recurrent(name, _largest_first(np.linalg.eigvals(matrix)), norm)


def _largest_first(eigenvalues: npt.NDArray[Any]) -> npt.NDArray[np.complex64]:
    values = eigenvalues.astype(np.complex64)
    return values[np.argsort(-np.abs(values), kind="stable")]


# ---- names


def _names(config: EchoConfig) -> tuple[dict[str, Names], dict[str, Names]]:
    """The names of the rows and of the columns of each weight."""
    cell, task = config.the_cell, config.the_task

    def units(vector: str) -> Names:
        return _numbered("h" if vector == "h" else f"{vector} ", config.state_size)

    rows, columns = {}, {}
    below = ("x",) if config.input_size == 1 else _data(task.inputs, "x", "x=")
    for names in layer_weight_names(config):
        for product in cell.products:
            reads = [below if vector == "x" else units(vector) for vector in product.reads]
            rows[names[product.weight]] = tuple(chain(*reads))
            rows[names[product.bias]] = ("bias",)
            computed = tuple(chain(*map(units, product.columns)))
            columns[names[product.weight]] = columns[names[product.bias]] = computed
        for local in cell.unit_weights:
            rows[names[local]] = (local,)
            columns[names[local]] = units("unit")
        sides = {"units": units("h"), "inputs": below}
        for local, shape in cell.other_weights.items():
            row, column = (
                sides.get(str(side)) or _numbered(f"{local} ", int(side)) for side in shape
            )
            rows[names[local]] = row
            columns[names[local]] = column
        below = units("below")

    rows |= {"W2": units("h"), "b2": ("bias",)}
    outputs = _data(task.outputs, "output ", "class ")
    columns |= {"W2": outputs, "b2": outputs}
    return rows, columns


def _data(form: Symbols | Numbers, number: str, symbol: str) -> Names:
    """Numbers are counted from 1, symbols from 0."""
    if isinstance(form, Numbers):
        return _numbered(number, form.count)
    return _numbered(symbol, form.count, first=0)


def _numbered(name: str, count: int, first: int = 1) -> Names:
    return tuple(f"{name}{number}" for number in range(first, first + count))
