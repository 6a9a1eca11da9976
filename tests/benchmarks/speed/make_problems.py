"""Writes the `Problem` of each network, which needs TensorFlow: ``python -m ... FOLDER``, with networks on standard
input.

A separate process, so that settings made by importing the engine do not affect the measured programs.
"""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np

from echornn import EchoConfig, EchoSeries
from echornn.runtime import quiet
from tests.benchmarks.speed.network import Network
from tests.benchmarks.speed.problem import Problem


def problem_of(network: Network) -> Problem:
    """The data of the first epoch, and the initial weights of a trainer; replicas have consecutive seeds."""
    quiet.import_tensorflow()
    from echornn.network.model import initial_weights

    configs = [replace(EchoConfig(**network.fields), seed=seed) for seed in range(network.replicas)]
    series = [EchoSeries.generate(config) for config in configs]
    weights = [initial_weights(config) for config in configs]
    return Problem(
        network,
        np.stack([one.x for one in series]),
        np.stack([one.y for one in series]),
        {name: np.stack([one[name] for one in weights]) for name in weights[0]},
    )


def main() -> None:
    for name, fields in json.load(sys.stdin).items():
        problem_of(Network(**fields)).write(Path(sys.argv[1]) / f"{name}.npz")


if __name__ == "__main__":
    main()
