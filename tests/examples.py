"""How many examples a property is tried with: all of them in the whole suite, a part where slow tests are left out."""

from __future__ import annotations

from hypothesis import settings

ALL = 100
"""Examples of a property that asks for no number of its own."""

QUICK = 25
"""The same, where slow tests are left out."""


def examples(count: int) -> settings:
    """Try so many, or the part of them that is tried where slow tests are left out."""
    tried = settings().max_examples
    return settings(max_examples=max(1, count * tried // ALL))
