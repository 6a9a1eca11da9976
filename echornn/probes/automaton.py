"""The finite automaton that a network has become."""

from __future__ import annotations

from echornn.machines import Automata, Automaton
from echornn.probes.prepared import Prepared
from echornn.state import PopulationState


def automaton(prepared: Prepared, data_seed: int | None) -> Automaton | None:
    return None


def automata(population: PopulationState, data_seed: int | None) -> Automata | None:
    return None
