"""Between which limits the numbers of a vector lie."""

from __future__ import annotations

from enum import Enum


class Bounds(Enum):
    """Between which limits the numbers of a vector lie. Only units with limits are saturated: near one they hardly
    move.
    """

    FREE = "no limits"
    LIMITED = "from -1 to 1"
    THROUGH_TANH = "no limits, but only their tanh is read"
    GATE = "from 0 (shut) to 1 (open)"
