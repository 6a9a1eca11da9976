"""Remembers the theme (dark or light) that the user chose last, in a small file in the state folder."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, get_args

import platformdirs

from tui.kit import state_file

Theme = Literal["dark", "light"]

THEMES: tuple[Theme, ...] = get_args(Theme)

MOST_BYTES = 16
"""The bytes of the file that are looked at."""


def theme_file() -> Path:
    """The path of the file."""
    return platformdirs.user_state_path("echornn-tui") / "theme"


def remembered() -> Theme | None:
    """The theme chosen last; None if there is none, or if the file was not written by `remember`."""
    text = state_file.read(theme_file())[:MOST_BYTES].decode("ascii", "replace").strip()
    return text if text in THEMES else None


def remember(theme: Theme) -> None:
    """Save the theme if possible. A link in the file's place is replaced; the file that it points to stays
    unchanged.
    """
    state_file.replace(theme_file(), f"{theme}\n")
