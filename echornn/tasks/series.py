"""The data of the echo: a random series, and the same series some steps later ("Generate data")."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from echornn import seeding
from echornn.config import EchoConfig, RowStart
from echornn.progress import Symbols
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
    def generate(cls, config: EchoConfig, generation: int = 0, epoch: int = 0) -> EchoSeries:
        """The data of an epoch: a pure function of (seed, generation, epoch), so no random generator has to be
        saved.
        """
        rng = seeding.stream(config.seed, seeding.DATA, generation, epoch)
        x = uniform_symbols(rng, config.num_classes, config.total_series_length)
        return cls.from_inputs(x, config.echo_step, config.batch_size, config.row_start)

    @classmethod
    def from_inputs(
        cls, x: Symbols, echo_step: int, batch_size: int, row_start: RowStart = "previous_row"
    ) -> EchoSeries:
        """Echo the series ``x``, uint8 [steps], and divide both into ``batch_size`` rows; the remainder is left out.

        As in the tutorial, the echo is made before the division into rows, so the first ``echo_step`` targets of a row
        echo the end of the row above; in the first row they are 0. With ``row_start="zero"`` they are 0 in every row.
        """
        row_length = len(x) // batch_size
        used = row_length * batch_size
        y = np.roll(x, echo_step)
        y[:echo_step] = 0
        x_rows = x[:used].reshape(batch_size, row_length)
        y_rows = y[:used].reshape(batch_size, row_length)
        if row_start == "zero":
            y_rows[:, :echo_step] = 0
        return cls(x_rows, y_rows, len(x) - used)

    def window(self, start: int, length: int) -> tuple[Symbols, Symbols]:
        """Inputs and targets of the time steps ``start`` to ``start + length``, uint8 [batch_size, length] each."""
        return self.x[:, start : start + length], self.y[:, start : start + length]
