"""What the recorded losses tell, where a run goes on: the same as if it had never been interrupted."""

from __future__ import annotations

from collections.abc import Sequence

from echornn.analysis.theory import Evidence
from echornn.runs.command import Command
from echornn.runs.run_dir import WINDOWS_AT_A_TIME, Run

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


def spans_of_the_weights(commands: Sequence[Command], trained: int) -> list[Span]:
    """The windows that count as evidence after all these commands, in the order trained.

    A reset, new weights and an edit of the task or the network begin anew; new data, more epochs and another learning
    rate do not; an undo takes up what was before.
    """
    stretches: list[list[Span]] = []
    spans: list[Span] = []
    ends = [command.at for command in commands[1:]] + [trained]
    for command, before, end in zip(commands, [None, *commands], ends, strict=False):
        if command.cause == "undo":
            spans = _taken_up(command, stretches)
        elif not command.keeps_weights_of(before):
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
