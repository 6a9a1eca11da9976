"""Npz: learn trials from a file of arrays, which another program has written."""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from echornn.tasks.data_file import MOST_BYTES, contents, refused
from echornn.tasks.task import (
    MOST_LOSS,
    MOST_SYMBOLS,
    Batch,
    Level,
    Numbers,
    Symbols,
    Task,
    entropy,
    setting,
)

HELD_OUT = 10  # each trial of this number; chosen by eye, as the tenth of a text
SHAPES = "whole numbers [trials, steps], or numbers [trials, steps, channels]"
NOT_READ = (
    *(ValueError, EOFError, OSError, MemoryError, RuntimeError),
    *(zipfile.BadZipFile, zlib.error),
)
"""What reading a file of other bytes, a damaged one or one with pickles raises."""

Array = npt.NDArray[Any]


class Data(NamedTuple):
    inputs: Symbols | Numbers
    outputs: Symbols | Numbers
    trained: Batch
    held_out: Batch


@dataclass(frozen=True)
class Npz(Task):
    """Learn trials from a file of arrays, as scripts with neurogym or PsychRNN write it.

    It is one of `numpy.savez`, with ``x`` and ``y``: whole numbers from 0, [trials, steps], are
    symbols, and numbers [trials, steps, channels] are numbers. ``scored`` [trials, steps], perhaps,
    says which steps count. Each tenth trial is held out, and never trained; an epoch draws from the
    others, each as often as any other. The levels are those of the arrays.
    """

    file: str = setting(
        "",
        "Arrays x, y, maybe scored, of numpy.savez: the path of a file; without, the majority of "
        "ten bits.",
        is_file=True,
    )

    @property
    def inputs(self) -> Symbols | Numbers:
        return data_of(self.file).inputs

    @property
    def outputs(self) -> Symbols | Numbers:
        return data_of(self.file).outputs

    @property
    def length(self) -> int:
        return int(data_of(self.file).trained.x.shape[1])

    @property
    def note(self) -> str:
        data = data_of(self.file)
        return f"{len(data.trained.x):,} trials; {len(data.held_out.x):,} more are held out"

    def draw(self, rng: np.random.Generator, rows: int, steps: int) -> Batch:
        return _drawn(data_of(self.file).trained, rng, rows)

    def draw_held_out(self, rng: np.random.Generator, rows: int, steps: int) -> Batch:
        """Trials that `draw` leaves out."""
        return _drawn(data_of(self.file).held_out, rng, rows)

    def levels(self, rows: int, steps: int) -> tuple[Level, ...]:
        return _levels(self.file)

    def solved(self, rows: int, steps: int) -> None:
        """None: the file does not say how well the targets can be known."""


def _drawn(trials: Batch, rng: np.random.Generator, rows: int) -> Batch:
    order = np.resize(rng.permutation(len(trials.x)), rows)
    return Batch(trials.x[order], trials.y[order], trials.scored[order])


@lru_cache(maxsize=16)
def data_of(file: str) -> Data:
    """The trials of a `pinned` file, or without one an example; a DataError if it cannot be
    used."""
    arrays = _arrays(file) if file else _majority()
    for name in ("x", "y"):
        if name not in arrays:
            raise refused(file, f"it has the arrays {', '.join(arrays) or 'none'}, and no {name}")
    inputs, x = _fitting(file, "x", arrays["x"])
    outputs, y = _fitting(file, "y", arrays["y"])
    scored = arrays.get("scored", np.ones(x.shape[:2], np.bool_))
    for name, array in (("y", y), ("scored", scored)):
        if array.shape[:2] != x.shape[:2]:
            raise refused(file, f"{name} is {[*array.shape]}, and x is {[*x.shape]}")
    if scored.ndim != 2 or not np.isin(scored, (0, 1)).all():
        raise refused(file, "scored has to be 0 or 1, [trials, steps]")
    if len(x) < HELD_OUT or x.shape[1] == 0:
        raise refused(file, f"at least {HELD_OUT} trials of a step, and x is {[*x.shape]}")
    scored = scored.astype(np.bool_)
    if not scored.any(axis=1).all():
        raise refused(file, "a trial in which no step is scored")
    is_held_out = np.arange(len(x)) % HELD_OUT == HELD_OUT - 1
    parts = [Batch(x[part], y[part], scored[part]) for part in (~is_held_out, is_held_out)]
    return Data(inputs, outputs, *parts)


def _arrays(file: str) -> dict[str, Array]:
    data = contents(file)
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            size = sum(member.file_size for member in archive.infolist())
        if size > MOST_BYTES:
            raise MemoryError(f"{size:,} bytes of arrays, and there can be {MOST_BYTES:,}")
        with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
            return {name: np.asarray(arrays[name]) for name in arrays.files}
    except NOT_READ as error:
        raise refused(file, f"a file of numpy.savez, without pickles ({error})") from error


def _fitting(file: str, name: str, values: Array) -> tuple[Symbols | Numbers, Array]:
    is_whole = values.dtype.kind in "biu"
    if values.ndim == 2 and is_whole and values.size:
        least, most = int(values.min()), int(values.max())
        if least < 0 or most >= MOST_SYMBOLS:
            why = f"{name} has symbols from {least} to {most}, and can have 0 to {MOST_SYMBOLS - 1}"
            raise refused(file, why)
        return Symbols(max(2, most + 1)), values.astype(np.uint8)
    if values.ndim != 3 or not (is_whole or values.dtype.kind == "f"):
        raise refused(file, f"{name} is {values.dtype} {[*values.shape]}, and has to be {SHAPES}")
    if not 1 <= values.shape[2] <= MOST_SYMBOLS:
        raise refused(file, f"{name} has {values.shape[2]} channels, and can have 1 to 256")
    with np.errstate(over="ignore"):
        numbers = values.astype(np.float32)
    if not np.isfinite(numbers).all():
        place = np.argwhere(~np.isfinite(numbers))[0].tolist()
        raise refused(file, f"{name} is {values[tuple(place)]} at {place}, and has to be finite")
    return Numbers(values.shape[2]), numbers


@lru_cache(maxsize=16)
def _levels(file: str) -> tuple[Level, ...]:
    outputs, trials = data_of(file).outputs, data_of(file).trained
    targets = trials.y[trials.scored]
    chance = _least_loss(outputs, targets)
    if chance > MOST_LOSS:
        return ()
    with_step = 0.0
    for y, scored in zip(trials.y.swapaxes(0, 1), trials.scored.T, strict=True):
        if scored.any():
            with_step += _least_loss(outputs, y[scored]) * scored.sum() / len(targets)
    wrong = None
    if isinstance(outputs, Symbols):
        wrong = 1 - float(np.bincount(targets).max()) / len(targets)
    with_step = min(float(with_step), chance)  # rounded, it may be more
    return (
        Level("chance", chance, "how often each target comes, or their mean", wrong=wrong),
        Level("knows when", with_step, "the same at each step"),
    )


def _least_loss(outputs: Symbols | Numbers, targets: Array) -> float:
    """The mean loss of the best answer that is the same to all targets."""
    if isinstance(outputs, Numbers):
        return float(targets.var(axis=0, dtype=np.float64).mean())
    return entropy(*(np.bincount(targets) / len(targets)).tolist())


def _majority() -> Mapping[str, Array]:
    """All rows of ten bits, and whether most of the bits so far are ones."""
    step = np.arange(10)
    x = np.arange(2**10)[:, np.newaxis] >> step & 1
    return {"x": x, "y": 2 * np.cumsum(x, axis=1) > step + 1}
