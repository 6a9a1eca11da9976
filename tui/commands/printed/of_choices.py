"""What the subcommands that list what can be chosen (``tasks``, ``cells``) print in the same way."""

from __future__ import annotations

import textwrap
from importlib.resources import files

from tui.term import printed

WIDTH = 80

INDENT = "    "


def print_template(package: str) -> None:
    """Print the file of a package from which users write a task or a cell of their own."""
    printed.lines(files(package).joinpath("template.txt").read_text(encoding="utf-8").splitlines())


def wrapped(text: str, first: str = INDENT) -> list[str]:
    """A text in lines that fit; the further ones are indented as far as the first."""
    return textwrap.wrap(text, WIDTH, initial_indent=first, subsequent_indent=" " * len(first))
