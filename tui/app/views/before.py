"""What is known before the first window is trained: the task, the configuration, and what the loss can be."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from echornn.config import EchoConfig
from echornn.config_text import changes_text
from echornn.data.levels import (
    boundary_floor,
    chance_level,
    few_uniform_starts_learn,
    fits_register,
    guessing_errors,
    register_numbers,
    solved_level,
    state_numbers,
)
from echornn.data.series import EchoSeries
from echornn.diagnosis.loss_text import loss_text
from echornn.diagnosis.phrases import cut_off, seeds_that_solve
from echornn.progress import Symbols

MOST_SYMBOLS = 1_000_000
"""The longest series whose symbols are drawn, in time steps; drawing a longer one would block the screen."""

ABOUT_WIDTH = 8
"""The columns of the subject at the beginning of each line."""


class Known(NamedTuple):
    """A line of text about the network: its subject in a word, and a statement."""

    about: str
    text: str


def known(config: EchoConfig) -> list[Known]:
    """The lines of text about a single network of this configuration, the most important first."""
    return [
        Known("task", f"tell the input {then(config.echo_step)}, in {_rows(config)}"),
        Known("trains", _trained(config)),
        Known("chance", f"{loss_text(chance_level(config), 3)} nats: the loss of guessing, {_right(config)} right"),
        Known("solved", f"a mean loss of the last 50 windows below {loss_text(solved_level(config), 3)}"),
        Known("reach", _reach(config)),
        *_memory(config),
        *_floor(config),
    ]


def then(echo_step: int) -> str:
    """The delay of the echo in words, such as "3 steps before"."""
    return "now" if not echo_step else "a step before" if echo_step == 1 else f"{echo_step} steps before"


def _rows(config: EchoConfig) -> str:
    rows = "a row" if config.batch_size == 1 else f"{config.batch_size:,} rows"
    return f"{rows} of {config.row_length:,} symbols"


def _trained(config: EchoConfig) -> str:
    differs = changes_text(EchoConfig(seed=config.seed), config)
    return f"unlike the tutorial: {differs}" if differs else "the tutorial's network, as it is"


def _right(config: EchoConfig) -> str:
    return f"{1 - guessing_errors(config):.0%}"


def _reach(config: EchoConfig) -> str:
    length = config.truncated_backprop_length
    reached = max(0, length - config.echo_step)
    if not reached:
        return f"{cut_off(config)}: only what the state keeps can be used"
    return f"the gradient reaches the source of {reached:,} of {length:,} targets in a window"


def _memory(config: EchoConfig) -> list[Known]:
    numbers = register_numbers(config)
    if few_uniform_starts_learn(config):
        return [Known("start", "few uniform starts of this size learn; most glorot starts do (s: init)")]
    if numbers is None:
        return []
    if not fits_register(config):
        return [Known("memory", f"{seeds_that_solve(config)}: a shift register needs {numbers}")]
    needs = f"{numbers:,} number{'s' * (numbers != 1)}"
    return [Known("memory", f"a shift register for this echo needs {needs}; the state has {state_numbers(config):,}")]


def _floor(config: EchoConfig) -> list[Known]:
    floor = boundary_floor(config)
    if floor < 0.0005:
        return []
    return [Known("floor", f"{floor:.3f} in an epoch's first window: it echoes symbols not seen before")]


@lru_cache(maxsize=1)
def first_window(config: EchoConfig) -> tuple[Symbols, Symbols] | None:
    """Inputs and targets of the first window's first row, uint8 [T] each; None if the series is too long to draw."""
    if config.total_series_length > MOST_SYMBOLS:
        return None
    x, y = EchoSeries.generate(config).window(0, config.truncated_backprop_length)
    return x[0], y[0]
