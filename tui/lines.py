"""Where lines are printed."""

from __future__ import annotations

import errno
from typing import TextIO

from echornn.frame import Frame


class Lines:
    """Plain lines, for files and for terminals that can do no more. May be used from any thread."""

    def print(self, text: str, to: TextIO) -> None:
        """Write these lines, each with its end.

        A terminal that is gone takes them and shows none: `tui.terminal.when_terminal_is_gone` is there for that.

        Raises:
            OSError: they could not be written, or whoever reads them has gone (`BrokenPipeError`).
        """
        try:
            to.write(text)
            to.flush()
        except OSError as error:
            if error.errno != errno.EIO:
                raise

    def show(self, frame: Frame) -> None:
        """How far training is; to be called ten times a second or so."""

    def close(self) -> None:
        """No more lines will come."""
