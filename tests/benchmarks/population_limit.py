"""`python -m tests.benchmarks.population_limit`: the tutorial's network in 16 replicas, in C, a vector for all of them.

It prints us a network and window of one core, and how far its losses are from the program's own. It needs gcc.
"""

from __future__ import annotations

import ctypes
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from echornn import EchoConfig, Population
from echornn.network.model import initial_weights
from echornn.tasks.series_side_by_side import series_side_by_side
from echornn.training.replica_configs import with_seeds

SOURCE = Path(__file__).with_suffix(".c")
FLAGS = ("-O3", "-march=native", "-ffast-math", "-mprefer-vector-width=512", "-shared", "-fPIC")
REPLICAS = 16
COMPARED = 50
ROUNDS = 20


class Limit:
    """The C program with its own weights, from the same start and on the same data as a population's."""

    def __init__(self, config: EchoConfig, folder: str) -> None:
        library = Path(folder) / "limit.so"
        subprocess.run(["gcc", *FLAGS, "-o", str(library), str(SOURCE), "-lm"], check=True)
        self._train = ctypes.CDLL(str(library)).train
        configs = with_seeds(config, REPLICAS)
        each = [initial_weights(one) for one in configs]
        self._data = [np.ascontiguousarray(one) for one in series_side_by_side(configs, 0, 0)]
        rows = [np.stack([one[name] for one in each], axis=-1).reshape(-1, REPLICAS) for name in each[0]]
        self._weights = np.concatenate(rows)
        self._slots = np.full_like(self._weights, 0.1)
        self._rates = np.full(REPLICAS, config.learning_rate, np.float32)

    def __call__(self, windows: int) -> npt.NDArray[np.float32]:
        """Train so many windows from the epoch's start."""
        losses = np.empty((windows, REPLICAS), np.float32)
        arrays: list[npt.NDArray[Any]] = [*self._data, self._weights, self._slots, self._rates, losses]
        self._train(windows, *(_pointer(array) for array in arrays))
        return losses


def _pointer(array: npt.NDArray[Any]) -> ctypes.c_void_p:
    return ctypes.c_void_p(array.ctypes.data)


def main() -> None:
    config = EchoConfig(seed=0)
    with tempfile.TemporaryDirectory() as folder:
        limit = Limit(config, folder)
        furthest = abs(Population(config, REPLICAS).advance(COMPARED).losses - limit(COMPARED)).max()
        windows, took = config.windows_per_epoch, []
        for _ in range(ROUNDS):
            begun = time.process_time()
            limit(windows)
            took.append(time.process_time() - begun)
    print(f"{min(took) / windows / REPLICAS * 1e6:.2f} us a network and window on one core, in C")
    print(f"largest difference of a loss in {COMPARED} windows {furthest:.1e} nats")


if __name__ == "__main__":
    main()
