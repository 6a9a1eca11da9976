"""Which networks a learning rule can train, as far as that is known without running a user's own code."""

from __future__ import annotations

from functools import cache

from echornn.cells.chosen import cell_of
from echornn.cells.own.own_cell import CellName
from echornn.cells.own_units import acts_on_own_units
from echornn.cells.table import CELLS
from echornn.config_error import ConfigError
from echornn.rules.table import RULES


def require_trainable(rule: str, cell: CellName, num_layers: int, try_own: bool = False) -> None:
    """Check that a learning rule can train a network of these layers.

    Args:
        try_own: whether a user's own cell is checked too, which runs its step once.

    Raises:
        ConfigError: it cannot; the message says which networks it can train.
    """
    if not RULES[rule].only_own_units:
        return
    if num_layers > 1:
        raise ConfigError("rule", rule, f"num_layers must be 1, not {num_layers}; rtrl trains several")
    able = _cells_of_own_units()
    unknown = not isinstance(cell, str) and not try_own
    if unknown or cell in able or acts_on_own_units(cell_of(cell)):
        return
    raise ConfigError("rule", rule, f"the cell must be one of {', '.join(able)}, whose weights reach one unit a step")


@cache
def _cells_of_own_units() -> tuple[str, ...]:
    return tuple(name for name, cell in CELLS.items() if acts_on_own_units(cell))
