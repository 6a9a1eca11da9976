"""The networks of a population side by side, and how differently they move on the same trials."""

from __future__ import annotations

import numpy as np
import pytest

from echornn import EchoConfig, Population
from echornn.network.frozen import FrozenNetwork, FrozenPopulation
from echornn.network.shapes import carried_size

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("cell", ["rnn", "lstm", "lru", "diagonal"])
def test_networks_side_by_side_move_as_each_does_alone(cell: str) -> None:
    config = EchoConfig(task="parity", cell=cell, state_size=3, num_layers=2, replicas=5)
    weights = Population(config).weights
    rng = np.random.default_rng(0)
    x = rng.integers(0, 2, (9, 4), np.uint8)
    begins = rng.normal(size=(5, 4, carried_size(config))).astype(np.float32)
    together = FrozenPopulation(config, weights).run(x, begins)
    for number in range(5):
        network = FrozenNetwork(config, {name: weight[number] for name, weight in weights.items()})
        alone = network.run(x, begins[number])
        for name in ("init_state", "states", "gates", "outputs", "before"):
            of_one, of_all = getattr(alone, name), getattr(together, name)
            np.testing.assert_allclose(of_all[number], of_one, atol=1e-5)
