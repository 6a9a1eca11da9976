"""What no network of a cell can do, as somebody has proven."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Theorem:
    """A task that no network of a cell solves for inputs of every length, whatever its units, layers and weights.

    Numbers have finite precision, as float32 has. A theorem says nothing about one length: a network may solve the task
    for all inputs up to some length, and fail on longer ones.

    Attributes:
        task: the task, by its name in the table of tasks.
        because: the property of the cell from which this follows.
        source: who has proven it.
    """

    task: str
    because: str
    source: str
