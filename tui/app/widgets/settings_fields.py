"""The fields of the settings panel: order, help, values as text, and the next value up or down."""

from __future__ import annotations

import ast
import inspect
import math
import textwrap
from functools import cache

from echornn.config import FIELDS, TASK, EchoConfig
from echornn.own import OwnFile
from echornn.tasks.table import TASKS
from echornn.tasks.task import Setting, settings_of

PARTS = 20
"""A nudge changes a number with a range by the range divided by this."""

RUNGS = (1.0, 1.5, 2.0, 3.0, 5.0, 7.0)
"""The learning rates that nudging goes through, within each power of ten."""


def settings_in(config: EchoConfig) -> dict[str, Setting]:
    """The settings of the configuration's task, by name."""
    return {known.name: known for known in settings_of(config.the_task)}


def live_rows(config: EchoConfig) -> tuple[str, ...]:
    """Names whose values can change while training goes on, the most useful first."""
    live = config.live_fields
    return "learning_rate", *(name for name in config.fields() if name in live and name != "learning_rate")


def structural_rows(config: EchoConfig) -> tuple[str, ...]:
    """Names whose change starts a new network: the task, its settings, and fields."""
    starts = [name for name in config.fields() if name not in config.live_fields and name != TASK]
    names = config.names()
    return TASK, *(name for name in starts if name not in names), *(name for name in starts if name in names)


def choices_of(config: EchoConfig, name: str, own: OwnFile | None = None) -> tuple[str, ...]:
    """The allowed values of a field that is chosen from a list; empty if it is typed.

    Args:
        own: the user's own file that can be chosen too; by default the one in the configuration.
    """
    own = own or own_file(config, name)
    files = () if own is None else (str(own),)
    if name == TASK:
        return (*TASKS, *files)
    known = settings_in(config).get(name) or FIELDS.get(name)
    return (*known.choices, *files) if known else files


def own_file(config: EchoConfig, name: str) -> OwnFile | None:
    """The user's own file that is the value of a field, if it is one."""
    value = config.fields().get(name)
    return value if isinstance(value, OwnFile) else None


def is_fraction(config: EchoConfig, name: str) -> bool:
    """Whether a field's value may be a fraction."""
    known = settings_in(config).get(name) or FIELDS.get(name)
    return known is not None and isinstance(known.default, float)


def may_be_negative(config: EchoConfig, name: str) -> bool:
    """Whether a field's value may be below zero."""
    known = settings_in(config).get(name)
    return known is not None and known.least < 0


def as_typed(value: object) -> str:
    """A field's value as text to edit; empty if it is None."""
    return "" if value is None else f"{value}"


def nudged(config: EchoConfig, name: str, up: bool, own: OwnFile | None = None) -> object:
    """The next value of a field, up or down: for a learning rate the next of `RUNGS`, for a whole number 1 more or
    less.

    The value may be invalid; the configuration then refuses it. For ``own`` see `choices_of`.
    """
    value = config.value(name)
    words = choices_of(config, name, own)
    if words:
        return words[(words.index(as_typed(value)) + (1 if up else -1)) % len(words)]
    if name == "learning_rate":
        return next_rung(value, up)
    if is_fraction(config, name):
        part = _range_of(config, name) / PARTS
        return round((round(value / part) + (1 if up else -1)) * part, 9)
    if name == "stride":
        value = config.window_stride
    return value + 1 if up else value - 1


def _range_of(config: EchoConfig, name: str) -> float:
    """The difference between the largest and the smallest value of a number, at most `PARTS`."""
    known = settings_in(config).get(name)
    return 1.0 if known is None else min(known.most - known.least, float(PARTS))


def next_rung(value: float, up: bool) -> float:
    """The next larger or smaller of `RUNGS` times a power of ten, for a value above 0; the value itself if there is
    none.
    """
    power = math.floor(math.log10(value))
    rungs = [float(f"{rung}e{one}") for one in range(power - 1, power + 2) for rung in RUNGS]
    if up:
        return min((rung for rung in rungs if value * (1 + 1e-9) < rung < math.inf), default=value)
    return max((rung for rung in rungs if 0 < rung < value * (1 - 1e-9)), default=value)


def help_of(config: EchoConfig, name: str) -> str:
    """The meaning of a field, and the values that it allows."""
    known = settings_in(config).get(name)
    if known is not None:
        return f"{known.help} {known.allowed}."
    if name == TASK:
        task = config.the_task
        settings = ", ".join(setting.name for setting in settings_of(task))
        about = " ".join((type(task).__doc__ or "").split()).partition(". ")[0].rstrip(".")
        return f"{about}. Settings: {settings or 'none'}."
    return field_help()[name]


@cache
def field_help() -> dict[str, str]:
    """The docstring of each field of `EchoConfig`, by field name; empty texts if the source is not available."""
    texts = dict.fromkeys((*EchoConfig.names(), TASK), "")
    body = ast.parse(textwrap.dedent(inspect.getsource(EchoConfig))).body[0]
    assert isinstance(body, ast.ClassDef)
    for statement, following in zip(body.body, body.body[1:], strict=False):
        if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
            match following:
                case ast.Expr(value=ast.Constant(value=str(text))):
                    texts[statement.target.id] = " ".join(text.split())
    return texts
