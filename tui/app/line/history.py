"""Keeps the lines entered after ``:`` in the user's state folder, also for later sessions."""

from __future__ import annotations

import os
import stat
import tempfile
from collections.abc import Sequence
from pathlib import Path

import platformdirs

MOST_LINES = 500
MOST_BYTES = 1 << 18


def history_file() -> Path:
    """The path of the file."""
    return platformdirs.user_state_path("echornn-tui") / "lines"


def remembered_lines() -> list[str]:
    """The lines entered before, oldest first; none if the file cannot be read."""
    try:
        file = os.open(history_file(), os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return []
    try:
        is_file = stat.S_ISREG(os.fstat(file).st_mode)
        data = b"".join(iter(lambda: os.read(file, 1 << 16), b"")) if is_file else b""
    except OSError:
        data = b""
    finally:
        os.close(file)
    lines = data[-MOST_BYTES:].decode("utf-8", "replace").splitlines()
    return [line for line in lines if line.isprintable() and line.strip()][-MOST_LINES:]


def with_line(lines: Sequence[str], line: str) -> list[str]:
    """The lines with another at the end; a line that was there is moved."""
    return [*(one for one in lines if one != line), line][-MOST_LINES:]


def remember_line(line: str) -> None:
    """Add a line to the file, if possible. Only the user may read it, and a link in its place is replaced."""
    file = history_file()
    new = ""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        descriptor, new = tempfile.mkstemp(dir=file.parent, prefix="lines-")
        with os.fdopen(descriptor, "w", encoding="utf-8") as writing:
            writing.writelines(f"{one}\n" for one in with_line(remembered_lines(), line))
        os.replace(new, file)
    except OSError:  # a line that cannot be kept is not worth a message
        if new:
            Path(new).unlink(missing_ok=True)
