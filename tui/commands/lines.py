"""Prints lines of text or JSON."""

from __future__ import annotations

import errno
import sys
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import TextIO

from echornn.session.frame import Frame
from tui.term import terminal
from tui.term.printable import printable

NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)

MOST_BYTES = 1 << 26
"""The most bytes that wait in memory while a disk is full; beyond it, the oldest are lost."""

PIECE_BYTES = 1 << 16


class LinePrinter:
    """Prints plain lines, for files and simple terminals. Any thread may use it, but only one for each stream."""

    def __init__(self) -> None:
        self._waiting: defaultdict[TextIO, bytearray] = defaultdict(bytearray)
        self._reasons: dict[TextIO, str] = {}

    @property
    def warning(self) -> str:
        """Why lines wait to be written; empty if none do."""
        return next((f"lines are waiting to be printed: {reason}" for reason in list(self._reasons.values())), "")

    def print(self, texts: Iterable[str], to: TextIO) -> None:
        """Write each text as a line; if the disk is full, they are written with the next lines after there is room
        again.

        Lines for a terminal that is gone are dropped: see `tui.term.terminal.when_terminal_is_gone`. Standard error is
        written as far as possible: it reports on training, which does not end because nobody reads the report.

        Raises:
            OSError: the lines can never be written: their reader has gone (`BrokenPipeError`), ...
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
        """Show how far training is; to be called about ten times a second."""

    def show_numbers(self, done: int, all_of_it: int, numbers: Sequence[str]) -> None:
        """Show how much of a task is done, also in numbers; to be called a few times a second."""

    def close(self) -> None:
        """Say that no more lines will come."""


def say_last(texts: Iterable[str]) -> None:
    """Print each text as a line where the app was; lines for a terminal that is gone are dropped."""
    LinePrinter().print(texts, sys.stdout)


def lines_here(with_bar: bool) -> LinePrinter:
    """A line printer for this terminal, above a progress bar if it can show one."""
    screen = terminal.screen_for_a_bar() if with_bar else None
    if screen is None:
        return LinePrinter()
    from tui.commands.progress_bar import LinesAboveABar

    return LinesAboveABar(screen)
