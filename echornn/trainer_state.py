"""The state of one network: everything that determines its further training, as plain numbers and arrays."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from echornn.config import EchoConfig
from echornn.progress import Floats


@dataclass(frozen=True, eq=False)
class TrainerState:
    """Everything that determines a network's further training, bit for bit; see
    `echornn.population_state.PopulationState`.

    Attributes:
        config: the configuration.
        epoch, window: the position of the next window to train, both from 0.
        data_version: how many times new data has been drawn.
        init_index: the number of the initial weights, from 0.
        weights: float32 arrays by name.
        carried_state: float32 [batch_size, carried], the state after the last window (see `carried_size`).
        optimizer: the optimizer's variables (slots, iteration count), in the optimizer's order.
        influence: the arrays that the learning rule carries besides the state, float32 by name; none with tbptt.
    """

    config: EchoConfig
    epoch: int
    window: int
    data_version: int
    init_index: int
    weights: dict[str, Floats]
    carried_state: Floats
    optimizer: tuple[npt.NDArray[Any], ...]
    influence: dict[str, Floats] = field(default_factory=dict)

    @property
    def is_finite(self) -> bool:
        """Whether all weights are finite; training cannot continue otherwise."""
        return all(bool(np.isfinite(array).all()) for array in self.weights.values())
