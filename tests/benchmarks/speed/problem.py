"""`Problem`: the data and initial weights of a row, the same for all programs."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from tests.benchmarks.speed.network import Network

Symbols = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float32]

WEIGHT = "weight "
"""The beginning of the names of weights in a file."""


@dataclass(frozen=True, eq=False)
class Problem:
    """The data of an epoch, and the initial weights. Initial states are zero, and Adagrad's accumulators are 0.1.

    Attributes:
        network: the sizes of the networks.
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

    def write(self, file: Path) -> None:
        """Write the problem as an npz file."""
        arrays: dict[str, Any] = {WEIGHT + name: value for name, value in self.weights.items()}
        np.savez(file, network=np.array(json.dumps(asdict(self.network))), x=self.x, y=self.y, **arrays)

    @classmethod
    def read(cls, file: Path) -> Problem:
        """Read a problem from an npz file."""
        with np.load(file) as found:
            network = Network(**json.loads(str(found["network"])))
            weights = {name.removeprefix(WEIGHT): found[name] for name in found.files if name.startswith(WEIGHT)}
            return cls(network, found["x"], found["y"], weights)
