"""Reads the commands of a run from their log."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

from echornn.config import EchoConfig
from echornn.runs import own_files
from echornn.runs.checkpoint import Checkpoint
from echornn.runs.command import Command

MOST_LINE_BYTES = 1 << 16


def read_commands(
    file: Path, chosen: Checkpoint | None, at_the_start: EchoConfig
) -> tuple[tuple[Command, ...], int, int]:
    """The commands up to a checkpoint, how many lines cannot be read (their branches are missing), and how many lines
    there are.

    Raises:
        OSError: the log could not be read.
    """
    if chosen is None:
        return (), 0, 0
    commands: list[Command] = []
    count = 0
    for line in _lines(file, chosen.commands.length):
        count += 1
        with contextlib.suppress(ValueError):
            command = Command.from_line(line)
            if (commands[-1].at if commands else 0) <= command.at <= chosen.trained:
                commands.append(command)
    unreadable = count - len(commands)
    if not commands or commands[0].at:
        commands.insert(0, Command(0, "start", 0, 0, 0, 0, at_the_start))
    return tuple(commands), unreadable, count


def _lines(file: Path, length: int) -> Iterator[bytes]:
    """The lines of the first ``length`` bytes; a line that is too long comes in pieces."""
    with own_files.reader(file) as log:
        while line := log.readline(min(length, MOST_LINE_BYTES)):
            length -= len(line)
            yield line
