"""Divides the networks of a sweep into parts of one structure, and estimates how long they take."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from echornn.cell_facts import CELL_FACTS
from echornn.config import EchoConfig
from echornn.sweeps.grid import Until
from echornn.sweeps.part import Part
from echornn.tasks.levels import credit_coverage

LANES = 8
"""Networks that one operation of a processor takes."""

SECONDS_TO_START, SECONDS_TO_COMPILE = 5.0, 3.0

SHAPELESS = {"learning_rate": 1.0, "echo_step": 0, "seed": 0, "init": "tutorial", "row_start": "zero"}
"""The fields in which networks of one population may differ, with any value."""


@dataclass(frozen=True)
class Plan:
    """What is to be trained.

    Attributes:
        parts: easy ones first, so that the map fills.
        structures: compiled programs that are needed, at least.
        seconds: that the workers will take, about, where none of the networks is solved early.
    """

    parts: tuple[Part, ...]
    structures: int
    seconds: float

    @classmethod
    def of(cls, configs: Sequence[EchoConfig], until: Until, workers: int, room: float = 1.0) -> Plan:
        """The plan for these networks, of any structures.

        A structure has as many parts as fill a population well each, and at least as many as its share of the workers.
        """
        groups: dict[EchoConfig, list[EchoConfig]] = {}
        for config in configs:
            groups.setdefault(structure_of(config), []).append(config)
        costs = {like: sum(map(microseconds, group)) for like, group in groups.items()}
        chunks: list[tuple[EchoConfig, ...]] = []
        for like, group in groups.items():
            group.sort(key=credit_coverage, reverse=True)  # the easy ones in parts of their own, which end early
            of_the_workers = round(workers * costs[like] / sum(costs.values()))
            parts = max(-(-len(group) // most_together(like)), min(of_the_workers, -(-len(group) // LANES)))
            size = -(-len(group) // parts)
            chunks += [tuple(group[at : at + size]) for at in range(0, len(group), size)]
        chunks.sort(key=lambda chunk: -credit_coverage(chunk[-1]))
        preparing = SECONDS_TO_START + SECONDS_TO_COMPILE * -(-len(groups) // workers)
        return cls(
            tuple(Part(number, chunk, until, room) for number, chunk in enumerate(chunks)),
            len(groups),
            0.0 if not groups else preparing + sum(costs.values()) / 1e6 / workers,
        )


def structure_of(config: EchoConfig) -> EchoConfig:
    """The configuration with all that networks of one population may differ in set to the same."""
    return replace(config, **SHAPELESS)  # type: ignore[arg-type]


def most_together(config: EchoConfig) -> int:
    """Networks in a part: of small ones many, which share the cost of a window's kernels; of others as many as are soon
    trained, since a part is what may be lost."""
    multiplications = _multiplications(config)
    return 64 if multiplications <= 150 else 32 if multiplications <= 500 else 16


def microseconds(config: EchoConfig, windows: int | None = None) -> float:
    """About what so many windows of a network cost a processor; all of its epochs', unless given.

    Measured: the tutorial 1.5 each, state 16 with rnn, gru, lstm 12, 46, 63; batch 50, state 16, 64, 256 86, 280, 2500.
    """
    if windows is None:
        windows = config.num_epochs * config.windows_per_epoch
    operations = 6 * _multiplications(config) * config.truncated_backprop_length
    each: float = min(operations / 9e3, max(80 * (operations / 1.2e6) ** 0.45, operations / 1.2e5))
    return windows * (0.5 + each)


def _multiplications(config: EchoConfig) -> int:
    """Of a time step, in all layers."""
    inputs = config.input_size + (config.num_layers - 1) * config.state_size
    columns = CELL_FACTS[config.cell].columns * config.state_size
    return config.batch_size * columns * (inputs + config.num_layers * config.state_size)


def halves(configs: Sequence[EchoConfig], points: Iterable[object]) -> list[tuple[EchoConfig, ...]]:
    """Networks in two halves that have no point in common; in one where there is only one.

    Args:
        points: of each network.
    """
    groups: dict[object, list[EchoConfig]] = {}
    for config, point in zip(configs, points, strict=True):
        groups.setdefault(point, []).append(config)
    each = list(groups.values())
    middle = len(each) // 2
    return [tuple(one for group in half for one in group) for half in (each[:middle], each[middle:]) if half]
