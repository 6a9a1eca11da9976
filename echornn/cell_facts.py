"""Facts about each cell that need no TensorFlow: its vectors and gates. Its step is in `echornn.network.cells`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Cell = Literal["rnn", "gru", "lstm"]


@dataclass(frozen=True)
class CellFacts:
    """The vectors of a cell, each with one number for each unit.

    Attributes:
        state_parts: the names of the vectors that it carries from step to step; the first is its output.
        weight_columns: for each pair of weight and bias, the names of the vectors that it computes.
        gates: the vectors that are gates: a gate is a sigmoid, from 0, shut, to 1, open, that scales another vector.
        first_biases: the initial bias of each vector of a weight; zero if the weight is not listed.
    """

    state_parts: tuple[str, ...]
    weight_columns: Mapping[tuple[str, str], tuple[str, ...]]
    gates: tuple[str, ...] = ()
    first_biases: Mapping[str, tuple[float, ...]] = field(default_factory=dict)

    @property
    def columns(self) -> int:
        """The number of vectors that all of its weights compute in a step."""
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
"""The facts by the cell names of `EchoConfig.cell`."""
