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
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any, ClassVar, TypeVar

import numpy as np
import numpy.typing as npt

from echornn.errors import ConfigError, OwnError, blaming, fraction, whole
from echornn.own import own_file
from echornn.tasks.data_file import pinned

# The most time steps, units or predictions: the compiled loop counts in int32
MAX_STEPS = 2**31 - 1
# A mean loss within this share of chance above its floor is solved: 0.05 nats for two classes
SOLVED_SHARE = 0.07

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
            if value in words:
                return value
            raise ConfigError(self.name, value, f"one of {', '.join(words)}")
        is_whole = isinstance(self.default, int)
        found = whole(self.name, value) if is_whole else fraction(self.name, value, self.allowed)
        if self.least <= found <= self.most:
            return found
        is_beyond = found > self.most and self.allowed.endswith("or more")
        raise ConfigError(self.name, found, f"at most {self.most}" if is_beyond else self.allowed)

    @property
    def allowed(self) -> str:
        to = "or more" if self.most == MAX_STEPS else f"to {self.most:,}"
        return ", ".join(self.choices) or f"{self.least:,} {to}"


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
    found = []
    for one in dataclasses.fields(task):
        default = one.default
        if isinstance(default, bool) or not isinstance(default, (int, float, str)):
            refused = "nothing" if default is dataclasses.MISSING else default
            raise ConfigError(
                one.name, refused, "a setting needs a default that is a number or a word"
            )
        found.append(replace(one.metadata.get(KEY, Setting("", 0)), name=one.name, default=default))
    return tuple(found)


def values_of(task: Task) -> dict[str, Any]:
    return {name: getattr(task, name) for name in setting_names(type(task))}


@lru_cache(maxsize=64)
def setting_names(kind: type[Task]) -> tuple[str, ...]:
    return tuple(one.name for one in dataclasses.fields(kind))


class TaskError(OwnError):
    """A task cannot be used; the message is one line, which names the place in a user's file."""

    noun = "task"


@dataclass(frozen=True, repr=False)
class DataForm:
    """The number of symbols, or of numbers at a step; and a name for each to show, such as
    ``"abcd"``, or none."""

    count: int
    names: Sequence[str] = field(default=(), compare=False)

    least: ClassVar[int] = 1
    noun: ClassVar[str] = "numbers"

    def __post_init__(self) -> None:
        if not self.least <= self.count <= 256:
            raise TaskError(f"{self}: there can be {self.least} to 256 {self.noun}")
        names = tuple(self.names)
        object.__setattr__(self, "names", names)
        usable = all(
            isinstance(name, str) and name.isprintable() and name.strip() for name in names
        )
        if names and not (len(set(names)) == len(names) == self.count and usable):
            wanted = f"{self.count} different names of printable characters"
            raise TaskError(f"{self}: names = {names}, but there have to be {wanted}")

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.count})"

    @property
    def input_size(self) -> int:
        return self.count


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
    scored: npt.NDArray[np.bool_] = None  # type: ignore  # [rows, steps], whether a step counts; by default all do

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


@lru_cache(maxsize=64)
def _live_settings(task: Task) -> frozenset[str]:
    def keeps_form(known: Setting, value: Any) -> bool:
        others: Sequence[Any] = [word for word in known.choices if word != value]
        if not isinstance(value, str):
            others = (
                (value + 1, value - 1) if isinstance(value, int) else (value * 0.99, value * 1.01)
            )
        for other in others:
            with suppress(ConfigError):
                return form_of(task.with_values({known.name: known.checked(other)})) == form_of(
                    task
                )
        return False

    return frozenset(
        known.name for known in settings_of(task) if keeps_form(known, getattr(task, known.name))
    )


@dataclass(frozen=True)
class Task(ABC):
    """The base class of tasks.

    A subclass is a frozen dataclass; its fields, made with `setting`, are its settings.
    """

    own: ClassVar[Any] = None  # the `OwnTask` of the class, if it is a user's own
    # Whether `draw` does; training is a little faster if that is known
    scores_every_step: ClassVar[bool] = False

    def __reduce__(self) -> str | tuple[Any, ...]:
        """Pickle a user's own task by the text of its file, which the other process may not
        have."""
        return super().__reduce__() if self.own is None else (self.own.task, (values_of(self),))

    def __post_init__(self) -> None:
        for known in settings_of(self):
            object.__setattr__(self, known.name, known.checked(getattr(self, known.name)))

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
    def characters(self) -> Sequence[str]:
        """The text of each symbol, if targets are the inputs that follow, so that a network can
        write; else empty."""
        return ()

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
        return losses[-1] + min(SOLVED_SHARE * losses[0], (above[-1] - losses[-1]) / 4)

    def with_values(self, values: Mapping[str, object]) -> Task:
        """The task with other values of some settings; a ConfigError if they are not possible
        together."""
        merged = {**values_of(self), **values}
        return type(self)(**merged) if self.own is None else self.own.task(merged)

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
    return x[:, first - lag :][:, : max(0, x.shape[1] - first)]


def next_symbols(stream: npt.NDArray[np.uint8], rows: int, steps: int) -> Batch:
    """Rows cut from a stream of at least ``rows * steps + 1`` symbols; the target of each is the
    one after it."""
    x, y = (stream[at : at + rows * steps].reshape(rows, steps) for at in (0, 1))
    return Batch(x, y)


def scored_from(first: int, rows: int, steps: int) -> npt.NDArray[np.bool_]:
    """Scores that count every step from ``first`` on, bool [rows, steps]."""
    scored = np.zeros((rows, steps), np.bool_)
    scored[:, first:] = True
    return scored


def share_before(lag: int, steps: int) -> float:
    """The share of a row's steps whose input ``lag`` steps back lies before the row."""
    return min(lag, steps) / steps


# ---- what a task says and draws, checked: each raises a TaskError of one line, which names the
# place in a user's file

MOST_LOSS = 512.0  # of a ladder; higher losses are not distinguished, and targets can be scaled


def blaming_method(task: Task, method: str) -> AbstractContextManager[None]:
    """Like `blaming`, for a call of this method; an error from outside of the file is reported at
    the method's line."""
    kind = own_file.LOADED.get(task.own, type(task))
    code = getattr(getattr(kind, method, None), "__code__", None)
    return blaming(
        TaskError, code.co_filename if code else kind.__module__, code and code.co_firstlineno
    )


def form_of(task: Task) -> tuple[Symbols | Numbers, Symbols | Numbers, int | None]:
    """What decides the program that trains a task: its inputs, outputs and length."""
    with blaming_method(task, "draw"):
        for name in ("inputs", "outputs"):
            form: object = getattr(task, name)
            if not isinstance(form, (Symbols, Numbers)):
                raise TaskError(f"{name} = {form!r}, not Symbols(n) nor Numbers(n)")
        length: object = task.length
        if length is not None and (not isinstance(length, int) or length < 1):
            raise TaskError(
                f"length = {length!r}, but it must be the number of steps of a trial, or None for "
                "a stream"
            )
        return task.inputs, task.outputs, length


def draw_rows(
    task: Task, rng: np.random.Generator, rows: int, steps: int, held_out: bool = False
) -> Batch:
    """The data of an epoch: rows of a stream, or of as many whole trials as fit into ``steps``, one
    after another."""
    length = task.length or steps
    trials = steps // length
    if trials == 0:
        raise TaskError(f"a row of {steps:,} steps is too short for a trial of {length:,}")
    name = "draw_held_out" if held_out else "draw"
    with blaming_method(task, name), np.errstate(all="ignore"):
        drawn = _checked(
            task, getattr(task, name)(rng, rows * trials, length), rows * trials, length
        )
    if trials == 1:
        return drawn
    return Batch(
        *(
            np.reshape(a, (rows, trials * length, *a.shape[2:]))
            for a in (drawn.x, drawn.y, drawn.scored)
        )
    )


def _checked(task: Task, drawn: object, rows: int, steps: int) -> Batch:
    if not isinstance(drawn, Batch):
        kind = "nothing" if drawn is None else f"a {type(drawn).__name__}"
        raise TaskError(f"draw returns {kind}, not a Batch(x, y, scored)")
    x, y = (
        _fitting(name, form, np.asarray(values), (rows, steps))
        for name, form, values in (("x", task.inputs, drawn.x), ("y", task.outputs, drawn.y))
    )
    scored = np.asarray(drawn.scored)
    if scored.dtype != np.bool_ or scored.shape != (rows, steps):
        raise TaskError(f"draw returns scored as {_form(scored)}, not bool {[rows, steps]}")
    if task.scores_every_step and not scored.all():
        raise TaskError("draw scores only some steps, but the task has scores_every_step")
    if not scored.any():
        raise TaskError(
            f"draw scores none of {steps:,} steps: a row may be too short for the task's lags"
        )
    return Batch(x, y, scored)


def _fitting(
    name: str, form: Symbols | Numbers, values: npt.NDArray[Any], shape: tuple[int, int]
) -> npt.NDArray[Any]:
    is_symbols = isinstance(form, Symbols)
    wanted = shape if is_symbols else (*shape, form.count)
    if values.dtype.kind not in ("iub" if is_symbols else "iubf") or values.shape != wanted:
        needs = f"{'whole ' * is_symbols}numbers {list(wanted)}"
        raise TaskError(f"draw returns {name} as {_form(values)}, but {form} needs {needs}")
    if is_symbols:
        if values.min() < 0 or values.max() >= form.count:
            found = f"symbols from {values.min()} to {values.max()}"
            raise TaskError(
                f"draw returns {name} with {found}, but {form} has 0 to {form.count - 1}"
            )
        return values.astype(np.uint8, copy=False)
    numbers = values.astype(np.float32, copy=False)
    wrong = np.argwhere(~np.isfinite(numbers))
    if wrong.size:
        place = wrong[0].tolist()
        raise TaskError(
            f"draw returns {name} with {numbers[tuple(place)]} at {place}, but all numbers must "
            "be finite"
        )
    return numbers


def _form(values: npt.NDArray[Any]) -> str:
    return f"{values.dtype} {list(values.shape)}"


def ladder(task: Task, rows: int, steps: int) -> tuple[Level, ...]:
    """The levels of a task: their losses decrease from knowing nothing to knowing everything."""
    with blaming_method(task, "levels"):
        levels = tuple(task.levels(rows, steps))
        for level in levels:
            if not isinstance(level, Level) or not 0 <= level.loss <= MOST_LOSS:
                raise TaskError(
                    f"levels returns {level!r}, not a Level with a loss from 0 to {MOST_LOSS:g}"
                )
            if not level.name or not f"{level.name}{level.knows}".isprintable():
                raise TaskError(
                    f"levels returns {level!r}, but name and knows must be printable, on one line"
                )
        losses = [float(level.loss) for level in levels]
        if losses != sorted(losses, reverse=True):
            raise TaskError(
                f"levels returns losses {losses}, which must decrease towards knowing everything"
            )
        return tuple(map(plain_level, levels))


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


def known_lags(task: Task, t: int) -> tuple[int, ...]:
    return lags_of_steps(task, t, 1)[0]


def lags_of_steps(task: Task, first: int, steps: int) -> list[tuple[int, ...]]:
    """The `Task.sources` of consecutive steps from ``first`` on; equal neighbours are the same
    tuple."""
    found: list[tuple[int, ...]] = []
    before: tuple[int, ...] = ()
    with blaming_method(task, "sources"):
        for t in range(first, first + steps):
            lags = tuple(task.sources(t))
            if lags != before:
                if not all(isinstance(lag, int) and 0 <= lag <= t for lag in lags):
                    raise TaskError(f"sources({t}) returns {lags}, not lags from 0 to {t}")
                before = lags
            found.append(before)
    return found
