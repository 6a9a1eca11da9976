"""The limits of theory on a map: how far back gradients reach, and whether a linear shift register fits the state."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass

from echornn.config import EchoConfig
from echornn.data.coverage import lags_beyond, source_lags
from echornn.data.levels import register_numbers, state_numbers

MOST_LAGS = 3
"""The most lags that a sentence names."""


@dataclass(frozen=True)
class Limit:
    """A limit of theory, drawn as a line on a map. It is no wall: the counts of cells show how many seeds solve the
    task beyond it.

    Attributes:
        name: the name on the map.
        words: what holds beyond the limit, of any configuration.
        told: what holds for a configuration that is beyond the limit; empty if it is not.
    """

    name: str
    words: str
    told: Callable[[EchoConfig], str]

    def is_beyond(self, config: EchoConfig) -> bool:
        """Whether a configuration is beyond the limit."""
        return bool(self.told(config))

    def of_all(self, configs: Collection[EchoConfig]) -> str:
        """What holds for all of these configurations; empty if one is not beyond the limit, or if there are none."""
        told = set(map(self.told, configs))
        return "" if not told or "" in told else told.pop() if len(told) == 1 else self.words


def _no_gradient(config: EchoConfig) -> str:
    lags = lags_beyond(config)
    if not lags:
        return ""
    named = ", ".join(f"{lag:,}" for lag in lags[:MOST_LAGS]) + (", ..." if len(lags) > MOST_LAGS else "")
    where = f"lag {named} >= T" if len(lags) == 1 else f"lags {named} >= T"
    return f"{where} {config.truncated_backprop_length:,}: no gradient gets there; only the state may keep it"


def _too_long_a_register(config: EchoConfig) -> str:
    needed, there = register_numbers(config), state_numbers(config)
    if needed is None or needed <= there:
        return ""
    return f"lag {needed - 1:,} + 1 > {there:,} numbers of state: a linear shift register does not fit"


def _cut_trial(config: EchoConfig) -> str:
    length, cut = config.trial_length, config.gradient_cut
    if length is None or cut is None or source_lags(config):
        return ""
    return f"trial {length:,} > T {cut:,}: gradients are cut within a trial; only the state goes on"


LIMITS = (
    Limit("lag = T", "lag >= T: no gradient gets there; only the state may keep it", _no_gradient),
    Limit(
        "lag + 1 = state",
        "lag + 1 > state: a linear shift register does not fit",
        _too_long_a_register,
    ),
    Limit("trial = T", "trial > T: gradients are cut within a trial; only the state goes on", _cut_trial),
)
"""Truncated back-propagation follows an error back T steps; a linear shift register holds one input per number of the
state (an LSTM has two for each unit). ``lag`` is that of any source of a target, so the echo's is ``echo_step``. If the
lags depend on the data, as in trials with random places, only a trial's length can be compared with T.

No limit makes a task impossible. Within 20 000 windows (glorot), 5, 10, 8 and 3 of 32 seeds solve (echo, state) = (3,
3), (4, 4), (5, 5) and (6, 5). At T 1, 10 and 7 of 16 seeds with state 16 solve echo 3 and echo 4 from what the carried
state happens to keep; all but one of them lose it again. Temporal order of 20 steps falls to 0.69 with T 5.
"""
