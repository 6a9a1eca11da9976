"""The fields as the settings panel shows them: order, help, texts, and the next value up or down."""

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
"""Fields under which the network goes on, the most wanted first."""

STRUCTURAL = tuple(name for name in FIELDS if name not in LIVE_FIELDS)
"""Fields that start the network over."""

RUNGS = (1.0, 1.5, 2.0, 3.0, 5.0, 7.0)
"""Learning rates that a nudge stops at, in each power of ten."""

DROPOUT_STEPS = 20
"""A nudge of dropout is a twentieth."""


def as_typed(value: object) -> str:
    """A field's value as it is typed; an unset one is empty."""
    return "" if value is None else f"{value}"


def parsed(name: str, text: str) -> object:
    """What was typed as a number where it is one; the configuration itself refuses the rest."""
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
    """The value next to the one that a field has: a learning rate's is a factor away, a whole number's one.

    It may be one that the configuration refuses.
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
    """The next of `RUNGS` above or below a number above 0, in any power of ten that a float has; else the number."""
    power = math.floor(math.log10(value))
    rungs = [float(f"{rung}e{one}") for one in range(power - 1, power + 2) for rung in RUNGS]
    if up:
        return min((rung for rung in rungs if value * (1 + 1e-9) < rung < math.inf), default=value)
    return max((rung for rung in rungs if 0 < rung < value * (1 - 1e-9)), default=value)


@cache
def field_help() -> dict[str, str]:
    """The docstring under each field of `EchoConfig`, by the field's name; empty where there is no source."""
    texts = dict.fromkeys(FIELDS, "")
    body = ast.parse(textwrap.dedent(inspect.getsource(EchoConfig))).body[0]
    assert isinstance(body, ast.ClassDef)
    for statement, following in zip(body.body, body.body[1:], strict=False):
        if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
            match following:
                case ast.Expr(value=ast.Constant(value=str(text))):
                    texts[statement.target.id] = " ".join(text.split())
    return texts
