"""The data of the echo: a random series, and the same series some steps later ("Generate data")."""

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
    """The inputs and echo targets of one epoch, divided into the rows of the batch.

    Attributes:
        x: uint8 [batch_size, row length], uniformly random symbols from 0 to num_classes - 1.
        y: uint8, of the same shape; ``y`` at a step is ``x`` echo_step steps earlier.
        unused: the time steps at the end of the series that are left out, since the batch size does not divide it.
    """

    x: Symbols
    y: Symbols
    unused: int = 0

    @classmethod
    def generate(cls, config: EchoConfig, data_version: int = 0, epoch: int = 0) -> EchoSeries:
        """The data of an epoch: a pure function of (seed, data version, epoch), so no random generator has to be
        saved.
        """
        rng = seeding.stream(config.seed, seeding.DATA, data_version, epoch)
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
        """Inputs and targets of the time steps ``start`` to ``start + length``, uint8 [batch_size, length] each."""
        return self.x[:, start : start + length], self.y[:, start : start + length]
