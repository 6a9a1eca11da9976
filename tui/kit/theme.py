"""Remembers the theme (dark or light) that the user chose last, in a small file in the state folder."""

from __future__ import annotations

import os
import stat
import tempfile
from pathlib import Path
from typing import Literal, get_args

import platformdirs

Theme = Literal["dark", "light"]

THEMES: tuple[Theme, ...] = get_args(Theme)


def theme_file() -> Path:
    """The path of the file."""
    return platformdirs.user_state_path("echornn-tui") / "theme"


def remembered() -> Theme | None:
    """The theme chosen last; None if there is none, or if the file was not written by `remember`."""
    try:
        file = os.open(theme_file(), os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        word = os.read(file, 16) if stat.S_ISREG(os.fstat(file).st_mode) else b""
    except OSError:
        word = b""
    finally:
        os.close(file)
    text = word.decode("ascii", "replace").strip()
    return text if text in THEMES else None


def remember(theme: Theme) -> None:
    """Save the theme if possible. A link in the file's place is replaced; the file that it points to stays
    unchanged.
    """
    file = theme_file()
    new = ""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        descriptor, new = tempfile.mkstemp(dir=file.parent, prefix="theme-")
        with os.fdopen(descriptor, "w", encoding="ascii") as writing:
            writing.write(f"{theme}\n")
        os.replace(new, file)
    except OSError:  # a theme that cannot be saved is not worth a message
        if new:
            Path(new).unlink(missing_ok=True)
