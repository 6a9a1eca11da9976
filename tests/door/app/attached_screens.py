"""Screens on one session with a folder: one in its process, others that attach to it by a socket."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import pytest
from textual.pilot import Pilot

from echornn.remote.client import RemoteSession
from echornn.remote.server import Server
from echornn.runs.recorder import RunRecorder
from echornn.session.commands import Command, Pause
from echornn.session.session import Session, ViewedSession
from tests.patience import PATIENCE, wait_for
from tests.scripted import SMALL, ScriptedTrainer, unread
from tui.app.app import EchoApp


class Screen:
    """An app under Pilot."""

    def __init__(self, app: EchoApp, pilot: Pilot[int]) -> None:
        self._app, self._pilot = app, pilot

    @property
    def text(self) -> str:
        return "\n".join(strip.text for strip in self._app.screen._compositor.render_strips())

    async def press(self, *keys: str) -> None:
        await self._pilot.press(*keys)

    async def shows(self, condition: Callable[[str], object]) -> str:
        """The text, as soon as the condition holds for it."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            self._app.show_newest_frame()
            await self._pilot.pause()
            if condition(self.text):
                return self.text
            await asyncio.sleep(0.02)
        raise AssertionError(f"it never came:\n{self.text}")


class Screens:
    """A session and the screens on it. The session trains only by commands."""

    def __init__(self, folder: Path, stack: AsyncExitStack) -> None:
        self._folder, self._stack = folder, stack
        recorder = RunRecorder.go_on(folder) if folder.exists() else RunRecorder.begin(folder, SMALL)
        config = SMALL if recorder.resumed is None else recorder.resumed.config
        self.session = Session(config, make_trainer=ScriptedTrainer, recorder=recorder, examine=unread)
        self.session.send(Pause())

    async def here(self, *commands: Command) -> Screen:
        """The screen in the session's process, once these commands are carried out."""
        self.session.viewers.join("here", 0)
        screen = await self._on_screen(self.session)
        for command in commands:
            self.session.send(command)
            await asyncio.to_thread(self.session.when_idle, PATIENCE)
        self._stack.callback(Server(self.session, self._folder).close, "over")
        return screen

    async def viewer(self, name: str = "there", only_looks: bool = False) -> RemoteSession:
        """The session as another process has it."""
        viewer = await asyncio.to_thread(RemoteSession, self._folder, name, 500.0, only_looks)
        self._stack.callback(viewer.stop)
        return viewer

    async def attached(self, name: str = "there", only_looks: bool = False) -> Screen:
        return await self._on_screen(await self.viewer(name, only_looks))

    async def saved(self) -> None:
        """Wait until everything is on disk."""
        await asyncio.to_thread(wait_for, lambda: self.session.recorder.saved)

    async def _on_screen(self, session: ViewedSession) -> Screen:
        app = EchoApp(session, fps=0.01)
        pilot = await self._stack.enter_async_context(app.run_test(size=(120, 40)))
        return Screen(app, pilot)


@asynccontextmanager
async def screens_on(folder: Path) -> AsyncIterator[Screens]:
    """A session that records in a folder, or goes on there, and its screens."""
    async with AsyncExitStack() as stack:
        screens = Screens(folder, stack)
        yield screens
    screens.session.stop()
    await asyncio.to_thread(wait_for, screens.session.stopped.is_set)


def answers_slowly(monkeypatch: pytest.MonkeyPatch) -> None:
    """No picture of another process comes in time for the key that asks for it."""
    monkeypatch.setattr("echornn.remote.client.PATIENCE_SECONDS", 0.0)
