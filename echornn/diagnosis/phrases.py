"""Phrases that views share."""

from __future__ import annotations

from echornn.config import EchoConfig
from echornn.data.coverage import lags_beyond
from echornn.data.levels import on_the_echo, register_numbers, state_numbers
from echornn.readings import RAISED
from echornn.rules.table import RULES
from echornn.tasks.task import Numbers

CUTTING = next(name for name, rule in RULES.items() if rule.cuts)
"""A learning rule that cuts the gradient at T."""


def shortened(text: str, most: int = 24) -> str:
    """A text that a user wrote, cut if it is long."""
    return text if len(text) <= most else f"{text[: most - 3]}..."


def state_text(config: EchoConfig) -> str:
    """The state size, and the number of layers if there are several, as text."""
    layers = f" x {config.num_layers}" if config.num_layers > 1 else ""
    return f"state {config.state_size}{layers}"


def seeds_that_solve(config: EchoConfig) -> str:
    """A phrase on how many seeds solve an echo whose linear shift register needs more numbers than the state has.

    With two numbers fewer, 3 of 32 RNNs solve it at echo 6 and state 5, otherwise none (glorot, 20 000 windows).
    """
    fewer = (register_numbers(config) or 0) - state_numbers(config)
    one_short = on_the_echo(config).one_number_short
    seeds = "hardly any seed solves" if fewer > 1 and one_short else one_short or "nobody has tried which seeds solve"
    return f"{seeds} echo {config.echo_step} with {state_text(config)}"


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
