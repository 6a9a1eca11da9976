"""The same training in C, compiled for the sizes of the network if this machine has a compiler.

One network: `one_network.c`. Several: `many_networks.c`, on one core, with several networks in each
vector.
"""

from __future__ import annotations

import ctypes
import subprocess
import tempfile
from pathlib import Path

import numpy as np

from tests.benchmarks.speed.problem import Problem
from tests.benchmarks.speed.program import CannotError, Losses, Trains, with_numpy

FLAGS = ("-O3", "-march=native")

LANES = 16
"""Networks per vector: as many as AVX-512 computes at once; other processors use two halves."""


def compiled(source: str, flags: tuple[str, ...]) -> ctypes.CDLL:
    """The compiled program of a C file in this folder.

    Raises:
        CannotError: there is no compiler, or it cannot compile the file.
    """
    with tempfile.TemporaryDirectory() as folder:
        library = Path(folder) / "program.so"
        file = Path(__file__).with_name(source)
        command = ["cc", *flags, "-shared", "-fPIC", str(file), "-o", str(library), "-lm"]
        try:
            done = subprocess.run(command, capture_output=True, text=True)
        except FileNotFoundError:
            raise CannotError("there is no C compiler, cc, on this machine") from None
        if done.returncode:
            first, *_ = done.stderr.splitlines() or ["no reason given"]
            raise CannotError(f"the C compiler failed: {first}")
        return ctypes.CDLL(str(library))


def compiler() -> str:
    """The version of the compiler."""
    return subprocess.check_output(["cc", "--version"], text=True).splitlines()[0]


def prepare(problem: Problem) -> Trains:
    """A program that is ready to train."""
    network = problem.network
    many = network.replicas > 1
    lanes = LANES if many else 1
    flags = (
        *FLAGS,
        f"-DSTATE={network.state}",
        f"-DBATCH={network.batch}",
        f"-DSTEPS={network.steps}",
        f"-DCLASSES={problem.weights['W2'].shape[-1]}",
        f"-DLANES={lanes}",
    )
    library = compiled("many_networks.c" if many else "one_network.c", flags)

    def in_vectors(rows: Losses) -> Losses:
        """Rearrange [networks, ...] into vectors of networks: [vectors, ..., lanes]."""
        return np.ascontiguousarray(np.moveaxis(rows.reshape(-1, lanes, *rows.shape[1:]), 1, -1))

    weights = [problem.weights[name] for name in ("W", "b", "W2", "b2")]
    flat = [weight.reshape(network.replicas, -1) for weight in weights]
    start = in_vectors(np.concatenate(flat, axis=1))
    x = in_vectors(problem.in_windows(problem.x))
    y = in_vectors(problem.in_windows(problem.y))

    def train(n: int) -> Losses:
        trained = start.copy()
        sums = np.full_like(start, 0.1)
        losses = np.empty((len(start), n, lanes), np.float32)
        for arrays in zip(x, y, trained, sums, losses, strict=True):
            addresses = [ctypes.c_void_p(array.ctypes.data) for array in arrays]
            library.train(ctypes.c_int(n), *addresses, ctypes.c_float(network.learning_rate))
        return np.moveaxis(losses, 0, 1).reshape(n, -1) if many else losses.reshape(n)

    versions = with_numpy(**{"C compiler": f"{compiler()}, {' '.join(FLAGS)}"})
    return Trains(train, network.windows, network.replicas, versions)
