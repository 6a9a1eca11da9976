"""The grids that a sweep's folder was asked for, in its file ``sweep.json``."""

from __future__ import annotations

import hashlib
import itertools
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from importlib.metadata import PackageNotFoundError
from pathlib import Path
from typing import Any

from echornn.config import TASK, EchoConfig
from echornn.errors import RunError
from echornn.files import safe_files
from echornn.files.recorded_values import (
    NO_RECORD,
    shortened,
    value_record,
    values_from,
)
from echornn.own.own_file import OwnFile, marks_of
from echornn.runtime.quiet import version
from echornn.sweeps.grid import Axis, Grid
from echornn.tasks.own_task import OwnTask

SWEEP_FILE = "sweep.json"
FORMAT = 1
MOST_BYTES = 1 << 26  # that are read of the file

DEFAULT = EchoConfig()
PACKAGES = ("echornn-tui", "keras", "numpy", "tensorflow")

Versions = Mapping[str, str]
"""Versions by package; sweeps of earlier programs also have environment variables, and a hash under
"engine"."""


@lru_cache(maxsize=1)
def versions_here() -> Versions:
    """The versions that affect results, of the program and of the packages that compute."""
    versions = {}
    for package in PACKAGES:
        try:
            versions[package] = version(package)
        except PackageNotFoundError:
            versions[package] = "unknown"
    return versions


def point_of(config: EchoConfig) -> EchoConfig:
    """The configuration with the seed that stands for any seed."""
    return replace(config, seed=0)


def hashed_fields(config: EchoConfig) -> dict[str, Any]:
    """The values that differ from the defaults, so that fields added by later versions do not
    change the hash."""
    fields = DEFAULT.changes_to(config)
    for name, value in fields.items():
        if isinstance(value, OwnFile):
            fields[name] = value.digest
    return fields


@dataclass(frozen=True)
class RequestedGrid:
    """A requested grid, and the versions that train it."""

    grid: Grid
    versions: Versions

    def key(self, config: EchoConfig) -> str:
        determines = [hashed_fields(config), self.grid.until, dict(self.versions)]
        text = json.dumps(determines, sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:32]

    def as_record(self) -> dict[str, Any]:
        grid = self.grid

        def recorded(value: Any) -> Any:
            return value_record(value, grid.uses_of(value))

        return {
            "axes": [[axis.field, list(map(recorded, axis.values))] for axis in grid.axes],
            "fields": {name: recorded(value) for name, value in grid.fields.items()},
            "seeds": grid.seeds,
            "until": grid.until,
            "versions": dict(self.versions),
        }


def read_requests(folder: Path) -> tuple[RequestedGrid, ...]:
    """The requested grids, oldest first; a `RunError` if the folder has no sweep that can be
    read."""
    file = folder / SWEEP_FILE
    try:
        record = json.loads(safe_files.read_bytes(file, MOST_BYTES))
        form = record["format"]
        requests = _requests(record["grids"]) if form == FORMAT else ()
    except FileNotFoundError:
        raise RunError(f"there is no sweep in {folder}") from None
    except (OSError, *NO_RECORD) as error:
        reason = getattr(error, "strerror", error)
        raise RunError(f"{file} cannot be read: {shortened(reason)}") from error
    if form != FORMAT:
        raise RunError(f"{file} is of another version of this program: format {shortened(form)}")
    if not requests:
        raise RunError(f"{file} contains no grid")
    return requests


def write_requests(folder: Path, requests: Sequence[RequestedGrid]) -> None:
    record = {"format": FORMAT, "grids": [request.as_record() for request in requests]}
    safe_files.write_whole(folder / SWEEP_FILE, json.dumps(record, indent=1).encode() + b"\n")


def _requests(records: Sequence[Mapping[str, Any]]) -> tuple[RequestedGrid, ...]:
    """Decode records.

    Files of the user's own of one name with different texts get different names.
    """
    values_of_all = [_values(record) for record in records]
    files = []
    for values in values_of_all:
        for value in itertools.chain(*values.values()):
            if isinstance(value, OwnFile):
                files.append(value)
    marks = marks_of(files)
    pairs = zip(records, values_of_all, strict=True)
    return tuple(_request(record, values, marks) for record, values in pairs)


def _values(record: Mapping[str, Any]) -> dict[str, list[Any]]:
    """The values of each field of a grid: one, or those of its axis."""
    recorded = {name: [value] for name, value in record["fields"].items()} | dict(record["axes"])
    values = {}
    for name, of_field in recorded.items():
        values[name] = [values_from({name: value})[name] for value in of_field]
    return values


def _request(
    record: Mapping[str, Any], values: dict[str, list[Any]], marks: Mapping[OwnFile, str]
) -> RequestedGrid:
    fields = {*EchoConfig.names(), TASK}
    settings = {name: values[name] for name in values if name not in fields}

    def completed(value: Any) -> Any:
        if isinstance(value, OwnFile):
            value = replace(value, mark=marks[value])
        if isinstance(value, OwnTask):
            value = value.with_settings(settings)
        return value

    axes = []
    for name, _ in record["axes"]:
        axes.append(Axis(name, tuple(map(completed, values[name]))))
    first_values = {name: completed(values[name][0]) for name in record["fields"]}
    grid = Grid(tuple(axes), first_values, record["seeds"], record["until"])
    versions = {str(name): str(version) for name, version in record["versions"].items()}
    return RequestedGrid(grid, versions)
