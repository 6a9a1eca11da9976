"""Command lines as text: to train a configuration again, or to return to a window."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path

from echornn.config import EchoConfig
from echornn.timeline.branch import Branch

PROGRAM = "echornn-tui"


def command_of(config: EchoConfig) -> str:
    """The command line that trains this configuration from the start; it has a flag for each field that is not the
    default.
    """
    changes = EchoConfig().changes_to(config)
    flags = [f"--{name.replace('_', '-')} {shlex.quote(str(value))}" for name, value in changes.items()]
    return " ".join([PROGRAM, *flags])


def command_again(path: Sequence[Branch], window: int, is_past: bool, folder: Path | None) -> str:
    """The command line that returns to this window of a run.

    If the run has no changes, the configuration's flags are enough, and the command works on any machine. Otherwise, or
    for an earlier window, the command needs the run's folder.

    Args:
        path: the branches that lead to the window, from window 0 on; at least one.
        window: the window, counted along these branches.
        is_past: whether later windows were trained too.
        folder: the run's folder; None if the run is not saved.
    """
    last = path[-1]
    from_the_start = len(path) == 1 and last.init_index == last.data_version == 0 and not is_past
    if from_the_start or folder is None:
        return command_of(last.config)
    return f"{PROGRAM} --resume {shlex.quote(str(folder))} --at {window}"


def command_with(subcommand: str, words: Sequence[str], flags: Mapping[str, object]) -> str:
    """A subcommand with these words and flags, as it can be typed; flags that are None or False are left out."""
    given = {f"--{name.replace('_', '-')}": value for name, value in flags.items() if value is not None}
    words_of = {
        flag: [flag] * value if isinstance(value, bool) else [flag, str(value)] for flag, value in given.items()
    }
    typed = [word for one in words_of.values() for word in one]
    return shlex.join([PROGRAM, subcommand, *words, *typed])
