"""The app on a screen of characters: a session that stands where a test says, keys in, characters
and inks out."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy.typing as npt
from rich.color import Color, ColorSystem
from rich.style import Style
from textual.pilot import Pilot

from echornn import EchoConfig, Progress
from echornn.history.curve import Cause
from echornn.readings import Question, Readings
from echornn.run.branch import Position
from echornn.session.pictures.frame import State
from echornn.tasks.own_task import OwnTask
from tests.any_task import progress_of as task_window
from tests.scripted import ScriptedSession, make_progress
from tests.trees import branch_off, grow
from tui.app.app import EchoApp
from tui.term.private_textual import strips_shown

TUTORIAL = EchoConfig()
SIXTEEN = ColorSystem.STANDARD

STATUS, PLOT_X = 3, 8
"""The lines above the curve, and the columns left of it."""


@dataclass(frozen=True)
class Branch:
    """A branch: losses, [n] or [n, replicas], where it begins, fields that differ, shares of wrong
    predictions, and norms of gradients.
    """

    losses: npt.ArrayLike
    cause: Cause = "start"
    at: tuple[int, int] | None = None
    changes: dict[str, Any] = field(default_factory=dict)
    errors: npt.ArrayLike = 0.0
    norms: npt.ArrayLike | None = None


RUN = Branch([0.5] * 999)


@dataclass(frozen=True)
class Screen:
    """What the screen shows: its lines, and the style of each cell."""

    lines: tuple[str, ...]
    styles: tuple[tuple[Style, ...], ...]

    @property
    def text(self) -> str:
        return "\n".join(self.lines)

    def numbers(self, pattern: str) -> list[int]:
        """The numbers in the groups of a pattern that the screen has."""
        found = re.search(pattern, self.text)
        assert found, f"{pattern} in\n{self.text}"
        return [int(number.replace(",", "")) for number in found.groups()]

    def line(self, *words: str) -> str:
        """The only line with all these words."""
        (found,) = [line for line in self.lines if all(word in line for word in words)] or [
            self.text
        ]
        assert all(word in found for word in words), f"{words} in\n{self.text}"
        return found

    def below(self, *words: str, count: int) -> list[str]:
        at = self.lines.index(self.line(*words)) + 1
        return list(self.lines[at : at + count])

    @property
    def _base(self) -> int:
        return next(
            y for y, line in enumerate(self.lines) if y > STATUS and line.startswith(" window")
        )

    @property
    def reading(self) -> str:
        """The lines above the curve, without the first."""
        return " ".join(line.strip() for line in self.lines[1:STATUS])

    @property
    def plot(self) -> list[str]:
        """The lines of the curve, right of its axis, without the strips below it."""
        strips = sum(
            line.startswith((" errors", " solved")) for line in self.lines[STATUS : self._base]
        )
        return [line[PLOT_X:] for line in self.lines[STATUS : self._base - strips]]

    @property
    def losses(self) -> dict[str, int]:
        """For each label of the loss axis its line of the plot."""
        labels = [line[:PLOT_X].strip(" ┫┤┃│+#|") for line in self.lines[STATUS : self._base]]
        return {label: y for y, label in enumerate(labels) if label[:1].isdigit()}

    @property
    def windows(self) -> dict[str, int]:
        """For each label of the window axis the column of the plot where its middle stands."""
        labels = re.finditer(r"(?<= )[\d,.]+[kM]?(?= |$)", self.lines[self._base][PLOT_X - 1 :])
        return {one[0]: (one.start() + one.end()) // 2 - 1 for one in labels}

    @property
    def view(self) -> list[str]:
        return [line[1:] for line in self.lines[self._base + 1 : -1]]

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
            x = line.find(text, line.find(after) + len(after) if after and after in line else 0)
            if x >= 0 and after in line:
                return x, y
        raise AssertionError(f"{text!r} is not in\n{self.text}")


def own_task(file: Path, name: str) -> EchoConfig:
    """A configuration with a task of a user's own file."""
    return EchoConfig(task=OwnTask.read(f"{file}:{name}").task(), total_series_length=3000)


def stand(
    session: ScriptedSession,
    state: str = "paused",
    newest: Progress | None = None,
    here: int | None = None,
    **frame: Any,
) -> None:
    """Let the session stand after ``here`` windows of the line, by default at its end."""
    timeline, line = session.timeline, frame.setdefault("line", 0)
    end = timeline.tree.end(line).window if len(timeline) else 0
    config = timeline.tree.branch(line).config if len(timeline) else session.frame.config
    trained = end if here is None else here
    if trained:
        epoch, window = divmod(trained - 1, config.windows_per_epoch)
        own = config.of(frame.get("replica", 0))
        newest = newest or getattr(frame.get("readings"), "progress", None)
        newest = newest or (make_progress if config.value("task") == "echo" else task_window)(
            own, epoch, window
        )
        if config.replicas > 1:
            frame.setdefault("seed_stats", timeline.seed_stats(Position(line, trained)))
    frame = {"config": config, "trained": trained, "is_past": trained < end, **frame}
    session.set_frame(State(state), newest, **frame)


class Stage:
    """The app, and the session that it shows."""

    def __init__(self, app: EchoApp, session: ScriptedSession, pilot: Pilot[int]) -> None:
        self.app, self.session, self.pilot = app, session, pilot

    async def put(
        self,
        state: str = "paused",
        newest: Progress | None = None,
        here: int | None = None,
        **frame: Any,
    ) -> Screen:
        """Show the session after ``here`` windows of the line, by default at its end."""
        stand(self.session, state, newest, here, **frame)
        return await self.press()

    async def press(self, *keys: str) -> Screen:
        await self.pilot.press(*keys)
        self.app.show_newest_frame()
        await self.pilot.pause()
        return self.screen

    async def hover(self, x: int, y: int) -> Screen:
        await self.pilot.hover(None, offset=(x, y))
        return await self.press()

    async def resize(self, width: int, height: int) -> Screen:
        await self.pilot.resize_terminal(width, height)
        return await self.press()

    @property
    def screen(self) -> Screen:
        strips = strips_shown(self.app.screen)
        styles = tuple(
            tuple(one.style or Style() for one in strip for _ in one.text) for strip in strips
        )
        return Screen(tuple(strip.text.rstrip() for strip in strips), styles)

    @property
    def asked(self) -> Question:
        assert self.session.asked is not None
        return self.session.asked


@asynccontextmanager
async def staged(
    branches: Sequence[Branch] = (RUN,),
    config: EchoConfig = TUTORIAL,
    size: tuple[int, int] = (80, 24),
    ascii_only: bool = False,
    light: bool = False,
    **frame: Any,
) -> AsyncIterator[Stage]:
    """The app on a screen of this size, over a run with these branches, and where it stands; see
    `stand`."""
    session = ScriptedSession(config)
    for one in branches:
        number = branch_off(session.timeline, config.with_fields(one.changes), one.cause, one.at)
        grow(session.timeline, number, one.losses, one.errors, one.norms)
    if frame:
        stand(session, **frame)
    app = EchoApp(session, fps=0.01, ascii_only=ascii_only, theme="light" if light else "dark")
    async with app.run_test(size=size) as pilot:
        yield Stage(app, session, pilot)


async def seen(
    *keys: str,
    losses: npt.ArrayLike = RUN.losses,
    branches: Sequence[Branch] = (),
    config: EchoConfig = TUTORIAL,
    size: tuple[int, int] = (80, 24),
    ascii_only: bool = False,
    readings: Readings | None = None,
    errors: npt.ArrayLike = 0.0,
    **frame: Any,
) -> Screen:
    """What the app shows of a run after these keys."""
    frame["readings"] = readings
    async with staged(
        branches or [Branch(losses, errors=errors)], config, size, ascii_only, **frame
    ) as stage:
        return await stage.press(*keys)
