"""The commands of a session, as values: any thread can send them with `Session.send`. What a
command aims at (the next window, twice the speed, the selected network) is determined when its turn
comes; then it gets an `Answer`.
"""

from __future__ import annotations

import dataclasses
import math
import operator
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from echornn.readings import Question
from echornn.run.branch_notes import MOST_NAME_LENGTH
from echornn.session.pace import faster, require_speed, slower


@dataclass(frozen=True)
class BaseCommand:
    """A command: those without values are dataclasses by this class, since a decorator for each
    would slow down the start."""


@dataclass(frozen=True)
class CountingCommand(BaseCommand):
    """A command whose values are whole numbers, stored as Python ints, or flags, which are False by
    default."""

    def __post_init__(self) -> None:
        for field in dataclasses.fields(self):
            value = getattr(self, field.name)
            is_flag = field.default is False
            is_left_out = value is None and field.default is None
            if not is_flag and not is_left_out:
                object.__setattr__(self, field.name, whole(field.name, value))


@dataclass(frozen=True)
class ChangingCommand(BaseCommand):
    """A command that changes fields of the configuration: new values, by the names of
    `EchoConfig.fields`."""

    changes: Mapping[str, Any]

    def __post_init__(self) -> None:
        changes = dict(self.changes)  # a copy, since the sender may change its own
        for name in changes:
            if not isinstance(name, str) or not name.isidentifier():
                raise TypeError(f"EchoConfig has no field {name}")
        object.__setattr__(self, "changes", changes)


def whole(name: str, value: Any) -> int:
    """The value as a Python int; a TypeError if it is no whole number."""
    try:
        return operator.index(value)
    except TypeError:
        raise TypeError(f"{name} = {value!r} cannot be used: a whole number") from None


# ---- training and pausing


class Pause(BaseCommand):
    """Stop training after the current windows."""


class Resume(BaseCommand):
    """Train on at the set speed; from an earlier window, as a new branch."""


class Toggle(BaseCommand):
    """Pause if training runs, resume if it is paused."""


@dataclass(frozen=True)
class Step(CountingCommand):
    """Train this number of windows, then pause.

    Changes meanwhile do not stop it; going to another position does.
    """

    windows: int = 1


class FinishEpoch(BaseCommand):
    """Train to the end of the epoch at full speed, then pause; see `Step`."""


@dataclass(frozen=True)
class SetSpeed(BaseCommand):
    """Set the speed in windows per second; infinity is full speed.

    Out of range it is a ValueError.
    """

    speed: float

    def __post_init__(self) -> None:
        require_speed(self.speed)


class Faster(BaseCommand):
    """Set the next higher of the speeds that keys go through."""


class Slower(BaseCommand):
    """Set the next lower speed; from full speed, the next below the measured speed."""


# ---- what is trained; each of these commands begins a branch


class Reset(BaseCommand):
    """Start over with this network's initial weights, from the first epoch.

    The data stays the same.
    """


class Redraw(BaseCommand):
    """Start over with new initial weights, the next of this seed. The data stays the same."""


class Regenerate(BaseCommand):
    """Take new data; the epoch begins again with it. The weights stay the same."""


@dataclass(frozen=True)
class Edit(ChangingCommand):
    """Change fields of the configuration: at once if only live fields differ, otherwise with a new
    trainer."""

    # Whether a held key sent it: such edits of the same fields, in quick succession, undo as one
    held: bool = False


@dataclass(frozen=True)
class StartOver(ChangingCommand):
    """Change fields of the configuration, and start over with initial weights, whichever fields
    differ; see `Edit`."""

    changes: Mapping[str, Any] = dataclasses.field(default_factory=dict)


class Alone(BaseCommand):
    """Continue only the selected one of several replicas from here."""


@dataclass(frozen=True)
class ToggleReplicas(CountingCommand):
    """Switch from one network to several replicas, or back; each continues from where it was left.
    The first time, the replicas (by default 64: the network's seed and those after it) start over;
    or the selected one does, alone.
    """

    replicas: int | None = None


# ---- the position that is shown; training pauses there


@dataclass(frozen=True)
class Go(CountingCommand):
    """Show the position after this number of windows along a branch's path (by default the one that
    is shown); None means its end. A window beyond the ends of the path means that end; if
    ``is_exact``, it is refused.
    """

    branch: int | None = None
    window: int | None = None
    is_exact: bool = False


@dataclass(frozen=True)
class Move(CountingCommand):
    """Show the position this number of windows later along the path (negative: earlier); see
    `Go`."""

    windows: int
    is_exact: bool = False


@dataclass(frozen=True)
class MoveEpochs(CountingCommand):
    """Show the end of the next epoch (1), or of the previous one (-1); see `Go`."""

    epochs: int


class Undo(BaseCommand):
    """Return to the position before the last reset, redraw, regeneration or edit.

    Nothing trained is lost.
    """


class Redo(BaseCommand):
    """Go forward again to the position at which the last undo was made."""


@dataclass(frozen=True)
class Choose(CountingCommand):
    """Show one of several replicas (index from 0, or the nearest): its rows, memory, gradient and
    weights."""

    replica: int


# ---- notes on branches, which any viewer may send that does not only look


@dataclass(frozen=True)
class Name(BaseCommand):
    """Name a branch; an empty name removes its name.

    Only the first `MOST_NAME_LENGTH` characters are kept.
    """

    branch: int
    text: str = ""

    def __post_init__(self) -> None:
        if not isinstance(self.text, str):
            raise TypeError(f"text = {self.text!r} cannot be used: a text")
        object.__setattr__(self, "branch", whole("branch", self.branch))
        object.__setattr__(self, "text", self.text.strip()[:MOST_NAME_LENGTH].rstrip())


@dataclass(frozen=True)
class Pin(CountingCommand):
    """Pin a branch, so that it stays under the curve when there are newer ones; or no longer.

    None changes it.
    """

    branch: int
    pinned: bool | None = None


@dataclass(frozen=True)
class Hide(CountingCommand):
    """Leave a branch out under the curve, or no longer: then it is pinned if it would not be there
    otherwise."""

    branch: int
    hidden: bool = True


@dataclass(frozen=True)
class Ask(BaseCommand):
    """Measure these readings for `Frame.readings`, repeatedly while training runs; None stops
    measuring."""

    question: Question | None

    def __post_init__(self) -> None:
        if not isinstance(self.question, Question | None):
            raise TypeError(
                f"question = {self.question!r} cannot be asked: it must be a Question or None"
            )


class Save(BaseCommand):
    """Save everything that was trained to the disk now."""


DriveCommand = Pause | Resume | Toggle | Step | FinishEpoch

SpeedCommand = SetSpeed | Faster | Slower


def speed_after(command: SpeedCommand, speed: float, rate: float) -> float:
    """The speed after a command, where ``speed`` was set before; slower than full speed means
    slower than the measured ``rate``, 0 if unknown."""
    if isinstance(command, SetSpeed):
        return command.speed
    if isinstance(command, Faster):
        return faster(speed)
    if math.isinf(speed) and rate:
        return slower(rate)
    return slower(speed)


LookCommand = Go | Move | MoveEpochs

ChangeCommand = (
    Reset | Redraw | Regenerate | Edit | StartOver | Alone | ToggleReplicas | Undo | Redo
)
"""Commands that can be refused: if one fails, everything stays as it was.

The same holds for `LookCommand`.
"""

NoteCommand = Name | Pin | Hide

Command = (
    DriveCommand | SpeedCommand | LookCommand | ChangeCommand | NoteCommand | Choose | Ask | Save
)

AT_ONCE = SpeedCommand | NoteCommand | Ask | Save
"""Commands that are carried out after the current slice of windows, whatever else waits; all others
in order."""

ON_ARRIVAL = FinishEpoch | Regenerate | Edit | Alone | ToggleReplicas
"""Commands that wait until the session has reached the position to which it is going."""


@dataclass(frozen=True)
class Sent:
    """A command with its number, counted from 1 over all commands sent to a session."""

    number: int
    command: Command


@dataclass(frozen=True)
class Answer:
    """What became of a command when its turn came: of a `Step`, when its windows begin."""

    number: int  # as returned by `Session.send`
    command: Command
    why_not: str = ""  # why nothing was done; empty if the command was carried out
    field: str = ""  # the field of `EchoConfig` that why_not is about
    was_refused: bool = False  # whether the command failed; False if there was simply nothing to do

    @property
    def done(self) -> bool:
        return not self.why_not
