"""Prints lines that are safe for a terminal: a text cannot move the cursor, hide, or look like a line of the program.

Folder names, run files and error messages can contain anything. Each text goes through `printable` where it is printed
or drawn.
"""

from __future__ import annotations

import contextlib
import os
import shlex
import sys
import unicodedata
from collections.abc import Iterable

UNPRINTABLE = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
"""Unicode categories that are escaped: control, invisible (also direction marks), surrogates, line ends."""

JOINERS = "\u200c\u200d"
"""Invisible characters that are kept, since some scripts and emoji need them."""


def printable(text: str) -> str:
    r"""The text on one line; characters that control the terminal or are invisible are escaped: ``\n``, ``\x1b``."""
    if text.isprintable():
        return text
    return "".join(
        one.encode("unicode_escape").decode()
        if unicodedata.category(one) in UNPRINTABLE and one not in JOINERS
        else one
        for one in text
    )


def quoted(path: str | os.PathLike[str]) -> str:
    """The path as a word to paste into a shell, such as ``'my run'``."""
    return shlex.quote(printable(os.fspath(path)))


def lines(texts: Iterable[str]) -> None:
    """Print each text as one line. Python reports a full disk only when it writes, so call `finish` at the end."""
    plain(map(printable, texts))


def plain(texts: Iterable[str]) -> None:
    """Print texts that are printable and may contain several lines; raises the same errors as `lines`."""
    for text in texts:
        sys.stdout.write(f"{text}\n")


def finish() -> None:
    """Write out what is buffered; raises the same errors as `lines`."""
    sys.stdout.flush()


def complain(*texts: str) -> None:
    """Print lines to standard error. Failure is ignored: it could not be reported."""
    with contextlib.suppress(OSError):
        for text in texts:
            sys.stderr.write(f"{printable(text)}\n")
        sys.stderr.flush()
