"""A progress bar on the last line of the terminal; printed lines appear above it."""

from __future__ import annotations

import io
import math
import threading
from collections.abc import Iterable, Sequence
from typing import TextIO

from rich.console import Console
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from echornn.diagnosis.loss_stats import loss_text
from echornn.session.pictures.frame import Frame
from tui.commands.printed.lines import LinePrinter
from tui.term import terminal
from tui.term.printed import printable

EMPTY_LINE = "\r\x1b[2K"
"""Clears the cursor's line. Nothing else of the terminal is changed, so a killed process leaves it in order."""


class LinesAboveABar(LinePrinter):
    """Prints lines, and keeps a progress bar below them.

    Args:
        screen: the terminal with the bar; lines may go there too, or elsewhere.
    """

    def __init__(self, screen: TextIO) -> None:
        super().__init__()
        self._screen = screen
        self._console = Console(file=io.StringIO(), force_terminal=screen.isatty())
        self._bar = ""
        self._lock = threading.Lock()

    def print(self, texts: Iterable[str], to: TextIO) -> None:
        """See `LinePrinter.print`."""
        if not to.isatty():
            super().print(texts, to)
            return
        with self._lock:
            self._write(EMPTY_LINE, self._screen)
            super().print(texts, to)
            self._write(self._bar, self._screen)

    def show(self, frame: Frame) -> None:
        """Draw the bar for this frame."""
        per_epoch, epochs = frame.config.windows_per_epoch, frame.config.num_epochs
        numbers = (
            f"epoch {frame.epoch}/{epochs}",
            f"window {frame.window:>{len(str(per_epoch))}}/{per_epoch}",
            *_how_well(frame),
            f"{frame.rate:,.0f} windows/s" if frame.rate else frame.message or frame.state,
        )
        self.show_numbers((frame.epoch - 1) * per_epoch + frame.window, per_epoch * epochs, numbers)

    def show_numbers(self, done: int, all_of_it: int, numbers: Sequence[str]) -> None:
        """See `LinePrinter.show_numbers`."""
        bar = self._drawn(done, all_of_it, numbers)
        with self._lock:
            self._bar = bar
            self._write(EMPTY_LINE + bar, self._screen)

    def close(self) -> None:
        """Remove the bar."""
        with self._lock:
            self._bar = ""
            self._write(EMPTY_LINE, self._screen)

    def _drawn(self, done: int, all_of_it: int, numbers: Sequence[str]) -> str:
        line = Table.grid(expand=True, padding=(0, 1, 0, 0))
        line.add_column(ratio=1)
        line.add_column(no_wrap=True, overflow="crop")
        line.add_row(ProgressBar(total=all_of_it, completed=done), Text(printable(" ".join(numbers))))
        self._console.width = max(1, terminal.columns(self._screen) - 1)
        with self._console.capture() as drawn:
            self._console.print(line)
        return drawn.get().rstrip("\n")


def _how_well(frame: Frame) -> list[str]:
    """Texts about the newest window's loss; with several networks, about how many have solved the task."""
    if frame.seed_stats is not None:
        return [f"{frame.seed_stats.solved}/{frame.seed_stats.replicas} solved"]
    if frame.progress is None:
        return []
    accuracy = [] if math.isnan(frame.accuracy) else [f"accuracy {frame.accuracy:.1%}"]
    return [f"loss {loss_text(frame.loss)}", *accuracy]
