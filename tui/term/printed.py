"""Prints the lines of commands: whole and safe for a terminal; a line that cannot be written is reported.

Python keeps lines back and tells of a full disk only when it passes them on, so `finish` has to be called at the end.
"""

from __future__ import annotations

import contextlib
import errno
import os
import sys
from collections.abc import Iterable, Iterator
from typing import TextIO

from tui.term.printable import printable, shortened


class OutputError(OSError):
    """What is printed cannot be written; the message says why."""


def lines(texts: Iterable[str]) -> None:
    """Print each text as a line of its own.

    Raises:
        BrokenPipeError: whoever reads the lines has gone.
        OutputError: a line could not be written for another reason.
    """
    out = _out()
    for text in texts:
        line = f"{_for(out, text)}\n"
        with _told():
            out.write(line)


def plain(texts: Iterable[str]) -> None:
    """Print each text, of ASCII and line ends alone, as the lines that it is; raises what `lines` does."""
    out = _out()
    for text in texts:
        with _told():
            out.write(f"{text}\n")


def _out() -> TextIO:
    if sys.stdout is None:  # closed (`>&-`)
        raise OutputError(f"the output cannot be written: {os.strerror(errno.EBADF)}")
    return sys.stdout


def finish() -> None:
    """Pass on what was printed and kept back; raises what `lines` does."""
    if sys.stdout is not None:
        with _told():
            sys.stdout.flush()


@contextlib.contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        raise OutputError(f"the output cannot be written: {error.strerror or error}") from error


def complain(*texts: str) -> None:
    """Print these lines on standard error, shortened where they are very long; that it failed nobody could be told."""
    with contextlib.suppress(OSError, AttributeError, ValueError):
        for text in texts:
            sys.stderr.write(f"{_for(sys.stderr, shortened(printable(text)))}\n")
        sys.stderr.flush()


def _for(stream: TextIO, text: str) -> str:
    """The text, with what the stream's encoding does not have written out."""
    text, encoding = printable(text), stream.encoding or "utf-8"
    return text if text.isascii() else text.encode(encoding, "backslashreplace").decode(encoding)
