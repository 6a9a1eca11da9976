"""Keeps the lines entered after ``:`` in the user's state folder, also for later sessions."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import platformdirs

from tui.kit import state_file

MOST_LINES = 500
MOST_BYTES = 1 << 18


def history_file() -> Path:
    """The path of the file."""
    return platformdirs.user_state_path("echornn-tui") / "lines"


def remembered_lines() -> list[str]:
    """The lines entered before, oldest first; none if the file cannot be read."""
    lines = state_file.read(history_file())[-MOST_BYTES:].decode("utf-8", "replace").splitlines()
    return [line for line in lines if line.isprintable() and line.strip()][-MOST_LINES:]


def with_line(lines: Sequence[str], line: str) -> list[str]:
    """The lines with another at the end; a line that was there is moved."""
    return [*(one for one in lines if one != line), line][-MOST_LINES:]


def remember_line(line: str) -> None:
    """Add a line to the file, if possible. Only the user may read it, and a link in its place is replaced."""
    state_file.replace(history_file(), "".join(f"{one}\n" for one in with_line(remembered_lines(), line)))
