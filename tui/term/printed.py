"""Prints lines that are safe for a terminal, whatever is in names, files and messages; and writes
files whole."""

from __future__ import annotations

import contextlib
import errno
import os
import shlex
import sys
import tempfile
import threading
import unicodedata
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TextIO

from echornn.errors import RunError

# Unicode categories that are escaped: control, invisible (also direction marks), surrogates, line
# ends
UNPRINTABLE = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
# Invisible characters that are kept, since some scripts and emoji need them
JOINERS = "\u200c\u200d"
MOST_OF_A_LINE = 500  # characters of a message: an error may quote a whole file


def printable(text: str) -> str:
    r"""The text on one line; characters that control the terminal or are invisible are escaped:
    ``\n``, ``\x1b``."""
    if text.isprintable():
        return text

    def escaped(character: str) -> str:
        if character in JOINERS or unicodedata.category(character) not in UNPRINTABLE:
            return character
        return character.encode("unicode_escape").decode()

    return "".join(map(escaped, text))


def quoted(path: str | os.PathLike[str]) -> str:
    return shlex.quote(printable(os.fspath(path)))


def lines(texts: Iterable[str]) -> None:
    """Print each text as one line.

    Python reports a full disk only when it writes, so call `finish` at the end.
    """
    for text in texts:
        sys.stdout.write(f"{printable(text)}\n")


def finish() -> None:
    sys.stdout.flush()


def complain(*texts: str) -> None:
    """Print lines to standard error, a very long one without its middle.

    Failure could not be reported either.
    """
    with contextlib.suppress(OSError):
        for text in map(printable, texts):
            line = text if len(text) <= MOST_OF_A_LINE else f"{text[:240]} ... {text[-240:]}"
            sys.stderr.write(f"{line}\n")
        sys.stderr.flush()


class LinePrinter:
    """Prints lines to files and terminals at once; any thread may use it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()  # guards the files, so that lines are not mixed
        self.warning = ""  # why lines could not be printed

    def print(self, texts: Iterable[str], to: TextIO) -> None:
        """Write lines.

        If a disk is full, or the terminal is gone, they are lost, and training goes on.
        """
        text = "".join(f"{printable(text)}\n" for text in texts)
        left = text.encode(to.encoding or "utf-8", errors="backslashreplace")
        try:
            with self._lock:
                while left:
                    left = left[os.write(to.fileno(), left) :]
        except OSError as error:
            if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
                self.warning = f"lines could not be printed: {error.strerror or error}"
            elif error.errno != errno.EIO and to is not sys.stderr:
                raise


def say_last(texts: Iterable[str]) -> None:
    LinePrinter().print(texts, sys.stdout)


def export_whole(target: Path, save: Callable[[Path], object]) -> None:
    """Write a file that the user named, also through a link, completely or not at all: ``save``
    writes a temporary file beside it, with the same ending. `RunError` if it can never be written,
    `OSError` if the disk did not accept it.
    """
    place = Path(os.path.realpath(target))
    if place.exists() and not place.is_file():  # such as /dev/null, which root could replace
        raise RunError(f"{target} cannot be written: it exists and is not a regular file")
    try:
        with tempfile.TemporaryDirectory(prefix=".echornn-", dir=place.parent) as folder:
            new = Path(folder) / f"new{target.suffix}"
            save(new)
            os.replace(new, place)
    except OSError as error:
        of_the_disk = error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EFBIG)
        reason = f"{target} cannot be written: {error.strerror or error}"
        raise (OSError if of_the_disk else RunError)(reason) from error
