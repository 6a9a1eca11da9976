"""The files in the folder of a sweep: the grids, and a file for each result.

::

    sweep.json           the requested grids, oldest first
    results/KEY.json     the result of one training, written once
    failed/KEY.json      a point that could not be trained, with the reason
    results.csv          all results as a table
    lock                 locked by the process that computes

A key is a hash of everything that determines a result: the configuration with its seed, the rule for the end of
training, and the versions that train it (`echornn.sweeps.trained_by`). So the same training always has the same file,
and a training is done if its file exists.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from echornn.config import TASK, ConfigError, EchoConfig
from echornn.data.solved import RECENT_WINDOWS
from echornn.errors import RunError
from echornn.files import own_files
from echornn.files.recorded_values import (
    NO_RECORD,
    VALUE_FROM,
    recorded_with_facts,
    shortened,
    values_from,
    whole,
)
from echornn.own import OwnFile, told_apart
from echornn.progress import Floats
from echornn.sweeps.axis import Axis
from echornn.sweeps.grid import Grid, Until
from echornn.sweeps.trained_by import Versions
from echornn.tasks.own_task import OwnTask

SWEEP_FILE, RESULTS, FAILED, TABLE = "sweep.json", "results", "failed", "results.csv"

FORMAT = 1
"""The format version of ``sweep.json``."""

MOST_BYTES = 1 << 26
"""The most bytes of ``sweep.json`` that are read."""

MOST_BYTES_OF_A_RESULT = 1 << 16

SEED_OF_A_POINT = 0
"""The seed in the configuration of a point, which stands for any seed."""

DEFAULT = EchoConfig()


@dataclass(frozen=True)
class Result:
    """The result of one training.

    Attributes:
        solved_at: the window, from 1, at which the echo was solved; None if it never was.
        final_loss: mean loss of the last 50 windows (or of all, if fewer) in nats; NaN or infinite if it diverged.
        windows: the number of windows trained; if training ends at the solution, only those up to `solved_at`.
        seconds: this network's share of the time in its process's compiled loop.
    """

    solved_at: int | None
    final_loss: float
    windows: int
    seconds: float


@dataclass(frozen=True)
class RequestedGrid:
    """A requested grid, and the versions that train it."""

    grid: Grid
    versions: Versions

    def key(self, config: EchoConfig) -> str:
        """The key of the training of this configuration."""
        return key_of(config, self.grid.until, self.versions)

    def as_record(self) -> dict[str, Any]:
        grid = self.grid
        axes = [[axis.field, list(map(self._recorded, axis.values))] for axis in grid.axes]
        return {
            "axes": axes,
            "fields": {name: self._recorded(one) for name, one in grid.fields.items()},
            "seeds": grid.seeds,
            "until": grid.until,
            "versions": dict(self.versions),
        }

    def _recorded(self, value: Any) -> Any:
        return recorded_with_facts(value, self.grid.uses_of(value))

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> RequestedGrid:
        """Decode a record; raises an error of `NO_RECORD` if it is invalid."""
        fields = values_from(record["fields"])
        axes = [(name, tuple(map(VALUE_FROM.get(name, _itself), values))) for name, values in record["axes"]]
        given = {name: [value] for name, value in fields.items()} | dict(axes)
        settings = {name: given[name] for name in given.keys() - {*EchoConfig.names(), TASK}}
        fields = {name: _with_settings(one, settings) for name, one in fields.items()}
        axes = [(name, tuple(_with_settings(one, settings) for one in values)) for name, values in axes]
        grid = Grid(tuple(Axis(*axis) for axis in axes), fields, record["seeds"], record["until"])
        return cls(grid, {str(name): str(one) for name, one in record["versions"].items()})


def _with_settings(value: Any, given: Mapping[str, Sequence[Any]]) -> Any:
    return value.with_settings(given) if isinstance(value, OwnTask) else value


def _itself(value: Any) -> Any:
    return value


def key_of(config: EchoConfig, until: Until, versions: Versions) -> str:
    """A hash of everything that determines the result of a training."""
    text = json.dumps([hashed_fields(config), until, dict(versions)], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def point_of(config: EchoConfig) -> EchoConfig:
    """The configuration with its seed set to `SEED_OF_A_POINT`."""
    return replace(config, seed=SEED_OF_A_POINT)


def hashed_fields(config: EchoConfig) -> dict[str, Any]:
    """The values that differ from the defaults, so that fields added by later versions do not change the hash.

    A file of the user's own is represented by its digest; its text is in ``sweep.json``.
    """
    changes = DEFAULT.changes_to(config)
    return {name: one.digest if isinstance(one, OwnFile) else one for name, one in changes.items()}


def read_requests(folder: Path) -> tuple[RequestedGrid, ...]:
    """The requested grids, oldest first.

    Raises:
        RunError: the folder has no sweep that can be read.
    """
    file = folder / SWEEP_FILE
    try:
        record = json.loads(own_files.read_bytes(file, MOST_BYTES))
        if record["format"] != FORMAT:
            raise RunError(f"{file} is of another version of this program: format {shortened(record['format'])}")
        if not record["grids"]:
            raise RunError(f"{file} is damaged: it contains no grid")
        return _with_files_told_apart([RequestedGrid.from_record(one) for one in record["grids"]])
    except FileNotFoundError:
        raise RunError(f"there is no sweep in {folder}") from None
    except NotADirectoryError:
        raise RunError(f"{folder} is not a folder") from None
    except OSError as error:
        raise RunError(f"{file} cannot be read: {error.strerror}") from error
    except RunError:
        raise
    except (ConfigError, *NO_RECORD) as error:
        raise RunError(f"{file} is damaged: {shortened(error)}") from error


def _with_files_told_apart(asked: Sequence[RequestedGrid]) -> tuple[RequestedGrid, ...]:
    """The grids, in which files of one name with different texts have different names."""
    files = told_apart(file for one in asked for file in one.grid.files)
    if not any(file.mark for file in files.values()):
        return tuple(asked)
    return tuple(replace(one, grid=one.grid.with_files(files)) for one in asked)


def write_requests(folder: Path, asked: tuple[RequestedGrid, ...]) -> None:
    """Write the requested grids.

    Raises:
        OSError: the file cannot be written.
    """
    record = {"format": FORMAT, "grids": [one.as_record() for one in asked]}
    own_files.write_whole(folder / SWEEP_FILE, json.dumps(record, indent=1).encode() + b"\n")


def result_bytes(config: EchoConfig, result: Result) -> bytes:
    """The contents of a result's file; NaN and infinity become null, since JSON lacks them."""
    loss = result.final_loss if math.isfinite(result.final_loss) else None
    return json.dumps({"config": hashed_fields(config), **asdict(result), "final_loss": loss}).encode() + b"\n"


def read_result(file: Path, point: EchoConfig, seed: int) -> Result | None:
    """The result for a seed from its file; None if the file does not exist or is invalid."""
    try:
        record = json.loads(own_files.read_bytes(file, MOST_BYTES_OF_A_RESULT))
        fields = {**hashed_fields(point), "seed": seed}
        if {"seed": DEFAULT.seed, **record["config"]} != fields:
            return None
        windows = whole(record["windows"], "windows", point.num_epochs * point.windows_per_epoch)
        solved_at, loss, seconds = record["solved_at"], record["final_loss"], float(record["seconds"])
        return Result(
            None if solved_at is None else whole(solved_at, "solved_at", windows, least=1),
            math.nan if loss is None else _not_negative(float(loss)),
            windows,
            _not_negative(seconds),
        )
    except (OSError, *NO_RECORD):
        return None


def _not_negative(number: float) -> float:
    if not 0 <= number < math.inf:
        raise ValueError(number)
    return number


def failed_bytes(point: EchoConfig, reason: str) -> bytes:
    """The contents of the file about a point that could not be trained."""
    return json.dumps({"config": hashed_fields(point), "reason": shortened(reason)}).encode() + b"\n"


def read_reason(file: Path) -> str | None:
    """The reason why a point could not be trained; None if there is no such file."""
    try:
        return str(json.loads(own_files.read_bytes(file, MOST_BYTES_OF_A_RESULT))["reason"])
    except (OSError, *NO_RECORD):
        return None


def ended(losses: Floats, last: int, solved_at: int, until: Until, finished: bool, seconds: float) -> Result | None:
    """The result of a network; None if it has to continue.

    A network with a NaN or infinite loss is finished, since it never recovers.

    Args:
        losses: float32 [n], the newest losses that were not checked yet, with `RECENT_WINDOWS` losses before them.
        last: the window of the last loss, counted in the run from 1.
        solved_at: the window at which the network was solved; 0 if it was not yet.
        until: the rule for the end of training.
        finished: whether all its epochs are trained.
        seconds: as in `Result`.
    """
    before = last - len(losses)
    if solved_at and until == "solved":
        return Result(solved_at, _mean(losses[: solved_at - before]), solved_at, seconds)
    broken = np.flatnonzero(~np.isfinite(losses))
    if broken.size:
        first = int(broken[0])
        return Result(solved_at or None, float(losses[first]), before + first + 1, seconds)
    if finished:
        return Result(solved_at or None, _mean(losses), last, seconds)
    return None


def _mean(losses: Floats) -> float:
    return float(losses[-RECENT_WINDOWS:].mean(dtype=np.float64))


@dataclass(frozen=True)
class Status:
    """The progress of a sweep.

    Attributes:
        trainings: the number of networks of the grid.
        known: the number of networks with a result.
        solved: the number of these that have solved the echo.
        abandoned: the number of networks that have no result and cannot be trained.
        failed: the points that cannot be trained: a configuration of each, and the reason.
        loop_seconds: the time that all workers together have spent in compiled loops.
        where: device, machine and process of each part that was started, newest last.
    """

    trainings: int
    known: int = 0
    solved: int = 0
    abandoned: int = 0
    failed: tuple[tuple[EchoConfig, str], ...] = ()
    loop_seconds: float = 0.0
    where: tuple[str, ...] = ()

    @property
    def is_finished(self) -> bool:
        """Whether all networks have a result, or cannot be trained."""
        return self.known + self.abandoned >= self.trainings
