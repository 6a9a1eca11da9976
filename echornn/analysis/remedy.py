"""Changes that are known to help a configuration of which few seeds learn, as measured."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from echornn.analysis import rates
from echornn.config import ConfigError, EchoConfig
from echornn.tasks.levels import credit_coverage, fits_register, state_numbers

ENOUGH_COVERAGE = 0.5
"""Share of a window's targets that echo an input inside it, from which on they are not too few to learn from."""


@dataclass(frozen=True)
class Remedy:
    """Fields to set that are known to help.

    Attributes:
        changes: each with its value.
        anew: whether the weights must start over too, whatever is set.
    """

    changes: Mapping[str, Any]
    anew: bool = False

    def __str__(self) -> str:
        return ", ".join(f"{name} {_text(value)}" for name, value in self.changes.items())


def remedy(config: EchoConfig) -> Remedy | None:
    """The changes after which nothing that is known to keep networks from learning is left; None where nothing is now,
    or what there is cannot be set in the rows as they are.

    Windows reach far enough back, a linear shift register for the echo fits into the state, the learning rate is in the
    optimizer's range, and weights start around zero.

    Measured: with them all of 16 seeds solve echo 4 and 5. Of echo 14 with T 28 and state 28, 2 of 16 did in 1 332
    windows, and lost it again: of long echoes it takes away what is known to hinder, and is no promise.
    """
    changes: dict[str, Any] = {}
    if credit_coverage(config) < ENOUGH_COVERAGE:
        changes["truncated_backprop_length"] = 2 * config.echo_step
    if not fits_register(config):
        a_unit = state_numbers(config) // config.state_size
        changes["state_size"] = -(-2 * config.echo_step // a_unit)
    if rates.is_out_of_range(config):
        changes["learning_rate"] = rates.USUAL[config.optimizer]
    if config.init == "tutorial":
        changes["init"] = "glorot"
    try:
        replace(config, **changes)
    except ConfigError:
        return None
    return Remedy(changes, anew=rates.is_large(config)) if changes else None


def _text(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
