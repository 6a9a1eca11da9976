"""The rung of the task's ladder that a final loss is at, in a few words."""

from __future__ import annotations

import math

from echornn.config import EchoConfig
from echornn.data.levels import MOST_AT_CHANCE, chance_width, ladder_of, solved_level
from echornn.diagnosis.ladder_position import ladder_position
from echornn.diagnosis.phrases import shortened


def rung_text(config: EchoConfig, loss: float) -> str:
    """The position of a mean loss of the last windows on the ladder: "at chance", "at knows t-3", "below knows t-3";
    empty if the task has no ladder, or the loss is not known.

    It says how much a learner with such a loss knows, not what the networks know.
    """
    place = ladder_position(ladder_of(config), loss, solved=solved_level(config))
    if place is None:
        return ""
    chance = ladder_of(config)[0]
    far = math.inf if math.isinf(loss) else (loss - chance.loss) / (MOST_AT_CHANCE * chance_width(config) * chance.loss)
    if far >= -1:
        return f"{'above' if far > 1 else 'at'} {shortened(chance.name)}"
    return f"at {shortened(place.at.name)}" if place.at else f"below {shortened(place.above.name)}"
