"""The echo data: a random series, and the same series some steps later ("Generate data")."""

from __future__ import annotations

from dataclasses import dataclass

from echornn import seeding
from echornn.config import EchoConfig
from echornn.limits import RowStart
from echornn.progress import Symbols
from echornn.tasks.echo import echo_rows
from echornn.tasks.symbols import uniform_symbols


@dataclass(frozen=True, eq=False)
class EchoSeries:
    """Input and echo target of one epoch, cut into the rows of the batch.

    Attributes:
        x: uint8 [batch_size, row length], symbols in 0 .. num_classes - 1, drawn uniformly.
        y: uint8, same shape; ``y`` at a time step is ``x`` some steps earlier.
        unused: time steps dropped at the series' end, because the batch size did not divide it.
    """

    x: Symbols
    y: Symbols
    unused: int = 0

    @classmethod
    def generate(cls, config: EchoConfig, generation: int = 0, epoch: int = 0) -> EchoSeries:
        """The data of one epoch: a pure function of (seed, generation, epoch), so there is no generator to save."""
        rng = seeding.stream(config.seed, seeding.DATA, generation, epoch)
        x = uniform_symbols(rng, config.num_classes, config.total_series_length)
        return cls.from_inputs(x, config.echo_step, config.batch_size, config.row_start)

    @classmethod
    def from_inputs(
        cls, x: Symbols, echo_step: int, batch_size: int, row_start: RowStart = "previous_row"
    ) -> EchoSeries:
        """Echo the series ``x`` (uint8 [steps]) and cut both into ``batch_size`` rows; see `echo_rows`."""
        x_rows, y_rows = echo_rows(x, echo_step, batch_size, row_start)
        return cls(x_rows, y_rows, len(x) - x_rows.size)

    def window(self, start: int, length: int) -> tuple[Symbols, Symbols]:
        """Input and target of the time steps ``start`` to ``start + length``, uint8 [batch_size, length] each."""
        return self.x[:, start : start + length], self.y[:, start : start + length]
