"""Decides whether the app uses the mouse; if not, the terminal selects text with it, as everywhere else."""

from __future__ import annotations

import os

SWITCH = "ECHORNN_NO_MOUSE"
"""The environment variable that leaves the mouse to the terminal if set to anything but 0."""


def uses_mouse(no_mouse: bool = False, by_default: bool = True) -> bool:
    """Whether the app uses the mouse: the flag goes before the environment, and that before the default.

    Args:
        no_mouse: whether the user said so on the command line.
    """
    if no_mouse:
        return False
    said = os.environ.get(SWITCH, "")
    return by_default if not said else said == "0"
