"""The folders of this program in the user's home, by the rules of the operating system."""

from __future__ import annotations

from pathlib import Path

import platformdirs

PROGRAM = "echornn-tui"


def state_folder() -> Path:
    """Kept runs, copies of data files, the theme, trusted files, tracebacks."""
    return platformdirs.user_state_path(PROGRAM)


def cache_folder() -> Path:
    """What can be made again: compiled programs."""
    return platformdirs.user_cache_path(PROGRAM)


def config_folder() -> Path:
    """The user's preferences."""
    return platformdirs.user_config_path(PROGRAM)
