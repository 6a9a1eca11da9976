"""Facts about each cell that need no TensorFlow: its vectors and gates. Its step is in `echornn.network.cells`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Cell = Literal["rnn", "gru", "lstm"]


@dataclass(frozen=True)
class CellFacts:
    """The vectors of a cell, each of the state's size.

    Attributes:
        state_parts: those that it carries, by name; the first is what it shows.
        weight_columns: for each weight, with its bias, those that it yields, by name.
        gates: which of these are gates: their sigmoid, from 0, shut, to 1, open, is what weighs something else.
        first_biases: what a bias starts with in each of its vectors; zero in all, where it is not named.
    """

    state_parts: tuple[str, ...]
    weight_columns: Mapping[tuple[str, str], tuple[str, ...]]
    gates: tuple[str, ...] = ()
    first_biases: Mapping[str, tuple[float, ...]] = field(default_factory=dict)

    @property
    def columns(self) -> int:
        """How many vectors all of its weights yield in a step."""
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
"""By the names that `EchoConfig.cell` knows."""
