"""Where on a map theory knows a limit: the cells beyond it, from the fields alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from echornn.config import EchoConfig
from echornn.tasks.levels import credit_coverage, fits_register


@dataclass(frozen=True)
class Limit:
    """A line that theory draws.

    Attributes:
        name: what it is called on the map.
        about: what lies beyond it, in words.
        is_beyond: whether a configuration does.
    """

    name: str
    about: str
    is_beyond: Callable[[EchoConfig], bool]


def _no_credit(config: EchoConfig) -> bool:
    return credit_coverage(config) == 0


def _no_register(config: EchoConfig) -> bool:
    return not fits_register(config)


LIMITS = (
    Limit("echo = T", "no error reaches what is echoed", _no_credit),
    Limit("echo + 1 = state", "more numbers are needed than the states hold", _no_register),
)
"""Truncated back-propagation follows an error T steps; a linear read-out finds as many numbers as there are units."""
