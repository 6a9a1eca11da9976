"""The real app under Pilot, on a real session whose trainer follows a script: keys go in, lines of
text come out."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from textual.events import Key, MouseMove, MouseScrollDown, MouseScrollUp
from textual.keys import key_to_character
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
from tui.app.training_screen import TrainingScreen
from tui.term.terminal_input import TerminalInput


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
        assert ({strip.cell_length for strip in strips}, len(strips)) == (
            {self.app.size.width},
            self.app.size.height,
        )
        return [strip.text for strip in strips]

    @property
    def text(self) -> str:
        return "\n".join(self.lines)

    @property
    def frame(self) -> Frame:
        """What the session says: state, epoch, window, trained, branch, speed, config, message
        ..."""
        return self.session.frame

    @property
    def state(self) -> str:
        return self.frame.state.value

    def place(self, text: str, at: int = 0) -> tuple[int, int]:
        """The column (``at`` further right) and the line of a text on the screen; the lowest if
        there are several."""
        return next(
            (line.index(text) + at, y)
            for y, line in reversed([*enumerate(self.lines)])
            if text in line
        )

    async def press(self, *keys: str) -> None:
        """Press keys one after the other, until what they command was carried out."""
        for key in keys:
            await self.pilot.press(key)
            await self._idle()
        await self.settled()

    async def seen(self, *keys: str) -> str:
        """The text after these keys."""
        await self.press(*keys)
        return self.text

    async def type(self, text: str, then: str = "enter") -> None:
        await self.pilot.press(*("space" if one == " " else one for one in text))
        await self.press(then)

    async def do(self, *commands: Command) -> None:
        """Have the session carry out commands one after the other."""
        for command in commands:
            self.session.send(command)
            await self._idle()
        await self.settled()

    def burst(self, *keys: str) -> None:
        """Keys that come all at once: nothing is waited for.

        Signs have names here, such as full_stop.
        """
        for key in keys:
            self.app.post_message(Key(key, key_to_character(key)))

    def packet(self, keys: str) -> None:
        """Keys and pastes that come all at once, as signs of `tests.typed`."""
        for message in TerminalInput().messages(bytes_of(keys)):
            self.app.post_message(message)

    async def at_once(self, keys: str) -> None:
        """A packet, until what its keys command was carried out."""
        self.packet(keys)
        for _ in range(8):
            await self.pilot.pause()
        await self.settled()

    @property
    def focus(self) -> str:
        """The class of what has the keys: the line, or a widget, or a screen."""
        if isinstance(self.app.takes_keys, CommandLine):
            return "CommandLine"
        focused = self.app.screen.focused
        return "Input" if isinstance(focused, Input) else type(focused or self.app.screen).__name__

    async def settled(self) -> None:
        """The session has carried out all commands (unless it is held), and the app knows."""
        await self._idle()
        await self._told()

    async def _idle(self) -> None:
        if self._may_load.is_set():
            await asyncio.to_thread(self.session.when_idle, PATIENCE)

    async def _told(self) -> None:
        for _ in range(2):  # the last line follows one refresh later
            self.app.show_newest_frame()
            await self.pilot.pause()

    async def shown(self) -> str:
        """The text with the newest frame and readings; nothing is waited for."""
        await self._told()
        return self.text

    async def until(self, condition: Callable[[str], object]) -> str:
        """The text, as soon as the condition holds for it: for what other threads bring, such as
        readings."""
        deadline = time.monotonic() + PATIENCE
        while not condition(text := await self.shown()):
            assert time.monotonic() < deadline, f"it never came:\n{text}"
            await asyncio.to_thread(self.session.stopped.wait, 0.01)
        return text

    async def seconds_pass(self, seconds: float) -> None:
        """Let the session's clock go on: it trains ``seconds * speed`` windows, if it runs."""
        for _ in range(round(10 * seconds)):
            self.seconds[0] += 0.1
            before = -1
            # One window after the other, while some are due
            while before != self.frame.trained_in_all:
                before = self.frame.trained_in_all
                await self._idle()
        await self._told()

    def hold(self) -> None:
        """Let networks that are compiled from now on wait for `release`."""
        self._may_load.clear()

    async def release(self) -> str:
        self._may_load.set()
        return await self.seen()

    async def resize(self, width: int, height: int) -> str:
        await self.pilot.resize_terminal(width, height)
        return await self.shown()

    async def click(self, on: str | tuple[int, int], at: int = 0, times: int = 1) -> str:
        """Click on a text, ``at`` columns right of its begin, or on a place."""
        await self.pilot.click(
            offset=self.place(on, at) if isinstance(on, str) else on, times=times
        )
        return await self.seen()

    async def hover(self, x: int, y: int) -> str:
        return await self._mouse(MouseMove, x, y)

    async def wheel(self, x: int, y: int, down: bool = False, **held: bool) -> str:
        return await self._mouse(MouseScrollDown if down else MouseScrollUp, x, y, **held)

    async def _mouse(self, kind: Any, x: int, y: int, button: int = 0, **held: bool) -> str:
        held = {"shift": False, "meta": False, "ctrl": False, **held}
        self.app.post_message(kind(None, x, y, 0, 0, button, screen_x=x, screen_y=y, **held))
        return await self.seen()


class Viewer:
    """What another screen has of a session: pictures, which were bytes on their way, and
    commands."""

    def __init__(self, session: Session, name: str, only_looks: bool) -> None:
        self._session, self._number = session, session.viewers.join(name, only_looks=only_looks)
        self._left = threading.Event()
        self.not_done = session.not_done

    def look(self, query: Any) -> Any:
        picture = self._session.look_at(query, self._session.frame)
        picture = replace(picture, audience=self._session.viewers.audience(self._number))
        return decode(encode(picture), Picture)

    def look_again(self, query: Any, picture: Any) -> Any:
        return replace(
            self._session.look_at(query, picture.frame, picture), audience=picture.audience
        )

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
    session: Session | None = None,
    ascii_only: bool = False,
    theme: Any = "dark",
    compared: Sequence[Path] = (),
    keys: Mapping[str, Any] | None = None,
    tour: bool = False,
    lesson: str = "",
) -> AsyncIterator[Stage]:
    """Open the app; its session has carried out these commands.

    With ``paused=False`` it trains as `Stage.seconds_pass` says; with ``loaded=False`` it compiles
    only after `Stage.release`. ``folder`` gets a new run, or the one that is there goes on, from
    window ``at``. ``readings`` answers a snapshot and a question, as the probes do. ``session``
    replaces all that. ``keys``: the user's, by action.
    """
    seconds, may_load, asked = [0.0], threading.Event(), threading.Event()

    def make(config: EchoConfig) -> Any:
        asked.set()
        assert may_load.wait(PATIENCE)
        return trainer(config)

    if session is not None:
        asked.set()
    else:
        recorder = None
        if folder is not None:
            recorder = (
                RunRecorder.go_on(folder) if folder.exists() else RunRecorder.begin(folder, config)
            )
        session = Session(config, speed, make, None, lambda: seconds[0], recorder, at, readings)
        session.viewers.join("here", LOCAL)
        for command in (*[Pause()][:paused], *commands):
            session.send(command)
        if loaded:
            may_load.set()
    stage = Stage(session, seconds, may_load)
    try:
        steps = lesson_of(OTHER_LESSONS[lesson].read_text(encoding="utf-8")) if lesson else ()
        training = partial(LessonScreen, lesson=steps) if tour else TrainingScreen
        app = EchoApp(session, 0.01, ascii_only, theme, compared, keys, training=training)
        async with on_screen(app, stage, size):
            await asyncio.to_thread(asked.wait, PATIENCE)
            yield stage
    finally:
        session.stop()
        may_load.set()
        await asyncio.to_thread(wait_for, session.stopped.is_set)


@asynccontextmanager
async def another_screen(
    stage: Stage, name: str = "there", only_looks: bool = False, size: tuple[int, int] = (80, 24)
) -> AsyncIterator[Stage]:
    """A second app on the session of a stage, which watches until it takes over."""
    second = Stage(stage.session, stage.seconds, stage._may_load)
    async with on_screen(EchoApp(Viewer(stage.session, name, only_looks), 0.01), second, size):
        yield second


@asynccontextmanager
async def on_screen(app: EchoApp, stage: Stage, size: tuple[int, int]) -> AsyncIterator[None]:
    async with app.run_test(size=size, notifications=True) as stage.pilot:
        stage.app = app
        await stage.settled()
        yield
