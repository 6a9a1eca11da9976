"""Marks for keys in sentences: ``«undo» goes back``, where the user may have any key for the action ``undo``.

Whoever shows a sentence puts the key in place of the mark; see `tui.kit.keymap`.
"""

from __future__ import annotations

import re

MARK = re.compile("«([a-z0-9_.]+)»")
"""A mark; its group is the id of the action."""


def length(text: str) -> int:
    """The characters of a text whose keys are single characters."""
    return len(MARK.sub("k", text))
