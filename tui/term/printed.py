"""Prints lines to standard output, safe for a terminal; a line that cannot be written raises an error.

Python buffers lines, and reports a full disk only when it writes them, so call `finish` at the end.
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
    """Standard output cannot be written; the message says why."""


def lines(texts: Iterable[str]) -> None:
    """Print each text as one line.

    Raises:
        BrokenPipeError: the reader of the output has gone.
        OutputError: a line could not be written for another reason.
    """
    out = _out()
    for text in texts:
        line = f"{_for(out, text)}\n"
        with _told():
            out.write(line)


def plain(texts: Iterable[str]) -> None:
    """Print ASCII texts that may contain several lines; raises the same errors as `lines`."""
    out = _out()
    for text in texts:
        with _told():
            out.write(f"{text}\n")


def _out() -> TextIO:
    if sys.stdout is None:  # closed (`>&-`)
        raise OutputError(f"the output cannot be written: {os.strerror(errno.EBADF)}")
    return sys.stdout


def finish() -> None:
    """Write out what is buffered; raises the same errors as `lines`."""
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
    """Print lines to standard error, shortened if they are very long. Failure is ignored: it could not be reported."""
    with contextlib.suppress(OSError, AttributeError, ValueError):
        for text in texts:
            sys.stderr.write(f"{_for(sys.stderr, shortened(printable(text)))}\n")
        sys.stderr.flush()


def _for(stream: TextIO, text: str) -> str:
    """The text, with characters escaped that the stream's encoding lacks."""
    text, encoding = printable(text), stream.encoding or "utf-8"
    return text if text.isascii() else text.encode(encoding, "backslashreplace").decode(encoding)
