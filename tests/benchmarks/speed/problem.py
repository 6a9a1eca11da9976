"""`Problem`, which every program of a row trains: the same data from the same weights."""

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
"""Begins the name of a weight in a file."""


@dataclass(frozen=True, eq=False)
class Problem:
    """An epoch, and what training begins with. The state is zero then, and Adagrad's sums of squares are 0.1.

    Attributes:
        network: what is trained.
        x, y: uint8 [replicas, batch, windows * T].
        weights: float32 [replicas, ...] by name.
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
        """The windows one after another, [replicas, windows, T, batch]."""
        replicas, batch, _ = rows.shape
        each = rows.reshape(replicas, batch, self.network.windows, self.network.steps)
        return np.ascontiguousarray(each.transpose(0, 2, 3, 1))

    def write(self, file: Path) -> None:
        """Write it as an npz file."""
        arrays: dict[str, Any] = {WEIGHT + name: value for name, value in self.weights.items()}
        np.savez(file, network=np.array(json.dumps(asdict(self.network))), x=self.x, y=self.y, **arrays)

    @classmethod
    def read(cls, file: Path) -> Problem:
        """Read it from an npz file."""
        with np.load(file) as found:
            network = Network(**json.loads(str(found["network"])))
            weights = {name.removeprefix(WEIGHT): found[name] for name in found.files if name.startswith(WEIGHT)}
            return cls(network, found["x"], found["y"], weights)
