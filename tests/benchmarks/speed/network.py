"""`Network`: the sizes of the networks of a row."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Network:
    """The sizes of one network, or of several equal networks side by side; by default the tutorial's.

    Attributes:
        replicas: the number of networks.
        steps: T, the time steps of a window.
        windows: the windows of an epoch; a call trains an epoch.
        learning_rate: the learning rate of Adagrad. With the tutorial's rate, large networks diverge, and rounding
            errors with them.
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
        """The fields of an `EchoConfig` that trains this network without an end.

        The tutorial's initial weights, all positive, saturate large networks; hence glorot.
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
