"""`EchoConfig`, the configuration of a run: the tutorial's constants by their names, and more fields."""

from __future__ import annotations

import copy
import dataclasses
import math
from dataclasses import dataclass
from typing import Any, Literal, get_args

from echornn.cell_facts import Cell as Cell
from echornn.config_error import ConfigError as ConfigError
from echornn.config_error import choice, fraction, whole

Optimizer = Literal["adagrad", "sgd", "rmsprop", "adam"]
Init = Literal["tutorial", "glorot"]
RowStart = Literal["previous_row", "zero"]
Device = Literal["auto", "cpu", "gpu"]

MAX_CLASSES = 256
"""The most classes: symbols are stored as uint8."""

MAX_LAYERS = 8

MAX_STEPS = 2**31 - 1
"""The largest count of time steps, units or predictions: the compiled loop counts in int32."""

MAX_EPOCHS = 10**12
"""The most epochs: more than can ever be trained, and few enough that all counts of windows are exact."""

MAX_SEED = 2**128 - 1
"""The largest seed: NumPy's seed sequences use 128 bits."""

MAX_REPLICAS = 1_000_000

LEAST_RATE, MAX_RATE = 1e-37, 1e38
"""The smallest and largest learning rate with which float32 neither loses digits nor overflows."""


@dataclass(frozen=True)
class EchoConfig:
    """One experiment. The defaults reproduce the tutorial (its "Setup" section).

    Values are checked when the object is made, so that every existing configuration can be trained.

    Raises:
        ConfigError: a value, or a combination of values, that cannot work.
    """

    num_epochs: int = 100
    """Epochs to train, 1 or more; each has new data."""

    total_series_length: int = 50_000
    """Time steps of data in an epoch, over all rows of the batch."""

    truncated_backprop_length: int = 15
    """Window length T in time steps: how far back the gradient reaches."""

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

    cell: Cell = "rnn"
    """Recurrent cell: rnn (the tutorial's tanh([x, h] W + b)), gru or lstm."""

    num_layers: int = 1
    """Cells stacked on each other, 1 to 8; each reads the states of the one below."""

    dropout: float = 0.0
    """Share of the states dropped between layers in training, 0 to below 1; above 0 it needs 2 layers or more."""

    optimizer: Optimizer = "adagrad"
    """Update rule (Keras'); the tutorial's is Adagrad with accumulators that start at 0.1."""

    init: Init = "tutorial"
    """Start of the weights: tutorial, uniform in [0, 1); or glorot, uniform around 0."""

    row_start: RowStart = "previous_row"
    """First targets of a row: previous_row echoes the row above, as in the tutorial; zero makes them blank."""

    device: Device = "auto"
    """Where to train: auto, cpu or gpu."""

    replicas: int = 1
    """Networks trained side by side, 1 to 1 000 000, with consecutive seeds from seed on."""

    def __post_init__(self) -> None:
        for field in dataclasses.fields(self):
            object.__setattr__(self, field.name, _checked(self, field.name))
        for name, most in MOST.items():
            value = getattr(self, name)
            _require(self, name, value is None or value <= most, f"at most {most}")
        _require(self, "num_epochs", self.num_epochs >= 1, "1 or more")
        _require(self, "total_series_length", self.total_series_length >= 1, "1 or more")
        _require(self, "truncated_backprop_length", self.truncated_backprop_length >= 1, "1 or more")
        _require(self, "state_size", self.state_size >= 1, "1 or more")
        _require(self, "num_classes", 2 <= self.num_classes <= MAX_CLASSES, f"2 to {MAX_CLASSES}")
        _require(self, "batch_size", self.batch_size >= 1, "1 or more")
        _require(self, "seed", self.seed >= 0, "0 or more")
        _require(self, "replicas", 1 <= self.replicas <= MAX_REPLICAS, f"1 to {MAX_REPLICAS}")
        most_seed = MAX_SEED - self.replicas + 1
        _require(self, "seed", self.seed <= most_seed, f"at most {most_seed}, so that each replica has its own")
        _require(self, "num_layers", 1 <= self.num_layers <= MAX_LAYERS, f"1 to {MAX_LAYERS}")
        _require(self, "dropout", 0 <= self.dropout < 1, "0 to below 1")
        _require(
            self,
            "dropout",
            self.dropout == 0 or self.num_layers > 1,
            "0, since num_layers = 1 leaves nothing to drop between",
        )
        _require(
            self,
            "learning_rate",
            math.isfinite(self.learning_rate) and self.learning_rate > 0,
            "a finite number above 0",
        )
        _require(
            self,
            "learning_rate",
            LEAST_RATE <= self.learning_rate <= MAX_RATE,
            f"{LEAST_RATE} to {MAX_RATE}, since weights are float32",
        )
        most_rows = MAX_STEPS // self.truncated_backprop_length
        _require(
            self,
            "batch_size",
            self.batch_size <= most_rows,
            f"at most {most_rows}, so that the series can hold a window for each row",
        )
        _require(
            self,
            "total_series_length",
            self.row_length >= self.truncated_backprop_length,
            f"at least batch_size * truncated_backprop_length = {self.batch_size * self.truncated_backprop_length}"
            ", so that a row holds one window",
        )
        _require(
            self,
            "echo_step",
            0 <= self.echo_step < self.row_length,
            f"0 to {self.row_length - 1}, less than the row's length",
        )
        _require(
            self,
            "stride",
            1 <= self.window_stride <= self.truncated_backprop_length,
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

    def changes_to(self, other: EchoConfig) -> dict[str, Any]:
        """The fields in which ``other`` differs, with the values in ``other``, in the order of the fields."""
        values = {field.name: getattr(other, field.name) for field in dataclasses.fields(EchoConfig)}
        return {name: value for name, value in values.items() if value != getattr(self, name)}

    def differs_only_live(self, other: EchoConfig) -> bool:
        """Whether training can switch to ``other`` without starting over: only `LIVE_FIELDS` differ."""
        return self.changes_to(other).keys() <= LIVE_FIELDS

    def same_program(self, other: EchoConfig) -> bool:
        """Whether a trainer can start over with ``other`` without compiling: only `START_FIELDS` differ."""
        return self.changes_to(other).keys() <= START_FIELDS

    def same_data(self, other: EchoConfig) -> bool:
        """Whether both configurations train on the same data: no field of `DATA_FIELDS` differs."""
        return DATA_FIELDS.isdisjoint(self.changes_to(other))

    def same_task(self, other: EchoConfig) -> bool:
        """Whether results under this configuration still count under ``other``: only `PACE_FIELDS` differ."""
        return self.changes_to(other).keys() <= PACE_FIELDS

    @property
    def window_stride(self) -> int:
        """Time steps from one window to the next (k1 of TBPTT(k1, k2); k2 is the length of a window)."""
        return self.truncated_backprop_length if self.stride is None else self.stride

    @property
    def row_length(self) -> int:
        """Time steps in one row of the batch."""
        return self.total_series_length // self.batch_size

    @property
    def windows_per_epoch(self) -> int:
        """The number of windows that fit into a row."""
        return (self.row_length - self.truncated_backprop_length) // self.window_stride + 1

    @property
    def unused_steps(self) -> int:
        """Time steps of an epoch that no window covers: the remainder of dividing it into rows and windows."""
        covered = (self.windows_per_epoch - 1) * self.window_stride + self.truncated_backprop_length
        return self.total_series_length - self.batch_size * covered

    @property
    def predictions_per_window(self) -> int:
        """The number of predictions in a window: batch_size * T."""
        return self.batch_size * self.truncated_backprop_length

    @property
    def input_size(self) -> int:
        """The number of values that enter the cell at a time step: 1 for two classes (the tutorial), otherwise one per
        class.
        """
        return 1 if self.num_classes == 2 else self.num_classes


MOST = {
    "num_epochs": MAX_EPOCHS,
    "total_series_length": MAX_STEPS,
    "truncated_backprop_length": MAX_STEPS,
    "state_size": MAX_STEPS,
    "echo_step": MAX_STEPS,
    "batch_size": MAX_STEPS,
    "seed": MAX_SEED,
    "stride": MAX_STEPS,
}
"""The largest value of each whole-number field without another limit."""

LIVE_FIELDS = frozenset({"num_epochs", "learning_rate", "echo_step", "row_start"})
"""Fields that can change between two windows; a change of any other field starts a new network."""

START_FIELDS = LIVE_FIELDS | {"seed", "init"}
"""Fields that compiled programs do not depend on: if only these differ, the same trainer can start over.
"""

DATA_FIELDS = frozenset({"seed", "total_series_length", "batch_size", "num_classes", "echo_step", "row_start"})
"""Fields that the data of an epoch depends on."""

PACE_FIELDS = frozenset({"num_epochs", "learning_rate"})
"""Fields that affect how long and how fast a network learns, but not what it learns."""

CHOICES: dict[str, tuple[str, ...]] = {
    "cell": get_args(Cell),
    "optimizer": get_args(Optimizer),
    "init": get_args(Init),
    "row_start": get_args(RowStart),
    "device": get_args(Device),
}
"""The allowed values of fields that are chosen from a list."""

FRACTIONS = {"learning_rate": "a finite number above 0", "dropout": "0 to below 1"}
"""Fields that may be fractions, with a text on the values that they allow."""


def _checked(config: EchoConfig, name: str) -> object:
    """The value of a field as a plain Python value. A value of the wrong type raises a ConfigError."""
    value: object = getattr(config, name)
    if name in CHOICES:
        return choice(name, value, CHOICES[name])
    if name in FRACTIONS:
        return fraction(name, value, FRACTIONS[name])
    return None if name == "stride" and value is None else whole(name, value)


def require_epochs(config: EchoConfig, epoch: int, window: int) -> None:
    """Check that the next window to train, (``epoch``, ``window``), is not beyond ``num_epochs``.

    Raises:
        ConfigError: training has already gone beyond.
    """
    least = epoch + (window > 0)
    _require(config, "num_epochs", config.num_epochs >= least, f"at least {least}, as trained")


def _require(config: EchoConfig, field: str, condition: bool, allowed: str) -> None:
    if not condition:
        raise ConfigError(field, getattr(config, field), allowed)
