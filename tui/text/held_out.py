"""How well a network does on held-out data, as lines of a table."""

from __future__ import annotations

import math
from collections.abc import Mapping

from echornn.config import EchoConfig
from echornn.diagnosis.loss_stats import bits_text
from echornn.levels import chance_level
from echornn.readings import HeldOut


def scores_of(held_out: HeldOut) -> dict[str, float]:
    return {
        "loss": held_out.loss,
        "loss_spread": held_out.loss_spread,
        "accuracy": held_out.accuracy,
        "accuracy_spread": held_out.wrong_spread,
    }


def heads(config: EchoConfig, name: str) -> str:
    """The heads of the columns; ``name`` is that of the first."""
    line = f"{name:>13}      loss      +-"
    if config.has_classes:
        line += "  accuracy    +-"
    return line


def chance_text(config: EchoConfig) -> str:
    """What is written behind the heads; nothing if chance is not known."""
    chance = chance_level(config)
    return f"   (chance {chance:.4f})" if math.isfinite(chance) else ""


def score_line(config: EchoConfig, name: object, scores: Mapping[str, float]) -> str:
    line = f"{name:>13}  {scores['loss']:>8.4f} {scores['loss_spread']:>7.4f}"
    if config.has_classes:
        line += f" {scores['accuracy']:>9.1%} {scores['accuracy_spread']:>5.1%}"
    return line + bits_text(config, scores["loss"])
