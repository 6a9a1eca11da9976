"""What the cells of views show, for the mouse: the values that `Cells.mark` notes and `CellWidget.under` finds."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class TimeStep:
    """A time step of the shown window, in a row of the batch; both count from 0."""

    row: int
    step: int


@dataclass(frozen=True)
class Lag:
    """A bar of a chart by lag."""

    lag: int


@dataclass(frozen=True)
class UnitStep:
    """A unit at a time step of the shown row of the batch; all count from 0."""

    row: int
    unit: int
    step: int


@dataclass(frozen=True)
class Entry:
    """An entry of the weight matrix with this name."""

    matrix: str
    row: int
    column: int


@dataclass(frozen=True)
class Replica:
    """One of several networks that train side by side, from 0."""

    number: int


@dataclass(frozen=True)
class Window:
    """A window along the line that the curve shows, from 0."""

    window: int


@dataclass(frozen=True)
class FixedPoint:
    """A fixed point, by its index among those that were found."""

    index: int


@dataclass(frozen=True)
class States:
    """States that are drawn in the same cell: how many have each group of targets."""

    counts: tuple[int, ...]


def time_step_of(spot: object) -> TimeStep | None:
    """The time step of the shown window to which a spot belongs; None if it belongs to none."""
    match spot:
        case TimeStep():
            return spot
        case UnitStep(row, _, step):
            return TimeStep(row, step)
        case _:
            return None
