"""What is known about the loss before training: chance, floors, the solved level, and how far gradients reach."""

from __future__ import annotations

import math
from functools import lru_cache

from echornn.cell_facts import CELL_FACTS
from echornn.config import EchoConfig
from echornn.limits import AT_CHANCE_SHARE as AT_CHANCE_SHARE
from echornn.limits import BELOW_CHANCE as BELOW_CHANCE
from echornn.limits import SOLVED_SHARE as SOLVED_SHARE

PINNING_STATE = 7
"""From this state size on, few RNNs learn from uniform initial weights, which saturate their units: of 32 seeds in 40
epochs 2 at size 8 and none at 12, but 15 at 6 and 30 at 4. GRUs and LSTMs take longer the larger they are; see
`GATED_PATIENCE`.
"""

PATIENCE, GATED_PATIENCE = 10_000, 26_000
"""After this many windows without learning from uniform initial weights, waiting longer is not advised; for RNNs, and
for other cells. Of 32 RNNs with state 4, 17 learn in 666 windows, 11 more in 6 660, and 2 more in 26 640.

LSTMs of state 4, 8 and 12: 16, 10 and 7 of 16 solve the echo in 26 640 windows, half of those after 4 366, 15 149 and
10 045; GRUs: 16, 13 and 0, after 836 and 8 709. Other uniform weights are no faster: of these LSTMs one solves it
within 2 000 windows. With two and three layers none of 64 learns in 4 000. A live learning rate of 1 helps LSTMs of
state 4 and 8 (30 of 31 that were stuck at 0.3, in 3 000 windows), but 2 of 15 at state 12 and 7 of 32 GRUs. Glorot's
weights help all: with them 447 of 448 solve it, most in some hundred windows, whatever the optimizer, size, layers and
rate."""

MOST_PATIENT_STATE = 8
"""The largest state with which most GRUs and LSTMs with uniform initial weights learn in the end."""


def chance_level(config: EchoConfig) -> float:
    """The loss in nats of guessing all classes with equal probability: ``ln(num_classes)``."""
    return math.log(config.num_classes)


def guessing_errors(config: EchoConfig) -> float:
    """The share of wrong predictions when guessing: ``1 - 1/num_classes``."""
    return 1 - 1 / config.num_classes


def best_guess_errors(config: EchoConfig) -> float:
    """The share of wrong predictions if the answer is always 0, the symbol of the blank targets at the start of rows:
    ``1 - 1/num_classes`` of the targets that are not blank.
    """
    rows = config.batch_size if config.row_start == "zero" else 1
    blank = rows / config.batch_size * config.echo_step / config.row_length
    return (1 - blank) * guessing_errors(config)


def loss_when_right(config: EchoConfig, right: float) -> float:
    """The least mean loss in nats with this share of right predictions (0 to 1), if all are equally confident."""
    wrong = 1 - right
    each = wrong / (config.num_classes - 1)
    return -sum(count * p * math.log(p) for count, p in ((1, right), (config.num_classes - 1, each)) if p > 0)


def boundary_floor(config: EchoConfig, window: int = 0) -> float:
    """The least mean loss in nats, on average over data, of window ``window`` (from 0) of an epoch, for a network that
    knows which row it reads.

    If rows begin with the echo of the row above, a state that began at zero cannot know the first ``echo_step`` targets
    of a row, except in the first row, whose targets there are blank: ``(B - 1)/B * min(max(echo - window * stride, 0),
    T)/T * ln(num_classes)``. If rows begin with blanks, there is no floor.
    """
    if config.row_start == "zero":
        return 0.0
    length = config.truncated_backprop_length
    unknown = min(max(config.echo_step - window * config.window_stride, 0), length)
    return (config.batch_size - 1) / config.batch_size * unknown / length * chance_level(config)


@lru_cache(maxsize=8)
def mean_floor(config: EchoConfig) -> float:
    """The least mean loss in nats of a network, over all windows of an epoch.

    A network does not see which row it reads. `boundary_floor` applies to all rows except the first, whose targets are
    blank; a network pays the entropy of the mixture in all rows: ``-(num_classes - 1) p ln(p) - q ln(q)``, with ``p =
    (B - 1)/(B * num_classes)`` for each symbol that is not blank, and ``q`` for the blank.
    """
    if config.row_start == "zero" or config.batch_size == 1:
        return 0.0
    windows = config.windows_per_epoch
    with_floor = min(windows, -(-config.echo_step // config.window_stride))
    of_one_who_knows = sum(boundary_floor(config, window) for window in range(with_floor)) / windows
    others = (config.batch_size - 1) / config.batch_size
    p = others / config.num_classes
    q = 1 - (config.num_classes - 1) * p
    entropy = -(config.num_classes - 1) * p * math.log(p) - q * math.log(q)
    return of_one_who_knows * entropy / (others * chance_level(config))


def solved_level(config: EchoConfig) -> float:
    """The mean loss in nats below which the echo counts as solved: close to its floor, and far below chance."""
    chance = chance_level(config)
    return min(mean_floor(config) + SOLVED_SHARE * chance, BELOW_CHANCE * chance)


def credit_coverage(config: EchoConfig) -> float:
    """The share of a window's targets whose error reaches their source: ``max(0, T - echo)/T``.

    Truncated back-propagation cuts the gradient at the first step of the window, so it reaches no earlier source.
    """
    length = config.truncated_backprop_length
    return max(0, length - config.echo_step) / length


def few_inside(config: EchoConfig) -> bool:
    """Whether fewer than half of a window's targets have their source inside the window, where the gradient reaches.

    Learning is then slow, but not impossible: RNNs with state 16, T 15, glorot, 16 seeds, need 233 windows (median)
    with 7 of these targets, 583 with 5, 1 645 with 3, 4 944 with 2 and 11 063 with one; all but one of the networks
    solve it.
    """
    return credit_coverage(config) < 0.5


def lost_level(config: EchoConfig) -> float:
    """The mean loss in nats above which a solved echo counts as lost. It is well above `solved_level`, so that a loss
    around that level does not switch back and forth.
    """
    level = solved_level(config)
    return level + (chance_level(config) - level) / 10


def register_numbers(config: EchoConfig) -> int | None:
    """How many numbers a linear shift register for the echo holds, ``echo_step + 1``: x[t], x[t-1], ... x[t-echo].

    Most networks solve the echo in this way, but it is no limit: some keep more symbols than they have numbers, since
    binary inputs can be packed nonlinearly. None for more than two classes, whose symbols can be kept in several ways.
    """
    return config.echo_step + 1 if config.num_classes == 2 else None


def state_numbers(config: EchoConfig) -> int:
    """How many numbers the states of all layers have: one per unit, two in an LSTM, which carries h and c.

    A linear read-out recovers at most this many inputs (Jaeger 2001).
    """
    return config.state_size * config.num_layers * len(CELL_FACTS[config.cell].state_parts)


def fits_register(config: EchoConfig) -> bool:
    """Whether a linear shift register for the echo fits into the states; otherwise, fewer seeds solve the echo."""
    numbers = register_numbers(config)
    return numbers is None or numbers <= state_numbers(config)


def few_uniform_starts_learn(config: EchoConfig) -> bool:
    """Whether the initial weights are uniform as in the tutorial, and few such networks learn; see `PINNING_STATE`."""
    large = config.num_layers > 1 or config.state_size >= PINNING_STATE
    return config.init == "tutorial" and config.cell == "rnn" and large


def uniform_start_may_learn_yet(config: EchoConfig, windows: int) -> bool:
    """Whether most networks that have learned nothing from uniform weights in ``windows`` windows learn later."""
    if config.cell == "rnn":
        return windows < PATIENCE and not few_uniform_starts_learn(config)
    return windows < GATED_PATIENCE and config.num_layers == 1 and config.state_size <= MOST_PATIENT_STATE


def way_from_chance(config: EchoConfig, loss: float) -> float:
    """The share of the way from chance to its floor that a mean loss has gone, 0 to 1."""
    chance, floor = chance_level(config), mean_floor(config)
    return min(1.0, max(0.0, (chance - loss) / (chance - floor)))
