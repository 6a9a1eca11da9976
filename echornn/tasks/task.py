"""What a task is: the data that it draws, the steps that count, and the losses that show what is
learned.

A *stream* never ends: its rows are cut into windows, and the state is carried from window to
window. *Trials* have a `length`: they follow each other in a row, and the state is zero at the
start of each.
"""

from __future__ import annotations

import dataclasses
import math
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, ClassVar, NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt

from echornn.errors import ConfigError, OwnError, blaming, fraction, whole
from echornn.machines import NOT_ALLOWED, Machine
from echornn.own import own_file
from echornn.tasks.data_file import pinned

# The most time steps, units or predictions: the compiled loop counts in int32
MAX_STEPS = 2**31 - 1
# A mean loss within this share of chance above its floor is solved: 0.05 nats for two classes;
# chosen by eye
SOLVED_SHARE = 0.07
MOST_SYMBOLS = 256  # symbols are stored as uint8

Value = TypeVar("Value")
KEY = "echornn"  # of a field's metadata with the help and the range


@dataclass(frozen=True)
class Setting:
    """A setting of a task, or a field of `EchoConfig`. The type of its default is its type."""

    name: str
    default: int | float | str
    help: str = ""
    least: float = -MAX_STEPS
    most: float = MAX_STEPS
    choices: tuple[str, ...] = ()
    is_file: bool = False  # whether it is the path of a data file

    def checked(self, value: object) -> object:
        """The value as Python's own type; a ConfigError if it is not allowed."""
        if self.is_file:
            return pinned(self.name, value)
        if isinstance(self.default, str):
            words = self.choices or (self.default,)
            if value not in words:
                raise ConfigError(self.name, value, f"one of {', '.join(words)}")
            return value
        number: float
        if isinstance(self.default, int):
            number = whole(self.name, value)
        else:
            number = fraction(self.name, value, self.allowed)
        if self.least <= number <= self.most:
            return number
        allowed = self.allowed
        if number > self.most and not self.tells_most:
            allowed = f"at most {self.most}"
        raise ConfigError(self.name, number, allowed)

    @property
    def tells_most(self) -> bool:
        """Whether `allowed` tells the most: a technical limit is told only to who exceeds it."""
        return not self.allowed.endswith("or more")

    @property
    def allowed(self) -> str:
        if self.choices:
            return ", ".join(self.choices)
        if self.most == MAX_STEPS:
            return f"{self.least:,} or more"
        return f"{self.least:,} to {self.most:,}"


def setting(
    default: Value,
    help: str,
    least: float = -MAX_STEPS,
    most: float = MAX_STEPS,
    choices: tuple[str, ...] = (),
    is_file: bool = False,
) -> Value:
    """Declare a setting of a task: its default, its meaning as a sentence, and its range, or the
    allowed words; or that it is the path of a file, whose hash is kept: `echornn.array_of` reads
    it.
    """
    return dataclasses.field(
        default=default, metadata={KEY: Setting("", 0, help, least, most, choices, is_file)}
    )


def settings_of(task: Any) -> tuple[Setting, ...]:
    """The settings of a task or its class; a ConfigError if one has no usable default."""
    settings = []
    for field in dataclasses.fields(task):
        default = field.default
        if isinstance(default, bool) or not isinstance(default, (int, float, str)):
            refused = "nothing" if default is dataclasses.MISSING else default
            allowed = "a setting needs a default that is a number or a word"
            raise ConfigError(field.name, refused, allowed)
        declared = field.metadata.get(KEY, Setting("", 0))
        settings.append(replace(declared, name=field.name, default=default))
    return tuple(settings)


def values_of(task: Task) -> dict[str, Any]:
    return {name: getattr(task, name) for name in setting_names(type(task))}


@lru_cache(maxsize=64)
def setting_names(kind: type[Task]) -> tuple[str, ...]:
    return tuple(field.name for field in dataclasses.fields(kind))


class TaskError(OwnError):
    """A task cannot be used; the message is one line, which names the place in a user's file."""

    noun = "task"


@dataclass(frozen=True, repr=False)
class DataForm:
    """The number of symbols, or of numbers at a step; and a name for each to show, such as
    ``"abcd"``, or none."""

    count: int
    names: Sequence[str] = dataclasses.field(default=(), compare=False)

    least: ClassVar[int] = 1
    noun: ClassVar[str] = "numbers"

    def __post_init__(self) -> None:
        if not self.least <= self.count <= MOST_SYMBOLS:
            raise TaskError(f"{self}: there can be {self.least} to {MOST_SYMBOLS} {self.noun}")
        names = tuple(self.names)
        object.__setattr__(self, "names", names)
        usable = {name for name in names if _is_printable(name)}
        if names and not len(usable) == len(names) == self.count:
            wanted = f"{self.count} different names of printable characters"
            raise TaskError(f"{self}: names = {names}, but there have to be {wanted}")

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.count})"

    @property
    def input_size(self) -> int:
        return self.count


def _is_printable(name: object) -> bool:
    return isinstance(name, str) and name.isprintable() and bool(name.strip())


class Symbols(DataForm):
    """Data with one of ``count`` symbols per step, uint8 [rows, steps]; as outputs: classes, with
    cross-entropy."""

    loss, unit = "cross-entropy", "nats"
    least, noun = 2, "symbols"

    @property
    def input_size(self) -> int:
        """One number for two symbols, as in the tutorial; otherwise a one-hot vector."""
        return 1 if self.count == 2 else self.count


class Numbers(DataForm):
    """Data with ``count`` numbers per step, float32 [rows, steps, count]; as outputs, with squared
    error."""

    loss, unit = "squared error", ""


@dataclass(frozen=True, eq=False)
class Batch:
    """Rows of data, side by side; symbols are uint8 [rows, steps], and numbers float32 [rows,
    steps, count]."""

    x: npt.NDArray[Any]  # inputs
    y: npt.NDArray[Any]  # targets; at steps that are not scored, any allowed value, usually 0
    # [rows, steps], whether a step counts, by default all do; or its weight, see `weighs_steps`
    scored: npt.NDArray[Any] = None  # type: ignore
    # By name, numbers [rows, steps] that decide targets and are neither inputs nor targets, such as
    # a carry: as they are after the input of the step; or a function without arguments that returns
    # them, so that only probes, which compare states with them, take time for it.
    hidden: Mapping[str, Any] = dataclasses.field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.scored is None:
            object.__setattr__(self, "scored", np.ones(np.shape(self.x)[:2], np.bool_))


@dataclass(frozen=True)
class Level:
    """A level of the ladder: the loss of a perfect learner that knows only a certain part of the
    past."""

    name: str  # a few words for the curve: "knows t-3"
    loss: float  # the mean loss over scored steps, in nats or squared error
    knows: str  # what such a learner knows, such as "the coin 3 steps back"
    # Of the inputs that it knows; None if it does not know certain lags
    lags: tuple[int, ...] | None = None
    # The share of wrong answers, 0 to 1; None if it is not known, and for numbers
    wrong: float | None = None


class Echoed(NamedTuple):
    """The inputs that targets repeat, one each, in rows that are cut from one series of symbols."""

    lag: int
    reaches_row_above: bool  # or else the first targets of a row are blank


@lru_cache(maxsize=64)
def _live_settings(task: Task) -> frozenset[str]:
    live = [setting.name for setting in settings_of(task) if _keeps_form(task, setting)]
    return frozenset(live)


def _keeps_form(task: Task, setting: Setting) -> bool:
    """Whether another value of a setting leaves the compiled program as it is: by the first other
    one that is allowed."""
    value = getattr(task, setting.name)
    others: Sequence[Any]
    if isinstance(value, str):
        others = [word for word in setting.choices if word != value]
    elif isinstance(value, int):
        others = (value + 1, value - 1)
    else:
        others = (value * 0.99, value * 1.01)
    for other in others:
        with suppress(ConfigError):
            changed = task.with_values({setting.name: setting.checked(other)})
            return form_of(changed) == form_of(task)
    return False


@dataclass(frozen=True)
class Task(ABC):
    """The base class of tasks.

    A subclass is a frozen dataclass; its fields, made with `setting`, are its settings.
    """

    own: ClassVar[Any] = None  # the `OwnTask` of the class, if it is a user's own
    # Whether `draw` returns ``scored`` as weights, float32, 0 or more: a loss is the mean by these.
    # Wrong answers are counted where a weight is above 0, whatever it is.
    weighs_steps: ClassVar[bool] = False

    def __reduce__(self) -> str | tuple[Any, ...]:
        """Pickle a user's own task by the text of its file, which the other process may not
        have."""
        if self.own is None:
            return super().__reduce__()
        return self.own.task, (values_of(self),)

    def __post_init__(self) -> None:
        for setting in settings_of(self):
            value = setting.checked(getattr(self, setting.name))
            object.__setattr__(self, setting.name, value)

    @property
    @abstractmethod
    def inputs(self) -> Symbols | Numbers:
        """The kind of data that the network reads at each step."""

    @property
    @abstractmethod
    def outputs(self) -> Symbols | Numbers:
        """The kind of data that the network predicts at each step; it determines the loss."""

    @property
    def length(self) -> int | None:
        """The number of steps of a trial; None for a stream."""
        return None

    @property
    def scores_every_step(self) -> bool:
        """Whether `draw` does; training is a little faster if that is known."""
        return False

    @property
    def characters(self) -> Sequence[str]:
        """The text of each symbol, if targets are the inputs that follow, so that a network can
        write; else empty."""
        return ()

    @property
    def letters(self) -> npt.NDArray[Any] | None:
        """The inputs that can come at a step, each a letter of a `Machine`; by default all symbols.
        None if they are not finitely many."""
        if isinstance(self.inputs, Symbols):
            return np.arange(self.inputs.count, dtype=np.uint8)
        return None

    @property
    def machine(self) -> Machine | None:
        """The smallest finite automaton that solves the task; None if there is none, or if it is
        not known."""
        return None

    @property
    def echoed(self) -> Echoed | None:
        """The inputs that the targets repeat; None if they are no such echo."""
        return None

    @property
    def note(self) -> str:
        """What is to be known about the data of these settings, in a line; empty if nothing is."""
        return ""

    @abstractmethod
    def draw(self, rng: np.random.Generator, rows: int, steps: int) -> Batch:
        """New data: ``rows`` streams of ``steps`` steps; or ``rows`` trials, with ``steps`` equal
        to `length`.

        A pure function of its arguments; ``rng`` has drawn nothing yet.
        """

    def draw_held_out(self, rng: np.random.Generator, rows: int, steps: int) -> Batch:
        """As `draw`, but data that no training sees: by default, from a generator that draws
        nothing else."""
        return self.draw(rng, rows, steps)

    def levels(self, rows: int, steps: int) -> tuple[Level, ...]:
        """The levels from knowing nothing to knowing everything, for data of this shape; empty if
        not known."""
        return ()

    def sources(self, t: int) -> tuple[int, ...]:
        """The lags, at most ``t``, of the inputs that decide the target of step ``t`` (from 0) of a
        stream or trial. Empty if the step is not scored, if they depend on the data, or if they are
        all lags, so that none is special.
        """
        return ()

    def solved(self, rows: int, steps: int) -> float | None:
        """The mean loss, close to the last level, below which the task is solved; None with fewer
        than two levels."""
        losses = [level.loss for level in self.levels(rows, steps)]
        above = [loss for loss in losses if loss > losses[-1]]
        if not above:
            return None
        chance, floor = losses[0], losses[-1]
        step = above[-1] - floor  # from the level before the last
        return floor + min(SOLVED_SHARE * chance, step / 4)  # a quarter: chosen by eye

    def with_values(self, values: Mapping[str, object]) -> Task:
        """The task with other values of some settings; a ConfigError if they are not possible
        together."""
        merged = {**values_of(self), **values}
        if self.own is not None:
            task: Task = self.own.task(merged)
            return task
        return type(self)(**merged)

    @property
    def live_settings(self) -> frozenset[str]:
        return _live_settings(self)

    def more_at_start(self, rows: int, first: int, steps: int) -> float | None:
        """What a window at a row's start costs more, as inputs before are unknown; None if `levels`
        say it."""
        return None

    @classmethod
    def misfit(cls, values: Mapping[str, Any], steps: int) -> ConfigError | None:
        """The error about values of settings, by name, that cannot be in rows of so many steps;
        None if all can."""
        return None


def entropy(*probabilities: float) -> float:
    """The entropy of a distribution in nats: the least mean cross-entropy if only these
    probabilities are known."""
    return -sum(p * math.log(p) for p in probabilities if p > 0)


def lagged(x: npt.NDArray[Any], lag: int, first: int) -> npt.NDArray[Any]:
    """For each step from ``first`` on, the input ``lag <= first`` steps earlier, [rows, steps -
    first, ...]."""
    count = max(0, x.shape[1] - first)
    return x[:, first - lag :][:, :count]


def next_symbols(stream: npt.NDArray[np.uint8], rows: int, steps: int) -> Batch:
    """Rows cut from a stream of at least ``rows * steps + 1`` symbols; the target of each is the
    one after it."""
    count = rows * steps
    x, y = stream[:count], stream[1 : count + 1]
    return Batch(x.reshape(rows, steps), y.reshape(rows, steps))


def share_before(lag: int, steps: int) -> float:
    """The share of a row's steps whose input ``lag`` steps back lies before the row."""
    return min(lag, steps) / steps


# ---- what a task says and draws, checked: each raises a TaskError of one line, which names the
# place in a user's file

MOST_HIDDEN = 8  # hidden variables of a task; chosen by eye
MOST_LOSS = 512.0  # of a ladder; higher losses are not distinguished, and targets can be scaled


def blaming_method(task: Task, method: str) -> AbstractContextManager[None]:
    """Like `blaming`, for a call of this method; an error from outside of the file is reported at
    the method's line."""
    kind = own_file.LOADED.get(task.own, type(task))
    function = getattr(kind, method, None)
    code = getattr(getattr(function, "fget", function), "__code__", None)  # also of a property
    if code is None:
        return blaming(TaskError, kind.__module__, None)
    return blaming(TaskError, code.co_filename, code.co_firstlineno)


def form_of(task: Task) -> tuple[Symbols | Numbers, Symbols | Numbers, int | None, bool]:
    """What decides the program that trains a task: its inputs, outputs and length, and whether it
    scores every step."""
    with blaming_method(task, "draw"):
        for name in ("inputs", "outputs"):
            form: object = getattr(task, name)
            if not isinstance(form, (Symbols, Numbers)):
                raise TaskError(f"{name} = {form!r}, not Symbols(n) nor Numbers(n)")
        length: object = task.length
        if length is not None and (not isinstance(length, int) or length < 1):
            wanted = "the number of steps of a trial, or None for a stream"
            raise TaskError(f"length = {length!r}, but it must be {wanted}")
        return task.inputs, task.outputs, length, bool(task.scores_every_step)


def draw_rows(
    task: Task,
    rng: np.random.Generator,
    rows: int,
    steps: int,
    held_out: bool = False,
    with_hidden: bool = False,
) -> Batch:
    """The data of an epoch: rows of a stream, or of as many whole trials as fit into ``steps``, one
    after another; the hidden variables only where they are asked for, since training reads none.
    """
    length = task.length or steps
    trials = steps // length
    if trials == 0:
        raise TaskError(f"a row of {steps:,} steps is too short for a trial of {length:,}")
    method = "draw_held_out" if held_out else "draw"
    with blaming_method(task, method), np.errstate(all="ignore"):
        drawn = getattr(task, method)(rng, rows * trials, length)
        batch = _checked(task, drawn, rows * trials, length)
        if with_hidden:
            hidden = _fitting_hidden(drawn.hidden, (rows * trials, length))
            batch = replace(batch, hidden=hidden)
    if trials == 1:
        return batch

    def in_rows(values: npt.NDArray[Any]) -> npt.NDArray[Any]:
        return np.reshape(values, (rows, trials * length, *values.shape[2:]))

    hidden = {name: in_rows(values) for name, values in batch.hidden.items()}
    return Batch(in_rows(batch.x), in_rows(batch.y), in_rows(batch.scored), hidden)


def _checked(task: Task, drawn: object, rows: int, steps: int) -> Batch:
    if not isinstance(drawn, Batch):
        kind = "nothing" if drawn is None else f"a {type(drawn).__name__}"
        raise TaskError(f"draw returns {kind}, not a Batch(x, y, scored)")
    shape = rows, steps
    x = _fitting("x", task.inputs, np.asarray(drawn.x), shape)
    y = _fitting("y", task.outputs, np.asarray(drawn.y), shape)
    scored = _fitting_scores(task, np.asarray(drawn.scored), shape)
    if task.scores_every_step and not scored.all():
        raise TaskError("draw scores only some steps, but the task has scores_every_step")
    if not scored.any():
        raise TaskError(
            f"draw scores none of {steps:,} steps: a row may be too short for the task's lags"
        )
    return Batch(x, y, scored)


def _fitting_scores(
    task: Task, scored: npt.NDArray[Any], shape: tuple[int, int]
) -> npt.NDArray[Any]:
    kinds, noun = ("bf", "weights") if task.weighs_steps else ("b", "bool")
    if scored.dtype.kind not in kinds or scored.shape != shape:
        hint = "" if task.weighs_steps else "; weights need weighs_steps = True in the class"
        raise TaskError(f"draw returns scored as {_form(scored)}, not {noun} {[*shape]}{hint}")
    if not task.weighs_steps:
        return scored
    if task.scores_every_step:
        raise TaskError("a task with weighs_steps cannot have scores_every_step, which has none")
    weights = _finite("scored", scored.astype(np.float32, copy=False))
    if weights.min() < 0:
        raise TaskError(f"draw returns scored with {weights.min()}, but weights must be 0 or more")
    return weights


def _fitting_hidden(hidden: object, shape: tuple[int, int]) -> dict[str, npt.NDArray[Any]]:
    is_named = isinstance(hidden, Mapping) and all(map(_is_printable, hidden))
    if not is_named or len(hidden) > MOST_HIDDEN:  # type: ignore[arg-type]
        wanted = f"which must be at most {MOST_HIDDEN} arrays by printable names"
        raise TaskError(f"draw returns hidden = {hidden!r:.80}, {wanted}")
    fitting = {}
    for name, values in hidden.items():  # type: ignore[attr-defined]
        numbers = np.asarray(values() if callable(values) else values)
        if numbers.dtype.kind not in "iubf" or numbers.shape != shape:
            needs = f"but numbers {[*shape]} are needed"
            raise TaskError(f"draw returns hidden {name} as {_form(numbers)}, {needs}")
        fitting[str(name)] = _finite(f"hidden {name}", numbers.astype(np.float32))
    return fitting


def _fitting(
    name: str, form: Symbols | Numbers, values: npt.NDArray[Any], shape: tuple[int, int]
) -> npt.NDArray[Any]:
    is_symbols = isinstance(form, Symbols)
    kinds, noun = "iubf", "numbers"
    wanted: tuple[int, ...] = (*shape, form.count)
    if is_symbols:
        kinds, noun = "iub", "whole numbers"
        wanted = shape
    if values.dtype.kind not in kinds or values.shape != wanted:
        needs = f"{noun} {list(wanted)}"
        raise TaskError(f"draw returns {name} as {_form(values)}, but {form} needs {needs}")
    if not is_symbols:
        return _finite(name, values.astype(np.float32, copy=False))
    least, most = values.min(), values.max()
    if least < 0 or most >= form.count:
        found = f"symbols from {least} to {most}"
        raise TaskError(f"draw returns {name} with {found}, but {form} has 0 to {form.count - 1}")
    return values.astype(np.uint8, copy=False)


def _finite(name: str, numbers: npt.NDArray[Any]) -> npt.NDArray[Any]:
    places = np.argwhere(~np.isfinite(numbers)).tolist()
    if places:
        found = f"{numbers[tuple(places[0])]} at {places[0]}"
        raise TaskError(f"draw returns {name} with {found}, but all numbers must be finite")
    return numbers


def _form(values: npt.NDArray[Any]) -> str:
    return f"{values.dtype} {list(values.shape)}"


def ladder(task: Task, rows: int, steps: int) -> tuple[Level, ...]:
    """The levels of a task: their losses decrease from knowing nothing to knowing everything."""
    with blaming_method(task, "levels"):
        levels = tuple(task.levels(rows, steps))
        for level in levels:
            _require_level(level)
        losses = [float(level.loss) for level in levels]
        if losses != sorted(losses, reverse=True):
            wanted = "which must decrease towards knowing everything"
            raise TaskError(f"levels returns losses {losses}, {wanted}")
        return tuple(map(plain_level, levels))


def _require_level(level: object) -> None:
    wanted = ""
    if not isinstance(level, Level) or not 0 <= level.loss <= MOST_LOSS:
        wanted = f"not a Level with a loss from 0 to {MOST_LOSS:g}"
    elif not level.name or not f"{level.name}{level.knows}".isprintable():
        wanted = "but name and knows must be printable, on one line"
    if wanted:
        raise TaskError(f"levels returns {level!r}, {wanted}")


def plain_level(level: Level) -> Level:
    """The level with Python's own types."""
    lags = None if level.lags is None else tuple(map(int, level.lags))
    wrong = None if level.wrong is None else float(level.wrong)
    return Level(str(level.name), float(level.loss), str(level.knows), lags, wrong)


def solved_level(task: Task, rows: int, steps: int) -> float | None:
    with blaming_method(task, "solved"):
        level = task.solved(rows, steps)
        if level is not None and not math.isfinite(level):
            raise TaskError(f"solved returns {level!r}, but it must return a finite loss or None")
        return None if level is None else float(level)


def has_words(task: Task) -> bool:
    """Whether networks of this task can be seen as machines: they read letters, and say symbols."""
    return task.letters is not None and isinstance(task.outputs, Symbols)


def machine_of(task: Task) -> Machine | None:
    with blaming_method(task, "machine"):
        machine, letters = task.machine, task.letters
        if machine is None:
            return None
        if letters is None:
            raise TaskError("a machine needs letters, the inputs that can come at a step")
        states = machine.states
        shapes = np.shape(machine.leads), np.shape(machine.says)
        wanted = (states, len(letters)), (states, task.outputs.count)
        if shapes != wanted:
            raise TaskError(f"machine has leads and says of {shapes}, not of {wanted}")
        least, most = np.min(machine.leads), np.max(machine.leads)
        if least < NOT_ALLOWED or most >= states:
            allowed = f"{NOT_ALLOWED} to {states - 1}"
            raise TaskError(f"machine leads to states {least} to {most}, not {allowed}")
        return machine


def known_lags(task: Task, t: int) -> tuple[int, ...]:
    return lags_of_steps(task, t, 1)[0]


def lags_of_steps(task: Task, first: int, steps: int) -> list[tuple[int, ...]]:
    """The `Task.sources` of consecutive steps from ``first`` on; equal neighbours are the same
    tuple."""
    lags_by_step: list[tuple[int, ...]] = []
    before: tuple[int, ...] = ()
    with blaming_method(task, "sources"):
        for t in range(first, first + steps):
            lags = tuple(task.sources(t))
            if lags != before:
                _require_lags(lags, t)
                before = lags
            lags_by_step.append(before)
    return lags_by_step


def _require_lags(lags: tuple[object, ...], t: int) -> None:
    for lag in lags:
        if not isinstance(lag, int) or not 0 <= lag <= t:
            raise TaskError(f"sources({t}) returns {lags}, not lags from 0 to {t}")
