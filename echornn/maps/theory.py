"""Theory about the cells of a map: limits beyond which a task is harder, and cells in which it cannot be solved."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection
from dataclasses import dataclass

from echornn.config import EchoConfig
from echornn.data.coverage import lags_beyond, source_lags
from echornn.data.levels import register_numbers, state_numbers
from echornn.data.read_out import unreachable

MOST_LAGS = 3
"""The most lags that a sentence names."""


@dataclass(frozen=True)
class Limit:
    """A limit of theory, drawn as a line on a map. The task can be solved beyond it: the counts of cells show how many
    seeds do.

    Attributes:
        name: the name on the map.
        words: what holds beyond the limit, of any configuration.
        text: what holds for a configuration that is beyond the limit; empty if it is not.
    """

    name: str
    words: str
    text: Callable[[EchoConfig], str]

    def is_beyond(self, config: EchoConfig) -> bool:
        """Whether a configuration is beyond the limit."""
        return bool(self.text(config))

    def of_all(self, configs: Collection[EchoConfig]) -> str:
        """What holds for all of these configurations; empty if one is not beyond the limit, or if there are none."""
        texts = set(map(self.text, configs))
        return "" if not texts or "" in texts else texts.pop() if len(texts) == 1 else self.words


def _no_gradient(config: EchoConfig) -> str:
    lags = lags_beyond(config)
    if not lags:
        return ""
    named = ", ".join(f"{lag:,}" for lag in lags[:MOST_LAGS]) + (", ..." if len(lags) > MOST_LAGS else "")
    where = f"lag {named} >= T" if len(lags) == 1 else f"lags {named} >= T"
    return f"{where} {config.reach:,}: {config.rule}'s gradient stops short; only the state may keep it"


def _too_long_a_register(config: EchoConfig) -> str:
    needed, there = register_numbers(config), state_numbers(config)
    if needed is None or needed <= there:
        return ""
    return f"lag {needed - 1:,} + 1 > {there:,} numbers of state: a linear shift register does not fit"


def _cut_trial(config: EchoConfig) -> str:
    length, cut = config.trial_length, config.gradient_cut
    if length is None or cut is None or source_lags(config):
        return ""
    return f"trial {length:,} > T {cut:,}: {config.rule} cuts within a trial; only the state goes on"


def excluded(config: EchoConfig) -> str:
    """The reason why the task cannot be solved according to theory, whatever the network learns; empty if it can."""
    least = unreachable(config)
    if not least:
        return ""
    outputs, units = config.output_size, f"{config.state_size} unit{'s' * (config.state_size > 1)}"
    unit = 10 ** (math.floor(math.log10(least)) - 1)
    bound = math.floor(least / unit) * unit  # two digits, not rounded up
    return f"{outputs} outputs, {units}: no linear read-out has a squared error below {bound:.2g}"


LIMITS = (
    Limit("lag = T (tbptt)", "lag >= T: tbptt's gradient stops short; only the state may keep it", _no_gradient),
    Limit("lag + 1 = state", "lag + 1 > state: a linear shift register does not fit", _too_long_a_register),
    Limit("trial = T (tbptt)", "trial > T: tbptt cuts within a trial; only the state goes on", _cut_trial),
)
"""Truncated back-propagation follows an error back T steps, and rules that do not cut it are within the limits that
compare with T; a linear shift register holds one input per number of the state (LSTM, LRU and coRNN have two for each
unit). ``lag`` is that of any source of a target, so the echo's is ``echo_step``. If the
lags depend on the data, as in trials with random places, only a trial's length can be compared with T.

None of these limits makes a task impossible; see `excluded` for reasons that do. Within 20 000 windows (glorot), 5, 10,
8 and 3 of 32 seeds solve (echo, state) = (3, 3), (4, 4), (5, 5) and (6, 5). At T 1, 10 and 7 of 16 seeds with state 16
solve echo 3 and echo 4 from what the carried state happens to keep; all but one of them lose it again. Delayed XOR (lag
1, state 16, T 2, 25 000 windows): 8, 7 and 5 of 8 seeds solve far_lag 2, 3 and 4, none 5. Temporal order of 20 steps
falls to 0.69 with T 5.
"""


def theory_text(configs: Collection[EchoConfig]) -> str:
    """A text for all these configurations: why they cannot solve the task, or else the first limit that they are
    beyond; empty if there is none.
    """
    reasons = set(map(excluded, configs))
    texts = (reasons.pop() if len(reasons) == 1 else "", *(limit.of_all(configs) for limit in LIMITS))
    return next(filter(None, texts), "")
