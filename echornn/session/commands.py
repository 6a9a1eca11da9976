"""What a session can be told to do, as values: one class for each command.

Any thread sends commands with `echornn.session.session.Session.send`; `echornn.session.handlers.Handlers` carries
out each of them on the training thread. The target of a command (the next window, twice the speed, the chosen
network) is looked up when its turn comes. Each command is answered, in the order in which they were carried out:
see `Answer`.

A command without values is a dataclass by its base: a decorator for each would make the program start later.
To add one, write a class here, list it in `Command`, and write its case in `Handlers`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, get_args

from echornn.readings import Question
from echornn.replay.pace import require_speed
from echornn.session.command_base import BaseCommand, ChangingCommand, CountingCommand, When

# ---- whether windows are trained


class Pause(BaseCommand):
    """Stop training after the windows under way."""

    is_work = False


class Resume(BaseCommand):
    """Train on at the speed that is set; from a position in the past, as a new branch."""

    is_work = False


class Toggle(BaseCommand):
    """Pause if it trains, resume if it is paused."""

    is_work = False


@dataclass(frozen=True)
class Step(CountingCommand):
    """Train so many windows, then pause.

    A change meanwhile, or a refused one, does not stop them. `Pause`, `Toggle`, `Resume` and every command that goes
    to another position end them.
    """

    windows: int = 1


class FinishEpoch(BaseCommand):
    """Train to the end of the epoch at full speed, then pause; see `Step`."""

    when = When.ON_ARRIVAL


# ---- how fast


@dataclass(frozen=True)
class SetSpeed(BaseCommand):
    """Train so many windows a second from now on; infinity is full speed.

    Raises:
        ValueError: the speed is out of range; see `echornn.replay.pace.require_speed`.
    """

    speed: float
    when = When.AT_ONCE
    is_work = False

    def __post_init__(self) -> None:
        require_speed(self.speed)


class Faster(BaseCommand):
    """Train at the next higher of the speeds that keys go through."""

    when = When.AT_ONCE
    is_work = False


class Slower(BaseCommand):
    """Train at the next lower speed; from full speed, the one below the speed that is reached."""

    when = When.AT_ONCE
    is_work = False


# ---- what is trained; each of these begins a branch


class Reset(BaseCommand):
    """Start over with the weights that this network began with, from the first epoch; the data stays."""


class Redraw(BaseCommand):
    """Start over with new weights, the next of the seed's random starts; the data stays."""


class Regenerate(BaseCommand):
    """Take new data; the epoch starts again with it, the weights stay."""

    when = When.ON_ARRIVAL


@dataclass(frozen=True)
class Edit(ChangingCommand):
    """Change fields of the configuration: at once if only live fields differ, else with a new trainer.

    A change that fails leaves everything as it was.

    Attributes:
        held: whether a key that may be held down sends it: such edits of the same fields in quick succession are undone
            together.
    """

    held: bool = False
    when = When.ON_ARRIVAL


@dataclass(frozen=True)
class StartOver(ChangingCommand):
    """Change fields of the configuration, and start over with the first weights, whichever fields differ; see
    `Edit`.
    """

    changes: Mapping[str, Any] = field(default_factory=dict)


class Alone(BaseCommand):
    """Train only the chosen one of several replicas on from here."""

    when = When.ON_ARRIVAL


@dataclass(frozen=True)
class ToggleReplicas(CountingCommand):
    """Go from one network to several replicas, and back: each continues from where it was left.

    The first time, that many replicas start over with the network's seed and the seeds after it; or the chosen one of
    several replicas starts over, alone.
    """

    replicas: int = 64
    when = When.ON_ARRIVAL


# ---- which position is shown; training pauses there


@dataclass(frozen=True)
class Go(CountingCommand):
    """Show the position after that many windows along a branch's path, as it was; None shows its end.

    A window beyond an end of the path shows that end.
    """

    branch: int
    window: int | None = None


@dataclass(frozen=True)
class Move(CountingCommand):
    """Show the position that many windows later along the line, or earlier if negative; see `Go`."""

    windows: int


@dataclass(frozen=True)
class MoveEpochs(CountingCommand):
    """Show the end of the next epoch (1), or of the one before (-1); see `Go`."""

    epochs: int


class Undo(BaseCommand):
    """Go to before the last reset, redraw, regeneration, edit or going back; nothing trained is lost."""


class Redo(BaseCommand):
    """Go forward again to where the last undo came from."""


# ---- what is looked at, and kept


@dataclass(frozen=True)
class Choose(CountingCommand):
    """Show this replica of several, counted from 0: its rows, memory, gradient and weights.

    If there is no such replica, the nearest one is shown.
    """

    replica: int
    is_work = False


@dataclass(frozen=True)
class Ask(BaseCommand):
    """Measure this at the newest position, and at later ones while windows are trained; None stops measuring.

    The results are in `Frame.readings`; `Frame.unread` says why nothing could be measured.

    Raises:
        TypeError: ``question`` is neither a `Question` nor None.
    """

    question: Question | None
    when = When.AT_ONCE
    is_work = False

    def __post_init__(self) -> None:
        if not isinstance(self.question, Question | None):
            raise TypeError(f"question = {self.question!r} cannot be asked: a Question, or None")


class Save(BaseCommand):
    """Write everything that was trained to the disk now."""

    when = When.AT_ONCE
    is_work = False


DriveCommand = Pause | Resume | Toggle | Step | FinishEpoch
"""Commands that say whether windows are trained, and how many."""

SpeedCommand = SetSpeed | Faster | Slower

LookCommand = Go | Move | MoveEpochs
"""Commands that go to a position and pause there."""

ChangeCommand = Reset | Redraw | Regenerate | Edit | StartOver | Alone | ToggleReplicas | Undo | Redo
"""If one of these commands fails, it is refused, and everything stays as it was; the same holds for `LookCommand`."""

Command = DriveCommand | SpeedCommand | LookCommand | ChangeCommand | Choose | Ask | Save

COMMANDS: tuple[type[Command], ...] = get_args(Command)


@dataclass(frozen=True)
class Sent:
    """A command with its number among all that were sent to a session, from 1."""

    number: int
    command: Command


@dataclass(frozen=True)
class Answer:
    """What came of a command when its turn came.

    A `Step` is answered when its windows are due, not when they are trained.

    Attributes:
        number: the command's number, as `Session.send` returned it.
        command: the command.
        why_not: why nothing was done; empty if it was done.
        field: the field of `EchoConfig` that ``why_not`` is about; empty if it is about none.
        was_refused: whether the command failed; False if there was simply nothing to do.
    """

    number: int
    command: Command
    why_not: str = ""
    field: str = ""
    was_refused: bool = False

    @property
    def done(self) -> bool:
        """Whether it was carried out."""
        return not self.why_not
