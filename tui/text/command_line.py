"""Command lines as text: to train a configuration again, or to return to a window."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path

from echornn.config import EchoConfig
from echornn.run.branch import Branch

PROGRAM = "echornn-tui"


def flags_text(flags: Mapping[str, object]) -> list[str]:
    """Words of a command line; flags that are False are left out."""
    words = []
    for name, value in flags.items():
        if value is not False:
            words.append(f"--{name.replace('_', '-')}")
        if not isinstance(value, bool):
            words.append(str(value))
    return words


def command_of(config: EchoConfig) -> str:
    """The command line that trains this configuration from the start."""
    return shlex.join([PROGRAM, *flags_text(EchoConfig().changes_to(config))])


def command_again(path: Sequence[Branch], window: int, is_past: bool, folder: Path | None) -> str:
    """The command line that returns to a window of this path: by flags if nothing has changed, else
    by the folder."""
    last = path[-1]
    from_the_start = len(path) == 1 and last.init_index == last.data_version == 0 and not is_past
    if from_the_start or folder is None:
        return command_of(last.config)
    return f"{PROGRAM} --resume {shlex.quote(str(folder))} --at {window}"


def command_with(subcommand: str, words: Sequence[str], flags: Mapping[str, object]) -> str:
    """A subcommand with these words and flags, as it can be typed; flags that are None are left
    out."""
    given = {name: value for name, value in flags.items() if value is not None}
    return shlex.join([PROGRAM, subcommand, *words, *flags_text(given)])
