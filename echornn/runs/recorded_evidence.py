"""What the recorded losses tell, where a run goes on: the same as if it had never been interrupted."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from echornn.analysis.theory import Evidence
from echornn.runs.command import Command
from echornn.runs.run_dir import WINDOW, WINDOWS_AT_A_TIME, Run

Span = tuple[int, int]
"""Windows of a run: the first, and the one after the last."""


def evidence_of(run: Run) -> Evidence:
    """The evidence of the windows that the run's present weights have seen since they last began anew.

    Reads only those, a piece at a time.

    Raises:
        OSError: the log could not be read.
    """
    evidence = Evidence()
    for begin, end in spans_of_the_weights(run.commands, run.trained):
        for first in range(begin, end, WINDOWS_AT_A_TIME):
            windows = run.windows(first, min(first + WINDOWS_AT_A_TIME, end))
            evidence = evidence.after(windows["loss"], run.config, first)
    return evidence


def newest_windows(run: Run, count: int) -> npt.NDArray[Any]:
    """The newest windows before where the run stands, at most so many, `WINDOW` [n] in the order trained.

    Where the run went back, the windows before are those before the moment that it went back to. Of a record of an
    earlier version that does not say where that was, none are known from before it.

    Raises:
        OSError: the log could not be read.
    """
    pieces: list[npt.NDArray[Any]] = []
    for begin, end in reversed(_spans(run.commands, run.trained, lambda *_: False)):
        first = max(begin, end - count)
        pieces.append(run.windows(first, end))
        count -= end - first
        if not count:
            break
    return np.concatenate([np.empty(0, WINDOW), *reversed(pieces)])


def spans_of_the_weights(commands: Sequence[Command], trained: int) -> list[Span]:
    """The windows that count as evidence after all these commands, in the order trained.

    A reset, new weights and an edit of the task or the network begin anew; new data, more epochs and another learning
    rate do not; an undo takes up what was before.
    """
    return _spans(commands, trained, lambda command, before: not command.keeps_weights_of(before))


def _spans(
    commands: Sequence[Command], trained: int, begins_anew: Callable[[Command, Command | None], bool]
) -> list[Span]:
    stretches: list[list[Span]] = []
    spans: list[Span] = []
    ends = [command.at for command in commands[1:]] + [trained]
    for command, before, end in zip(commands, [None, *commands], ends, strict=False):
        if command.cause == "undo":
            spans = _taken_up(command, stretches)
        elif begins_anew(command, before):
            spans = []
        spans = [*spans, (command.at, end)]
        stretches.append(spans)
    return spans


def _taken_up(undo: Command, stretches: list[list[Span]]) -> list[Span]:
    """What counted where the undo went; nothing where a record of an earlier version does not say where."""
    number, trained = undo.back or (len(stretches), 0)
    if number >= len(stretches):
        return []
    *spans, (begin, end) = stretches[number]
    return [*spans, (begin, min(max(begin, trained), end))]
