"""The time steps of the data matrix as text: inputs, targets and the sources of targets."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from echornn.config import EchoConfig
from echornn.progress import Progress, Symbols
from tui.app.drawings.blocks import symbol_text
from tui.app.drawings.matrix import AROUND_A_NUMBER, MatrixLayout

GLYPHS = {"one": "█", "zero": "▁", "unknown": "░", "join": "→", "side": "╎", "top": "╌", "strip": "─", "place": "█"}


class Source(StrEnum):
    """Where the source of a target is, that is, the input that it echoes."""

    WINDOW = "this window"
    BEFORE = "before this window"
    ABOVE = "the row above"
    BLANK = "blank"


MARKS = {Source.WINDOW: "", Source.BEFORE: "‹", Source.ABOVE: "↑", Source.BLANK: "-"}


def source_of(config: EchoConfig, window: int, row: int, step: int) -> Source:
    """Where the source is of the target at a row and step of a window of an epoch, all from 0."""
    if window * config.window_stride + step < config.echo_step:
        return Source.ABOVE if row and config.row_start == "previous_row" else Source.BLANK
    return Source.WINDOW if step >= config.echo_step else Source.BEFORE


def counts_by_source(config: EchoConfig, window: int) -> dict[Source, int]:
    """The number of targets of a window, over all rows, by where their source is; zero counts are left out."""
    length, rows = config.truncated_backprop_length, config.batch_size
    head = min(max(config.echo_step - window * config.window_stride, 0), length)
    inside = max(0, length - config.echo_step)
    above = rows - 1 if config.row_start == "previous_row" else 0
    counts = {
        Source.WINDOW: rows * inside,
        Source.BEFORE: rows * (length - head - inside),
        Source.ABOVE: above * head,
        Source.BLANK: (rows - above) * head,
    }
    return {source: count for source, count in counts.items() if count}


@dataclass(frozen=True, eq=False)
class TimeSteps:
    """The texts of the positions of a data matrix.

    Attributes:
        config, window: the configuration, and the index of the window in its epoch, from 0.
        matrix: the columns of the matrix on the screen.
        series: uint8 [batch_size * row_length], the rows end to end; None if it is too long to draw.
        newest: the newest window with its data, if trained: its symbols are known even without the series.
    """

    config: EchoConfig
    window: int
    matrix: MatrixLayout
    series: Symbols | None
    newest: Progress | None

    def symbol(self, row: int, position: int) -> str:
        """The character of an input, or its digits; a special character if it is unknown."""
        if self.series is not None:
            symbol = int(self.series[row * self.matrix.row_length + position])
        elif self.newest is not None and self.newest.window == self.window and position in self.matrix.shown:
            symbol = int(self.newest.x[row, position - self.matrix.start])
        else:
            return GLYPHS["unknown"]
        if self.config.num_classes > 2:
            return symbol_text(symbol).strip()
        return GLYPHS["one" if symbol else "zero"]

    def input(self, row: int, position: int) -> str:
        """The text of an input: its symbol, and its number if it fits. Empty before the first row and after the
        last.
        """
        index = row * self.matrix.row_length + position
        if not 0 <= index < self.matrix.row_length * self.config.batch_size:
            return " " * self.matrix.cell
        symbol = self.symbol(row, position)
        return self._block(symbol, index, symbol)

    def target(self, row: int, position: int) -> tuple[str, str]:
        """The text of a target (its symbol, and the number of its source if it fits), and the name of its style."""
        source = source_of(self.config, self.window, row, position - self.matrix.start)
        mark = MARKS[source]
        style = "data--target" if source is Source.WINDOW else f"data--{source.name.lower()}"
        if source is Source.BLANK:
            return (mark * (self.matrix.cell - self.matrix.numbered)).ljust(self.matrix.cell), style
        symbol = self.symbol(row, position - self.config.echo_step)
        index = row * self.matrix.row_length + position - self.config.echo_step
        return self._block(mark or symbol, index, symbol), style

    def _block(self, left: str, index: int, symbol: str) -> str:
        """The text of a time step: a symbol, and the step's number in the series (from 1) if it fits."""
        if not self.matrix.numbered:
            text = left + symbol if self.config.num_classes == 2 or left != symbol else symbol
            return text.ljust(self.matrix.cell)
        return f"{left}{f'{index + 1}'.rjust(self.matrix.cell - AROUND_A_NUMBER, symbol)}{symbol} "


def counted(config: EchoConfig, window: int) -> str:
    """The number of the window's targets whose source is in the window, before it, ..., in words."""
    counts = counts_by_source(config, window)
    each = [f"{count:,} {source} {MARKS[source]}".strip() for source, count in counts.items()]
    return f"{config.predictions_per_window:,} targets and their sources: {', '.join(each)}"


def read(config: EchoConfig, window: int, row: int, step: int) -> str:
    """A text about a target: its number in the series, its source, and whether the error reaches the source."""
    index = row * config.row_length + window * config.window_stride + step + 1
    source = source_of(config, window, row, step)
    if source is Source.BLANK:
        return f"row {row + 1}, step {index:,} of the series: its target is blank, no echo"
    reached = {
        Source.WINDOW: "in this window: the error reaches it",
        Source.BEFORE: f"before this window: the error {'goes on to it' if config.is_uncut else 'is cut off'}",
        Source.ABOVE: "in the row above: the state begins at zero",
    }[source]
    return f"row {row + 1}, step {index:,} of the series echoes {index - config.echo_step:,}, {reached}"
