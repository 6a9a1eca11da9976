"""Divides the networks of a sweep into parts of one structure each, and estimates the time that they take."""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass

from echornn.config import EchoConfig
from echornn.config_fields import ECHO_FIELDS, TASK
from echornn.data.levels import credit_coverage
from echornn.sweeps.grid import Until
from echornn.sweeps.part import Part
from echornn.tasks.checked_task import form_of
from echornn.training.replica_configs import REPLICA_FIELDS
from echornn.training.window_cost import multiplications_of_a_step, seconds_to_compile, window_microseconds

LANES = 8
"""The number of networks that a vector operation of a processor computes at once."""

SECONDS_TO_START = 5.0


@dataclass(frozen=True)
class Plan:
    """The parts of a sweep, and an estimate of the time.

    Attributes:
        parts: the parts to train; easy parts first, so that the map fills early.
        structures: the least number of programs to compile.
        seconds: about how long the workers need if no network is solved early, each on a processor of its own.
    """

    parts: tuple[Part, ...]
    structures: int
    seconds: float

    @classmethod
    def of(cls, configs: Sequence[EchoConfig], until: Until, workers: int, room: float = 1.0) -> Plan:
        """The plan for these networks, of any structures.

        The networks of a structure are divided so that populations are well filled, and so that there are at least as
        many parts as the structure's share of the workers.
        """
        groups: dict[Hashable, list[EchoConfig]] = {}
        for config in configs:
            groups.setdefault(structure_of(config), []).append(config)
        costs = {like: sum(map(microseconds, group)) for like, group in groups.items()}
        chunks: list[tuple[EchoConfig, ...]] = []
        for like, group in groups.items():
            group.sort(key=_ease, reverse=True)  # easy ones get separate parts, which end early
            of_the_workers = round(workers * costs[like] / sum(costs.values()))
            parts = max(-(-len(group) // most_together(group[0])), min(of_the_workers, -(-len(group) // LANES)))
            size = -(-len(group) // parts)
            chunks += [tuple(group[at : at + size]) for at in range(0, len(group), size)]
        chunks.sort(key=lambda chunk: -_ease(chunk[-1]))
        compiling = [seconds_to_compile(group[0]) for group in groups.values()]
        seconds = max(max(compiling, default=0.0), sum(compiling) / workers) + sum(costs.values()) / 1e6 / workers
        return cls(
            tuple(Part(number, chunk, until, room) for number, chunk in enumerate(chunks)),
            len(groups),
            SECONDS_TO_START + seconds if groups else 0.0,
        )


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


def most_together(config: EchoConfig) -> int:
    """The largest number of networks in a part. Small networks share the fixed cost of a window, so there are many. A
    part of large networks must train quickly, since it can be lost, so there are few.
    """
    multiplications = multiplications_of_a_step(config)
    return 64 if multiplications <= 150 else 32 if multiplications <= 500 else 16


def microseconds(config: EchoConfig, windows: int | None = None) -> float:
    """The approximate processor time of ``windows`` windows of a network, by default of all its epochs."""
    if windows is None:
        windows = config.num_epochs * config.windows_per_epoch
    return windows * window_microseconds(config)


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
