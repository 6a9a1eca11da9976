"""Command lines as texts: what trains a configuration again, or returns to a window."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path

from echornn.config import EchoConfig
from echornn.timeline.branch import Branch

PROGRAM = "echornn-tui"


def command_of(config: EchoConfig) -> str:
    """The command line that trains this configuration from its start: a flag for each field that differs from the
    default."""
    flags = [f"--{name.replace('_', '-')} {value}" for name, value in EchoConfig().changes_to(config).items()]
    return " ".join([PROGRAM, *flags])


def command_again(path: Sequence[Branch], window: int, is_past: bool, folder: Path | None) -> str:
    """The command line that returns to this window.

    A run without changes needs only its fields, and works on any machine. A run with changes, or a window in the past,
    needs the run's folder.

    Args:
        path: the branches that lead to the moment, from where the weights began; at least one.
        window: windows along them.
        is_past: whether more was trained after it.
        folder: where the run is kept; None if nowhere.
    """
    last = path[-1]
    from_the_start = len(path) == 1 and last.draw == last.generation == 0 and not is_past
    if from_the_start or folder is None:
        return command_of(last.config)
    return f"{PROGRAM} --resume {shlex.quote(str(folder))} --at {window}"
