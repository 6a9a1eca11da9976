"""Makes text from outside safe to print: it cannot move the cursor, or hide or forge a line.

Folder names, a run's files and error messages come from disks and command lines of whoever. What is printed or drawn
goes through `printable` at the place where it is (`tui.term.printed`, `tui.commands.lines`, `tui.kit.cells`).
"""

from __future__ import annotations

import os
import shlex
import unicodedata

UNPRINTABLE = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
"""Categories of Unicode: control characters, invisible ones (marks of direction too), half a character, line ends."""

JOINERS = "\u200c\u200d"
"""Invisible, but part of how some scripts and emoji are spelled."""

MOST_OF_A_MESSAGE = 500
"""Characters of a message that are printed at the most; a screen of 80x24 has four times as many."""


def printable(text: str) -> str:
    r"""The text on one line, with what a terminal would obey or not show written out: ``\n``, ``\x1b``, ``\u202e``.

    A byte of a name that is not UTF-8 (which Python holds as half a character) is written as that byte: ``\xff``.
    """
    if text.isprintable():
        return text
    return "".join(_escaped(one) if _is_unprintable(one) else one for one in text)


def shortened(text: str) -> str:
    """The text, or its beginning and its end where it is longer than a message may be."""
    half = MOST_OF_A_MESSAGE // 2
    return text if len(text) <= MOST_OF_A_MESSAGE else f"{text[: half - 5]} ... {text[-half:]}"


def quoted(path: str | os.PathLike[str]) -> str:
    """The path as a word for a shell, to be copied from the screen: ``'my run'``; where it has bytes that cannot be
    shown, ``$'run\\xff'``, which bash and zsh understand.
    """
    text = os.fspath(path)
    if printable(text) == text:
        return shlex.quote(text)
    plain = "".join(chr(byte) if _is_plain(byte) else f"\\x{byte:02x}" for byte in os.fsencode(text))
    return f"$'{plain}'"


def _is_unprintable(character: str) -> bool:
    return unicodedata.category(character) in UNPRINTABLE and character not in JOINERS


def _escaped(character: str) -> str:
    if 0xDC80 <= ord(character) <= 0xDCFF:  # how Python holds such a byte (PEP 383)
        return f"\\x{ord(character) - 0xDC00:02x}"
    return character.encode("unicode_escape").decode()


def _is_plain(byte: int) -> bool:
    return 0x20 <= byte < 0x7F and chr(byte) not in "'\\"
