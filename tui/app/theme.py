"""The themes, dark and light; the one that the user chose last is kept in a small file in the state
folder."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Literal

from echornn.runtime.user_folders import state_folder

Theme = Literal["dark", "light"]

THEMES: tuple[Theme, ...] = ("dark", "light")


def _file() -> Path:
    return state_folder() / "theme"


def remembered() -> Theme | None:
    with suppress(OSError, ValueError):
        name = _file().read_text(encoding="utf-8").strip()
        for theme in THEMES:
            if theme == name:
                return theme
    return None


def remember(theme: Theme) -> None:
    with suppress(OSError):
        _file().parent.mkdir(parents=True, exist_ok=True)
        _file().write_text(f"{theme}\n", encoding="utf-8")
