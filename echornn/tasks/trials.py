"""Trials that may end early, and of which all steps are scored or only the last."""

from __future__ import annotations

import math
from abc import abstractmethod

import numpy as np
import numpy.typing as npt

from echornn.errors import ConfigError
from echornn.tasks.task import Level, Task, setting

ALL, LAST = "all", "last"


def shortest_trial() -> int:
    """Declare the setting `Trials.length_from`."""
    help = "Steps of the shortest trial, if lengths are drawn; 0: all have length."
    return setting(0, help, 0, 10**6)


def scored_steps() -> str:
    """Declare the setting `Trials.scoring`."""
    return setting(ALL, "Steps of a trial that are scored: all, or the last.", choices=(ALL, LAST))


class Trials(Task):
    """The base class of tasks whose trials may end before ``length`` steps.

    Both settings are declared by a subclass that has them, under their names.
    """

    least_length = 1  # of a trial

    @property
    @abstractmethod
    def length(self) -> int:
        """The number of steps of the longest trials."""

    @property
    def length_from(self) -> int:
        """The number of steps of the shortest trials: each length from there to `length` is alike;
        0 if all trials have `length`."""
        return 0

    @property
    def scoring(self) -> str:
        """Which steps of a trial are scored: ``all``, or the ``last``."""
        return ALL

    def __post_init__(self) -> None:
        super().__post_init__()
        shortest = self.length_from
        if shortest > 0 and not self.least_length <= shortest <= self.length:
            allowed = f"0, or {self.least_length} to length = {self.length}"
            raise ConfigError("length_from", shortest, allowed)

    @property
    def scores_every_step(self) -> bool:
        return self.scoring == ALL and self.shortest == self.length

    @property
    def shortest(self) -> int:
        """The number of steps of the shortest trials, also if lengths are not drawn."""
        return self.length_from or self.length

    def draw_ends(self, rng: np.random.Generator, rows: int) -> npt.NDArray[np.int64]:
        """The number of steps of each trial, [rows]. If they are all alike, ``rng`` draws
        nothing."""
        if self.shortest == self.length:
            return np.full(rows, self.length)
        return rng.integers(self.length_from, self.length + 1, rows)

    def is_over(self, ends: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
        """Whether a trial has ended before a step, so that its input is to be a blank, bool [rows,
        length]."""
        over: npt.NDArray[np.bool_] = np.arange(self.length) >= ends[:, np.newaxis]
        return over

    def scored(self, ends: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
        """The steps that are scored, of trials that end so, bool [rows, length]."""
        if self.scoring == ALL:
            return ~self.is_over(ends)
        return self.is_over(ends - 1) & ~self.is_over(ends)

    def scored_shares(self) -> npt.NDArray[np.float64]:
        """How much of a mean loss is that of each step of a trial, [length]; the sum is 1."""
        lengths = self.length - self.shortest + 1
        step = np.arange(self.length)
        if self.scoring == LAST:
            return (step >= self.shortest - 1) / lengths
        reached = np.minimum(1, (self.length - step) / lengths)  # by this share of trials
        shares: npt.NDArray[np.float64] = reached / reached.sum()
        return shares

    def right_for_first(self, classes: int, target: str, inputs: str) -> list[Level]:
        """The levels of learners that lose count after some steps of a trial: one of as many
        classes is as likely as any other from then on."""
        chance = math.log(classes)
        wrong = 1 - 1 / classes
        ladder = [Level("chance", chance, "nothing", wrong=wrong)]
        shares = self.scored_shares()
        count = 1
        while 2 * count <= self.length:
            guessed = 1 - float(shares[:count].sum())
            loss = guessed * chance
            if loss < ladder[-1].loss:
                knows = f"the {target} of the first {count} steps of a trial"
                ladder.append(Level(f"right for {count}", loss, knows, wrong=guessed * wrong))
            count *= 2
        knows = f"the {target} of all {inputs} so far"
        return [*ladder, Level("knows all", 0.0, knows, wrong=0.0)]
