"""Prints lines while something trains, above a progress bar where there is a terminal."""

from __future__ import annotations

import errno
import io
import math
import os
import sys
import threading
from collections.abc import Iterable, Sequence
from typing import TextIO

from echornn.diagnosis.loss_stats import loss_text
from echornn.session.pictures.frame import Frame
from tui.term import terminal
from tui.term.printed import printable

EMPTY_LINE = "\r\x1b[2K"  # nothing else of the terminal is changed, so a killed process leaves it in order


class LinePrinter:
    """Prints lines to files and terminals, above a bar if there is a ``screen``; any thread may use it."""

    def __init__(self, screen: TextIO | None = None) -> None:
        self._screen, self._bar, self._lock = screen, "", threading.Lock()
        self.warning = ""  # why lines could not be printed

    def print(self, texts: Iterable[str], to: TextIO) -> None:
        """Write lines. If a disk is full, or the terminal is gone, they are lost, and training goes on."""
        text = "".join(f"{printable(text)}\n" for text in texts)
        with self._lock:
            if self._screen is None or not to.isatty():
                self._write(text, to)
            else:
                self._write(EMPTY_LINE, self._screen)
                self._write(text, to)
                self._write(self._bar, self._screen)

    def _write(self, text: str, to: TextIO) -> None:
        left = text.encode(to.encoding or "utf-8", errors="backslashreplace")
        try:
            while left:
                left = left[os.write(to.fileno(), left) :]
        except OSError as error:
            if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
                self.warning = f"lines could not be printed: {error.strerror or error}"
            elif error.errno != errno.EIO and to is not sys.stderr:
                raise

    def show(self, frame: Frame) -> None:
        per_epoch, epochs, stats = frame.config.windows_per_epoch, frame.config.num_epochs, frame.seed_stats
        numbers = [f"epoch {frame.epoch}/{epochs}", f"window {frame.window:>{len(str(per_epoch))}}/{per_epoch}"]
        if stats is not None:
            numbers.append(f"{stats.solved}/{stats.replicas} solved")
        elif frame.progress is not None:
            accuracy = "" if math.isnan(frame.accuracy) else f" accuracy {frame.accuracy:.1%}"
            numbers.append(f"loss {loss_text(frame.loss)}{accuracy}")
        numbers.append(f"{frame.rate:,.0f} windows/s" if frame.rate else frame.message or frame.state)
        self.show_numbers((frame.epoch - 1) * per_epoch + frame.window, per_epoch * epochs, numbers)

    def show_numbers(self, done: int, all_of_it: int, numbers: Sequence[str]) -> None:
        if self._screen is not None:
            bar = _drawn(done, all_of_it, printable(" ".join(numbers)), terminal.columns(self._screen) - 1)
            with self._lock:
                self._bar = bar
                self._write(EMPTY_LINE + bar, self._screen)

    def close(self) -> None:
        if self._screen is not None:
            with self._lock:
                self._bar = ""
                self._write(EMPTY_LINE, self._screen)


def _drawn(done: int, all_of_it: int, numbers: str, width: int) -> str:
    from rich.console import Console
    from rich.progress_bar import ProgressBar

    numbers = f" {numbers}"[: max(0, width - 1)]
    console = Console(file=io.StringIO(), force_terminal=True)
    with console.capture() as drawn:
        console.print(ProgressBar(total=all_of_it, completed=done, width=max(1, width - len(numbers))))
    return drawn.get().rstrip("\n") + numbers


def say_last(texts: Iterable[str]) -> None:
    LinePrinter().print(texts, sys.stdout)
