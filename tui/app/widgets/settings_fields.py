"""The fields of the settings panel: order, help, values as text, and the next value up or down."""

from __future__ import annotations

import ast
import inspect
import math
import textwrap
from functools import cache

from echornn.config import CHOICES, FRACTIONS, LIVE_FIELDS, EchoConfig

FIELDS = EchoConfig.names()

LIVE = ("learning_rate", *(name for name in FIELDS if name in LIVE_FIELDS and name != "learning_rate"))
"""Fields that can change while training goes on, the most useful first."""

STRUCTURAL = tuple(name for name in FIELDS if name not in LIVE_FIELDS)
"""Fields whose change starts a new network."""

RUNGS = (1.0, 1.5, 2.0, 3.0, 5.0, 7.0)
"""The learning rates that nudging goes through, within each power of ten."""

DROPOUT_STEPS = 20
"""A nudge changes dropout by 1 divided by this."""


def as_typed(value: object) -> str:
    """A field's value as text to edit; empty if it is None."""
    return "" if value is None else f"{value}"


def parsed(name: str, text: str) -> object:
    """The value of a typed text: a number if it is one, otherwise text. Invalid values are refused by the
    configuration.
    """
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
    """The next value of a field, up or down: for a learning rate the next of `RUNGS`, for a whole number 1 more or
    less.

    The value may be invalid; the configuration then refuses it.
    """
    value = config.value(name)
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
    """The next larger or smaller of `RUNGS` times a power of ten, for a value above 0; the value itself if there is
    none.
    """
    power = math.floor(math.log10(value))
    rungs = [float(f"{rung}e{one}") for one in range(power - 1, power + 2) for rung in RUNGS]
    if up:
        return min((rung for rung in rungs if value * (1 + 1e-9) < rung < math.inf), default=value)
    return max((rung for rung in rungs if 0 < rung < value * (1 - 1e-9)), default=value)


@cache
def field_help() -> dict[str, str]:
    """The docstring of each field of `EchoConfig`, by field name; empty texts if the source is not available."""
    texts = dict.fromkeys(FIELDS, "")
    body = ast.parse(textwrap.dedent(inspect.getsource(EchoConfig))).body[0]
    assert isinstance(body, ast.ClassDef)
    for statement, following in zip(body.body, body.body[1:], strict=False):
        if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
            match following:
                case ast.Expr(value=ast.Constant(value=str(text))):
                    texts[statement.target.id] = " ".join(text.split())
    return texts
