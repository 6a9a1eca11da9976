"""The parts of a network that the probes can look at, by name: states, gates, layers."""

from __future__ import annotations

from dataclasses import dataclass

from echornn.cell_facts import CELL_FACTS
from echornn.config import EchoConfig


@dataclass(frozen=True)
class CellPart:
    """A vector with one number for each unit, that the probes can read.

    Attributes:
        name: such as ``h``, ``c`` or ``forget``, with the layer if there are several: ``layer 2 h``.
        is_gate: whether it is a gate rather than part of the carried state.
        where: its position there; see `echornn.network.step.Stepped`.
    """

    name: str
    is_gate: bool
    where: slice


def parts_of(config: EchoConfig) -> dict[str, CellPart]:
    """All parts by name: the top layer's h, the other vectors that it carries, its gates; then the lower layers in the
    same way.
    """
    cell, size = CELL_FACTS[config.cell], config.state_size
    found = []
    for layer in reversed(range(config.num_layers)):
        prefix = f"layer {layer + 1} " if config.num_layers > 1 else ""
        for names, is_gate in ((cell.state_parts, False), (cell.gates, True)):
            for number, name in enumerate(names, start=layer * len(names)):
                found.append(CellPart(prefix + name, is_gate, slice(number * size, (number + 1) * size)))
    return {part.name: part for part in found}
