"""Phrases that views share."""

from __future__ import annotations

from echornn.config import EchoConfig
from echornn.data.coverage import lags_beyond
from echornn.readings import RAISED
from echornn.rules.table import RULES
from echornn.tasks.task import Numbers

CUTTING = next(name for name, rule in RULES.items() if rule.cuts)
"""A learning rule that cuts the gradient at T."""


def shortened(text: str, most: int = 24) -> str:
    """A text that a user wrote, cut if it is long."""
    return text if len(text) <= most else f"{text[: most - 3]}..."


def cut_off(config: EchoConfig, lag: int | None = None, rule: str = "") -> str:
    """The phrase which says that the learning rule does not reach back to a source; by default the nearest such source.

    Args:
        rule: a longer name of the rule.
    """
    lag = min(lags_beyond(config), default=config.echo_step) if lag is None else lag
    return f"{rule or config.rule} stops before t-{lag:,}"


def gradient_cut_off(config: EchoConfig) -> str:
    """The same as `cut_off`, in a longer form that says what stops."""
    return cut_off(config, rule=f"{config.rule}'s gradient")


def uncut(config: EchoConfig) -> str:
    """The phrase which says how far back the gradient of a learning rule goes that does not cut it."""
    return f"{config.rule}'s gradient goes back past T {config.truncated_backprop_length:,}"


def steps_text(count: int) -> str:
    """A number of time steps as text: 1 step, 1,000 steps."""
    return f"{count:,} step{'s' * (count != 1)}"


def source_name(config: EchoConfig) -> str:
    """The name of an input on which a target depends."""
    return "echo" if config.task is None else "source"


def change_words(config: EchoConfig) -> str:
    """How the probes change an input, in words."""
    return f"raised by {RAISED:g}" if isinstance(config.the_task.inputs, Numbers) else "changed"
