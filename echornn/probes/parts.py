"""The parts of a network that the probes can read, by name: states and gates of each layer."""

from __future__ import annotations

from dataclasses import dataclass

from echornn.cells.cell import Bounds
from echornn.config import EchoConfig


@dataclass(frozen=True)
class CellPart:
    """A part of the network that the probes can read: a vector with one number per unit.

    Attributes:
        name: a name such as ``h``, ``c`` or ``forget``, with the layer if there are several: ``layer 2 h``.
        bounds: the limits of its numbers; a gate is not part of the carried state.
        where: the part's position in the carried state or among the gates; see `echornn.network.step.Stepped`.
    """

    name: str
    bounds: Bounds
    where: slice

    @property
    def is_gate(self) -> bool:
        """Whether it is a gate rather than part of the carried state."""
        return self.bounds is Bounds.GATE


def parts_of(config: EchoConfig) -> dict[str, CellPart]:
    """All parts by name: the top layer's h, its other carried vectors, its gates; then those of lower layers."""
    cell, size = config.the_cell, config.state_size
    found = []
    for layer in reversed(range(config.num_layers)):
        prefix = f"layer {layer + 1} " if config.num_layers > 1 else ""
        for names in (cell.state_parts, cell.gates):
            for number, name in enumerate(names, start=layer * len(names)):
                found.append(CellPart(prefix + name, cell.bounds_of(name), slice(number * size, (number + 1) * size)))
    return {part.name: part for part in found}
