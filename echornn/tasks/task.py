"""The base class of tasks: the data that a task draws, the steps that count, and the losses that show what is learned.

A task is a frozen dataclass whose fields are its settings. It is one of two kinds. A *stream* never ends: its rows are
cut into windows, and the state is carried from window to window. *Trials* have a `length`: they follow each other in a
row, and the state is zero at the start of each.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from echornn.limits import SOLVED_SHARE
from echornn.own.errors import OwnError
from echornn.tasks.settings import check_settings, settings_of


class TaskError(OwnError):
    """A task cannot be used; the message is one line, which names file and line if the task is a user's own."""

    noun = "task"


@dataclass(frozen=True, repr=False)
class DataForm:
    """The number of symbols, or of numbers at a step, and their names.

    Attributes:
        count: how many.
        names: a name for each, such as ``"abcd"`` or ``("value", "mark")``; empty if they have none. Names only change
            what is shown.
    """

    count: int
    names: Sequence[str] = field(default=(), compare=False)

    def __post_init__(self) -> None:
        names = tuple(self.names)
        object.__setattr__(self, "names", names)
        usable = all(isinstance(name, str) and name.isascii() and name.isprintable() and name.strip() for name in names)
        if names and (len(set(names)) != self.count or len(names) != self.count or not usable):
            wanted = f"{self.count} different names of printable ASCII characters"
            raise TaskError(f"{self}: names = {names}, but there have to be {wanted}")

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.count})"


@dataclass(frozen=True, repr=False)
class Symbols(DataForm):
    """Data with one of ``count`` symbols per step, uint8 [rows, steps]; as outputs: classes, with cross-entropy."""

    loss: ClassVar[str] = "cross-entropy"
    unit: ClassVar[str] = "nats"

    def __post_init__(self) -> None:
        if not 2 <= self.count <= 256:
            raise TaskError(f"{self}: there can be 2 to 256 symbols")
        super().__post_init__()

    @property
    def input_size(self) -> int:
        """The numbers that enter the cell at a step: one for two symbols, as in the tutorial; otherwise a one-hot
        vector.
        """
        return 1 if self.count == 2 else self.count

    @property
    def output_size(self) -> int:
        """The numbers that leave the network at a step: a logit for each symbol."""
        return self.count


@dataclass(frozen=True, repr=False)
class Numbers(DataForm):
    """Data with ``count`` numbers per step, float32 [rows, steps, count]; as outputs, with squared error."""

    loss: ClassVar[str] = "squared error"
    unit: ClassVar[str] = ""

    def __post_init__(self) -> None:
        if not 1 <= self.count <= 256:
            raise TaskError(f"{self}: there can be 1 to 256 numbers")
        super().__post_init__()

    @property
    def input_size(self) -> int:
        """The numbers that enter the cell at a step."""
        return self.count

    @property
    def output_size(self) -> int:
        """The numbers that leave the network at a step."""
        return self.count


@dataclass(frozen=True, eq=False)
class Batch:
    """Rows of data, side by side.

    Attributes:
        x: inputs, uint8 [rows, steps] of symbols, or float32 [rows, steps, count] of numbers.
        y: targets, in the same form; at steps that are not scored, any allowed value, usually 0.
        scored: bool [rows, steps], whether a step counts in the loss.
    """

    x: npt.NDArray[Any]
    y: npt.NDArray[Any]
    scored: npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Level:
    """A level of the ladder: the loss of a perfect learner that knows only a certain part of the past.

    Attributes:
        name: a few words for the curve: "knows t-3".
        loss: the mean loss over scored steps, in nats or squared error.
        knows: what such a learner knows, such as "the coin 3 steps back".
        lags: the lags of the inputs that it knows; None if it does not know certain lags, or if these lags are not
            known.
        wrong: the share of its wrong answers among scored steps, 0 to 1; None if it is not known, and for numbers.
    """

    name: str
    loss: float
    knows: str
    lags: tuple[int, ...] | None = None
    wrong: float | None = None


@dataclass(frozen=True)
class Task(ABC):
    """The base class of tasks. A subclass is a frozen dataclass; its fields, made with `setting`, are its settings."""

    own: ClassVar[Any] = None
    """The `OwnTask` of the class, if it is a user's own."""

    scores_every_step: ClassVar[bool] = False
    """Whether `draw` scores every step of all data; training is a little faster if that is known."""

    def __reduce__(self) -> str | tuple[Any, ...]:
        """Pickle a user's own task by the text of its file, which the other process may not have."""
        if self.own is None:
            return super().__reduce__()
        return self.own.task, ({known.name: getattr(self, known.name) for known in settings_of(self)},)

    def __post_init__(self) -> None:
        check_settings(self)

    def as_written(self) -> Task:
        """The task that the text of its file makes; for all tasks except a `RecordedTask`, the task itself."""
        return self

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

    @abstractmethod
    def draw(self, rng: np.random.Generator, rows: int, steps: int) -> Batch:
        """New data: ``rows`` streams of ``steps`` steps; or ``rows`` trials, with ``steps`` equal to `length`.

        A pure function of its arguments; ``rng`` has drawn nothing yet.
        """

    def levels(self, rows: int, steps: int) -> tuple[Level, ...]:
        """The levels from knowing nothing to knowing everything, for data with ``rows`` rows of ``steps`` steps.

        Empty if they are not known.
        """
        return ()

    def sources(self, t: int) -> tuple[int, ...]:
        """The lags of the inputs that decide the target of step ``t`` (from 0) of a stream or trial.

        A lag is at most ``t``. Empty if the step is not scored, if the lags depend on the data, or if they are all from
        0 to ``t``, so that none is special.
        """
        return ()

    def solved(self, rows: int, steps: int) -> float | None:
        """The mean loss below which the task counts as solved; None if there are fewer than two levels.

        It is close to the last level, and at most a quarter of the way to the level before: a loss half-way between the
        two can be noise of a network that is not at the last one.
        """
        losses = [level.loss for level in self.levels(rows, steps)]
        above = [loss for loss in losses if loss > losses[-1]]
        if not above:
            return None
        return losses[-1] + min(SOLVED_SHARE * losses[0], (above[-1] - losses[-1]) / 4)


def entropy(*probabilities: float) -> float:
    """The entropy of a distribution in nats: the least mean cross-entropy if only these probabilities are known."""
    return -sum(p * math.log(p) for p in probabilities if p > 0)
