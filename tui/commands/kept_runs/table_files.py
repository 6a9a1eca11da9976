"""Writes the windows or networks of a run to a Parquet file, with typed columns."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterable, Iterator, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from echornn.arrays.facts import NetworkFacts
from echornn.arrays.run_arrays import WindowPiece
from echornn.config import EchoConfig, shown
from tui.commands.front_end import UsageError
from tui.term.printed import export_whole

ROWS_AT_A_TIME = 1 << 18
"""The most rows that are in memory at once; also the rows of a group in the file."""


def require_writable(file: Path) -> None:
    """Check, before anything is read, that a table can be written to this file."""
    if file.suffix != ".parquet":
        raise UsageError(f"parquet = {str(file)!r} cannot be written: the name must end in .parquet")
    try:
        import pyarrow  # noqa: F401
    except ImportError as error:
        raise UsageError("--parquet cannot be used without pyarrow: install echornn-tui[arrow]") from error


def write_windows(file: Path, pieces: Iterable[WindowPiece], numbered: bool, about: Mapping[str, str]) -> None:
    """Write a row for each window and network; nothing but the newest rows is in memory.

    The columns are those of the CSV: window and epoch int64, loss and accuracy float32 (NaN if there is none), and
    replica int64.

    Args:
        numbered: whether there is a column replica.
        about: texts for the file's metadata; see `about_table`.
    """
    names = {"window": np.int64, "epoch": np.int64, "loss": np.float32, "accuracy": np.float32}
    types = {**names, **({"replica": np.int64} if numbered else {})}
    _write(file, types, (_columns(one, numbered) for piece in pieces for one in _parts(piece)), about)


def write_networks(file: Path, networks: Iterable[NetworkFacts], about: Mapping[str, str]) -> None:
    """Write a row for each network, with the columns of ``--summary``; solved_at and lost_at are null if the task was
    not solved or not lost. Errors as in `write_windows`.
    """
    columns = {
        name: list(values) for name, values in zip(NetworkFacts._fields, zip(*networks, strict=True), strict=True)
    }
    for name in ("solved_at", "lost_at"):
        columns[name] = [value or None for value in columns[name]]
    types = {name: np.float32 if name == "final_loss" else np.int64 for name in columns}
    _write(file, types, [columns], about)


def about_table(command: str, config: EchoConfig) -> dict[str, str]:
    """What a table's metadata says: the command that made it, the program's version, and the configuration as JSON.
    There is no date, so that the same command writes the same bytes.
    """
    fields = json.dumps(shown(config.fields()))
    return {"command": command, "version": version("echornn-tui"), "config": fields}


def _parts(piece: WindowPiece) -> Iterator[WindowPiece]:
    """A piece in parts of at most `ROWS_AT_A_TIME` rows."""
    at_a_time = max(1, ROWS_AT_A_TIME // max(1, len(piece.networks)))
    for first in range(0, len(piece.windows), at_a_time):
        yield piece.part(first, first + at_a_time)


def _columns(piece: WindowPiece, numbered: bool) -> dict[str, Any]:
    networks = len(piece.networks)
    columns = {
        "window": np.repeat(piece.windows, networks),
        "epoch": np.repeat(piece.epochs, networks),
        "loss": piece.losses.ravel(),
        "accuracy": piece.accuracies.ravel().astype(np.float32),
    }
    replicas = np.tile(np.array(piece.networks, np.int64), len(piece.windows))
    return {**columns, "replica": replicas} if numbered else columns


def _write(file: Path, types: Mapping[str, Any], parts: Iterable[dict[str, Any]], about: Mapping[str, str]) -> None:
    import pyarrow as pa
    from pyarrow.parquet import ParquetWriter

    schema = pa.schema([(name, pa.from_numpy_dtype(kind)) for name, kind in types.items()], metadata=dict(about))
    batches = (pa.record_batch(part, schema=schema) for part in parts)
    export_whole(file, lambda new: _write_groups(ParquetWriter(new, schema), schema, batches))


def _write_groups(writer: Any, schema: Any, batches: Iterable[Any]) -> None:
    """Write batches, small ones together, so that a run of many short branches does not become many tiny groups."""
    import pyarrow as pa

    with writer:
        waiting: list[Any] = []
        for batch in itertools.chain(batches, [None]):
            rows = sum(one.num_rows for one in waiting)
            if waiting and (batch is None or rows + batch.num_rows > ROWS_AT_A_TIME):
                writer.write_table(pa.Table.from_batches(waiting, schema).combine_chunks())
                waiting = []
            if batch is not None:
                waiting.append(batch)
