"""The app on a screen of characters: a session that stands where a test says, keys in, characters
and inks out."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from rich.color import Color, ColorSystem
from rich.style import Style
from textual.pilot import Pilot
from textual.strip import Strip

from echornn import EchoConfig, Progress
from echornn.history.curve import Cause
from echornn.readings import Question
from echornn.run.branch import Position
from echornn.session.pictures.frame import State
from echornn.tasks.own_task import OwnTask
from tests.any_task import progress_of as task_window
from tests.readings_by_hand import SOLVED
from tests.scripted import ScriptedSession, make_progress
from tests.trees import branch_off, grow
from tui.app.app import EchoApp
from tui.term.private_textual import strips_shown

TUTORIAL = EchoConfig()
LARGE = (120, 40)
SIXTEEN = ColorSystem.STANDARD

STATUS, PLOT_X = 3, 8
"""The lines above the curve, and the columns left of it."""


@dataclass(frozen=True)
class Branch:
    """A branch: losses, [n] or [n, replicas], where it begins (but for the start), fields that
    differ, shares of wrong predictions, and norms of gradients.
    """

    losses: npt.ArrayLike
    cause: Cause = "start"
    at: tuple[int, int] = (0, 0)
    changes: dict[str, Any] = field(default_factory=dict)
    errors: npt.ArrayLike = 0.0
    norms: npt.ArrayLike | None = None


class Screen:
    """What the screen shows: its lines, and the style of each cell."""

    def __init__(self, strips: Sequence[Strip]) -> None:
        self._strips = strips
        self.lines = tuple(strip.text.rstrip() for strip in strips)

    @cached_property
    def styles(self) -> list[list[Style]]:
        styles = []
        for strip in self._strips:
            cells: list[Style] = []
            for segment in strip:
                cells += [segment.style or Style()] * len(segment.text)
            styles.append(cells)
        return styles

    @property
    def text(self) -> str:
        return "\n".join(self.lines)

    def numbers(self, pattern: str) -> list[int]:
        """The numbers in the groups of a pattern that the screen has."""
        match = re.search(pattern, self.text)
        assert match, f"{pattern} in\n{self.text}"
        return [int(number.replace(",", "")) for number in match.groups()]

    def line(self, *words: str) -> str:
        """The only line with all these words."""
        lines = [line for line in self.lines if all(word in line for word in words)]
        assert len(lines) == 1, f"{words} in\n{self.text}"
        return lines[0]

    def below(self, words: str, count: int) -> list[str]:
        """So many lines below the only one with these words."""
        first = self.lines.index(self.line(words)) + 1
        return list(self.lines[first : first + count])

    @property
    def _base(self) -> int:
        """The line with the window axis."""
        for y, line in enumerate(self.lines):
            if y > STATUS and line.startswith(" window"):
                return y
        raise AssertionError(self.text)

    @property
    def reading(self) -> str:
        """The lines above the curve, without the first."""
        return " ".join(line.strip() for line in self.lines[1:STATUS])

    @property
    def plot(self) -> list[str]:
        """The lines of the curve, right of its axis, without the strips below it."""
        plot = []
        for line in self.lines[STATUS : self._base]:
            if not line.startswith((" errors", " solved")):
                plot.append(line[PLOT_X:])
        return plot

    @property
    def losses(self) -> dict[str, int]:
        """For each label of the loss axis its line of the plot."""
        labels = {}
        for y, line in enumerate(self.lines[STATUS : self._base]):
            label = line[:PLOT_X].strip(" ┫┤┃│+#|")
            if label[:1].isdigit():
                labels[label] = y
        return labels

    @property
    def windows(self) -> dict[str, int]:
        """For each label of the window axis the column of the plot where its middle stands."""
        axis = self.lines[self._base][PLOT_X - 1 :]
        labels = re.finditer(r"(?<= )[\d,.]+[kM]?(?= |$)", axis)
        return {label[0]: sum(label.span()) // 2 - 1 for label in labels}

    @property
    def view(self) -> list[str]:
        return [line[1:] for line in self.lines[self._base + 1 : -1]]

    @property
    def drawing(self) -> str:
        """The lines of the view as one text."""
        return "\n".join(self.view)

    def marks(self, signs: str, column: int) -> list[int]:
        """The lines of the plot that have one of these signs in a column."""
        return [y for y, line in enumerate(self.plot) if line[column : column + 1] in set(signs)]

    def ink(self, x: int, y: int, colours: ColorSystem = ColorSystem.TRUECOLOR) -> object:
        """The colour of a cell's character, with so many colours."""
        return (self.styles[y][x].color or Color.default()).downgrade(colours)

    def paper(self, x: int, y: int, colours: ColorSystem = ColorSystem.TRUECOLOR) -> object:
        """The colour behind it."""
        return (self.styles[y][x].bgcolor or Color.default()).downgrade(colours)

    def place(self, text: str, after: str = "") -> tuple[int, int]:
        """Column and line of a text, the first on its line, or the first after another text."""
        for y, line in enumerate(self.lines):
            if after in line:
                x = line.find(text, line.find(after) + len(after))
                if x >= 0:
                    return x, y
        raise AssertionError(f"{text!r} is not in\n{self.text}")


def floats(*values: Any) -> npt.NDArray[np.float32]:
    return np.array(values, np.float32)


def bar_height(lines: list[str], column: int) -> float:
    """How high the blocks in a column are, in lines."""
    eighths = 0
    for line in lines:
        sign = line.ljust(LARGE[0])[column]
        eighths += " ▁▂▃▄▅▆▇█".find(sign) if sign in "▁▂▃▄▅▆▇█" else 0
    return eighths / 8


def own_task(file: Path, name: str) -> EchoConfig:
    """A configuration with a task of a user's own file."""
    return EchoConfig(task=OwnTask.read(f"{file}:{name}").task(), total_series_length=3000)


def task_config(task: str, **fields: Any) -> EchoConfig:
    return EchoConfig.from_fields({"task": task, **fields})


def stand(
    session: ScriptedSession,
    state: str = "paused",
    newest: Progress | None = None,
    here: int | None = None,
    path_branch: int = 0,
    **frame: Any,
) -> None:
    """Let the session stand after ``here`` windows of the path, by default at its end."""
    timeline = session.timeline
    end = timeline.tree.end(path_branch).window
    trained = end if here is None else here
    config = timeline.tree.branch(path_branch).config

    readings = frame.get("readings")
    if newest is None and readings is not None:
        newest = readings.progress
    if newest is None and trained:
        draw = make_progress if config.value("task") == "echo" else task_window
        own = config.of(frame.get("replica", 0))
        newest = draw(own, *divmod(trained - 1, config.windows_per_epoch))
    if trained and config.replicas > 1:
        frame["seed_stats"] = timeline.seed_stats(Position(path_branch, trained))

    place = {"path_branch": path_branch, "trained": trained, "is_past": trained < end}
    session.set_frame(State(state), newest, **{"config": config, **place, **frame})


class Stage:
    """The app, and the session that it shows."""

    def __init__(self, app: EchoApp, session: ScriptedSession, pilot: Pilot[int]) -> None:
        self.app, self.session, self.pilot = app, session, pilot

    async def put(self, **frame: Any) -> Screen:
        """Show the session where it now stands; see `stand`."""
        stand(self.session, **frame)
        return await self.after()

    async def press(self, *keys: str) -> None:
        """Press keys, of which a text may name several with spaces between them."""
        await self.pilot.press(*" ".join(keys).split())
        self.app.show_newest_frame()
        await self.pilot.pause()

    async def after(self, *keys: str) -> Screen:
        """What is shown after these keys."""
        await self.press(*keys)
        return self.screen

    async def hover(self, x: int, y: int) -> Screen:
        await self.pilot.hover(None, offset=(x, y))
        return await self.after()

    async def resize(self, width: int, height: int) -> Screen:
        await self.pilot.resize_terminal(width, height)
        return await self.after()

    @property
    def screen(self) -> Screen:
        return Screen(strips_shown(self.app.screen))

    @property
    def text(self) -> str:
        return self.screen.text

    @property
    def reading(self) -> str:
        return self.screen.reading

    @property
    def view(self) -> list[str]:
        return self.screen.view

    @property
    def asked(self) -> Question:
        assert self.session.asked is not None
        return self.session.asked


@asynccontextmanager
async def staged(
    *keys: str,
    windows: int = 999,
    losses: npt.ArrayLike | None = None,
    errors: npt.ArrayLike = 0.0,
    norms: npt.ArrayLike | None = None,
    branches: Sequence[Branch] = (),
    config: EchoConfig | None = None,
    size: tuple[int, int] = (80, 24),
    ascii_only: bool = False,
    **frame: Any,
) -> AsyncIterator[Stage]:
    """The app on a screen of this size after these keys, over a run of one branch, with these
    losses or so many windows with a loss of 0.5, or of several branches, and where it stands; see
    `stand`. The configuration is by default that of the readings, if there are any, or the
    tutorial's."""
    if config is None:
        config = frame["readings"].config if "readings" in frame else TUTORIAL
    session = ScriptedSession(config)
    if losses is None:
        losses = [0.5] * windows
    for branch in branches or [Branch(losses, errors=errors, norms=norms)]:
        changed = config.with_fields(branch.changes)
        at = None if branch.cause == "start" else branch.at
        number = branch_off(session.timeline, changed, branch.cause, at)
        grow(session.timeline, number, branch.losses, branch.errors, branch.norms)
    stand(session, **frame)

    app = EchoApp(session, fps=0.01, ascii_only=ascii_only, theme="dark")
    async with app.run_test(size=size) as pilot:
        stage = Stage(app, session, pilot)
        await stage.press(*keys)
        yield stage


async def seen(*keys: str, **options: Any) -> Screen:
    """What the app shows after these keys; see `staged`."""
    async with staged(*keys, **options) as stage:
        return stage.screen


async def seen_solved(
    *keys: str, size: tuple[int, int] = (80, 24), ascii_only: bool = False, **changes: Any
) -> Screen:
    """What the app shows of the readings of a network that has solved the task, with changes."""
    readings = replace(SOLVED, **changes)
    return await seen(*keys, readings=readings, size=size, ascii_only=ascii_only)
