"""Makes any text safe to print: it cannot move the cursor, hide, or look like a line of the program.

Folder names, run files and error messages can contain anything. Each text goes through `printable` where it is printed
or drawn (`tui.term.printed`, `tui.commands.printed.lines`, `tui.kit.cells`).
"""

from __future__ import annotations

import os
import shlex
import unicodedata

UNPRINTABLE = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
"""Unicode categories that are escaped: control, invisible (also direction marks), surrogates, line ends."""

JOINERS = "\u200c\u200d"
"""Invisible characters that are kept, since some scripts and emoji need them."""

MOST_OF_A_MESSAGE = 500
"""The most characters of a message that are printed; a screen of 80x24 has four times as many."""


def printable(text: str) -> str:
    r"""The text on one line; characters that control the terminal or are invisible are escaped: ``\n``, ``\x1b``,
    ``\u202e``.

    A byte that is not UTF-8 (Python represents it by half a surrogate pair) is written as a byte: ``\xff``.
    """
    if text.isprintable():
        return text
    return "".join(_escaped(one) if _is_unprintable(one) else one for one in text)


def shortened(text: str) -> str:
    """The text; only its beginning and end if it is longer than `MOST_OF_A_MESSAGE`."""
    half = MOST_OF_A_MESSAGE // 2
    return text if len(text) <= MOST_OF_A_MESSAGE else f"{text[: half - 5]} ... {text[-half:]}"


def quoted(path: str | os.PathLike[str]) -> str:
    """The path as a word to paste into a shell, such as ``'my run'``. If it has unprintable bytes: ``$'run\\xff'``,
    which bash and zsh understand.
    """
    text = os.fspath(path)
    if printable(text) == text:
        return shlex.quote(text)
    plain = "".join(chr(byte) if _is_plain(byte) else f"\\x{byte:02x}" for byte in os.fsencode(text))
    return f"$'{plain}'"


def _is_unprintable(character: str) -> bool:
    return unicodedata.category(character) in UNPRINTABLE and character not in JOINERS


def _escaped(character: str) -> str:
    if 0xDC80 <= ord(character) <= 0xDCFF:  # how Python represents such a byte (PEP 383)
        return f"\\x{ord(character) - 0xDC00:02x}"
    return character.encode("unicode_escape").decode()


def _is_plain(byte: int) -> bool:
    return 0x20 <= byte < 0x7F and chr(byte) not in "'\\"
