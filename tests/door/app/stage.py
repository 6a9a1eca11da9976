"""The real app under Pilot, on a real session whose trainer follows a script: keys go in, lines of
text come out."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from textual.events import MouseMove, MouseScrollDown, MouseScrollUp
from textual.pilot import Pilot
from textual.widgets import Input

from echornn.config import EchoConfig
from echornn.remote.wire import decode, encode
from echornn.run.recorder import RunRecorder
from echornn.session.commands import Ask, Command, Pause
from echornn.session.exchange import LOCAL
from echornn.session.pictures.frame import Frame
from echornn.session.pictures.picture import Picture
from echornn.session.session import Session
from tests.patience import PATIENCE, wait_for
from tests.scripted import SMALL, ScriptedTrainer, unread
from tests.typed import bytes_of
from tui.app.app import EchoApp
from tui.app.lesson import OTHER_LESSONS, lesson_of
from tui.app.lesson_screen import LessonScreen
from tui.app.line import CommandLine
from tui.term.terminal_input import TerminalInput

MIDDLE, LARGE = (100, 30), (120, 40)
TOUR = LessonScreen


class Stage:
    """An open app, its session, and the session's clock, which stands still but in
    `seconds_pass`."""

    app: EchoApp
    pilot: Pilot[int]

    def __init__(self, session: Session, seconds: list[float], may_load: threading.Event) -> None:
        self.session, self.seconds, self._may_load = session, seconds, may_load

    @property
    def lines(self) -> list[str]:
        """The screen, line by line, each as wide as the screen."""
        strips = self.app.screen._compositor.render_strips()
        assert {strip.cell_length for strip in strips} == {self.app.size.width}
        assert len(strips) == self.app.size.height
        return [strip.text for strip in strips]

    @property
    def text(self) -> str:
        return "\n".join(self.lines)

    @property
    def frame(self) -> Frame:
        return self.session.frame

    def stands(self, **expected: object) -> None:
        """Assert what the session says, by fields of its frame or of its configuration."""
        facts = self.frame.config.fields() | vars(self.frame)
        actual = {name: facts[name] for name in expected}
        assert actual == expected, f"{actual}, not {expected}"

    def place(self, text: str, at: int = 0) -> tuple[int, int]:
        """The column (``at`` further right) and the line of a text on the screen; the lowest if
        there are several."""
        lines = self.lines
        y = max(y for y, line in enumerate(lines) if text in line)
        return lines[y].index(text) + at, y

    async def press(self, *keys: str) -> None:
        """Press keys, of which a text may name several with spaces between them, until what each
        commands was carried out."""
        for key in " ".join(keys).split():
            await self.pilot.press(key)
            await self._idle()
        await self._settle()

    async def after(self, *keys: str) -> str:
        """The text of the screen after these keys."""
        await self.press(*keys)
        return self.text

    async def type(self, text: str) -> None:
        """Letters that come all at once."""
        self.packet(text)
        await self._settle()

    async def enter(self, line: str) -> str:
        """Type a line after ``:``, until each of its commands was carried out."""
        await self.press("colon")
        await self.type(line)
        await self.press("enter")
        for _ in line.split(";"):  # of several commands, one begins with each frame
            await self._settle()
        return self.text

    async def do(self, *commands: Command) -> None:
        """Have the session carry out commands one after the other."""
        for command in commands:
            self.session.send(command)
            await self._idle()
        await self._settle()

    def packet(self, keys: str) -> None:
        """Keys and pastes that come all at once, as signs of `tests.typed`."""
        for message in TerminalInput().messages(bytes_of(keys)):
            self.app.post_message(message)

    async def at_once(self, keys: str) -> None:
        """A packet, until what its keys command was carried out."""
        self.packet(keys)
        for _ in range(8):
            await self.pilot.pause()
        await self._settle()

    @property
    def focus(self) -> str:
        """The class of what has the keys: the line, or a widget, or a screen."""
        if isinstance(self.app.takes_keys, CommandLine):
            return "CommandLine"
        focused = self.app.screen.focused or self.app.screen
        return "Input" if isinstance(focused, Input) else type(focused).__name__

    async def settled(self) -> str:
        """The text once the session has carried out all commands (unless it is held)."""
        await self._settle()
        return self.text

    async def _settle(self) -> None:
        await self._idle()
        await self._show()

    async def _idle(self) -> None:
        if self._may_load.is_set():
            await asyncio.to_thread(self.session.when_idle, PATIENCE)

    async def shown(self) -> str:
        """The text with the newest frame and readings; nothing is waited for."""
        await self._show()
        return self.text

    async def _show(self) -> None:
        for _ in range(2):  # the last line follows one refresh later
            self.app.show_newest_frame()
            await self.pilot.pause()

    async def until(self, condition: str | Callable[[str], object]) -> str:
        """The text, as soon as the condition holds for it, or it has these words: for what other
        threads bring, such as readings."""
        deadline = time.monotonic() + PATIENCE
        while True:
            text = await self.shown()
            if condition in text if isinstance(condition, str) else condition(text):
                return text
            assert time.monotonic() < deadline, f"it never came:\n{text}"
            await asyncio.to_thread(self.session.stopped.wait, 0.01)

    async def seconds_pass(self, seconds: float) -> None:
        """Let the session's clock go on: it trains ``seconds * speed`` windows, if it runs."""
        for _ in range(round(10 * seconds)):
            self.seconds[0] += 0.1
            before = -1
            # One window after the other, while some are due
            while before != self.frame.trained_in_all:
                before = self.frame.trained_in_all
                await self._idle()
        await self._show()

    def hold(self) -> None:
        """Let networks that are compiled from now on wait for `release`."""
        self._may_load.clear()

    async def release(self) -> str:
        self._may_load.set()
        return await self.settled()

    async def resize(self, width: int, height: int) -> str:
        await self.pilot.resize_terminal(width, height)
        return await self.shown()

    async def click(self, on: str | tuple[int, int], at: int = 0, times: int = 1) -> str:
        """Click on a text, ``at`` columns right of its begin, or on a place."""
        place = self.place(on, at) if isinstance(on, str) else on
        await self.pilot.click(offset=place, times=times)
        return await self.settled()

    async def hover(self, x: int, y: int) -> str:
        return await self._mouse(MouseMove, x, y)

    async def wheel(self, x: int, y: int, down: bool = False) -> str:
        return await self._mouse(MouseScrollDown if down else MouseScrollUp, x, y)

    async def _mouse(self, kind: Any, x: int, y: int) -> str:
        held = {"shift": False, "meta": False, "ctrl": False}
        self.app.post_message(kind(None, x, y, 0, 0, 0, screen_x=x, screen_y=y, **held))
        return await self.settled()


def lesson_screen(name: str) -> Callable[..., LessonScreen]:
    """The screen with another lesson than the tour."""
    return screen_with(OTHER_LESSONS[name].read_text(encoding="utf-8"))


def screen_with(lesson: str) -> Callable[..., LessonScreen]:
    """The screen with a lesson of the user's own."""
    return partial(LessonScreen, lesson=lesson_of(lesson))


class Viewer:
    """What another screen has of a session: pictures, which were bytes on their way, and
    commands."""

    def __init__(self, session: Session, only_looks: bool) -> None:
        self._session = session
        self._number = session.viewers.join("there", only_looks=only_looks)
        self._left = threading.Event()
        self.not_done = session.not_done

    def look(self, query: Any) -> Any:
        picture = self._session.look_at(query, self._session.frame)
        picture = replace(picture, audience=self._session.viewers.audience(self._number))
        return decode(encode(picture), Picture)

    def look_again(self, query: Any, picture: Any) -> Any:
        newer = self._session.look_at(query, picture.frame, picture)
        return replace(newer, audience=picture.audience)

    def send(self, command: Command) -> int:
        if isinstance(command, Ask):
            return self._session.ask(self._number, command.question)
        return self._session.send(command)

    def run(self) -> None:
        self._left.wait()

    def take_over(self) -> None:
        self._session.viewers.take_over(self._number)

    def stop(self) -> None:
        self._session.viewers.leave(self._number)
        self._left.set()


@asynccontextmanager
async def opened(
    config: EchoConfig = SMALL,
    *commands: Command,
    size: tuple[int, int] = (80, 24),
    speed: float = 100.0,
    paused: bool = True,
    loaded: bool = True,
    folder: Path | None = None,
    at: int | None = None,
    trainer: Callable[[EchoConfig], Any] = ScriptedTrainer,
    readings: Callable[[Any, Any], Any] = unread,
    **options: Any,
) -> AsyncIterator[Stage]:
    """Open the app with these options of `EchoApp`; its session has carried out these commands.

    With ``paused=False`` it trains as `Stage.seconds_pass` says; with ``loaded=False`` it compiles
    only after `Stage.release`. ``folder`` gets a new run, or the one that is there goes on, from
    window ``at``. ``readings`` answers a snapshot and a question, as the probes do.
    """
    seconds = [0.0]
    may_load, asked = threading.Event(), threading.Event()

    def make(config: EchoConfig) -> Any:
        asked.set()
        assert may_load.wait(PATIENCE)
        return trainer(config)

    recorder = None
    if folder is not None and folder.exists():
        recorder = RunRecorder.go_on(folder)
    elif folder is not None:
        recorder = RunRecorder.begin(folder, config)
    session = Session(config, speed, make, None, lambda: seconds[0], recorder, at, readings)
    session.viewers.join("here", LOCAL)
    if paused:
        session.send(Pause())
    for command in commands:
        session.send(command)
    if loaded:
        may_load.set()

    stage = Stage(session, seconds, may_load)
    try:
        async with on_screen(EchoApp(session, 0.01, **options), stage, size):
            await asyncio.to_thread(asked.wait, PATIENCE)
            yield stage
    finally:
        session.stop()
        may_load.set()
        await asyncio.to_thread(wait_for, session.stopped.is_set)


@asynccontextmanager
async def another_screen(
    stage: Stage, only_looks: bool = False, size: tuple[int, int] = (80, 24)
) -> AsyncIterator[Stage]:
    """A second app on the session of a stage, which watches until it takes over."""
    second = Stage(stage.session, stage.seconds, stage._may_load)
    async with on_screen(EchoApp(Viewer(stage.session, only_looks), 0.01), second, size):
        yield second


@asynccontextmanager
async def on_screen(app: EchoApp, stage: Stage, size: tuple[int, int]) -> AsyncIterator[None]:
    async with app.run_test(size=size, notifications=True) as stage.pilot:
        stage.app = app
        await stage._settle()
        yield
