"""``echornn-tui export``: every window of a run as lines, or its network as a file."""

from __future__ import annotations

import errno
import json
import math
import os
import tempfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from echornn import quiet
from echornn.population_state import AnyState
from echornn.runs import run_dir
from echornn.runs.branch import Branch, Moment
from echornn.runs.run_dir import Run
from echornn.runs.run_error import RunError
from echornn.trainer_state import TrainerState
from tui import printed
from tui.commands import record
from tui.exit_code import ExitCode
from tui.tty import terminal

HEADER = "window,epoch,loss,accuracy"

Row = tuple[int, int, float, float]
"""Window of the whole run from 1, epoch from 1, loss in nats, accuracy 0 to 1."""

NO_SUCH_PLACE = (errno.ENOENT, errno.ENOTDIR, errno.EISDIR, errno.EACCES, errno.EPERM, errno.EROFS, errno.ENAMETOOLONG)
"""Why a file can never be written where it was named; anything else is the disk's."""


def rows(run: Run) -> Iterator[Row]:
    """Every window up to the run's checkpoint, in the order trained; NaN where a window was lost to the log."""
    branches = run.tree[0]
    for stretch, windows in run.pieces():
        yield from _rows(stretch.first, branches[stretch.branch], stretch.along, windows)


def rows_along(run: Run, moment: Moment) -> Iterator[Row]:
    """The windows that lead to a moment, numbered along its path."""
    for branch, along, windows in run.path(moment):
        yield from _rows(along, branch, along, windows)


def _rows(number: int, branch: Branch, along: int, windows: npt.NDArray[Any]) -> Iterator[Row]:
    losses = windows["loss"].tolist()
    accuracies = (1 - run_dir.error_rates(windows, branch.config)).tolist()
    for index, (loss, accuracy) in enumerate(zip(losses, accuracies, strict=True)):
        yield number + index + 1, branch.position(along + index)[0] + 1, loss, accuracy


def as_csv(row: Row) -> str:
    """A line; nine digits tell every float32 from every other."""
    window, epoch, loss, accuracy = row
    return f"{window},{epoch},{loss:.9g},{accuracy:.9g}"


def as_json(row: Row) -> str:
    """A line; a number that is not finite becomes null, since JSON has none."""
    fields = zip(HEADER.split(","), row, strict=True)
    return json.dumps({name: value if math.isfinite(value) else None for name, value in fields})


def export(
    name: str,
    as_json_lines: bool,
    weights: Path | None = None,
    keras: Path | None = None,
    path: bool = False,
    branch: str | None = None,
) -> int:
    """Print windows of the run, or write its network to the files named. Returns the exit code.

    Args:
        path: only the windows along the path to where it stands.
        branch: only those along the path to the end of this branch, named by its letter or its number.

    Raises:
        RunError: there is no such run or branch, or nothing can be written to a file of that name.
        OSError: the disk did not take what was to be written; a file that was there before is as it was.
    """
    run = run_dir.read(record.find(name))
    for note in run.notes:
        printed.complain(f"echornn-tui: {note}")
    if weights is not None or keras is not None:
        _write_network(run, weights, keras)
        return ExitCode.DONE
    end = run.stands if path else None if branch is None else run.moment(branch=record.branch_named(run, branch))
    if not as_json_lines:
        printed.lines([HEADER])
    line = as_json if as_json_lines else as_csv
    printed.lines(line(row) for row in (rows(run) if end is None else rows_along(run, end)))
    return ExitCode.DONE


def _write_network(run: Run, weights: Path | None, keras: Path | None) -> None:
    if run.checkpoint is None:
        raise RunError(f"{run.folder} has no weights yet")
    if weights is not None and weights.suffix != ".npz":
        raise RunError(f"weights = {str(weights)!r} cannot be written: a name that ends in .npz")
    if keras is not None and keras.suffix != ".keras":
        raise RunError(f"keras = {str(keras)!r} cannot be written: a name that ends in .keras")
    state = run.checkpoint.state
    if weights is not None:
        _write_whole(weights, partial(_save_weights, state))
    if keras is not None:
        _write_whole(keras, partial(_save_keras, state.of(0)))


def _write_whole(target: Path, save: Callable[[Path], None]) -> None:
    """Have a file saved, and put it in the place of the target only when it is whole."""
    place = Path(os.path.realpath(target))
    try:
        if place.exists() and not place.is_file():
            raise RunError(f"{target} cannot be written: it is there, and no regular file")
        with tempfile.TemporaryDirectory(prefix=".echornn-", dir=place.parent) as folder:
            new = Path(folder) / f"new{target.suffix}"
            save(new)
            os.replace(new, place)
    except OSError as error:
        message = f"{target} cannot be written: {error.strerror or error}"
        if error.errno in NO_SUCH_PLACE:
            raise RunError(message) from error
        raise OSError(message) from error


def _save_weights(state: AnyState, file: Path) -> None:
    np.savez(file, allow_pickle=False, **state.weights)


def _save_keras(state: TrainerState, file: Path) -> None:
    terminal.keep_native_stderr_off_the_screen()
    quiet.import_tensorflow()
    from echornn.network.to_keras import keras_model

    keras_model(state.config, state.weights).save(file)
