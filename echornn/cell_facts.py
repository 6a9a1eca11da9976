"""Facts about each cell that need no TensorFlow: its vectors and gates. `echornn.network.cells` computes its step."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Cell = Literal["rnn", "gru", "lstm"]


@dataclass(frozen=True)
class CellFacts:
    """The vectors that a cell computes; each has one number per unit.

    Attributes:
        state_parts: the names of the vectors carried from step to step; the first one is the cell's output.
        weight_columns: for each (weight, bias), the names of the vectors that they compute.
        gates: the names of the vectors that are gates: sigmoids from 0 (shut) to 1 (open) that scale another vector.
        first_biases: for each bias, the initial value in each of its vectors; zero for biases that are not listed.
    """

    state_parts: tuple[str, ...]
    weight_columns: Mapping[tuple[str, str], tuple[str, ...]]
    gates: tuple[str, ...] = ()
    first_biases: Mapping[str, tuple[float, ...]] = field(default_factory=dict)

    @property
    def columns(self) -> int:
        """The number of vectors that all weights together compute in a step."""
        return sum(map(len, self.weight_columns.values()))


CELL_FACTS: dict[str, CellFacts] = {
    "rnn": CellFacts(("h",), {("W", "b"): ("h",)}),
    "gru": CellFacts(
        ("h",),
        {("W", "b"): ("update", "reset"), ("Wc", "bc"): ("candidate",)},
        gates=("update", "reset"),
    ),
    "lstm": CellFacts(
        ("h", "c"),
        {("W", "b"): ("input", "forget", "value", "output")},
        gates=("input", "forget", "output"),
        first_biases={"b": (0, 1, 0, 0)},  # it begins by remembering (Gers et al.)
    ),
}
"""The facts of each cell, by the names in `EchoConfig.cell`."""
