"""The text file beside a .npz file of weights: shapes, order and sign of gates, formulas."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterator, Mapping

import numpy as np

from echornn.config import EchoConfig
from echornn.files.recorded_values import record_of
from echornn.progress import Floats
from echornn.tasks.table import name_of
from echornn.tasks.task import Numbers, Symbols

WIDTH = 76
"""The columns of a line of names, without its indent."""


def weights_text(config: EchoConfig, weights: Mapping[str, Floats]) -> Iterator[str]:
    """The lines that describe these weights. With several networks, each array has a further first axis."""
    size = config.state_size
    task = config.the_task
    yield "Weights of a recurrent network, numpy arrays by name."
    yield f"Its task: {name_of(task)}"
    last = config.seed + config.replicas - 1
    if config.replicas > 1:
        yield f"First axis of each: {config.replicas} networks of seeds {config.seed} to {last}, in order."
    yield ""
    for name, array in weights.items():
        yield f"{name:<12} {np.dtype(array.dtype).name} {list(array.shape)}"
    yield ""
    yield f"cell {config.cell}:"
    yield from (f"    {line}" for line in config.the_cell.formulas)
    yield f"each vector has {size} numbers"
    yield f"x_t: {_input_text(task.inputs)}"
    yield from _names(task.inputs)
    yield from _row_lines(config)
    if config.num_layers > 1:
        yield f"layers 2 to {config.num_layers}: names with _layer2, ...; x_t is h_t of the layer below, {size} rows"
    yield f"output: {_output_text(task.outputs)}, h_t of the top layer"
    yield from _names(task.outputs)
    yield f"state: {_state_text(config)}"
    yield ""
    yield f"configuration: {json.dumps(record_of(config, with_facts=False))}"


def _row_lines(config: EchoConfig) -> Iterator[str]:
    """What the rows of the weights multiply: a line for all that multiply the same."""
    together: dict[str, list[str]] = {}
    for product in config.the_cell.products:
        rows = ", then ".join(_rows_of(config, read) for read in product.reads)
        together.setdefault(rows, []).append(product.weight)
    if len(together) == 1:
        yield f"rows of W: {next(iter(together))}"
    else:
        yield from (f"rows of {' and '.join(names)}: {rows}" for rows, names in together.items())


def _rows_of(config: EchoConfig, vector: str) -> str:
    if vector == "x":
        return f"{config.input_size} of x_t"
    return f"{config.state_size} of {vector}{'_{t-1}' if vector in ('h', 'v') else ''}"


def _input_text(form: Symbols | Numbers) -> str:
    if isinstance(form, Numbers):
        return "the number of the step" if form.count == 1 else f"the {form.count} numbers of the step"
    if form.input_size == 1:
        return "the symbol, 0 or 1, as one number"
    return f"the symbol, one-hot: {form.count} numbers, 1 for the symbol and 0 for the others"


def _output_text(form: Symbols | Numbers) -> str:
    if isinstance(form, Numbers):
        return f"h_t W2 + b2, {'the predicted number' if form.count == 1 else 'a column for each predicted number'}"
    return "softmax(h_t W2 + b2), a column for each symbol"


def _names(form: Symbols | Numbers) -> Iterator[str]:
    """The names of the columns, if the task has some."""
    if form.names:
        lines = textwrap.wrap(f"in this order: {', '.join(form.names)}", WIDTH)
        yield from (f"    {line}" for line in lines)


def _state_text(config: EchoConfig) -> str:
    """Where the state is zero, and where it is carried on."""
    if config.is_stream:
        return "zero at the start of an epoch, then carried from window to window"
    return f"zero at the start of each trial of {config.window_steps:,} steps"
