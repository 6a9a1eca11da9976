"""What the screen can be told, by a key or by a word: values, as `echornn.session.commands` are
what the session can be told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from echornn.session.commands import Command
from tui.app.theme import Theme

PanelName = Literal["settings", "branches", "runs"]


@dataclass(frozen=True)
class ScreenCommand:
    """Something that changes only this screen, or writes a file; nobody else's screen knows.

    Those without values are dataclasses by this class.
    """


# ---- what is drawn


@dataclass(frozen=True)
class ShowView(ScreenCommand):
    key: str  # the view's number key


@dataclass(frozen=True)
class OpenPanel(ScreenCommand):
    """Open a panel; if it is open, close it."""

    panel: PanelName


@dataclass(frozen=True)
class Draw(ScreenCommand):
    """Draw something of the curve, or no longer."""

    what: Literal["log", "norms", "held_out"]


@dataclass(frozen=True)
class Zoom(ScreenCommand):
    closer: bool


@dataclass(frozen=True)
class Crosshair(ScreenCommand):
    """To a window (1 is the first), to where the loss fell, or away."""

    to: int | Literal["fall", "off"]


class GoThere(ScreenCommand):
    """Go to the window under the crosshair."""


@dataclass(frozen=True)
class KeyOfView(ScreenCommand):
    """What a key of a view does, by the key's id; with ``word``, only where it has this word."""

    id: str
    word: str = ""


@dataclass(frozen=True)
class MoveFocus(ScreenCommand):
    """Give the arrow keys to the next widget (1) or to the one before (-1)."""

    by: int = 1


@dataclass(frozen=True)
class UseTheme(ScreenCommand):
    theme: Theme


class DrawAnew(ScreenCommand):
    """Draw the whole screen again."""


# ---- what lies under the curve, and which seed is shown


@dataclass(frozen=True)
class ShowBranch(ScreenCommand):
    """Draw a branch under the curve, or take it away."""

    number: int


@dataclass(frozen=True)
class Compare(ScreenCommand):
    """Draw another run under the curve, or take it away."""

    run: str


@dataclass(frozen=True)
class MoveSeed(ScreenCommand):
    """Show the network so many lines below in the view of seeds."""

    lines: int


@dataclass(frozen=True)
class MoveSeedPage(ScreenCommand):
    """So many screens below."""

    pages: int


@dataclass(frozen=True)
class ShowSeed(ScreenCommand):
    seed: int


# ---- what opens over the screen, or leaves it


@dataclass(frozen=True)
class OpenLine(ScreenCommand):
    text: str = ""


class OpenHelp(ScreenCommand): ...


class OpenAlong(ScreenCommand):
    """Measure along the run, and show it."""


@dataclass(frozen=True)
class Evaluate(ScreenCommand):
    """Measure the network on held-out data, and show it; of the sizes of an axis, if there is
    one."""

    axis: str = ""


class FollowAdvice(ScreenCommand):
    """Make the change that the sentence above the curve names."""


class CopyCommand(ScreenCommand):
    """Copy the command line that shows this again."""


class TakeOver(ScreenCommand):
    """Steer a session that another viewer steers."""


@dataclass(frozen=True)
class Leave(ScreenCommand):
    """End the program; with ``detach``, the training goes on without it."""

    detach: bool = False


# ---- what only lines of words do


@dataclass(frozen=True)
class SaveScreen(ScreenCommand):
    file: str


@dataclass(frozen=True)
class MakeFigure(ScreenCommand):
    kind: str
    file: str


FileCommand = SaveScreen | MakeFigure
NEEDS_ROOM = OpenPanel | Draw | Zoom | Crosshair | GoThere | MoveFocus  # more than the status has


@dataclass(frozen=True)
class Until(ScreenCommand):
    """Wait until the task is solved, or so many windows are trained: whichever comes first."""

    solved: bool
    windows: int | None


What = Command | ScreenCommand
