"""`Diagnosis`: the state of training (learning, solved, diverged, ...) as data: its kind and its numbers.

`echornn.diagnosis.judge` determines it; `echornn.diagnosis.words` turns it into a sentence.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum

from echornn.config import EchoConfig
from echornn.diagnosis.loss_stats import Earlier


class Kind(StrEnum):
    """The kinds of diagnoses."""

    UNREAD = "the losses on record are not read yet"
    START = "nothing is trained yet"
    TOO_EARLY = "too few windows to tell"
    SETTLING = "the loss comes down from above chance"
    LEARNING = "the loss falls"
    BEGINNING = "more is right than by guessing, at a loss near chance"
    PLATEAU = "at chance"
    PINNED = "at chance, and the units hardly move, as after a uniform start"
    FAR = "at chance, and most targets echo an input before their window"
    BEYOND = "not solved, and the learning rule's gradient does not reach the input that is echoed"
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
    DIVERGED = "the loss is not finite, or was far above chance and nothing is learned since"
    RECOVERING = "the loss was not finite, and is one again"


class Note(StrEnum):
    """An additional fact that is mentioned beside the diagnosis."""

    NONE = "nothing"
    ONE_WINDOW = "an epoch is one window"
    FEW_NUMBERS = "a linear shift register for the echo does not fit into the state"
    UNIFORM_START = "few uniform starts of such a network learn"
    DROPOUT = "the loss is measured with dropout"
    OVERLAP = "windows overlap"
    COVERAGE = "some targets echo an input before their window"
    UNCUT = "the learning rule follows errors past T"


PASSING = frozenset({Kind.SPIKE, Kind.UNSTABLE})
"""The kinds of diagnosis that are only about the newest windows, and no longer hold a few windows later."""


STILL = 0.2
"""If no unit has a larger standard deviation, the units carry almost no information. With uniform initial weights it is
0.01 to 0.12 before learning, and 0.5 or more afterwards.
"""

MAINLY = 0.5
"""Saturation is named as the reason for not learning if at least this share of units is saturated."""

MOSTLY = 0.9
"""Practically all units are saturated if at least this share is."""


@dataclass(frozen=True)
class Diagnosis:
    """The diagnosis of a run, with the numbers that support it. Losses are in nats or squared error; windows are
    counted along the path, as on the curve; NaN and None mean unknown.

    Attributes:
        kind: the kind of diagnosis.
        config: the configuration in training.
        note: an additional fact.
        windows: the windows trained since the weights or the task last changed. If the kind is too early to tell: since
            any setting changed, or since one of several networks continued alone.
        changed: how many of these windows came before the last change of a setting, such as the learning rule.
        mean: mean loss of the newest windows if the diagnosis is about them, otherwise of the last blocks.
        mean_of: the number of windows of this mean, up to the end of the newest block; 0 if it is not known.
        unsure: the uncertainty of the mean due to noise.
        newest: loss of the newest window.
        recent: mean loss of the newest 50 windows, as in the files and the lists of runs.
        by_number: the mean squared error of each number in the newest window; empty if it is not known, and for
            symbols.
        wrong: the share of wrong predictions, 0 to 1.
        solved_at: the window, from 1, at which the task was solved.
        since: the number of windows trained before this diagnosis began to hold.
        into_epoch: the window within its epoch, from 1, at which the task was lost; 0 if unknown.
        more_right: whether significantly more predictions are right than by guessing.
        best, best_at, best_wrong: lowest mean loss, the windows trained by then, and the share of wrong predictions
            then.
        falls, fall: whether the loss falls, and by what share from the second quarter of the stretch to its last half.
        newest_fall: by what share it fell lately, beyond what may be noise; NaN if the stretch is too short.
        typical_fall: if the task is solved, by what share the typical loss fell since then; negative if it rose, NaN if
            neither is clear.
        diverged_at: the window, from 1, at which the loss first was not finite, or far above chance; None if it never
            was.
        diverged_to: the loss of that window.
        relapses: how many times the task was solved and then lost.
        sure: the probability given to the right symbol in a typical window, 0 to 1.
        held: how many numbers a linear read-out recovers from the state (the sum of r2 over lags).
        kept: how well the echo's source can be read from the state: r2 at the lag of the echo, 0 to 1.
        spread: the largest standard deviation of a unit within a row of the newest window.
        saturated: the share of units and steps that are saturated.
        update: the largest relative change of a weight matrix per window.
        unknown: how many first targets of a row cannot be known from a zero state.
        floor: the lowest possible mean loss of a window that begins with a zero state.
        place: epoch and window, both from 1, of the window that the diagnosis is about.
        mean_before: mean loss of the windows just before that window.
        before: the task that was solved before the task was changed.
        renewed: the number of windows along the path at which a solved network got new data.
        tried: the fields of the last edit.
        too_large: an earlier learning rate of these weights that was too large for the optimizer; 0 if there was none.
        undoable: whether there is a change to undo.
        blamed: the fields that were last changed before the loss became NaN or infinite.
        finished: whether all epochs are trained.
    """

    kind: Kind
    config: EchoConfig
    note: Note = Note.NONE
    windows: int = 0
    changed: int = 0
    mean: float = math.nan
    mean_of: int = 0
    unsure: float = math.nan
    newest: float = math.nan
    recent: float = math.nan
    by_number: tuple[float, ...] = ()
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
    newest_fall: float = math.nan
    typical_fall: float = math.nan
    diverged_at: int | None = None
    diverged_to: float = math.nan
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
