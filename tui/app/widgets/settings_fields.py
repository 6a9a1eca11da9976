"""The fields in the settings panel: their order, help, texts, and the next value up or down."""

from __future__ import annotations

import ast
import dataclasses
import inspect
import math
import textwrap
from functools import cache

from echornn.config import CHOICES, FRACTIONS, LIVE_FIELDS, EchoConfig

FIELDS = tuple(field.name for field in dataclasses.fields(EchoConfig))

LIVE = ("learning_rate", *(name for name in FIELDS if name in LIVE_FIELDS and name != "learning_rate"))
"""Fields that change without starting the network over, the most useful first."""

STRUCTURAL = tuple(name for name in FIELDS if name not in LIVE_FIELDS)
"""Fields that start the network over."""

RUNGS = (1.0, 1.5, 2.0, 3.0, 5.0, 7.0)
"""Learning rates at which a nudge stops, in each power of ten."""

DROPOUT_STEPS = 20
"""A nudge changes dropout by a twentieth."""


def as_typed(value: object) -> str:
    """A field's value as text for typing; empty if it is unset."""
    return "" if value is None else f"{value}"


def parsed(name: str, text: str) -> object:
    """The typed text as a number if it is one; the configuration refuses invalid values."""
    text = text.strip().replace("_", "")
    if name == "stride" and not text:
        return None
    for number in (int, float):
        try:
            return number(text)
        except ValueError:
            continue
    return text


def nudged(config: EchoConfig, name: str, up: bool) -> object:
    """The next value of a field: for a learning rate a factor away, for a whole number one more or less.

    The configuration may refuse it.
    """
    value = getattr(config, name)
    if name in CHOICES:
        words = CHOICES[name]
        return words[(words.index(value) + (1 if up else -1)) % len(words)]
    if name == "learning_rate":
        return next_rung(value, up)
    if name in FRACTIONS:
        return (round(value * DROPOUT_STEPS) + (1 if up else -1)) / DROPOUT_STEPS
    if name == "stride":
        value = config.window_stride
    return value + 1 if up else value - 1


def next_rung(value: float, up: bool) -> float:
    """The next of `RUNGS` above or below a number above 0, in any power of ten that a float allows; else the number
    itself.
    """
    power = math.floor(math.log10(value))
    rungs = [float(f"{rung}e{one}") for one in range(power - 1, power + 2) for rung in RUNGS]
    if up:
        return min((rung for rung in rungs if value * (1 + 1e-9) < rung < math.inf), default=value)
    return max((rung for rung in rungs if 0 < rung < value * (1 - 1e-9)), default=value)


@cache
def field_help() -> dict[str, str]:
    """The docstring under each field of `EchoConfig`, by the field's name; empty if the source is not available."""
    texts = dict.fromkeys(FIELDS, "")
    body = ast.parse(textwrap.dedent(inspect.getsource(EchoConfig))).body[0]
    assert isinstance(body, ast.ClassDef)
    for statement, following in zip(body.body, body.body[1:], strict=False):
        if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
            match following:
                case ast.Expr(value=ast.Constant(value=str(text))):
                    texts[statement.target.id] = " ".join(text.split())
    return texts
