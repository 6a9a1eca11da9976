"""The files that ``export`` writes: tables as Parquet, curves for TensorBoard, networks as .npz and .keras."""

from __future__ import annotations

import importlib.util
import io
import itertools
import json
import textwrap
from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path

import numpy as np

from echornn.arrays.facts import numbers_of, require_replica
from echornn.arrays.run_arrays import WindowPiece, state_at
from echornn.config import EchoConfig, shown
from echornn.errors import RunError
from echornn.files.recorded_values import record_of
from echornn.history.windows import quantiles
from echornn.progress import Floats
from echornn.runs.run_dir import Run
from echornn.runtime import quiet
from echornn.state import TrainerState
from echornn.tasks.table import name_of
from echornn.tasks.task import Numbers, Symbols
from echornn.timeline.branch import Position
from tui.cli.rows import Record
from tui.commands.front_end import UsageError
from tui.term import printed, terminal
from tui.term.exported import export_whole

ROWS_AT_A_TIME = 1 << 16  # in memory; also the rows of a group in a Parquet file
MOST_POINTS = 1000  # about the most points of a curve for TensorBoard; each is a mean over equally many windows
FLOATS = ("loss", "accuracy", "final_loss")


def require(module: str, flag: str, extra: str) -> None:
    """A UsageError if a package is missing."""
    try:
        importlib.import_module(module)
    except ImportError as error:
        raise UsageError(f"--{flag} cannot be used without {module}: install echornn-tui[{extra}]") from error


def write_parquet(file: Path, columns: Sequence[str], rows: Iterable[Record], command: str, config: EchoConfig) -> None:
    """Write rows with typed columns. The metadata has no date, so that the same command writes the same bytes."""
    import pyarrow as pa
    from pyarrow.parquet import ParquetWriter

    about = {"command": command, "version": version("echornn-tui"), "config": json.dumps(shown(config.fields()))}
    types = [(name, pa.float32() if name in FLOATS else pa.int64()) for name in columns]
    schema = pa.schema(types, metadata=about)

    def write(new: Path) -> None:
        left = iter(rows)
        with ParquetWriter(new, schema) as writer:
            while group := list(itertools.islice(left, ROWS_AT_A_TIME)):
                writer.write_table(pa.Table.from_pylist(group, schema))

    export_whole(file, write)


def write_events(folder: Path, run: Run, pieces: Iterable[WindowPiece], windows: int) -> None:
    """Write TensorBoard's events of a path of so many windows; an earlier export to the folder is replaced."""
    from tensorboard.compat.proto.event_pb2 import Event
    from tensorboard.compat.proto.summary_pb2 import Summary
    from tensorboard.summary.writer.record_writer import RecordWriter

    records, apart = io.BytesIO(), -(-windows // MOST_POINTS) or 1
    writer = RecordWriter(records)
    writer.write(Event(wall_time=run.about.begun, file_version="brain.Event:2").SerializeToString())
    for piece in pieces:
        begins = np.unique(np.append(0, np.flatnonzero(piece.windows % apart == 1 % apart)))
        ends = np.append(begins[1:], len(piece.windows))
        counts = (ends - begins)[:, np.newaxis]
        means = np.add.reduceat(piece.losses, begins, axis=0, dtype=np.float64) / counts
        low, middle, high = quantiles(means.astype(np.float32), (0.1, 0.5, 0.9)).tolist()
        curves = {"loss": middle, "learning_rate": [run.tree[0][piece.branch].config.learning_rate] * len(ends)}
        if len(piece.networks) > 1:
            curves |= {"loss_10": low, "loss_90": high}
        if piece.has_accuracy:
            rights = np.add.reduceat(piece.accuracies, begins, axis=0) / counts
            curves["accuracy"] = np.median(rights, axis=1).tolist()
        for at, step in enumerate(piece.windows[ends - 1].tolist()):
            values = [Summary.Value(tag=tag, simple_value=curve[at]) for tag, curve in curves.items()]
            writer.write(Event(wall_time=run.about.begun, step=step, summary=Summary(value=values)).SerializeToString())
    folder.mkdir(parents=True, exist_ok=True)
    name = f"events.out.tfevents.{int(run.about.begun):010d}.echornn"
    export_whole(folder / name, lambda file: file.write_bytes(records.getvalue()))


def write_network(run: Run, position: Position, weights: Path | None, keras: Path | None, replica: int | None) -> None:
    """Write the networks at a position, or the one of this number: as .npz, in which with several networks the first
    axis of each array is the replica, with a text beside it that describes the arrays; and one network as .keras.
    """
    for name, file, suffix in (("weights", weights, ".npz"), ("keras", keras, ".keras")):
        if file is not None and file.suffix != suffix:
            raise RunError(f"{name} = {str(file)!r} cannot be written: the name must end in {suffix}")
    terminal.keep_native_stderr_off_the_screen()
    there = state_at(run, position, retrain=True)
    state, numbers = there.state, numbers_of(run, there.state.config)
    if replica is not None:
        require_replica(run, replica, [state.config])
        state = state.only([numbers.index(replica)])
    config = state.config
    if keras is not None and config.replicas > 1:
        which = f"--replica {numbers[0]} to {numbers[-1]}"
        raise RunError(f"keras = {str(keras)!r} cannot be written: a .keras file has a single network; add {which}")
    if keras is not None and not config.the_cell.keras[0]:
        instead = f"Keras has no {config.cell} cell; --weights writes its numbers and formulas"
        raise RunError(f"keras = {str(keras)!r} cannot be written: {instead}")
    if there.unlike is not None:
        printed.complain(f"echornn-tui: {there.unlike}")
    if not state.is_finite:
        printed.complain("echornn-tui: the weights are not finite: the loss has diverged there")
    if weights is not None:
        arrays = state.weights if config.replicas > 1 else state.of(0).weights
        export_whole(weights, lambda file: np.savez(file, allow_pickle=False, **arrays))
        text = "".join(f"{line}\n" for line in _weights_text(config, arrays))
        export_whole(weights.with_name(f"{weights.name}.txt"), lambda file: file.write_text(text))
    if keras is not None:
        export_whole(keras, lambda file: _save_keras(state.of(0), file))


def _save_keras(state: TrainerState, file: Path) -> None:
    quiet.import_tensorflow()
    from echornn.network.model import keras_model

    keras_model(state.config, state.weights).save(file)


def _weights_text(config: EchoConfig, weights: Mapping[str, Floats]) -> Iterator[str]:
    """What the arrays are: shapes, order and sign of gates, formulas."""
    size, task = config.state_size, config.the_task
    yield "Weights of a recurrent network, numpy arrays by name."
    yield f"Its task: {name_of(task)}"
    if config.replicas > 1:
        last = config.seed + config.replicas - 1
        yield f"First axis of each: {config.replicas} networks of seeds {config.seed} to {last}, in order."
    yield ""
    for name, array in weights.items():
        yield f"{name:<12} {np.dtype(array.dtype).name} {list(array.shape)}"
    yield from ("", f"cell {config.cell}:", *(f"    {line}" for line in config.the_cell.formulas))
    yield f"each vector has {size} numbers"
    yield f"x_t: {_input_text(task.inputs)}"
    yield from _names(task.inputs)
    for product in config.the_cell.products:
        rows = [
            f"{config.input_size} of x_t" if one == "x" else f"{size} of {one}{'_{t-1}' if one in ('h', 'v') else ''}"
            for one in product.reads
        ]
        yield f"rows of {product.weight}: {', then '.join(rows)}"
    if config.num_layers > 1:
        yield f"layers 2 to {config.num_layers}: names with _layer2, ...; x_t is h_t of the layer below, {size} rows"
    numbers = "the predicted number" if task.outputs.count == 1 else "a column for each predicted number"
    is_numbers = isinstance(task.outputs, Numbers)
    output = f"h_t W2 + b2, {numbers}" if is_numbers else "softmax(h_t W2 + b2), a column for each symbol"
    yield f"output: {output}, h_t of the top layer"
    yield from _names(task.outputs)
    trial = f"zero at the start of each trial of {config.window_steps:,} steps"
    stream = "zero at the start of an epoch, then carried from window to window"
    yield f"state: {stream if config.is_stream else trial}"
    yield from ("", f"configuration: {json.dumps(record_of(config, with_facts=False))}")


def _input_text(form: Symbols | Numbers) -> str:
    if isinstance(form, Numbers):
        return "the number of the step" if form.count == 1 else f"the {form.count} numbers of the step"
    if form.input_size == 1:
        return "the symbol, 0 or 1, as one number"
    return f"the symbol, one-hot: {form.count} numbers, 1 for the symbol and 0 for the others"


def _names(form: Symbols | Numbers) -> Iterator[str]:
    """The names of the columns, if the task has some."""
    if form.names:
        yield from textwrap.indent(textwrap.fill(f"in this order: {', '.join(form.names)}", 76), "    ").splitlines()
