"""What a lottery says, in words: how many solved the task, what keeps the others, and the key that helps."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from echornn.analysis import rates
from echornn.analysis.lottery import Lottery
from echornn.analysis.phrases import SLOWER, state_text
from echornn.analysis.verdict import LINE, Verdict
from echornn.config import EchoConfig
from echornn.tasks.levels import (
    AT_CHANCE_SHARE,
    PINNING_STATE,
    chance_level,
    numbers_held,
    numbers_needed,
)
from echornn.tasks.solved import RECENT_WINDOWS

SETTLED = 1_000
"""Windows after which a loss above chance is no more what weights at random begin with."""


@dataclass(frozen=True)
class Standings:
    """How many networks stand where, by the mean loss of their newest windows.

    Attributes:
        at_chance, above, below: have not solved the task, and are at the loss of guessing, above it, or below.
        diverged: have not, and their loss is no finite number.
        lost: have solved it, and lost it again; see `Lottery.lost_at`.
    """

    at_chance: int
    above: int
    below: int
    diverged: int
    lost: int

    @classmethod
    def of(cls, lottery: Lottery, config: EchoConfig) -> Standings:
        """Where the networks of a lottery stand."""
        chance, solved = chance_level(config), lottery.solved_at > 0
        finite = np.isfinite(lottery.mean) & ~lottery.diverged
        mean = np.where(finite, lottery.mean, np.inf)
        above = ~solved & finite & (mean > (1 + AT_CHANCE_SHARE) * chance)
        below = ~solved & finite & (mean < (1 - AT_CHANCE_SHARE) * chance)
        diverged = ~solved & ~finite
        at_chance = ~solved & ~(above | below | diverged)
        groups = (at_chance, above, below, diverged, lottery.lost_at > 0)
        return cls(*(int(np.count_nonzero(group)) for group in groups))


def lottery_verdict(lottery: Lottery, config: EchoConfig, undoable: bool = False) -> Verdict:
    """The sentence of a lottery.

    Args:
        config: of any of its networks.
        undoable: whether `u` goes back to before the change after which a loss became no finite number.
    """
    if not lottery.windows or lottery.is_blank:
        return Verdict(
            f"{lottery.replicas:,} networks, each with weights and data of its own seed",
            f"chance is {chance_level(config):.3f} nats, the loss of guessing; 6 shows them one by one",
        )
    stand = Standings.of(lottery, config)
    left = RECENT_WINDOWS - lottery.windows
    if left > 0 and not stand.diverged:
        return Verdict(f"too early to tell: {left} more window{'s' * (left != 1)} until the first can be solved")
    groups = [
        (stand.at_chance, "at chance"),
        (stand.above, "above chance"),
        (stand.below, "below chance"),
        (stand.diverged, "diverged"),
        (stand.lost, f"of the {lottery.solved:,} lost it again"),
    ]
    told = [f"{count:,} {words}" for count, words in sorted(groups, key=lambda group: -group[0]) if count]
    causes = [lottery.in_words()]
    for index, one in enumerate(told):
        causes.append(f"{causes[-1]}{', ' if index else '; '}{one}")
    cause = next(one for one in reversed(causes) if len(one) <= LINE)
    return Verdict(cause, _advice(stand, lottery, config, undoable), causes[-1].removeprefix(cause))


def _advice(stand: Standings, lottery: Lottery, config: EchoConfig, undoable: bool) -> str:
    """What keeps most of the others, and what helps them."""
    most = max(stand.at_chance, stand.above, stand.below, stand.diverged, stand.lost)
    if most == 0:
        return "whatever the seed, it learns this; s sets a longer echo_step"
    if most == stand.diverged:
        back = "u goes back, then " if undoable else ""
        return f"their steps are too large: {back}s sets a smaller learning_rate"
    if most == stand.above and not rates.is_large(config):
        if lottery.windows < SETTLED:
            return "weights at random are surer than they should be; that goes first"
        return "those are surer than they should be; s sets a smaller learning_rate"
    if most == stand.lost:
        return f"{SLOWER} holds it steadier"
    if most == stand.below:
        return "those are under way, or stuck; 6 shows them one by one"
    return _in_all(config)


def _in_all(config: EchoConfig) -> str:
    """What all of them have in common that keeps many from learning."""
    needed = numbers_needed(config)
    if config.echo_step >= config.truncated_backprop_length:
        return "no error reaches the input echoed; s sets a longer truncated_backprop_length"
    if rates.is_large(config):
        return f"learning_rate {config.learning_rate:g} is too large for {config.optimizer}; s sets a smaller one"
    if rates.is_small(config):
        return f"learning_rate {config.learning_rate:g} is too small to move; s sets a larger one"
    if needed is not None and needed > numbers_held(config):
        return f"{state_text(config)} has no room for echo {config.echo_step}; s sets a larger state_size"
    if config.init == "tutorial" and config.cell == "rnn" and _pins(config):
        return "a uniform start pins the units of such a network; s: the glorot preset helps"
    if config.init == "tutorial":
        return "many uniform starts end there: wait longer, or s: the glorot preset helps"
    return "those have learned nothing yet; R draws other weights for all"


def _pins(config: EchoConfig) -> bool:
    """Whether any uniform start does what `Kind.PINNED` tells of."""
    return config.num_layers > 1 or config.state_size >= PINNING_STATE
