"""The case that a run is in, as data: its kind, and its numbers.

`echornn.diagnosis.judge` finds it, `echornn.diagnosis.words` makes a sentence of it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum

from echornn.config import EchoConfig
from echornn.diagnosis.loss_stats import Earlier


class Kind(StrEnum):
    """The kinds of situations."""

    UNREAD = "the losses on record are not read yet"
    START = "nothing is trained yet"
    TOO_EARLY = "too few windows to tell"
    SETTLING = "the loss comes down from above chance"
    LEARNING = "the loss falls"
    BEGINNING = "more is right than by guessing, at a loss near chance"
    PLATEAU = "at chance"
    PINNED = "at chance, and the units hardly move, as after a uniform start"
    FAR = "at chance, and most targets echo an input before their window"
    BEYOND = "not solved, and no gradient reaches the input that is echoed"
    RATE_TOO_LARGE = "not learned, with steps so large that few networks do"
    STEPS_TOO_SMALL = "not learned yet, with steps so small that it takes long"
    SATURATED = "not learned, and the units are saturated"
    FEW_NUMBERS = "stalled, and a linear shift register for the echo does not fit into the state"
    STALLED = "below chance, and the loss stands"
    SLIPPED = "below chance, and it was lower"
    SWINGING = "the loss swings about chance"
    FORGOT = "the task was changed, and what was learned does not serve it"
    SOLVED = "solved"
    UNSTEADY = "solved, and lost again and again"
    RELAPSED = "was solved, and is no more"
    SPIKE = "an epoch's first windows, whose targets echo the row above"
    UNSTABLE = "a step at an epoch's start threw the network off"
    WORSE = "worse than chance"
    DIVERGED = "the loss is not finite"
    RECOVERING = "the loss was not finite, and is one again"


class Note(StrEnum):
    """A further fact to mention beside the diagnosis."""

    NONE = "nothing"
    ONE_WINDOW = "an epoch is one window"
    FEW_NUMBERS = "a linear shift register for the echo does not fit into the state"
    UNIFORM_START = "few uniform starts of such a network learn"
    DROPOUT = "the loss is measured with dropout"
    OVERLAP = "windows overlap"
    COVERAGE = "some targets echo an input before their window"


PASSING = frozenset({Kind.SPIKE, Kind.UNSTABLE})
"""Kinds that are only about the newest windows, and no longer hold after the next."""


STILL = 0.2
"""If no unit has a larger standard deviation, the units carry next to no information. Those of a uniform start have
0.01 to 0.12 before they learn, and 0.5 or more afterwards.
"""

MAINLY = 0.5
"""If a smaller share of units is saturated, that is not given as the reason why a network does not learn."""

MOSTLY = 0.9
"""If a larger share of units is saturated, practically all are."""


@dataclass(frozen=True)
class Diagnosis:
    """The diagnosis of a run, with the numbers that show it. Losses are in nats; windows count along the path, as the
    curve does; NaN and None mean that a number is not known.

    Attributes:
        kind: the kind of diagnosis.
        config: the configuration that is trained.
        note: a further fact to mention.
        windows: the windows trained since the weights or the task last changed; if it is too early to tell, since any
            setting changed, or since one of several networks went on alone.
        mean: mean loss; of the newest windows if the diagnosis is about them, else of the last blocks.
        newest: loss of the newest window.
        wrong: share of wrong predictions, 0 to 1.
        solved_at: the window, from 1, at which it was solved.
        since: the number of windows after which the diagnosis began.
        into_epoch: the window of its epoch at which the task was lost, from 1; 0 if unknown.
        more_right: whether significantly more predictions are right than by guessing.
        best, best_at, best_wrong: lowest mean loss, the windows trained by then, and the share of wrong predictions.
        falls, fall: whether the loss falls, and by what share from the second quarter of the stretch to its last half.
        relapses: how often the task was solved and then lost.
        sure: probability given to the right symbol in a typical window, 0 to 1.
        held: numbers that a linear read-out finds in the state, the sum of its memory by lag.
        kept: how well the echoed input can be read from the state so many steps later, r2, 0 to 1.
        spread: the largest standard deviation of a unit within a row of the newest window.
        saturated: the share of units and steps that are saturated.
        update: the largest change of a weight matrix in a window, relative to its size.
        unknown: the number of first targets of a row that a zero state cannot know.
        floor: the lowest possible mean loss of such a window.
        place: epoch and window of such a window, both from 1.
        mean_before: mean loss of the windows just before it.
        before: what was solved before the task was changed.
        renewed: windows along the path at which a solved network was given new data.
        tried: the fields of the last edit.
        too_large: an earlier learning rate of these weights that was too large for the optimizer; else 0.
        undoable: whether there is a change to undo.
        blamed: the fields that were changed last before the loss became non-finite.
        finished: whether all epochs are trained.
    """

    kind: Kind
    config: EchoConfig
    note: Note = Note.NONE
    windows: int = 0
    mean: float = math.nan
    newest: float = math.nan
    wrong: float = math.nan
    more_right: bool = False
    solved_at: int | None = None
    since: int = 0
    into_epoch: int = 0
    best: float = math.nan
    best_at: int = 0
    best_wrong: float = math.nan
    falls: bool = False
    fall: float = math.nan
    relapses: int = 0
    sure: float = math.nan
    held: float = math.nan
    kept: float = math.nan
    spread: float = math.nan
    saturated: float = math.nan
    update: float = math.nan
    unknown: int = 0
    floor: float = 0.0
    place: tuple[int, int] = (1, 0)
    mean_before: float = math.nan
    before: Earlier | None = None
    renewed: int | None = None
    tried: tuple[str, ...] = ()
    too_large: float = 0.0
    undoable: bool = False
    blamed: tuple[str, ...] = ()
    finished: bool = False
