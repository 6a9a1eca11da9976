"""A file of preferences to begin with: everything in it is a comment."""

from __future__ import annotations

import textwrap

from tui.preferences.table import PREFERENCES, text_of

HEAD = """\
# Preferences of echornn-tui. A line without # holds. Flags and environment variables have the first word:
# echornn-tui config prints what holds, and from where it is.
"""


OWN_KEYS = """\
# Keys of single actions instead, below all other lines; echornn-tui keys lists the actions:
# [keys]
# undo = "ctrl+z"
"""


def template() -> str:
    """The text of the file."""
    blocks = [
        f"{_comment(f'{one.about}: {one.allowed}')}\n# {one.name} = {text_of(one.built_in)}\n" for one in PREFERENCES
    ]
    return "\n".join([HEAD, *blocks, OWN_KEYS])


def _comment(text: str) -> str:
    return textwrap.indent("\n".join(textwrap.wrap(f"{text[:1].upper()}{text[1:]}.", 110)), "# ")
