"""The filter of the map: words that a user types, which say what is shown."""

from __future__ import annotations

import math

from echornn.sweeps.results import Values
from tui.kit.sweep_table import Axes, Value, value_text


class FilterError(ValueError):
    """The filter is invalid for this sweep; the message names the invalid word, and what is allowed."""

    def __init__(self, word: str, allowed: str) -> None:
        super().__init__(f"filter = {word!r} cannot be used: {allowed}")


def kept_values(text: str, axes: Axes) -> dict[str, frozenset[Value]]:
    """The values to show for each field that the filter names; fields that it does not name show all values.

    Words are separated by spaces: ``FIELD=a,b``, ``FIELD=lo..hi`` (either end may be missing), or only a value that
    some field has. Listed values must occur in the sweep; a range may extend beyond its values. A field's name may be
    abbreviated if the beginning is unique.
    """
    kept: dict[str, frozenset[Value]] = {}
    for word in text.split():
        name, equals, wanted = word.partition("=")
        if equals:
            names = named_by(name, axes)
            if len(names) != 1:
                raise FilterError(word, f"it must be FIELD=VALUES, with a field of {', '.join(axes) or 'none'}")
        else:
            wanted = word
            names = [one for one in axes if _matching(word, axes[one])]
            if not names:
                raise FilterError(word, f"no field has this value; FIELD=VALUES, as {example_of(axes)}")
        for one in names:
            found = _matching(wanted, axes[one])
            if not found:
                shown = ", ".join(value_text(value) for value in axes[one][:8])
                raise FilterError(word, f"{one} has {shown}{', ...' if len(axes[one]) > 8 else ''}")
            kept[one] = kept.get(one, frozenset(axes[one])) & found
            if not kept[one]:
                raise FilterError(word, f"no value of {one} would be left")
    return kept


def named_by(name: str, axes: Axes) -> list[str]:
    """The fields that a user may mean by a name: the one with this name, or else those that begin with it."""
    name = name.replace("-", "_")
    return [name] if name in axes else [one for one in axes if name and one.startswith(name)]


def example_of(axes: Axes) -> str:
    """An example of a filter for these fields, with some values of the first field."""
    name, values = next(iter(axes.items()), ("echo_step", (3, 4, 5)))
    some = values[: max(1, len(values) - 1)]
    if len(some) > 2 and all(isinstance(value, int | float) for value in some):
        return f"{name}={value_text(some[0])}..{value_text(some[-1])}"
    return f"{name}={','.join(map(value_text, some[:2]))}"


def _matching(wanted: str, values: Values) -> frozenset[Value]:
    """The values that a word selects; empty if a part of the word selects none."""
    named = [frozenset(value for value in values if _is(part, value)) for part in wanted.split(",") if part]
    return frozenset().union(*named) if all(named) else frozenset()


def _is(part: str, value: Value) -> bool:
    if part == value_text(value) or not isinstance(value, int | float):
        return part == value_text(value)
    low, dots, high = part.partition("..")
    try:
        if dots:
            return float(low or -math.inf) <= value <= float(high or math.inf)
        return float(part) == value
    except ValueError:
        return False
