"""Writes the curves of a run as TensorBoard's events."""

from __future__ import annotations

import io
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from echornn.arrays.run_arrays import WindowPiece
from echornn.history.windows import quantiles
from echornn.runs.run_dir import Run
from tui.commands.front_end import UsageError
from tui.term.printed import export_whole

MOST_POINTS = 1000
"""About the most points of a curve; each is a mean over equally many windows."""


def require_tensorboard() -> None:
    """Raise a UsageError if tensorboard is missing."""
    try:
        import tensorboard  # noqa: F401
    except ImportError as error:
        raise UsageError("--tensorboard cannot be used without it: install echornn-tui[tensorboard]") from error


def write_events(folder: Path, run: Run, pieces: Iterable[WindowPiece], windows: int) -> None:
    """Write the path that has these pieces, with ``windows`` windows; an earlier export to the folder is replaced.

    Raises:
        OSError: the disk did not accept it, or the losses cannot be read.
    """
    from tensorboard.compat.proto.event_pb2 import Event
    from tensorboard.compat.proto.summary_pb2 import Summary
    from tensorboard.summary.writer.record_writer import RecordWriter

    records, apart = io.BytesIO(), -(-windows // MOST_POINTS) or 1
    writer = RecordWriter(records)
    writer.write(Event(wall_time=run.about.begun, file_version="brain.Event:2").SerializeToString())
    for piece in pieces:
        rate = run.tree[0][piece.branch].config.learning_rate
        begins = np.unique(np.append(0, np.flatnonzero(piece.windows % apart == 1 % apart)))
        ends = np.append(begins[1:], len(piece.windows))
        means = np.add.reduceat(piece.losses, begins, axis=0, dtype=np.float64) / (ends - begins)[:, np.newaxis]
        low, middle, high = quantiles(means.astype(np.float32), (0.1, 0.5, 0.9)).tolist()
        curves = {"loss": middle, "learning_rate": [rate] * len(ends)}
        if len(piece.networks) > 1:
            curves |= {"loss_10": low, "loss_90": high}
        if piece.has_accuracy:
            rights = np.add.reduceat(piece.accuracies, begins, axis=0) / (ends - begins)[:, np.newaxis]
            curves["accuracy"] = np.median(rights, axis=1).tolist()
        for at, step in enumerate(piece.windows[ends - 1].tolist()):
            values = [Summary.Value(tag=tag, simple_value=curve[at]) for tag, curve in curves.items()]
            writer.write(Event(wall_time=run.about.begun, step=step, summary=Summary(value=values)).SerializeToString())
    folder.mkdir(parents=True, exist_ok=True)
    name = f"events.out.tfevents.{int(run.about.begun):010d}.echornn"
    export_whole(folder / name, lambda file: file.write_bytes(records.getvalue()))
