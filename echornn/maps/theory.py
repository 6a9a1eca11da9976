"""The two limits of theory on a map: where no gradient reaches the source, and where no linear shift register fits."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from echornn.config import EchoConfig
from echornn.data.levels import credit_coverage, fits_register, is_echo


@dataclass(frozen=True)
class Limit:
    """A limit of theory, drawn as a line on a map. Some seeds solve the echo beyond it; the counts of cells show how
    many.

    Attributes:
        name: the name on the map.
        beyond: the condition for being beyond the limit.
        about: what holds beyond it, in words.
        is_beyond: whether a configuration is beyond it.
    """

    name: str
    beyond: str
    about: str
    is_beyond: Callable[[EchoConfig], bool]

    @property
    def words(self) -> str:
        """The condition, and what then holds, as text."""
        return f"{self.beyond}: {self.about}"


def _no_credit(config: EchoConfig) -> bool:
    return is_echo(config) and credit_coverage(config) == 0


def _too_long_a_register(config: EchoConfig) -> bool:
    return not fits_register(config)


LIMITS = (
    Limit("echo = T", "echo >= T", "no gradient reaches the source; only the state may keep it", _no_credit),
    Limit(
        "echo + 1 = state",
        "echo + 1 > state",
        "fewer seeds solve it: a linear shift register does not fit",
        _too_long_a_register,
    ),
)
"""Truncated back-propagation follows an error back T steps; a linear shift register holds one input per unit (LSTM:
two).

Neither limit makes the echo impossible. Within 20 000 windows (glorot), 5, 10, 8 and 3 of 32 seeds solve (echo, state)
= (3, 3), (4, 4), (5, 5) and (6, 5). At T 1, 10 and 7 of 16 seeds with state 16 solve echo 3 and echo 4 from what the
carried state happens to keep; all but one of them lose it again.
"""
