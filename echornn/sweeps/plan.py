"""Divides the networks of a sweep into parts of one structure each."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

from echornn.config import FIELDS, TASK, EchoConfig
from echornn.sweeps.grid import Until
from echornn.sweeps.part import Part
from echornn.tasks.task import form_of
from echornn.training.replica_configs import REPLICA_FIELDS

LEAST, MOST = 8, 64
"""The fewest and the most networks of a part, if its structure has so many."""


def parts_of(configs: Sequence[EchoConfig], until: Until, workers: int, room: float = 1.0) -> list[Part]:
    """The networks in their order as parts of one structure each, so small that there is one for each worker."""
    groups: dict[Hashable, list[EchoConfig]] = {}
    for config in configs:
        groups.setdefault(structure_of(config), []).append(config)
    size = min(MOST, max(LEAST, -(-len(configs) // workers)))
    chunks = [tuple(group[at : at + size]) for group in groups.values() for at in range(0, len(group), size)]
    return [Part(number, chunk, until, room) for number, chunk in enumerate(chunks)]


def structure_of(config: EchoConfig) -> Hashable:
    """The values that must be equal in all networks of a population: the task and its form, and all fields except
    `REPLICA_FIELDS`.
    """
    form = config.value(TASK), form_of(config.the_task)
    return form, tuple(getattr(config, name) for name in FIELDS if name not in REPLICA_FIELDS)
