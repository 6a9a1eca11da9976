"""What a command line opens the app with, as if on a terminal; no app is run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from unittest.mock import patch

from tests.answered import Answer, answered


@dataclass(frozen=True)
class Opened:
    """How the program answered, and what the app was opened with: empty if it was not."""

    answer: Answer
    fps: float = 0
    speed: float = 0
    theme: str = ""
    ascii: bool = False
    mouse: bool = True
    keys: dict[str, tuple[str, ...]] | None = None


def opened(*arguments: object) -> Opened:
    """Open the app with these arguments."""
    found: dict[str, Any] = {}

    def show(kind: object, session: object, chosen: Any, *_: object, **__: object) -> int:
        names = ("fps", "speed", "theme", "ascii", "mouse", "keys")
        found.update({name: getattr(chosen, name) for name in names})
        return 0

    with (
        patch("tui.term.terminal.is_interactive", lambda: True),
        patch("tui.term.guardian.divide", object),
        patch("tui.cli.train.show", show),
    ):
        return Opened(answered(*arguments), **found)
