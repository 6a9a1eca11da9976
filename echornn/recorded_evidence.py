"""What the recorded losses tell, where a run goes on: the same as if it had never been interrupted."""

from __future__ import annotations

from collections.abc import Sequence

from echornn.command import Command
from echornn.config import EchoConfig
from echornn.run_dir import WINDOWS_AT_A_TIME, Run
from echornn.theory import Evidence

Span = tuple[int, int]
"""Windows of a run: the first, and the one after the last."""

Place = tuple[int, int, int, int, EchoConfig]
"""Where training stands: epoch, window, generation of the data, draw of the weights, configuration."""


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
    past: list[tuple[Place, list[Span]]] = []
    spans: list[Span] = []
    ends = [command.at for command in commands[1:]] + [trained]
    for command, before, end in zip(commands, [None, *commands], ends, strict=False):
        if command.cause == "undo":
            spans = _taken_up(command, past)
        elif command.cause != "regenerate" and not (before and _goes_on(before, command)):
            spans = []
        spans = [*spans, (command.at, end)]
        past.append((_place(command, end - command.at), spans))
    return spans


def _goes_on(before: Command, command: Command) -> bool:
    return command.cause == "edit" and before.config.same_task(command.config)


def _taken_up(undo: Command, past: list[tuple[Place, list[Span]]]) -> list[Span]:
    """What counted at the moment that the undo went back to; that moment and all after it are taken from the past."""
    diverged = past[-1:]
    past[-1:] = []  # where it was undone
    while past:
        place, spans = past.pop()
        if place == _place(undo, 0):
            return spans
    return _last_good(undo, diverged)


def _last_good(undo: Command, diverged: list[tuple[Place, list[Span]]]) -> list[Span]:
    """What counted where the newest stretch diverged, and the undo went back to its last good checkpoint."""
    for (epoch, window, *same), spans in diverged:
        back = (epoch - undo.epoch) * undo.config.windows_per_epoch + window - undo.window
        begin, end = spans[-1]
        if same == [*_place(undo, 0)[2:]] and 0 <= back <= end - begin:
            return [*spans[:-1], (begin, end - back)]
    return []


def _place(command: Command, windows: int) -> Place:
    """Where training stands so many windows after a command."""
    epochs, window = divmod(command.window + windows, command.config.windows_per_epoch)
    return command.epoch + epochs, window, command.generation, command.draw, command.config
