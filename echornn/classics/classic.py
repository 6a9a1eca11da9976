"""A classic: a published result, how its networks are trained again, and what is claimed of them.

Each is a TOML file of this folder::

    title = "Parity, beyond the trained lengths"
    source = "authors, year, where, and the table or the page"
    about = "what is done, in a sentence or two"
    differs = "what differs from the publication, and why"
    until = "solved"                     # or "all"
    lesson = "five steps for --watch, as of tour"

    [[trainings]]
    grid = ["cell=rnn,lstm"]             # as of sweep --grid
    seeds = 8
    fields = {task = "parity", length = 40}
    quick = {num_epochs = 10}            # with --quick instead
    quick_seeds = 4

    [[claims]]
    claim = "rnn: accuracy at lengths 41 to 500"
    reported = "100 %"
    of = {cell = "rnn"}                  # the point that is measured
    measure = "accuracy"                 # see `echornn.classics.measures`
    sizes = {length = [50, 100, 500]}    # settings of the data; the mean over them
    over = "highest"                     # of the seeds; or share, mean, median, lowest
    holds = ">= 0.99"                    # or "0.9 to 1", or "< CLAIM", another one of this file

A task or cell of its own, ``FILE.py:NAME``, lies beside it.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Literal

from echornn.cells.table import named as cell_named
from echornn.config import TASK, ConfigError, EchoConfig
from echornn.sweeps.grid import Axis, Grid, Until
from echornn.tasks.table import class_of
from echornn.tasks.table import named as task_named
from echornn.tasks.task import settings_of

FOLDER = Path(__file__).parent
UNSET = "unset"  # a field without a value, which TOML cannot say

Over = Literal["share", "mean", "median", "lowest", "highest"]
"""How one number is made of those of the seeds."""


@dataclass(frozen=True)
class Training:
    """A grid of networks; with ``--quick``, some fields have other values, and there are fewer
    seeds."""

    grid: Sequence[str]
    seeds: int
    fields: Mapping[str, Any]
    quick: Mapping[str, Any] = field(default_factory=dict)
    quick_seeds: int | None = None

    def as_grid(self, until: Until, is_quick: bool) -> Grid:
        # The default seed learns the echo early: not what a table of seeds may begin with
        fields = {"seed": 0, **self.fields}
        seeds = self.seeds
        if is_quick:
            fields |= self.quick
            seeds = self.quick_seeds or seeds
        fields = {name: _found(name, value) for name, value in fields.items()}
        settings = {}
        if TASK in fields:
            settings = {setting.name: setting for setting in settings_of(class_of(fields[TASK]))}
        axes = tuple(Axis.parse(_with_files_here(axis), settings) for axis in self.grid)
        return Grid(axes, fields, seeds, until)


@dataclass(frozen=True)
class Claim:
    """A number that was published, and the one of ours that stands beside it."""

    claim: str
    reported: str
    of: Mapping[str, Any]
    measure: str
    holds: str
    sizes: Mapping[str, Sequence[Any]] = field(default_factory=dict)
    over: Over = "median"

    def is_about(self, config: EchoConfig) -> bool:
        fields = config.fields()
        return all(fields.get(name) == _found(name, value) for name, value in self.of.items())


@dataclass(frozen=True)
class Classic:
    name: str
    title: str
    source: str
    about: str
    differs: str
    trainings: tuple[Training, ...]
    claims: tuple[Claim, ...]
    lesson: str
    until: Until = "solved"

    def grids(self, is_quick: bool) -> tuple[Grid, ...]:
        return tuple(training.as_grid(self.until, is_quick) for training in self.trainings)

    def config_of(self, claim: Claim, is_quick: bool = False) -> EchoConfig:
        """The point that a claim is about, with its first seed."""
        points = [point for grid in self.grids(is_quick) for point in grid.points.possible]
        (config,) = [point for point in points if claim.is_about(point)]
        return config


@cache
def names() -> tuple[str, ...]:
    return tuple(sorted(file.stem for file in FOLDER.glob("*.toml")))


def classic_named(name: str) -> Classic:
    """Read a classic; a ConfigError if there is none of this name."""
    if name not in names():
        raise ConfigError("classic", name, f"one of {', '.join(names())}")
    record = tomllib.loads((FOLDER / f"{name}.toml").read_text(encoding="utf-8"))
    record["trainings"] = tuple(Training(**training) for training in record["trainings"])
    record["claims"] = tuple(Claim(**claim) for claim in record["claims"])
    return Classic(name, **record)


def _found(field: str, value: Any) -> Any:
    """The value of a field: a task or a cell in a file of this folder is read."""
    match field:
        case "task":
            return task_named(_with_files_here(value))
        case "cell":
            return cell_named(_with_files_here(value))
    return None if value == UNSET else value


def _with_files_here(text: str) -> str:
    """A field's value, or an axis of a grid, whose files are those of this folder."""
    axis, equals, values = text.rpartition("=")
    words = [f"{FOLDER}/{word}" if ".py:" in word else word for word in values.split(",")]
    return f"{axis}{equals}{','.join(words)}"
