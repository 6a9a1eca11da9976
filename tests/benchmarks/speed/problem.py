"""The data and initial weights of a row, the same for all programs."""

from __future__ import annotations

import json
import sys
from collections import defaultdict
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
        windows = rows.reshape(replicas, batch, self.network.windows, self.network.steps)
        return np.ascontiguousarray(windows.transpose(0, 2, 3, 1))

    @classmethod
    def of(cls, network: Network) -> Problem:
        """The data of the first epoch, and the initial weights of a trainer; replicas have
        consecutive seeds."""
        from echornn import EchoConfig, batch_of
        from echornn.network.initial import initial_weights

        base = EchoConfig(**network.fields)
        inputs, targets = [], []
        weights = defaultdict(list)
        for seed in range(network.replicas):
            config = replace(base, seed=seed)
            batch = batch_of(config)
            inputs.append(batch.x)
            targets.append(batch.y)
            for name, value in initial_weights(config).items():
                weights[name].append(value)
        stacked = {name: np.stack(values) for name, values in weights.items()}
        return cls(network, np.stack(inputs), np.stack(targets), stacked)

    def write(self, file: Path) -> None:
        arrays: dict[str, Any] = {WEIGHT + name: value for name, value in self.weights.items()}
        network = np.array(json.dumps(asdict(self.network)))
        np.savez(file, network=network, x=self.x, y=self.y, **arrays)

    @classmethod
    def read(cls, file: Path) -> Problem:
        with np.load(file) as arrays:
            network = Network(**json.loads(str(arrays["network"])))
            weights = {}
            for name in arrays.files:
                if name.startswith(WEIGHT):
                    weights[name.removeprefix(WEIGHT)] = arrays[name]
            return cls(network, arrays["x"], arrays["y"], weights)


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
