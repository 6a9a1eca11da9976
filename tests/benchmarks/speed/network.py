"""`Network`: the sizes of what a row trains."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Network:
    """One network, or several of one structure side by side; the tutorial's, unless given.

    Attributes:
        replicas: how many networks.
        steps: T, the time steps of a window.
        windows: the windows of an epoch, which a call trains.
        learning_rate: of Adagrad. A large network diverges with the tutorial's, and rounding with it.
    """

    state: int = 4
    batch: int = 5
    steps: int = 15
    windows: int = 666
    cell: str = "rnn"
    layers: int = 1
    replicas: int = 1
    learning_rate: float = 0.3

    @property
    def fields(self) -> dict[str, Any]:
        """Fields of an `EchoConfig` that trains it without an end.

        The tutorial's start of the weights, all positive, saturates large networks, hence glorot.
        """
        return {
            "state_size": self.state,
            "batch_size": self.batch,
            "truncated_backprop_length": self.steps,
            "total_series_length": self.batch * self.steps * self.windows,
            "num_epochs": 10**9,
            "cell": self.cell,
            "num_layers": self.layers,
            "learning_rate": self.learning_rate,
            "init": "glorot",
            "seed": 0,
        }
