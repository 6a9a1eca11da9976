"""Saves the screen as a picture (SVG) or as plain text."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from textual.app import App

from tui.term.private_textual import strips_shown


def save_picture(app: App[Any], folder: Path) -> Path:
    """Write the screen as an SVG picture; returns its path.

    Raises:
        OSError: the folder cannot be written to.
    """
    return _write(folder, "svg", app.export_screenshot(title=app.title))


def save_text(app: App[Any], folder: Path) -> Path:
    """Write the screen as text; returns its path.

    Raises:
        OSError: the folder cannot be written to, or the app runs on a plain screen, which has no text to save.
    """
    return _write(folder, "txt", "\n".join(lines_shown(app)) + "\n")


def save_to(app: App[Any], path: Path) -> None:
    """Write the screen to this file: as a picture if its name ends in .svg, otherwise as text.

    Raises:
        OSError: the file cannot be written, or the app runs on a plain screen, which has no text to save.
    """
    is_picture = path.suffix == ".svg"
    text = app.export_screenshot(title=app.title) if is_picture else "\n".join(lines_shown(app)) + "\n"
    path.write_text(text, encoding="utf-8")


def lines_shown(app: App[Any]) -> list[str]:
    """The lines of the screen as text."""
    return [strip.text.rstrip() for strip in strips_shown(app.screen)]


def _write(folder: Path, ending: str, text: str) -> Path:
    """Write to a new file named after the current time. Existing files are never overwritten."""
    name = time.strftime("echornn-%Y%m%d-%H%M%S")
    for number in range(1000):
        path = folder / f"{name}{f'-{number}' if number else ''}.{ending}"
        try:
            with path.open("x", encoding="utf-8") as file:
                file.write(text)
        except FileExistsError:
            continue
        return path
    raise FileExistsError(f"there are already a thousand files named {folder / name}.{ending}")
