"""The data and initial weights of a row, the same for all programs."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

Symbols = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float32]

WEIGHT = "weight "
"""The beginning of the names of weights in a file."""


@dataclass(frozen=True)
class Network:
    """The sizes of one network, or of several equal networks side by side; by default the
    tutorial's.

    A call trains an epoch of ``windows`` windows of ``steps`` time steps, with Adagrad. With the
    tutorial's learning rate, large networks diverge, and rounding errors with them.
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


@dataclass(frozen=True, eq=False)
class Problem:
    """The data of an epoch, and the initial weights.

    Initial states are zero, and Adagrad's accumulators are 0.1.

    Attributes:
        x, y: inputs and targets, uint8 [replicas, batch, windows * T].
        weights: float32 [replicas, ...], by name.
    """

    network: Network
    x: Symbols
    y: Symbols
    weights: dict[str, Floats]

    @property
    def one(self) -> dict[str, Floats]:
        """The weights of the first replica."""
        return {name: value[0] for name, value in self.weights.items()}

    def in_windows(self, rows: Symbols) -> Symbols:
        """The rows divided into windows, [replicas, windows, T, batch]."""
        replicas, batch, _ = rows.shape
        each = rows.reshape(replicas, batch, self.network.windows, self.network.steps)
        return np.ascontiguousarray(each.transpose(0, 2, 3, 1))

    @classmethod
    def of(cls, network: Network) -> Problem:
        """The data of the first epoch, and the initial weights of a trainer; replicas have
        consecutive seeds."""
        from echornn import EchoConfig, batch_of
        from echornn.network.model import initial_weights

        configs = [
            replace(EchoConfig(**network.fields), seed=seed) for seed in range(network.replicas)
        ]
        series = [batch_of(config) for config in configs]
        weights = [initial_weights(config) for config in configs]
        x, y = np.stack([one.x for one in series]), np.stack([one.y for one in series])
        return cls(
            network, x, y, {name: np.stack([one[name] for one in weights]) for name in weights[0]}
        )

    def write(self, file: Path) -> None:
        arrays: dict[str, Any] = {WEIGHT + name: value for name, value in self.weights.items()}
        np.savez(
            file, network=np.array(json.dumps(asdict(self.network))), x=self.x, y=self.y, **arrays
        )

    @classmethod
    def read(cls, file: Path) -> Problem:
        with np.load(file) as found:
            network = Network(**json.loads(str(found["network"])))
            weights = {
                name.removeprefix(WEIGHT): found[name]
                for name in found.files
                if name.startswith(WEIGHT)
            }
            return cls(network, found["x"], found["y"], weights)


def main() -> None:
    """Write the problem of each network on standard input into a folder. This needs TensorFlow, and
    a process of its own: what importing the engine sets must not affect the measured programs.
    """
    from echornn.runtime import quiet

    quiet.import_tensorflow()
    for name, fields in json.load(sys.stdin).items():
        Problem.of(Network(**fields)).write(Path(sys.argv[1]) / f"{name}.npz")


if __name__ == "__main__":
    main()
