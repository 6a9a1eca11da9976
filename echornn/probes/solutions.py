"""The map of solutions: how differently the networks of a population move on the same trials."""

from __future__ import annotations

from echornn.solutions import Distance, Solutions
from echornn.state import PopulationState


def solutions(
    population: PopulationState, distance: Distance, data_seed: int | None
) -> Solutions | None:
    return None
