"""The filter of a map, such as ``cell=gru,lstm echo=5..15``: the values of fields that are shown."""

from __future__ import annotations

import math
from collections.abc import Mapping

from echornn.maps.table import Value, Values


class FilterError(ValueError):
    """The filter is invalid for this sweep; the message names the invalid word, and what is allowed."""


def kept_values(text: str, axes: Mapping[str, Values]) -> dict[str, frozenset[Value]]:
    """The values to show for each field that the filter names; fields that it does not name show all values.

    Words are separated by spaces: ``FIELD=a,b``, ``FIELD=lo..hi`` (either end may be missing), or only a value that
    some field has. Listed values must occur in the sweep; a range may extend beyond its values. A field's name may be
    abbreviated if the beginning is unique.

    Raises:
        FilterError: a word names no field or no value of the sweep.
    """
    kept: dict[str, frozenset[Value]] = {}
    for word in text.split():
        name, equals, wanted = word.partition("=")
        names = [_field(name, word, axes)] if equals else [one for one in axes if _matching(word, axes[one])]
        if not equals:
            wanted = word
        values = {one: _matching(wanted, axes[one]) for one in names}
        if not any(values.values()):
            raise FilterError(_no_value(word, names, axes))
        for one, found in values.items():
            kept[one] = kept.get(one, frozenset(axes[one])) & found
            if not kept[one]:
                raise FilterError(f"filter = {word!r} cannot be used: no value of {one} would be left")
    return kept


def _field(name: str, word: str, axes: Mapping[str, Values]) -> str:
    name = name.replace("-", "_")
    found = [name] if name in axes else [one for one in axes if one.startswith(name)]
    if len(found) != 1 or not name:
        raise FilterError(
            f"filter = {word!r} cannot be used: it must be FIELD=VALUES, with a field of {', '.join(axes) or 'none'}"
        )
    return found[0]


def _no_value(word: str, names: list[str], axes: Mapping[str, Values]) -> str:
    if not names:
        return f"filter = {word!r} cannot be used: no field has this value; FIELD=VALUES, as {example_of(axes)}"
    shown = ", ".join(value_text(value) for value in axes[names[0]][:8])
    more = ", ..." if len(axes[names[0]]) > 8 else ""
    return f"filter = {word!r} cannot be used: {names[0]} has {shown}{more}"


def example_of(axes: Mapping[str, Values]) -> str:
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
    low, dots, high = part.partition("..")
    if dots and isinstance(value, int | float):
        least, most = _number(low, -math.inf), _number(high, math.inf)
        return least is not None and most is not None and least <= value <= most
    number = _number(part, None)
    return part == value_text(value) or (number is not None and isinstance(value, int | float) and number == value)


def _number(text: str, missing: float | None) -> float | None:
    try:
        return float(text) if text else missing
    except ValueError:
        return None


def value_text(value: Value) -> str:
    """A value as the user types it."""
    return "unset" if value is None else f"{value:g}" if isinstance(value, float) else str(value)
