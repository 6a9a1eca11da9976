"""Small files in the state folder that are read and replaced whole, and without which the program works as well."""

from __future__ import annotations

import os
import stat
import tempfile
from pathlib import Path


def read(file: Path) -> bytes:
    """The contents of a file; empty if it cannot be read, or is a link or no regular file."""
    try:
        opened = os.open(file, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return b""
    try:
        is_file = stat.S_ISREG(os.fstat(opened).st_mode)
        return b"".join(iter(lambda: os.read(opened, 1 << 16), b"")) if is_file else b""
    except OSError:
        return b""
    finally:
        os.close(opened)


def replace(file: Path, text: str) -> None:
    """Write a file, if possible; nothing is said if it is not. Only the user may read the file. A link in its place is
    replaced; what it points to stays unchanged.
    """
    new = ""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        descriptor, new = tempfile.mkstemp(dir=file.parent, prefix=f"{file.name}-")
        with os.fdopen(descriptor, "w", encoding="utf-8") as writing:
            writing.write(text)
        os.replace(new, file)
    except OSError:
        if new:
            Path(new).unlink(missing_ok=True)
