"""Prints lines of text or JSON."""

from __future__ import annotations

import errno
import sys
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import TextIO

from echornn.session.pictures.frame import Frame
from tui.term import terminal
from tui.term.printed import printable

NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)

MOST_BYTES = 1 << 26
"""The most bytes kept in memory while a disk is full; if there are more, the oldest are lost."""

PIECE_BYTES = 1 << 16


class LinePrinter:
    """Prints plain lines to files and simple terminals. Any thread may use it; a stream needs exactly one printer."""

    def __init__(self) -> None:
        self._waiting: defaultdict[TextIO, bytearray] = defaultdict(bytearray)
        self._reasons: dict[TextIO, str] = {}

    @property
    def warning(self) -> str:
        """The reason why lines wait to be written; empty if none wait."""
        return next((f"lines are waiting to be printed: {reason}" for reason in list(self._reasons.values())), "")

    def print(self, texts: Iterable[str], to: TextIO) -> None:
        """Write each text as a line. If the disk is full, the lines wait, and are written with later lines.

        Lines for a terminal that is gone are dropped: see `tui.term.terminal.when_terminal_is_gone`. Errors in writing
        to standard error are ignored, so that training does not end because of them.
        """
        self._write("".join(f"{printable(text)}\n" for text in texts), to)

    def _write(self, text: str, to: TextIO) -> None:
        waiting = self._waiting[to]
        waiting += text.encode(to.encoding or "utf-8", errors="backslashreplace")
        try:
            while waiting:
                del waiting[: terminal.write_some(to, bytes(waiting[:PIECE_BYTES]))]
            self._reasons.pop(to, None)
        except OSError as error:
            if error.errno in NO_ROOM:
                self._reasons[to] = error.strerror or str(error)
                del waiting[:-MOST_BYTES]
            elif error.errno == errno.EIO or to is sys.stderr:
                waiting.clear()
            else:
                raise

    def show(self, frame: Frame) -> None:
        """Show the progress of training; call this about ten times a second."""

    def show_numbers(self, done: int, all_of_it: int, numbers: Sequence[str]) -> None:
        """Show the progress of a task, ``done`` of ``all_of_it``, with some numbers; call this a few times a second."""

    def close(self) -> None:
        """End the printing; call this after the last line."""


def say_last(texts: Iterable[str]) -> None:
    """Print lines after the app has left the screen; lines for a terminal that is gone are dropped."""
    LinePrinter().print(texts, sys.stdout)


def lines_here(with_bar: bool) -> LinePrinter:
    """A line printer for standard output; if wanted and possible, with a progress bar below the lines."""
    screen = terminal.screen_for_a_bar() if with_bar else None
    if screen is None:
        return LinePrinter()
    from tui.commands.printed.progress_bar import LinesAboveABar

    return LinesAboveABar(screen)
