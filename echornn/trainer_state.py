"""The state of one network: everything that decides how it trains on, as plain numbers and arrays."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from echornn.config import EchoConfig
from echornn.progress import Floats


@dataclass(frozen=True, eq=False)
class TrainerState:
    """Everything that decides how one network trains on, bit for bit; see `echornn.population_state.PopulationState`.

    Attributes:
        config: the configuration.
        epoch, window: the next window to train.
        generation: how often the data was regenerated.
        draw: which of the seed's random starts the weights came from.
        weights: float32 arrays by name.
        carried_state: float32 [batch_size, carried], the state that the last window handed on (see `carried_size`).
        optimizer: the optimizer's variables (slots, iteration count), in its order.
    """

    config: EchoConfig
    epoch: int
    window: int
    generation: int
    draw: int
    weights: dict[str, Floats]
    carried_state: Floats
    optimizer: tuple[npt.NDArray[Any], ...]

    @property
    def is_finite(self) -> bool:
        """Whether all weights are finite; training cannot continue from non-finite ones."""
        return all(bool(np.isfinite(array).all()) for array in self.weights.values())
