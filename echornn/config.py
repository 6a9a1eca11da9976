"""`EchoConfig`, the configuration of a run: the tutorial's constants by their names, and more
fields."""

from __future__ import annotations

import copy
import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, Self, TypeVar, get_args

from echornn.cells.cell import Cell
from echornn.cells.own_cell import CellName
from echornn.cells.table import CELLS, cell_of
from echornn.cells.table import named as cell_named
from echornn.errors import ConfigError as ConfigError
from echornn.own.own_file import SHOWN_DIGITS, OwnFile
from echornn.tasks.data_file import named as file_named
from echornn.tasks.echo import RowStart
from echornn.tasks.own_task import OwnTask
from echornn.tasks.table import ECHO as ECHO
from echornn.tasks.table import TASKS, defaults_of, made, name_of, named, values_of
from echornn.tasks.task import MAX_STEPS as MAX_STEPS
from echornn.tasks.task import Setting, Symbols, Task, form_of, setting_names

if TYPE_CHECKING:
    import numpy.typing as npt


@dataclass(frozen=True)
class Rule:
    """A learning rule: how the gradient of a window's loss is computed."""

    about: str
    # Off errors at T time steps; otherwise each is followed to the start of the epoch or of the
    # trial
    cuts: bool


RULES = {
    "tbptt": Rule(
        "The tutorial's rule: the error goes back through the window's T steps, and is cut there.",
        True,
    ),
    "rtrl": Rule(
        "Carries how each weight acts on the state (Williams and Zipser 1989): no error is cut "
        "at T.",
        False,
    ),
}
"""The learning rules, by the names in `EchoConfig.rule`; `echornn.training.rules` computes them."""

if TYPE_CHECKING:
    RuleName = str
else:
    RuleName = Literal[tuple(RULES)]  # so that the help of a flag lists them

Optimizer = Literal["adagrad", "sgd", "rmsprop", "adam"]
Init = Literal["tutorial", "glorot", "orthogonal"]
Device = Literal["auto", "cpu", "gpu"]

Count = TypeVar("Count", float, "npt.NDArray[Any]")  # or an array of counts
TASK, CELL = "task", "cell"

DEFAULT_WINDOW = 15  # time steps, as in the tutorial
MAX_LAYERS, MAX_REPLICAS = 8, 4096
# More than can ever be trained, and few enough that all counts of windows are exact
MAX_EPOCHS = 10**12
MAX_SEED = 2**128 - 1  # NumPy's seed sequences use 128 bits
MAX_BIAS = 100.0  # of a gate: beyond, its sigmoid is 0 or 1 in float32
LEAST_SPEED, MOST_SPEED = 0.01, 1e6  # windows a second; above, there is only full speed
LEAST_RATE, MAX_RATE = 1e-37, 1e38  # with these, float32 neither loses digits nor overflows


@dataclass(frozen=True)
class Field(Setting):
    """What a field of `EchoConfig` allows; its default is only of its type."""

    least: float = 1
    allowed: str = "1 or more"
    optional: bool = False  # whether it may be None

    def checked(self, value: object) -> Any:
        """The value as a plain Python value; a ConfigError if no configuration can have it."""
        if self.name == CELL:
            found = cell_named(value)
            cell_of(found)
            return found
        return None if self.optional and value is None else super().checked(value)


FIELDS = {
    one.name: one
    for one in (
        Field("num_epochs", 1, most=MAX_EPOCHS),
        Field("total_series_length", 1),
        Field("truncated_backprop_length", 1),
        Field("state_size", 1),
        Field("batch_size", 1),
        Field("learning_rate", 1.0, "", math.ulp(0.0), math.inf, allowed="a finite number above 0"),
        Field("seed", 1, "", 0, MAX_SEED, allowed="0 or more"),
        Field("stride", 1, "", -math.inf, optional=True),
        Field("cell", "", choices=tuple(CELLS)),
        Field("num_layers", 1, most=MAX_LAYERS, allowed=f"1 to {MAX_LAYERS}"),
        Field("dropout", 1.0, "", 0, math.nextafter(1, 0), allowed="0 to below 1"),
        Field("optimizer", "", choices=get_args(Optimizer)),
        Field(
            "clip_norm",
            1.0,
            "",
            LEAST_RATE,
            MAX_RATE,
            allowed=f"{LEAST_RATE} to {MAX_RATE}, or unset",
            optional=True,
        ),
        Field("weight_decay", 1.0, "", 0, MAX_RATE, allowed="0 or more"),
        Field("rate_penalty", 1.0, "", 0, MAX_RATE, allowed="0 or more"),
        Field("init", "", choices=get_args(Init)),
        Field("forget_bias", 1.0, "", -MAX_BIAS, MAX_BIAS, allowed=f"{-MAX_BIAS} to {MAX_BIAS}"),
        Field("rule", "", choices=get_args(RuleName)),
        Field("device", "", choices=get_args(Device)),
        Field("replicas", 1, most=MAX_REPLICAS, allowed=f"1 to {MAX_REPLICAS}"),
        Field(
            "solved_below",
            1.0,
            "",
            LEAST_RATE,
            MAX_RATE,
            allowed="a number above 0, or unset",
            optional=True,
        ),
    )
}
"""The fields of `EchoConfig` but for the task, whose settings have ranges of their own."""

# Programs depend on them
COMPILED_FIELDS = frozenset({"rule", "clip_norm", "weight_decay", "rate_penalty"})
# Can change between two windows
LIVE_FIELDS = COMPILED_FIELDS | {"num_epochs", "learning_rate", "solved_below"}
# No compiled program depends on the others of them
START_FIELDS = LIVE_FIELDS | {"seed", "init", "forget_bias"}
# The data of an epoch depend on them
DATA_FIELDS = frozenset({"total_series_length", "batch_size", "seed"})
# records leave out their defaults, so that branches from before keep their digests
LATER_FIELDS = COMPILED_FIELDS | {"forget_bias", "solved_below"}

BEHIND = {"state_size": ("num_classes", "echo_step"), "init": ("row_start",)}
ORDER = tuple(name for field in (*FIELDS, TASK) for name in (field, *BEHIND.get(field, ())))
"""The order of values in records and on screens: the echo's have kept their places, those of other
tasks come last."""


@dataclass(frozen=True)
class EchoConfig:
    """One experiment. The defaults reproduce the tutorial (its "Setup" section).

    Values are checked when the object is made, so that every existing configuration can be trained.

    The settings of its task are given and read as if they were fields: ``EchoConfig(echo_step=4)``,
    ``EchoConfig(task="two_coins", lag=5).lag``; with `fields`, `value`, `with_fields` and
    `from_fields` all values are read and changed by name. A ConfigError if values cannot work, also
    together, or if a name is not known.
    """

    num_epochs: int = 100
    """Epochs to train, 1 or more; each has new data."""

    total_series_length: int = 50_000
    """Time steps of data in an epoch, over all rows of the batch."""

    truncated_backprop_length: int = DEFAULT_WINDOW
    """Window length T in time steps: how far back the gradient of tbptt reaches."""

    state_size: int = 4
    """Units of the recurrent state."""

    batch_size: int = 5
    """Rows that the series is cut into; they are trained side by side."""

    learning_rate: float = 0.3
    """Step size of the optimizer, above 0."""

    seed: int = 7
    """Seed of weights and data, 0 or more. The same seed gives the same run. 7 learns early; half
    of all do not."""

    stride: int | None = None
    """Time steps from one window to the next, 1 to T; by default T, as in the tutorial."""

    cell: Cell | CellName = "rnn"
    """Recurrent cell: rnn (the tutorial's tanh([x, h] W + b)), another that cells lists, or
    FILE.py:NAME, a cell of your own."""

    num_layers: int = 1
    """Cells stacked on each other, 1 to 8; each reads the states of the one below."""

    dropout: float = 0.0
    """Share of the states dropped between layers in training, 0 to below 1; above 0 it needs 2
    layers or more."""

    optimizer: Optimizer = "adagrad"
    """Update rule (Keras'); the tutorial's is Adagrad with accumulators that start at 0.1."""

    clip_norm: float | None = None
    """Largest global norm of a window's gradient; a larger one is scaled down to it. Unset: none
    is."""

    weight_decay: float = 0.0
    """L2 penalty: this share of each weight is added to its gradient, but for biases; 0 or more."""

    rate_penalty: float = 0.0
    """Penalty on activity: this times the mean square of the states is added to the loss; 0 or
    more."""

    init: Init = "tutorial"
    """Start of the weights: tutorial, uniform in [0, 1); glorot, uniform around 0; or orthogonal,
    glorot with an orthogonal recurrent part."""

    rule: RuleName = "tbptt"
    """Learning rule: tbptt, cut off after T steps; or rtrl, never cut off, exact if steps of
    learning are small."""

    forget_bias: float = 1.0
    """First bias of the LSTM's forget gate; 1 begins by remembering. Other cells do not use it."""

    device: Device = "auto"
    """Where to train: auto, cpu or gpu."""

    replicas: int = 1
    """Networks trained side by side, 1 to 4096, with consecutive seeds from seed on."""

    solved_below: float | None = None
    """Mean loss below which the task counts as solved. Unset: close to its floor."""

    task: Task | OwnTask | str | None = None
    """What is learned: echo, another task that tasks lists, or FILE.py:NAME, a task of your own."""

    if TYPE_CHECKING:  # the settings of the echo; those of any task can be given and read so
        echo_step: int = 3
        num_classes: int = 2
        row_start: RowStart = "previous_row"
    else:

        def __init__(self, **values: Any) -> None:
            for name, known in FIELDS.items():
                object.__setattr__(
                    self, name, known.checked(values.get(name, getattr(EchoConfig, name)))
                )
            settings = {
                name: value for name, value in values.items() if name not in FIELDS and name != TASK
            }
            task = made(
                values.get(TASK) or ECHO,
                settings,
                ORDER,
                self.total_series_length // self.batch_size,
            )
            object.__setattr__(self, TASK, task)
            if "truncated_backprop_length" not in values:
                object.__setattr__(self, "truncated_backprop_length", usual_window(task.length))
            self._require_possible_together()

        def __getattr__(self, name: str) -> Any:
            task = vars(self).get(TASK)
            if isinstance(task, Task) and name in setting_names(type(task)):
                return getattr(task, name)
            if isinstance(task, Task) and name in setting_names(TASKS[ECHO]):
                return getattr(TASKS[ECHO], name)  # as of every configuration in versions before
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")

    def _require_possible_together(self) -> None:
        cell, cuts = self.the_cell, RULES[self.rule].cuts
        length, most_seed = self.truncated_backprop_length, MAX_SEED - self.replicas + 1
        most_rows = MAX_STEPS // self.window_steps
        steps, one = (
            ("truncated_backprop_length", "window")
            if self.is_stream
            else ("steps of a trial", "trial")
        )
        least = (
            f"batch_size * {steps} = {self.batch_size * self.window_steps}, so that a row holds "
            f"one {one}"
        )
        is_strided = 1 <= self.window_stride <= length if self.is_stream else self.stride is None
        strides = (
            f"1 to {steps} = {length}" if self.is_stream else "unset, since each window is a trial"
        )
        checks = (
            (
                "learning_rate",
                LEAST_RATE <= self.learning_rate <= MAX_RATE,
                f"{LEAST_RATE} to {MAX_RATE}, in float32",
            ),
            (
                "seed",
                self.seed <= most_seed,
                f"at most {most_seed}, so that each replica has its own",
            ),
            (
                "dropout",
                self.dropout == 0 or self.num_layers > 1,
                "0, as num_layers = 1 has nothing to drop between",
            ),
            (
                "batch_size",
                self.batch_size <= most_rows,
                f"at most {most_rows}, so that each row can hold a window",
            ),
            ("total_series_length", self.row_length >= self.window_steps, f"at least {least}"),
            ("stride", is_strided, strides),
            (
                "rule",
                cuts or not (cell.has_any_step or cell.noise),
                "a cell with noise or other weights needs tbptt",
            ),
        )
        for field, is_possible, allowed in checks:
            if not is_possible:
                raise ConfigError(field, getattr(self, field), allowed)
        if misfit := self.the_task.misfit(values_of(self.the_task), self.row_length):
            raise misfit

    @classmethod
    def names(cls) -> tuple[str, ...]:
        """The names of all values but ``task`` under the default task, in order."""
        return tuple(name for name in ORDER if name != TASK)

    def fields(self) -> dict[str, Any]:
        """All values by name: the fields, ``task`` as a name of the table or an `OwnFile`, and the
        task's settings."""
        settings = values_of(self.the_task)
        values = {
            **{name: getattr(self, name) for name in FIELDS},
            TASK: name_of(self.the_task),
            **settings,
        }
        return {**{name: values[name] for name in ORDER if name in values}, **settings}

    def value(self, name: str) -> Any:
        """One of the values; a KeyError if there is no such name."""
        return self.fields()[name]

    @classmethod
    def from_fields(cls, values: Mapping[str, Any]) -> Self:
        """The configuration with these values by name; the others are the defaults."""
        return cls(**values)

    def with_fields(self, changes: Mapping[str, Any]) -> Self:
        """The configuration with other values by name. Errors are those of the class. A new
        ``task`` starts with its default settings, except those in ``changes``; a window length that
        is the default becomes its default.
        """
        if isinstance(given := changes.get(TASK), Task):
            changes = {**values_of(given), **changes, TASK: name_of(given)}
        task = named(changes[TASK] or ECHO) if TASK in changes else self.value(TASK)
        return type(self)(**{**self._values_under(task), **changes, TASK: task})

    def changes_to(self, other: EchoConfig) -> dict[str, Any]:
        """The values of ``other`` that differ from these, in order; `with_fields` makes ``other``
        from them."""
        if other.task == self.task:
            return {
                name: getattr(other, name)
                for name in FIELDS
                if getattr(other, name) != getattr(self, name)
            }
        before, values = self.fields(), other.fields()
        if values[TASK] == before[TASK]:
            return {name: value for name, value in values.items() if before.get(name) != value}
        before = {**self._values_under(values[TASK]), **defaults_of(values[TASK]), TASK: None}
        before.setdefault("truncated_backprop_length", usual_window(other.trial_length))
        return {name: value for name, value in values.items() if before[name] != value}

    def _values_under(self, task: object) -> dict[str, Any]:
        """The values that are kept when the task changes to the task of this name."""
        values = self.fields()
        if task != values[TASK]:
            values = {name: values[name] for name in FIELDS}
        if self.truncated_backprop_length == usual_window(self.trial_length):
            del values["truncated_backprop_length"]
        return values

    @property
    def live_fields(self) -> frozenset[str]:
        """The values that can change between two windows: of settings those that keep the task's
        form."""
        return LIVE_FIELDS | self.the_task.live_settings

    def differs_only_in(self, other: EchoConfig, names: frozenset[str]) -> bool:
        """Whether only fields with these names differ, and settings that keep the form of the
        task."""
        changes = self.changes_to(other).keys()
        if TASK in changes or not changes & FIELDS.keys() <= names:
            return False
        return changes <= names or form_of(self.the_task) == form_of(other.the_task)

    def differs_only_live(self, other: EchoConfig) -> bool:
        """Whether training can switch to ``other`` without starting over; see `live_fields`."""
        return self.differs_only_in(other, LIVE_FIELDS)

    def same_program(self, other: EchoConfig) -> bool:
        """Whether a trainer can start over with ``other``.

        Then nothing is compiled, except for another rule.
        """
        return self.differs_only_in(other, START_FIELDS)

    def same_data(self, other: EchoConfig) -> bool:
        return self.changes_to(other).keys() <= FIELDS.keys() - DATA_FIELDS

    def same_task(self, other: EchoConfig) -> bool:
        """Whether results under this configuration still count under ``other``."""
        return self.changes_to(other).keys() <= LIVE_FIELDS - {"solved_below"}

    def of(self, replica: int) -> Self:
        """The configuration of one replica (index from 0), as a single network; an IndexError if
        there is none."""
        if not 0 <= replica < self.replicas:
            raise IndexError(f"replica {replica} does not exist: 0 to {self.replicas - 1}")
        if self.replicas == 1:
            return self
        # This configuration was checked before, and there may be thousands of replicas
        alone = copy.copy(self)
        object.__setattr__(alone, "seed", self.seed + replica)
        object.__setattr__(alone, "replicas", 1)
        return alone

    @property
    def the_cell(self) -> Cell:
        assert not isinstance(self.cell, Cell)  # but its name, see `Field.checked`
        return cell_of(self.cell)

    @property
    def the_task(self) -> Task:
        assert isinstance(self.task, Task)
        return self.task

    @property
    def input_size(self) -> int:
        return self.the_task.inputs.input_size

    @property
    def output_size(self) -> int:
        return self.the_task.outputs.count  # a logit for each symbol, or the numbers

    @property
    def has_classes(self) -> bool:
        """Whether the network predicts symbols, so that a prediction is right or wrong, rather than
        numbers."""
        return isinstance(self.the_task.outputs, Symbols)

    def accuracy(self, errors: Count, windows: int = 1) -> Count | float:
        """The share of right predictions in some windows, from the wrong ones; NaN without
        classes."""
        predictions = windows * self.predictions_per_window
        return (predictions - errors) / predictions if self.has_classes else math.nan

    @property
    def loss_name(self) -> str:
        outputs = self.the_task.outputs
        return f"{outputs.loss}, {outputs.unit}" if outputs.unit else outputs.loss

    # ---- sizes: rows are cut into windows, and the state is carried on; or into trials, each with
    # a zero state first

    @property
    def trial_length(self) -> int | None:
        return self.the_task.length

    @property
    def is_stream(self) -> bool:
        return self.trial_length is None

    @property
    def window_steps(self) -> int:
        """Time steps of a window: T of a stream; of trials a whole one, in which the gradient is
        cut at T."""
        return self.trial_length or self.truncated_backprop_length

    @property
    def reach(self) -> int | None:
        """Time steps between two cuts of the gradient; None if the learning rule does not cut
        it."""
        return self.truncated_backprop_length if RULES[self.rule].cuts else None

    @property
    def is_uncut(self) -> bool:
        """Whether the learning rule follows errors past T time steps, where others cut them off."""
        return self.reach is None and (
            self.is_stream or self.truncated_backprop_length < self.window_steps
        )

    @property
    def gradient_cut(self) -> int | None:
        """Time steps of a trial after which the gradient is cut; None if it flows through the whole
        trial."""
        return None if self.reach is None or self.reach >= self.window_steps else self.reach

    @property
    def window_stride(self) -> int:
        """Time steps from one window to the next (k1 of TBPTT(k1, k2); k2 is the length of a
        window)."""
        return self.window_steps if self.stride is None else self.stride

    @property
    def row_length(self) -> int:
        return self.total_series_length // self.batch_size

    @property
    def windows_per_epoch(self) -> int:
        return (self.row_length - self.window_steps) // self.window_stride + 1

    @property
    def data_shape(self) -> tuple[int, int]:
        """The rows of an epoch's data and their steps, without steps that no window has; each trial
        is a row."""
        # Records of own tasks have ladders for this shape, so it has to stay the same
        if self.is_stream:
            return self.batch_size, self._covered_steps
        return self.batch_size * self.windows_per_epoch, self.window_steps

    @property
    def _covered_steps(self) -> int:
        return (self.windows_per_epoch - 1) * self.window_stride + self.window_steps

    @property
    def unused_steps(self) -> int:
        """Time steps of an epoch that no window covers: the remainder of dividing it into rows and
        windows."""
        return self.total_series_length - self.batch_size * self._covered_steps

    @property
    def predictions_per_window(self) -> int:
        return self.batch_size * self.window_steps


def usual_window(trial_length: int | None) -> int:
    """The window length T if none is given: the tutorial's for a stream, a whole trial for
    trials."""
    return trial_length or DEFAULT_WINDOW


def require_epochs(config: EchoConfig, epoch: int, window: int) -> None:
    """A ConfigError if the next window to train, (``epoch``, ``window``), is beyond
    ``num_epochs``."""
    least = epoch + (window > 0)
    if config.num_epochs < least:
        raise ConfigError("num_epochs", config.num_epochs, f"at least {least}, as trained")


def fields_text(values: Mapping[str, object]) -> str:
    """Fields with their values: "cell lstm, stride unset"."""
    return ", ".join(
        f"{name} {'unset' if value in (None, '') else file_named(value)}"
        for name, value in values.items()
    )


def shown(values: Mapping[str, Any]) -> dict[str, Any]:
    """Values of a configuration as JSON values for people: a file of the user's own is
    FILE.py:NAME."""
    return {
        name: str(value) if isinstance(value, OwnFile) else value for name, value in values.items()
    }


def changes_shown(before: EchoConfig, after: EchoConfig) -> dict[str, Any]:
    """The values that differ, for people; a part of its hash tells a changed file from the one
    before."""
    changes = before.changes_to(after)
    for name in (TASK, CELL):
        own = changes.get(name)
        if isinstance(own, OwnFile) and own.is_change_of(before.value(name)):
            changes[name] = f"{own} (file changed, {own.digest[:SHOWN_DIGITS]})"
    return changes


def changes_text(before: EchoConfig, after: EchoConfig, without: Collection[str] = ()) -> str:
    """The fields that differ, with their values in ``after``; a change of ``replicas`` as the
    resulting seeds."""
    changes = {
        name: value for name, value in changes_shown(before, after).items() if name not in without
    }
    if "replicas" not in changes:
        return fields_text(changes)
    seeds = (
        f"{after.replicas:,} networks of seeds {after.seed} to {after.seed + after.replicas - 1}"
    )
    others = fields_text(
        {name: value for name, value in changes.items() if name not in ("seed", "replicas")}
    )
    return ", ".join(
        filter(None, (seeds if after.replicas > 1 else f"seed {after.seed} alone", others))
    )
