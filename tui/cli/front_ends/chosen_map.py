"""Turns the flags of the subcommand ``map`` into the first state of the map."""

from __future__ import annotations

from dataclasses import replace

from tui.commands.front_end import UsageError
from tui.figures.sweep_table import Axes, Measure
from tui.map.state import FilterError, MapState, named_by


def chosen(axes: Axes, across: str | None, down: str | None, measure: Measure, words: str) -> MapState:
    """The first state of the map for these flags.

    Args:
        across, down: names of fields, or their beginnings; None to let the map choose.
        words: the filter, as typed.
    """
    first = MapState.first(axes)
    columns = None if across is None else _field("across", across, axes)
    rows = None if down is None else _field("down", down, axes)
    if columns is not None and columns == rows:
        raise UsageError(f"down = {down!r} cannot be used: this field is across already")
    columns = columns or next((name for name in (first.across, first.down, *axes) if name != rows), first.across)
    rows = rows or next((name for name in (first.down, first.across, *axes) if name not in (columns, None)), None)
    state = replace(first, across=columns, down=rows, measure=measure, filter=words).settled(axes)
    try:
        state.choice(axes)
    except FilterError as error:
        raise UsageError(str(error)) from error
    return state


def _field(flag: str, name: str, axes: Axes) -> str:
    found = named_by(name, axes)
    if len(found) != 1:
        raise UsageError(f"{flag} = {name!r} cannot be used: one of {', '.join(axes)}, the sweep's fields")
    return found[0]
