"""What a run's folder holds after the program that trained it has ended, and what that program said
last."""

from __future__ import annotations

import re
from pathlib import Path

from echornn import RunError, read
from tests.program import Program
from tests.terminal_screen import ALTERNATE_SCREEN_OFF


def losses(folder: Path) -> bytes:
    """The losses that are saved, as bytes; none if there is no run yet."""
    if not folder.exists():
        return b""
    try:
        return read(folder).path().loss.tobytes()
    except RunError:
        return b""


def trained(folder: Path) -> int:
    """The number of windows that are saved."""
    return len(losses(folder)) // 4


def resumes(program: Program) -> list[str]:
    """The folders that the program said on the normal screen how to go on with."""
    _, _, last = program.output.rpartition(ALTERNATE_SCREEN_OFF)
    # A late answer to an app that was killed is echoed after it, and begins with ^
    return re.findall(r"--resume ([^\s^]+)", last.decode().replace("\r\n", " "))
