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
"""Bytes that wait in memory while a disk is full; of more, the oldest are lost."""

PIECE_BYTES = 1 << 16


class LinePrinter:
    """Plain lines, for files and for terminals that can do no more. From any thread, but one for each stream."""

    def __init__(self) -> None:
        self._waiting: defaultdict[TextIO, bytearray] = defaultdict(bytearray)
        self._reasons: dict[TextIO, str] = {}

    @property
    def warning(self) -> str:
        """Why lines wait to be written; empty where none do."""
        return next((f"lines are waiting to be printed: {reason}" for reason in list(self._reasons.values())), "")

    def print(self, texts: Iterable[str], to: TextIO) -> None:
        """Write each text as a line of its own; on a full disk, with the next lines after there is room again.

        A terminal that is gone takes them and shows none: `tui.term.terminal.when_terminal_is_gone` is there for that.
        Standard error takes what it can: it says how training goes, which does not end because nobody hears that.

        Raises:
            OSError: they can never be written: whoever reads them has gone (`BrokenPipeError`), ...
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
        """How far training is; to be called ten times a second or so."""

    def show_numbers(self, done: int, all_of_it: int, numbers: Sequence[str]) -> None:
        """How much of anything is done, in numbers too; to be called a few times a second."""

    def close(self) -> None:
        """No more lines will come."""


def say_last(texts: Iterable[str]) -> None:
    """Print each text as a line where the app was; a terminal that is gone takes them and shows none."""
    LinePrinter().print(texts, sys.stdout)


def lines_here(with_bar: bool) -> LinePrinter:
    """Lines, above a bar where there is a terminal for it."""
    screen = terminal.screen_for_a_bar() if with_bar else None
    if screen is None:
        return LinePrinter()
    from tui.commands.progress_bar import LinesAboveABar

    return LinesAboveABar(screen)
