"""The subcommand ``export``: prints the windows or networks of a run, or writes them to files."""

from __future__ import annotations

import importlib.util
import io
import itertools
from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple

import numpy as np
import numpy.typing as npt
from cyclopts import Parameter
from cyclopts.validators import Number
from cyclopts.validators import Path as FileName

from echornn import EchoConfig, Position, Run, RunError
from echornn.arrays.facts import NetworkFacts, network_facts
from echornn.arrays.networks import Networks, networks_at, networks_when_solved
from echornn.arrays.numbers import Numbering, data_seed_of, network_at
from echornn.arrays.windows import Integers, WindowPiece, pieces
from echornn.config import MAX_SEED, shown
from echornn.data import check_own_files, held_out_batch, held_out_config
from echornn.history.windows import quantiles
from echornn.progress import Floats
from echornn.runtime import quiet
from tui.cli.parameters import Json, RunName, Trust
from tui.cli.rows import Record, as_json, csv_lines, emit, opened
from tui.term import printed, terminal
from tui.term.exit_code import ExitCode, UsageError
from tui.text.command_line import command_with

ROWS_AT_A_TIME = 1 << 16  # in memory; also the rows of a group in a Parquet file
# About the most points of a curve for TensorBoard; each is a mean over equally many windows
MOST_POINTS = 1000
FLOATS = ("loss", "accuracy", "grad_norm", "final_loss")  # the columns of float32; others are int64
APART = {  # the flags with which a flag cannot be used
    "path": ("branch", "weights", "keras", "states", "summary"),
    "summary": ("weights", "keras", "states", "replica", "tensorboard"),
    "parquet": ("weights", "keras", "states", "json", "tensorboard"),
    "tensorboard": ("weights", "keras", "states", "json"),
    "states": ("weights", "keras", "json"),
}

NEEDED = {"parquet": ("pyarrow", "arrow"), "tensorboard": ("tensorboard", "tensorboard")}
"""The module that a flag needs, and the extra that installs it."""

Which = int | Literal["all"] | None  # a network's number, or all networks


def export_run(
    run: RunName,
    /,
    *,
    path: bool = False,
    branch: str | None = None,
    json: Json = False,
    summary: bool = False,
    replica: Which = None,
    at: int | Literal["solved"] | None = None,
    weights: Annotated[Path | None, Parameter(validator=FileName(ext="npz"))] = None,
    keras: Annotated[Path | None, Parameter(validator=FileName(ext="keras"))] = None,
    states: Annotated[Path | None, Parameter(validator=FileName(ext="npz"))] = None,
    data_seed: Annotated[int | None, Parameter(validator=Number(gte=0, lte=MAX_SEED))] = None,
    parquet: Annotated[Path | None, Parameter(validator=FileName(ext="parquet"))] = None,
    tensorboard: Path | None = None,
    trust: Trust = False,
) -> int:
    """Print every window of a run, in the order trained, as CSV:
    window,epoch,loss,accuracy,replica,grad_norm (replica only if there are several).

    Args:
        path: Only the windows on the path to the run's current position, numbered along it.
        branch: Only the windows on the path to the end of this branch, named by its letter or
            number.
        summary: Print one row for each network instead: replica,seed,solved_at,final_loss,lost_at.
        replica: Only the network with this number, without the column replica. With --weights or
            --states also all: the first axis is the network.
        at: With --weights, --keras or --states: the network after this many windows of the path; or
            solved: each after the window at which it was solved. By default at the path's end.
        weights: Write the weights to this .npz file instead, by their names in cells.
        keras: Write the network to this .keras file instead, as a Keras model with the same
            outputs.
        states: Write what a network does on held-out data to this .npz file instead, [trials,
            steps, ...]: inputs, targets, scored (or weights), states, carried, outputs; the
            task's hidden_NAME; and conditions, the last target of each trial.
        data_seed: With --states: draw the held-out data with this seed; by default the run's first,
            for all its networks.
        parquet: Write the same rows to this .parquet file instead; needs echornn-tui[arrow].
        tensorboard: Write the curves of the run's path, or that of --branch, to a folder of this
            run in this one, for tensorboard --logdir; of several networks, the quantiles. It needs
            echornn-tui[tensorboard].
    """
    flags = locals()
    given = {}
    for name, value in flags.items():
        if value is not None and value is not False:
            given[name] = value
    _require_together(given)
    stored = opened(run, trust).run
    when_solved = at == "solved"
    if at == "solved":
        at = None  # all up to the path's end
    position = stored.position_at(at, branch)
    wanted = WantedNetworks(stored, position, when_solved, replica)
    if weights is not None or keras is not None:
        _write_network(wanted, weights, keras)
        return ExitCode.DONE
    if states is not None:
        _write_states(wanted, states, data_seed)
        return ExitCode.DONE
    number = wanted.number
    if tensorboard is not None:
        folder = tensorboard / _name_of_curves(stored, branch, number)
        _write_events(folder, stored, pieces(stored, position, number), position.window)
        return ExitCode.DONE
    if summary:
        columns = [*NetworkFacts._fields]
        rows: Iterable[Record] = map(_of_network, network_facts(stored, position))
    else:
        is_of_path = path or branch is not None
        columns, rows = _window_rows(stored, position if is_of_path else None, number)
    if parquet is not None:
        words = ("path", "branch", "summary", "replica", "parquet")
        of_rows = {name: given[name] for name in words if name in given}
        command = command_with("export", [run], of_rows)
        _write_parquet(parquet, columns, rows, command, stored.config)
        return ExitCode.DONE
    return emit(rows, json, partial(csv_lines, columns))


def _require_together(given: Mapping[str, object]) -> None:
    """A UsageError if these flags cannot be used together, or not without another package."""
    for flag, others in APART.items():
        for other in others:
            if flag in given and other in given:
                text = f"--{flag} cannot be used with --{other}"
                if given[other] is not True:
                    text += f" {given[other]}"
                raise UsageError(text)
    if "at" in given and not given.keys() & {"weights", "keras", "states"}:
        raise UsageError(
            f"at = {given['at']} cannot be used without --weights, --keras or --states, of the "
            "network there"
        )
    if "data_seed" in given and "states" not in given:
        raise UsageError(
            f"data_seed = {given['data_seed']} cannot be used without --states, whose inputs it "
            "draws"
        )
    for flag, (module, extra) in NEEDED.items():
        if flag in given and importlib.util.find_spec(module) is None:
            raise UsageError(
                f"{given[flag]} cannot be written without {module}: install echornn-tui[{extra}]"
            )


def _name_of_curves(run: Run, branch: str | None, number: int | None) -> str:
    names = [run.folder.resolve().name]
    if branch:
        names.append(f"branch-{branch}")
    if number is not None:
        names.append(f"replica-{number}")
    return "_".join(names)


# ---- rows


def _window_rows(
    run: Run, of_path: Position | None, number: int | None
) -> tuple[list[str], Iterable[Record]]:
    """Of a path, or of all branches; of all networks, or that of a number; the names of their
    columns first."""
    is_numbered = number is None and Numbering.of(run).has_several
    columns = ["window", "epoch", "loss", "accuracy", "grad_norm"]
    if is_numbered:
        columns.insert(4, "replica")
    return columns, _of_windows(pieces(run, of_path, number), is_numbered)


def _of_network(network: NetworkFacts) -> Record:
    row = network._asdict()
    row["solved_at"] = network.solved_at or None
    row["lost_at"] = network.lost_at or None
    return row


def _of_windows(windows: Iterable[WindowPiece], is_numbered: bool) -> Iterator[Record]:
    for piece in windows:
        has_accuracy = piece.branch.config.has_classes
        arrays = (piece.window, piece.epoch, piece.loss, piece.accuracy, piece.grad_norm)
        values = zip(*(array.tolist() for array in arrays), strict=True)
        for window, epoch, losses, accuracies, norms in values:
            of_networks = zip(piece.networks, losses, accuracies, norms, strict=True)
            for replica, loss, accuracy, norm in of_networks:
                row = {"window": window, "epoch": epoch, "loss": loss, "accuracy": accuracy}
                if not has_accuracy:
                    row["accuracy"] = None
                if is_numbered:
                    row["replica"] = replica
                row["grad_norm"] = norm
                yield row


# ---- other formats


def _write_parquet(
    file: Path, columns: list[str], rows: Iterable[Record], command: str, config: EchoConfig
) -> None:
    """Write rows with typed columns.

    The metadata has no date, so that the same command writes the same bytes.
    """
    import pyarrow as pa
    from pyarrow.parquet import ParquetWriter

    about = {
        "command": command,
        "version": version("echornn-tui"),
        "config": as_json(shown(config.fields())),
    }
    types = [(name, pa.float32() if name in FLOATS else pa.int64()) for name in columns]
    schema = pa.schema(types, metadata=about)

    def write(new: Path) -> None:
        left = iter(rows)
        with ParquetWriter(new, schema) as writer:
            while group := list(itertools.islice(left, ROWS_AT_A_TIME)):
                writer.write_table(pa.Table.from_pylist(group, schema))

    printed.export_whole(file, write)


def _write_events(folder: Path, run: Run, pieces: Iterable[WindowPiece], windows: int) -> None:
    """Write TensorBoard's events of a path of so many windows; an earlier export to the folder is
    replaced."""
    from tensorboard.compat.proto.event_pb2 import Event
    from tensorboard.compat.proto.summary_pb2 import Summary
    from tensorboard.summary.writer.record_writer import RecordWriter

    records = io.BytesIO()
    writer = RecordWriter(records)
    begun = run.about.begun
    writer.write(Event(wall_time=begun, file_version="brain.Event:2").SerializeToString())
    windows_a_point = -(-windows // MOST_POINTS) or 1
    for piece in pieces:
        is_first = piece.window % windows_a_point == 1 % windows_a_point
        begins = np.unique(np.append(0, np.flatnonzero(is_first)))
        ends = np.append(begins[1:], len(piece))
        curves = _curves(piece, begins, ends)
        for point, window in enumerate(piece.window[ends - 1].tolist()):
            values = [
                Summary.Value(tag=tag, simple_value=curve[point]) for tag, curve in curves.items()
            ]
            event = Event(wall_time=begun, step=window, summary=Summary(value=values))
            writer.write(event.SerializeToString())
    folder.mkdir(parents=True, exist_ok=True)
    name = f"events.out.tfevents.{int(begun):010d}.echornn"
    printed.export_whole(folder / name, lambda file: file.write_bytes(records.getvalue()))


def _curves(piece: WindowPiece, begins: Integers, ends: Integers) -> dict[str, list[float]]:
    """The points of each curve, by its tag: means over the windows from each begin to its end; of
    several networks their quantiles."""
    counts = (ends - begins)[:, np.newaxis]

    def means(values: npt.NDArray[np.floating]) -> npt.NDArray[np.float64]:
        sums = np.add.reduceat(values, begins, axis=0, dtype=np.float64)
        return np.asarray(sums / counts)

    losses = means(piece.loss).astype(np.float32)
    low, middle, high = quantiles(losses, (0.1, 0.5, 0.9)).tolist()
    curves = {
        "loss": middle,
        "grad_norm": np.median(means(piece.grad_norm), axis=1).tolist(),
        "learning_rate": [piece.branch.config.learning_rate] * len(ends),
    }
    if len(piece.networks) > 1:
        curves |= {"loss_10": low, "loss_90": high}
    if piece.branch.config.has_classes:
        curves["accuracy"] = np.median(means(piece.accuracy), axis=1).tolist()
    return curves


# ---- networks


class WantedNetworks(NamedTuple):
    """The networks of a run that are written."""

    run: Run
    position: Position
    when_solved: bool  # each after the window at which it was solved, up to that position
    replica: Which

    @property
    def number(self) -> int | None:
        """Of the only one; None for all."""
        return None if self.replica == "all" else self.replica


def _write_network(wanted: WantedNetworks, weights: Path | None, keras: Path | None) -> None:
    """Write the networks, or the one of this number: as .npz (first axis: the replica, if there are
    several), or one as .keras.
    """
    config = wanted.run.config_at(wanted.position)
    are_several = wanted.number is None and config.replicas > 1
    if keras is not None:
        _require_keras(wanted, config, are_several, f"keras = {str(keras)!r} cannot be written")
    networks = _networks(wanted, wanted.number)
    if weights is not None:
        has_replicas = are_several or wanted.replica == "all"
        arrays = _arrays(networks, networks.weights, has_replicas)
        if has_replicas:
            arrays["seed"] = np.array([str(config.seed) for config in networks.configs])
        printed.export_whole(weights, lambda file: np.savez(file, allow_pickle=False, **arrays))
    if keras is not None:
        quiet.import_tensorflow()
        from echornn.network.model import keras_model

        alone = _arrays(networks, networks.weights, has_replicas=False)
        printed.export_whole(keras, keras_model(networks.configs[0], alone).save)


def _require_keras(
    wanted: WantedNetworks, config: EchoConfig, are_several: bool, refused: str
) -> None:
    if are_several:
        numbers = Numbering.of(wanted.run).numbers(config)
        raise RunError(
            f"{refused}: a .keras file has a single network; add --replica {numbers[0]} to "
            f"{numbers[-1]}"
        )
    if not config.the_cell.keras[0]:
        raise RunError(f"{refused}: Keras has no {config.cell} cell; --weights writes its numbers")


def _write_states(wanted: WantedNetworks, file: Path, data_seed: int | None) -> None:
    """Write what networks do on held-out data, the same for all networks of the run: by default the
    first, or the one that goes on alone."""
    run = wanted.run
    network = network_at(run, wanted.position, wanted.number)
    number = network.number if wanted.replica is None else wanted.number
    check_own_files(network.config)
    if data_seed is None:
        data_seed = data_seed_of(run)
    batch = held_out_batch(held_out_config(network.config), data_seed)
    networks = _networks(wanted, number)
    quiet.import_tensorflow(run.about.threshold)
    forward_passes = networks.run(batch.x)
    last = batch.scored.shape[1] - 1 - (batch.scored > 0)[:, ::-1].argmax(axis=1)
    arrays = {
        "inputs": batch.x,
        "targets": batch.y,
        "scored": batch.scored,
        **{f"hidden_{name}": values for name, values in batch.hidden.items()},
        **_arrays(networks, forward_passes, has_replicas=wanted.replica == "all"),
        "conditions": batch.y[np.arange(len(last)), last],
    }
    printed.export_whole(file, lambda to: np.savez(to, allow_pickle=False, **arrays))


def _networks(wanted: WantedNetworks, number: int | None) -> Networks:
    """All networks, or that of this number; what a user should know of them is said on standard
    error."""
    terminal.keep_native_stderr_off_the_screen()
    run, position = wanted.run, wanted.position
    if wanted.when_solved:
        networks = networks_when_solved(run, position, number)
    else:
        networks = networks_at(run, position, number)
    if number is None:
        _say_left_out(Numbering.of(run).numbers(run.config_at(position)), networks)
    if networks.unlike is not None:
        printed.complain(f"echornn-tui: {networks.unlike}")
    if not networks.is_finite:
        printed.complain("echornn-tui: the weights are not finite: the loss has diverged there")
    return networks


def _say_left_out(numbers: range, networks: Networks) -> None:
    left_out = [str(number) for number in numbers if number not in networks.replica]
    if not left_out:
        return
    replicas = "replica" if len(left_out) == 1 else "replicas"
    printed.complain(
        f"echornn-tui: {len(left_out)} of {len(numbers)} networks had not solved the task and are "
        f"left out: {replicas} {', '.join(left_out)}"
    )


def _arrays(
    networks: Networks, arrays: dict[str, Floats], has_replicas: bool
) -> dict[str, npt.NDArray[Any]]:
    """Arrays [networks, ...] with the numbers of the networks and their windows; or those of a
    single network, without that axis."""
    if not has_replicas:
        return {name: values[0] for name, values in arrays.items()}
    return {"replica": networks.replica, "window": networks.window, **arrays}
