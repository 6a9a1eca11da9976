"""Remembers the theme (dark or light) that the user chose last, in a small file in the state folder."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Literal, get_args

import platformdirs

Theme = Literal["dark", "light"]

THEMES: tuple[Theme, ...] = get_args(Theme)


def theme_file() -> Path:
    """The path of the file."""
    return platformdirs.user_state_path("echornn-tui") / "theme"


def remembered() -> Theme | None:
    """The theme chosen last; None if there is none, or if the file cannot be read."""
    with contextlib.suppress(OSError, ValueError):
        text = theme_file().read_text("ascii").strip()
        return text if text in THEMES else None
    return None


def remember(theme: Theme) -> None:
    """Save the theme if possible."""
    with contextlib.suppress(OSError):
        theme_file().parent.mkdir(parents=True, exist_ok=True)
        theme_file().write_text(f"{theme}\n")
