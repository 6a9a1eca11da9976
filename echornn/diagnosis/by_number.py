"""The squared error of each number that a network says, where the mean over all numbers hides which it knows."""

from __future__ import annotations

import numpy as np

from echornn.config import EchoConfig
from echornn.data.levels import chance_level
from echornn.diagnosis.diagnosis import Diagnosis
from echornn.diagnosis.loss_text import loss_text
from echornn.progress import Progress
from echornn.tasks.task import Numbers

APART = 0.25
"""Errors of numbers differ if the least is below this share of the greatest, and, where chance is known, if they are
further apart than this share of it.
"""


def errors_by_number(config: EchoConfig, progress: Progress) -> tuple[float, ...]:
    """The mean squared error of each number over the scored steps of a window; empty for symbols."""
    scored = progress.scored
    if not isinstance(config.the_task.outputs, Numbers) or not scored.any() or not progress.outputs.size:
        return ()
    wrong = progress.outputs[scored].astype(np.float64) - progress.y[scored]
    return tuple(np.square(wrong).mean(axis=0).tolist())


def differing_numbers(it: Diagnosis) -> tuple[str, ...]:
    """Each number with its error in the newest window, the greatest first; empty if the errors hardly differ."""
    errors, chance = it.by_number, chance_level(it.config)
    if len(errors) < 2 or not np.isfinite(errors).all():
        return ()
    least, most = min(errors), max(errors)
    if least > APART * most or most - least < APART * chance:
        return ()
    names = it.config.the_task.outputs.names or [f"number {index + 1}" for index in range(len(errors))]
    ordered = sorted(zip(errors, names, strict=True), key=lambda one: -one[0])
    return tuple(f"{name} {loss_text(error, 3)}" for error, name in ordered)
