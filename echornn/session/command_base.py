"""The base classes of all commands: when a command is carried out, and which values it accepts."""

from __future__ import annotations

import operator
from collections.abc import Mapping
from dataclasses import dataclass, fields
from enum import Enum, auto
from typing import Any, ClassVar


class When(Enum):
    """When a command is carried out.

    Attributes:
        AT_ONCE: after the current slice of windows, whatever else waits.
        IN_ORDER: after all commands of this kind that were sent before.
        ON_ARRIVAL: in order, and not before the session has reached the position to which it is going.
    """

    AT_ONCE = auto()
    IN_ORDER = auto()
    ON_ARRIVAL = auto()


@dataclass(frozen=True)
class BaseCommand:
    """The base class of commands. The values of a command are fixed, and checked when it is made."""

    when: ClassVar[When] = When.IN_ORDER
    """When the command is carried out."""
    is_work: ClassVar[bool] = True
    """Whether something is lost if the program ends before the command is carried out: training, a change, or a move.
    """


@dataclass(frozen=True)
class CountingCommand(BaseCommand):
    """A command whose values are whole numbers, which are stored as Python ints, or flags, which are False by default.

    Raises:
        TypeError: a value is not a whole number.
    """

    def __post_init__(self) -> None:
        for one in fields(self):
            value = getattr(self, one.name)
            if one.default is not False and not (value is None and one.default is None):
                object.__setattr__(self, one.name, whole(one.name, value))


@dataclass(frozen=True)
class ChangingCommand(BaseCommand):
    """A command that changes fields of the configuration.

    Attributes:
        changes: the new values, by the names of `EchoConfig.fields`; all others keep their values. A name that the
            task at that time does not have is refused when the command is carried out.

    Raises:
        TypeError: a name cannot be the name of a field.
    """

    changes: Mapping[str, Any]

    def __post_init__(self) -> None:
        object.__setattr__(self, "changes", changes := dict(self.changes))
        if unnamed := [name for name in changes if not isinstance(name, str) or not name.isidentifier()]:
            raise TypeError(f"EchoConfig has no field {unnamed[0]}")


def whole(name: str, value: Any) -> int:
    """The value as a Python int.

    Raises:
        TypeError: it is no whole number.
    """
    try:
        return operator.index(value)
    except TypeError:
        raise TypeError(f"{name} = {value!r} cannot be used: a whole number") from None
