"""Divides the networks of a sweep into parts of one structure each."""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterable, Sequence

from echornn.config import EchoConfig
from echornn.config_fields import ECHO_FIELDS, TASK
from echornn.data.levels import credit_coverage
from echornn.network.shapes import is_trained_alone
from echornn.sweeps.grid import Until
from echornn.sweeps.part import Part
from echornn.tasks.checked_task import form_of
from echornn.training.replica_configs import REPLICA_FIELDS

LANES = 8
"""The number of networks that a vector operation of a processor computes at once."""

MOST_TOGETHER, MOST_ALONE = 64, 16
"""The most networks of a part, if they train side by side or one after the other: a part can be lost."""


def parts_of(configs: Sequence[EchoConfig], until: Until, workers: int, room: float = 1.0) -> list[Part]:
    """The parts to train; easy ones first, so that the map fills early.

    The networks of a structure are divided so that populations are well filled, and so that there are at least as many
    parts as the structure's share of the workers.
    """
    groups: dict[Hashable, list[EchoConfig]] = {}
    for config in configs:
        groups.setdefault(structure_of(config), []).append(config)
    chunks: list[tuple[EchoConfig, ...]] = []
    for group in groups.values():
        group.sort(key=_ease, reverse=True)  # easy ones get separate parts, which end early
        of_the_workers = min(round(workers * len(group) / len(configs)), -(-len(group) // LANES))
        most = MOST_ALONE if is_trained_alone(group[0]) else MOST_TOGETHER
        size = -(-len(group) // max(-(-len(group) // most), of_the_workers))
        chunks += [tuple(group[at : at + size]) for at in range(0, len(group), size)]
    chunks.sort(key=lambda chunk: -_ease(chunk[-1]))
    return [Part(number, chunk, until, room) for number, chunk in enumerate(chunks)]


def _ease(config: EchoConfig) -> float:
    """How easy a task is to learn, as far as gradients tell: see `credit_coverage`; 1 if that is not known."""
    coverage = credit_coverage(config)
    return 1.0 if math.isnan(coverage) else coverage


def structure_of(config: EchoConfig) -> Hashable:
    """The values that must be equal in all networks of a population: the task and its form, and all fields except
    `REPLICA_FIELDS`.
    """
    names = (name for name in config.names() if name not in REPLICA_FIELDS)
    if config.task is None:
        return tuple(getattr(config, name) for name in names)
    form = config.value(TASK), form_of(config.the_task)
    return form, tuple(getattr(config, name) for name in names if name not in ECHO_FIELDS)


def halves(configs: Sequence[EchoConfig], points: Iterable[object]) -> list[tuple[EchoConfig, ...]]:
    """The networks divided into two halves that share no point; one group if there is only one point.

    Args:
        points: the point of each network.
    """
    groups: dict[object, list[EchoConfig]] = {}
    for config, point in zip(configs, points, strict=True):
        groups.setdefault(point, []).append(config)
    each = list(groups.values())
    middle = len(each) // 2
    return [tuple(one for group in half for one in group) for half in (each[:middle], each[middle:]) if half]
