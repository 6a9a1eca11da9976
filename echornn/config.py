"""`EchoConfig`, the configuration of a run: the tutorial's constants by their names, and more
fields."""

from __future__ import annotations

import copy
import dataclasses
import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal, NoReturn, Self, TypeVar, get_args

import numpy.typing as npt

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
from echornn.tasks.task import KEY, Setting, Symbols, Task, form_of, setting_names
from echornn.tasks.task import MAX_STEPS as MAX_STEPS


@dataclass(frozen=True)
class Rule:
    """A learning rule: how the gradient of a window's loss is computed."""

    about: str
    # Off errors at T time steps; otherwise each is followed to the start of the epoch or of the
    # trial
    cuts: bool


RuleName = Literal["tbptt", "rtrl"]
RULES: dict[RuleName, Rule] = {
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

Optimizer = Literal["adagrad", "sgd", "rmsprop", "adam"]
Init = Literal["tutorial", "glorot", "orthogonal"]
StartState = Literal["carried", "zero"]
Device = Literal["auto", "cpu", "gpu"]

Value = TypeVar("Value")
Count = TypeVar("Count", float, npt.NDArray[Any])  # or an array of counts
TASK, CELL = "task", "cell"

DEFAULT_WINDOW = 15  # time steps, as in the tutorial
MAX_LAYERS = 8  # chosen by eye
MAX_REPLICAS = 4096  # chosen by eye; of the tutorial's networks they need 2.1 GB
# More than can ever be trained, and few enough that all counts of windows are exact
MAX_EPOCHS = 10**12
MAX_SEED = 2**128 - 1  # NumPy's seed sequences use 128 bits
LEAST_CHRONO = 3  # of 2, all units would begin alike, with a half-open gate
MAX_RADIUS = 100.0  # chosen by eye
MAX_BIAS = 100.0  # of a gate: beyond, its sigmoid is 0 or 1 in float32
LEAST_SPEED, MOST_SPEED = 0.01, 1e6  # windows a second; above, there is only full speed
LEAST_RATE, MAX_RATE = 1e-37, 1e38  # with these, float32 neither loses digits nor overflows


# ---- what a field of `EchoConfig` allows


@dataclass(frozen=True)
class Field(Setting):
    """The type and the range of a field of `EchoConfig`."""

    allowed: str = ""
    optional: bool = False  # whether it may be None

    def checked(self, value: object) -> Any:
        """The value as a plain Python value; a ConfigError if no configuration can have it."""
        if self.name == CELL:
            name = cell_named(value)
            cell_of(name)  # a CellError if a user's file has an error
            return name
        if self.optional and value is None:
            return None
        return super().checked(value)


def field(
    default: Value,
    least: float = 1,
    most: float = MAX_STEPS,
    allowed: str = "1 or more",
    choices: Collection[str] = (),
    like: float | None = None,
) -> Value:
    """Declare a field: its default, its range, and the range in words; or the words that it may be.

    If the default is None, the field may be None; its other values are of the type of ``like``.
    """
    typed: Any = default if like is None else like
    limits = Field(
        name="",  # set in `FIELDS`
        default=typed,
        least=least,
        most=most,
        choices=tuple(choices),
        allowed=allowed,
        optional=default is None,
    )
    return dataclasses.field(default=default, metadata={KEY: limits})


# ---- the configuration


@dataclass(frozen=True)
class EchoConfig:
    """One experiment. The defaults reproduce the tutorial (its "Setup" section).

    Values are checked when the object is made, so that every existing configuration can be trained.

    The settings of its task are given and read as if they were fields: ``EchoConfig(echo_step=4)``,
    ``EchoConfig(task="two_coins", lag=5).lag``; with `fields`, `value`, `with_fields` and
    `from_fields` all values are read and changed by name. A ConfigError if values cannot work, also
    together, or if a name is not known.
    """

    num_epochs: int = field(100, most=MAX_EPOCHS)
    """Epochs to train, 1 or more; each has new data."""

    total_series_length: int = field(50_000)
    """Time steps of data in an epoch, over all rows of the batch."""

    truncated_backprop_length: int = field(DEFAULT_WINDOW)
    """Window length T in time steps: how far back the gradient of tbptt reaches."""

    state_size: int = field(4)
    """Units of the recurrent state."""

    batch_size: int = field(5)
    """Rows that the series is cut into; they are trained side by side."""

    # The least is the smallest float; float32's range is asked later, with an error of its own
    learning_rate: float = field(0.3, math.ulp(0.0), math.inf, "a finite number above 0")
    """Step size of the optimizer, above 0."""

    seed: int = field(7, 0, MAX_SEED, "0 or more")
    """Seed of weights and data, 0 or more. The same seed gives the same run. 7 learns early; half
    of all do not."""

    # Its range depends on other values: see `_require_possible_together`
    stride: int | None = field(None, -math.inf, like=1)
    """Time steps from one window to the next, 1 to T; by default T, as in the tutorial."""

    cell: Cell | CellName = field("rnn", choices=CELLS)
    """Recurrent cell: rnn (the tutorial's tanh([x, h] W + b)), another that cells lists, or
    FILE.py:NAME, a cell of your own."""

    num_layers: int = field(1, 1, MAX_LAYERS, f"1 to {MAX_LAYERS}")
    """Cells stacked on each other, 1 to 8; each reads the states of the one below."""

    dropout: float = field(0.0, 0, math.nextafter(1, 0), "0 to below 1")
    """Share of the states dropped between layers in training, 0 to below 1; above 0 it needs 2
    layers or more."""

    optimizer: Optimizer = field("adagrad", choices=get_args(Optimizer))
    """Update rule (Keras'); the tutorial's is Adagrad with accumulators that start at 0.1."""

    clip_norm: float | None = field(
        None, LEAST_RATE, MAX_RATE, f"{LEAST_RATE} to {MAX_RATE}, or unset", like=1.0
    )
    """Largest global norm of a window's gradient; a larger one is scaled down to it. Unset: none
    is."""

    weight_decay: float = field(0.0, 0, MAX_RATE, "0 or more")
    """L2 penalty: this share of each weight is added to its gradient, but for biases; 0 or more."""

    rate_penalty: float = field(0.0, 0, MAX_RATE, "0 or more")
    """Penalty on activity: this times the mean square of the states is added to the loss; 0 or
    more."""

    init: Init = field("tutorial", choices=get_args(Init))
    """Start of the weights: tutorial, uniform in [0, 1); glorot, uniform around 0; or orthogonal,
    glorot with an orthogonal recurrent part."""

    forget_bias: float = field(1.0, -MAX_BIAS, MAX_BIAS, f"{-MAX_BIAS} to {MAX_BIAS}")
    """First bias of the LSTM's forget gate; 1 begins by remembering. Other cells do not use it."""

    chrono: int | None = field(
        None, LEAST_CHRONO, allowed=f"{LEAST_CHRONO} or more, or unset", like=1
    )
    """Longest memory in time steps of new units: each unit's gates begin so that it forgets after 2
    to chrono steps (Tallec and Ollivier 2018)."""

    spectral_radius: float | None = field(
        None, LEAST_RATE, MAX_RADIUS, f"above 0 to {MAX_RADIUS:g}, or unset", like=1.0
    )
    """First size of the largest eigenvalue of each recurrent matrix (Jaeger 2001). Unset: as init
    makes it."""

    start_state: StartState = field("carried", choices=get_args(StartState))
    """State at the start of a stream's window: carried from the window before, or zero. Trials
    always start from zero."""

    rule: RuleName = field("tbptt", choices=RULES)
    """Learning rule: tbptt, cut off after T steps; or rtrl, never cut off, exact if steps of
    learning are small."""

    device: Device = field("auto", choices=get_args(Device))
    """Where to train: auto, cpu or gpu."""

    replicas: int = field(1, 1, MAX_REPLICAS, f"1 to {MAX_REPLICAS}")
    """Networks trained side by side, 1 to 4096, with consecutive seeds from seed on."""

    solved_below: float | None = field(
        None, LEAST_RATE, MAX_RATE, "a number above 0, or unset", like=1.0
    )
    """Mean loss below which the task counts as solved. Unset: close to its floor."""

    weights: str = dataclasses.field(default="", metadata={KEY: Field("", "", is_file=True)})
    """First weights, arrays by name: FILE.npz. A reset begins with them again, a redraw draws new
    ones; unset, all are drawn."""

    task: Task | OwnTask | str | None = None
    """What is learned: echo, another task that tasks lists, or FILE.py:NAME, a task of your own."""

    if (
        TYPE_CHECKING
    ):  # there, the settings of the echo are fields; at run time, those of any task are
        echo_step: int = 3
        num_classes: int = 2
        row_start: RowStart = "previous_row"
    else:

        def __init__(self, **values: Any) -> None:
            vars(self).update(checked(values))
            self._require_possible_together()

        def __getattr__(self, name: str) -> Any:
            task = vars(self).get(TASK)  # None while the object is unpickled
            if isinstance(task, Task) and name in setting_names(type(task)):
                return getattr(task, name)
            if isinstance(task, Task) and name in setting_names(TASKS[ECHO]):
                return getattr(TASKS[ECHO], name)  # as of every configuration in versions before
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")

    def _require_possible_together(self) -> None:
        if not LEAST_RATE <= self.learning_rate <= MAX_RATE:
            self._refuse("learning_rate", f"{LEAST_RATE} to {MAX_RATE}, in float32")

        most_seed = MAX_SEED - self.replicas + 1
        if self.seed > most_seed:
            self._refuse("seed", f"at most {most_seed}, so that each replica has its own")

        if self.dropout > 0 and self.num_layers == 1:
            self._refuse("dropout", "0, as num_layers = 1 has nothing to drop between")

        most_rows = MAX_STEPS // self.window_steps
        if self.batch_size > most_rows:
            self._refuse("batch_size", f"at most {most_rows}, so that each row can hold a window")

        if self.row_length < self.window_steps:
            least = self.batch_size * self.window_steps
            steps, window = "steps of a trial", "trial"
            if self.is_stream:
                steps, window = "truncated_backprop_length", "window"
            self._refuse(
                "total_series_length",
                f"at least batch_size * {steps} = {least}, so that a row holds one {window}",
            )

        if not self.is_stream and self.stride is not None:
            self._refuse("stride", "unset, since each window is a trial")
        if self.is_stream and not 1 <= self.window_stride <= self.window_steps:
            self._refuse("stride", f"1 to truncated_backprop_length = {self.window_steps}")

        if not RULES[self.rule].cuts and (self.the_cell.has_any_step or self.the_cell.noise):
            self._refuse("rule", "a cell with noise or other weights needs tbptt")

        if self.chrono is not None and not self.the_cell.memory_gates:
            self._refuse("chrono", f"unset, as {self.cell} has no gate that keeps its state")
        if self.spectral_radius is not None and not self.the_cell.is_recurrent:
            self._refuse("spectral_radius", f"unset, as {self.cell} has no recurrent product")

        misfit = self.the_task.misfit(values_of(self.the_task), self.row_length)
        if misfit:
            raise misfit

    def _refuse(self, field: str, allowed: str) -> NoReturn:
        raise ConfigError(field, getattr(self, field), allowed)

    @classmethod
    def names(cls) -> tuple[str, ...]:
        """The names of all values but ``task`` under the default task, in order."""
        return tuple(name for name in ORDER if name != TASK)

    def fields(self) -> dict[str, Any]:
        """All values by name: the fields, ``task`` as a name of the table or an `OwnFile`, and the
        task's settings."""
        settings = values_of(self.the_task)
        values = {name: getattr(self, name) for name in FIELDS}
        values |= {TASK: name_of(self.the_task), **settings}
        in_order = {name: values[name] for name in ORDER if name in values}
        return in_order | settings

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
        settings: Mapping[str, Any] = {}
        if TASK not in changes:
            task = self.value(TASK)
        elif isinstance(changes[TASK], Task):
            task = name_of(changes[TASK])
            settings = values_of(changes[TASK])
        else:
            task = named(changes[TASK] or ECHO)
        return type(self)(**{**self._values_under(task), **settings, **changes, TASK: task})

    def changes_to(self, other: EchoConfig) -> dict[str, Any]:
        """The values of ``other`` that differ from these, in order; `with_fields` makes ``other``
        from them."""
        if other.task == self.task:  # the usual case, asked for each of thousands of replicas
            before, after = vars(self), vars(other)
            return {name: after[name] for name in FIELDS if after[name] != before[name]}

        before, after = self.fields(), other.fields()
        task = after[TASK]
        if task != before[TASK]:
            # What `with_fields` begins with if it gets this task
            before = {**self._values_under(task), **defaults_of(task)}
            before.setdefault("truncated_backprop_length", usual_window(other.trial_length))
        return {name: value for name, value in after.items() if before.get(name) != value}

    def _values_under(self, task: object) -> dict[str, Any]:
        """The values that are kept when the task changes to the task of this name: without settings
        of another task, and without a window length that is the default. `with_fields` adds changes
        to them, and `changes_to` finds the changes by comparing with them.
        """
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
        vars(alone).update(seed=self.seed + replica, replicas=1)
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
        if not self.has_classes:
            return math.nan
        predictions = windows * self.predictions_per_window
        return (predictions - errors) / predictions

    @property
    def loss_name(self) -> str:
        outputs = self.the_task.outputs
        if not outputs.unit:
            return outputs.loss
        return f"{outputs.loss}, {outputs.unit}"

    # ---- sizes: rows are cut into windows, and the state is carried on; or into trials, each with
    # a zero state first

    @property
    def trial_length(self) -> int | None:
        return self.the_task.length

    @property
    def is_stream(self) -> bool:
        return self.trial_length is None

    @property
    def resets_state(self) -> bool:
        """Whether each window begins with a zero state, so that nothing is carried."""
        return not self.is_stream or self.start_state == "zero"

    @property
    def is_stream_in_pieces(self) -> bool:
        """Whether no window of a stream knows what came before it."""
        return self.is_stream and self.resets_state

    @property
    def window_steps(self) -> int:
        """Time steps of a window: T of a stream; of trials a whole one, in which the gradient is
        cut at T."""
        return self.trial_length or self.truncated_backprop_length

    @property
    def reach(self) -> int | None:
        """Time steps between two cuts of the gradient; None if it is not cut."""
        if RULES[self.rule].cuts or self.is_stream_in_pieces:
            return self.truncated_backprop_length
        return None

    @property
    def is_uncut(self) -> bool:
        """Whether the learning rule follows errors past T time steps, where others cut them off."""
        is_cut_at_t = self.is_stream or self.truncated_backprop_length < self.window_steps
        return is_cut_at_t and self.reach is None

    @property
    def gradient_cut(self) -> int | None:
        """Time steps of a trial after which the gradient is cut; None if it flows through the whole
        trial."""
        if self.reach is None or self.reach >= self.window_steps:
            return None
        return self.reach

    @property
    def window_stride(self) -> int:
        """Time steps from one window to the next (k1 of TBPTT(k1, k2); k2 is the length of a
        window)."""
        if self.stride is None:
            return self.window_steps
        return self.stride

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


FIELDS: dict[str, Field] = {
    declared.name: replace(declared.metadata[KEY], name=declared.name)
    for declared in dataclasses.fields(EchoConfig)
    if declared.name != TASK
}
"""The fields of `EchoConfig` but for the task, whose settings have ranges of their own."""

# Programs depend on them
COMPILED_FIELDS = frozenset({"rule", "clip_norm", "weight_decay", "rate_penalty"})
# Can change between two windows
LIVE_FIELDS = COMPILED_FIELDS | {"num_epochs", "learning_rate", "solved_below"}
# Can change when a trainer starts over. Those that are not in `COMPILED_FIELDS` change no program.
START_FIELDS = LIVE_FIELDS | {"seed", "init", "forget_bias", "chrono", "spectral_radius", "weights"}
# The data of an epoch depend on them
DATA_FIELDS = frozenset({"total_series_length", "batch_size", "seed"})
# Records leave out their defaults, so that branches from before keep their digests
LATER_FIELDS = COMPILED_FIELDS | {
    "forget_bias",
    "solved_below",
    "chrono",
    "spectral_radius",
    "start_state",
    "weights",
}

BEHIND = {"state_size": ("num_classes", "echo_step"), "init": ("row_start",)}
ORDER: tuple[str, ...] = ()
for _name in (*FIELDS, TASK):
    ORDER += (_name, *BEHIND.get(_name, ()))
"""The order of values in records and on screens: the echo's have kept their places, those of other
tasks come last."""


def checked(values: Mapping[str, Any]) -> dict[str, Any]:
    """All fields, from some values by name; a ConfigError if one cannot be used, or has no such
    name."""
    settings = dict(values)
    fields: dict[str, Any] = {}
    for name, limits in FIELDS.items():
        fields[name] = limits.checked(settings.pop(name, getattr(EchoConfig, name)))

    given_task = settings.pop(TASK, None) or ECHO
    row_length = fields["total_series_length"] // fields["batch_size"]
    task = made(given_task, settings, ORDER, row_length)
    fields[TASK] = task
    if "truncated_backprop_length" not in values:
        fields["truncated_backprop_length"] = usual_window(task.length)
    return fields


def usual_window(trial_length: int | None) -> int:
    """The window length T if none is given: the tutorial's for a stream, a whole trial for
    trials."""
    return trial_length or DEFAULT_WINDOW


def require_epochs(config: EchoConfig, epoch: int, window: int) -> None:
    """A ConfigError if the next window to train, (``epoch``, ``window``), is beyond
    ``num_epochs``."""
    least = epoch + 1 if window > 0 else epoch
    if config.num_epochs < least:
        raise ConfigError("num_epochs", config.num_epochs, f"at least {least}, as trained")


# ---- values as texts


def fields_text(values: Mapping[str, object]) -> str:
    """Fields with their values: "cell lstm, stride unset"."""
    texts = []
    for name, value in values.items():
        text = "unset" if value in (None, "") else file_named(value)
        texts.append(f"{name} {text}")
    return ", ".join(texts)


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
    changes = changes_shown(before, after)
    for name in without:
        changes.pop(name, None)
    if "replicas" not in changes:
        return fields_text(changes)

    networks = f"seed {after.seed} alone"
    if after.replicas > 1:
        last = after.seed + after.replicas - 1
        networks = f"{after.replicas:,} networks of seeds {after.seed} to {last}"
    others = {name: value for name, value in changes.items() if name not in ("seed", "replicas")}
    if not others:
        return networks
    return f"{networks}, {fields_text(others)}"
