"""The number of examples for each property test: all in the whole suite, some if slow tests are
left out."""

from __future__ import annotations

from hypothesis import settings

ALL = 100
"""The examples of a property test without a number of its own."""

QUICK = 10
"""The same if slow tests are left out."""


def examples(count: int) -> settings:
    """The settings for ``count`` examples, or proportionally fewer if slow tests are left out."""
    tried = settings().max_examples
    return settings(max_examples=max(1, count * tried // ALL))
