"""`EchoConfig`, the configuration of a run: the tutorial's constants by their names, and more fields."""

from __future__ import annotations

import copy
import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Literal, TypeVar, get_args

from echornn.cells.cell import Cell
from echornn.cells.own_cell import CellName
from echornn.cells.table import CELLS, cell_of
from echornn.cells.table import named as cell_named
from echornn.config_fields import (
    CELL,
    DEFAULT_WINDOW,
    ECHO,
    ECHO_FIELDS,
    TASK,
    FlatValues,
    NotGiven,
    WindowSizes,
    require_in_range,
    usual_window,
)
from echornn.config_fields import DATA_FIELDS as DATA_FIELDS
from echornn.config_fields import LIVE_FIELDS as LIVE_FIELDS
from echornn.config_fields import MAX_EPOCHS as MAX_EPOCHS
from echornn.config_fields import MAX_LAYERS as MAX_LAYERS
from echornn.config_fields import MAX_REPLICAS as MAX_REPLICAS
from echornn.config_fields import MAX_SEED as MAX_SEED
from echornn.config_fields import MOST as MOST
from echornn.config_fields import PACE_FIELDS as PACE_FIELDS
from echornn.config_fields import START_FIELDS as START_FIELDS
from echornn.errors import ConfigError as ConfigError
from echornn.errors import choice, fraction, whole
from echornn.limits import MAX_CLASSES as MAX_CLASSES
from echornn.limits import MAX_STEPS as MAX_STEPS
from echornn.limits import RowStart as RowStart
from echornn.own.own_file import SHOWN_DIGITS, OwnFile
from echornn.rules import RULES
from echornn.tasks.own_task import OwnTask
from echornn.tasks.task import Symbols, Task

if TYPE_CHECKING:
    import numpy.typing as npt

    Rule = str
else:
    Rule = Literal[tuple(RULES)]  # so that the help of a flag lists them

Optimizer = Literal["adagrad", "sgd", "rmsprop", "adam"]
Init = Literal["tutorial", "glorot", "orthogonal"]
Device = Literal["auto", "cpu", "gpu"]

Count = TypeVar("Count", float, "npt.NDArray[Any]")
"""A count, or an array of counts."""


@dataclass(frozen=True)
class EchoConfig(FlatValues, WindowSizes):
    """One experiment. The defaults reproduce the tutorial (its "Setup" section).

    Values are checked when the object is made, so that every existing configuration can be trained.

    What is learned is a `Task`, by default the echo, whose settings are fields here. The settings of another task are
    stored in the task; with `fields`, `value`, `with_fields` and `from_fields` they are read and changed by name like
    fields.

    Raises:
        ConfigError: a value, or a combination of values, that cannot work.
    """

    num_epochs: int = 100
    """Epochs to train, 1 or more; each has new data."""

    total_series_length: int = 50_000
    """Time steps of data in an epoch, over all rows of the batch."""

    truncated_backprop_length: int = NotGiven(DEFAULT_WINDOW)
    """Window length T in time steps: how far back the gradient of tbptt reaches."""

    state_size: int = 4
    """Units of the recurrent state."""

    num_classes: int = 2
    """Different symbols in the series, 2 to 256. Two are read as a number, more as one-hot vectors."""

    echo_step: int = 3
    """Time steps by which the target lags behind the input, 0 or more."""

    batch_size: int = 5
    """Rows that the series is cut into; they are trained side by side."""

    learning_rate: float = 0.3
    """Step size of the optimizer, above 0."""

    seed: int = 7
    """Seed of weights and data, 0 or more. The same seed gives the same run. 7 learns early; half of all do not."""

    stride: int | None = None
    """Time steps from one window to the next, 1 to T; by default T, as in the tutorial."""

    cell: CellName = "rnn"
    """Recurrent cell: rnn (the tutorial's tanh([x, h] W + b)), gru, lstm, indrnn, irnn, mingru, lru or cornn; or
    FILE.py:NAME, a cell of your own."""

    num_layers: int = 1
    """Cells stacked on each other, 1 to 8; each reads the states of the one below."""

    dropout: float = 0.0
    """Share of the states dropped between layers in training, 0 to below 1; above 0 it needs 2 layers or more."""

    optimizer: Optimizer = "adagrad"
    """Update rule (Keras'); the tutorial's is Adagrad with accumulators that start at 0.1."""

    init: Init = "tutorial"
    """Start of the weights: tutorial, uniform in [0, 1); glorot, uniform around 0; or orthogonal, glorot with an
    orthogonal recurrent part."""

    row_start: RowStart = "previous_row"
    """First targets of a row: previous_row echoes the row above, as in the tutorial; zero makes them blank."""

    rule: Rule = "tbptt"
    """Learning rule: tbptt, cut off after T steps; or rtrl, never cut off, exact if steps of learning are small."""

    device: Device = "auto"
    """Where to train: auto, cpu or gpu."""

    replicas: int = 1
    """Networks trained side by side, 1 to 4096, with consecutive seeds from seed on."""

    task: Task | OwnTask | str | None = None
    """What is learned: echo, another task that tasks lists, or FILE.py:NAME, a task of your own."""

    def __post_init__(self) -> None:
        if self.task is not None:
            self._take_task()
        if isinstance(self.truncated_backprop_length, NotGiven):
            object.__setattr__(self, "truncated_backprop_length", usual_window(self.trial_length))
        for name in self.names():
            object.__setattr__(self, name, _typed(name, getattr(self, name)))
        for name in self.names():
            require_in_range(name, getattr(self, name))
        most_seed = MAX_SEED - self.replicas + 1
        _require(self, "seed", self.seed <= most_seed, f"at most {most_seed}, so that each replica has its own")
        _require(
            self,
            "dropout",
            self.dropout == 0 or self.num_layers > 1,
            "0, since num_layers = 1 leaves nothing to drop between",
        )
        most_rows = MAX_STEPS // self.window_steps
        _require(
            self,
            "batch_size",
            self.batch_size <= most_rows,
            f"at most {most_rows}, so that the series can hold a window for each row",
        )
        steps, window = ("truncated_backprop_length", "window") if self.is_stream else ("steps of a trial", "trial")
        _require(
            self,
            "total_series_length",
            self.row_length >= self.window_steps,
            f"at least batch_size * {steps} = {self.batch_size * self.window_steps}, so that a row holds one {window}",
        )
        _require(
            self,
            "echo_step",
            0 <= self.echo_step < self.row_length,
            f"0 to {self.row_length - 1}, less than the row's length",
        )
        _require(self, "stride", self.is_stream or self.stride is None, "unset, since each window is a trial")
        _require(
            self,
            "stride",
            not self.is_stream or 1 <= self.window_stride <= self.truncated_backprop_length,
            f"1 to truncated_backprop_length = {self.truncated_backprop_length}",
        )

    def of(self, replica: int) -> EchoConfig:
        """The configuration of one replica (index from 0), as a single network. A single network returns itself.

        Raises:
            IndexError: there is no such replica.
        """
        if not 0 <= replica < self.replicas:
            raise IndexError(f"replica {replica} does not exist: 0 to {self.replicas - 1}")
        if self.replicas == 1:
            return self
        alone = copy.copy(self)  # this configuration was checked before, and there may be thousands of replicas
        object.__setattr__(alone, "seed", self.seed + replica)
        object.__setattr__(alone, "replicas", 1)
        return alone

    @property
    def the_cell(self) -> Cell:
        """The network's recurrent cell."""
        return cell_of(self.cell)

    @property
    def the_task(self) -> Task:
        """The task that the network learns."""
        return self.task if isinstance(self.task, Task) else _echo(self.echo_step, self.num_classes, self.row_start)

    def _take_task(self) -> None:
        """Make a task from a name or a file. The settings of the echo become fields; the settings of another task stay
        in the task.

        Raises:
            ConfigError: there is no such task, it cannot be used, or settings of the echo are given for another task.
        """
        from echornn.tasks.table import made, named, require_known, values_of

        task = self.task if isinstance(self.task, Task) else named(self.task)
        name, task = made(task, (*self.names(), TASK))
        given = {one: getattr(self, one) for one in ECHO_FIELDS if getattr(self, one) != ECHO_DEFAULTS[one]}
        if name != ECHO:
            require_known(name, given)
        elif self.task != ECHO:
            for one, value in values_of(task).items():
                if given.get(one, value) != value:
                    raise ConfigError(one, given[one], f"{value}, as the task says")
                object.__setattr__(self, one, value)
        object.__setattr__(self, TASK, None if name == ECHO else task)

    @property
    def input_size(self) -> int:
        """The number of values that enter the cell at a time step: 1 for two symbols (the tutorial), otherwise one per
        symbol, or the numbers of a task with numbers.
        """
        return self.the_task.inputs.input_size

    @property
    def output_size(self) -> int:
        """The number of values that leave the network at a time step: one per class, or the task's numbers."""
        return self.the_task.outputs.output_size

    @property
    def is_echo(self) -> bool:
        """Whether the task is the echo, whose settings are fields of the configuration."""
        return self.task is None

    @property
    def has_classes(self) -> bool:
        """Whether the network predicts symbols, so that a prediction is right or wrong, rather than numbers."""
        return isinstance(self.the_task.outputs, Symbols)

    def accuracy(self, errors: Count, windows: int = 1) -> Count | float:
        """The share of right predictions in some windows, from the number of wrong ones; NaN if the network predicts
        numbers.
        """
        predictions = windows * self.predictions_per_window
        return (predictions - errors) / predictions if self.has_classes else math.nan

    @property
    def loss_name(self) -> str:
        """The name of the loss, with its unit."""
        outputs = self.the_task.outputs
        return f"{outputs.loss}, {outputs.unit}" if outputs.unit else outputs.loss


ECHO_DEFAULTS = {name: getattr(EchoConfig, name) for name in ECHO_FIELDS}
"""The default settings of the echo, by field."""

CHOICES: dict[str, tuple[str, ...]] = {
    "cell": tuple(CELLS),
    "optimizer": get_args(Optimizer),
    "init": get_args(Init),
    "row_start": get_args(RowStart),
    "rule": tuple(RULES),
    "device": get_args(Device),
}
"""The allowed values of fields that are chosen from a list; a cell may also be a file."""

FRACTIONS = {"learning_rate": "a finite number above 0", "dropout": "0 to below 1"}
"""Fields that may be fractions, with a text on the values that they allow."""


def _typed(name: str, value: object) -> object:
    """The value of a field as a plain Python value. A value of the wrong type raises a ConfigError."""
    if name == CELL:
        found = cell_named(value)
        cell_of(found)
        return found
    if name in CHOICES:
        return choice(name, value, CHOICES[name])
    if name in FRACTIONS:
        return fraction(name, value, FRACTIONS[name])
    return None if name == "stride" and value is None else whole(name, value)


def require_possible(name: str, value: object) -> None:
    """Check a value of a field as far as that is possible without the other fields. Other names are not checked.

    Raises:
        ConfigError: no configuration can have this value.
    """
    if name in EchoConfig.names():
        require_in_range(name, _typed(name, value))


def require_epochs(config: EchoConfig, epoch: int, window: int) -> None:
    """Check that the next window to train, (``epoch``, ``window``), is not beyond ``num_epochs``.

    Raises:
        ConfigError: training has already gone beyond.
    """
    least = epoch + (window > 0)
    _require(config, "num_epochs", config.num_epochs >= least, f"at least {least}, as trained")


@lru_cache(maxsize=64)
def _echo(echo_step: int, num_classes: int, row_start: RowStart) -> Task:
    from echornn.tasks.echo import Echo

    return Echo(echo_step, num_classes, row_start)


def _require(config: EchoConfig, field: str, condition: bool, allowed: str) -> None:
    if not condition:
        raise ConfigError(field, getattr(config, field), allowed)


def fields_text(values: Mapping[str, object]) -> str:
    """Fields with their values: "cell lstm, stride unset". None and an empty text are written as unset."""
    return ", ".join(f"{name} {'unset' if value in (None, '') else value}" for name, value in values.items())


def shown(values: Mapping[str, Any]) -> dict[str, Any]:
    """Values of a configuration as JSON values for people: a file of the user's own is FILE.py:NAME."""
    return {name: str(value) if isinstance(value, OwnFile) else value for name, value in values.items()}


def changes_shown(before: EchoConfig, after: EchoConfig) -> dict[str, Any]:
    """The values that differ, for people: if the file of a task or cell has changed, a part of its hash distinguishes
    it from the file before.
    """
    changes = before.changes_to(after)
    for name in (TASK, CELL):
        own = changes.get(name)
        if isinstance(own, OwnFile) and own.is_change_of(before.value(name)):
            changes[name] = f"{own} (file changed, {own.digest[:SHOWN_DIGITS]})"
    return changes


def changes_text(before: EchoConfig, after: EchoConfig, without: Collection[str] = ()) -> str:
    """The fields that differ, with their values in ``after``; empty if none differs. A change of ``replicas`` is
    described by the resulting seeds.

    Args:
        without: fields to leave out.
    """
    changes = {name: value for name, value in changes_shown(before, after).items() if name not in without}
    if "replicas" not in changes:
        return fields_text(changes)
    last = after.seed + after.replicas - 1
    several = f"{after.replicas:,} networks of seeds {after.seed} to {last}"
    others = {name: value for name, value in changes.items() if name not in ("seed", "replicas")}
    return ", ".join(filter(None, (several if after.replicas > 1 else f"seed {after.seed} alone", fields_text(others))))
