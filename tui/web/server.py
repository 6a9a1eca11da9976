"""Answers a browser: with the page, its files, and a WebSocket between the page and a viewer process."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import socket
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from aiohttp import WSMsgType, web

from tui.term import terminal
from tui.web.door import Door
from tui.web.guard import Asked
from tui.web.pages import File, line, policy, sent, static_files
from tui.web.tab import Size, Tab

MOST_BYTES = 1 << 20
"""The most bytes of a message from a browser, such as a pasted text."""

HEARTBEAT_SECONDS = 15.0
"""How often a browser is asked for a sign of life."""

CLOSE_SECONDS = 2.0
"""How long a browser may take to agree that the connection is closed."""

SOCKET = "viewer"
"""The name of the WebSocket, behind the token."""

LEFT = "This screen has ended."

NOT_LEFT = "The screen could not be shown; its last lines say why."

ENDS = "echornn-tui serve has ended."


SECONDS_OF_A_KEY = 10.0
"""How long a viewer may leave keys unread; then it is ended."""


@dataclass
class Site:
    """What a browser gets under one address.

    Attributes:
        page: the page with the terminal.
        token: the first part of every path.
        command: the command of a viewer.
        environment: the environment of a viewer.
    """

    page: File
    token: str
    command: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))

    def __post_init__(self) -> None:
        self._files = {"": self.page, **static_files()}
        self._views: dict[asyncio.Task[None], web.WebSocketResponse] = {}
        self._opened = 0

    @property
    def tabs(self) -> int:
        """How many tabs look."""
        return len(self._views)

    async def answer(self, request: web.BaseRequest, asked: Asked) -> web.StreamResponse:
        """The answer to a request that shows the token."""
        if asked.name == SOCKET and asked.steers:
            return await self._connect(request)
        file = self._files.get(asked.name)
        if file is None:
            return sent(line("there is no such page"), 404)
        response = sent(file)
        response.headers["Content-Security-Policy"] = policy(asked.hosts[0])
        return response

    async def _connect(self, request: web.BaseRequest) -> web.WebSocketResponse:
        browser = web.WebSocketResponse(heartbeat=HEARTBEAT_SECONDS, timeout=CLOSE_SECONDS, max_msg_size=MOST_BYTES)
        await browser.prepare(request)
        size = Size.of(request.query.get("width"), request.query.get("height"))
        # a task of its own: whatever becomes of the request, the viewer is ended
        view = asyncio.create_task(self._view(browser, size))
        self._views[view] = browser
        view.add_done_callback(self._views.pop)
        await asyncio.shield(view)
        return browser

    async def _view(self, browser: web.WebSocketResponse, size: Size) -> None:
        """Run a viewer until it ends, or until the browser has gone."""
        self._opened += 1
        name = {terminal.NAME: f"browser {self._opened}"}
        try:
            tab = Tab(self.command, {**self.environment, **name}, size)
        except OSError as error:
            await _close(browser, f"No screen can be opened: {error.strerror or error}")
            return
        showing = asyncio.create_task(_show(tab, browser))
        try:
            await _listen(tab, browser)
        except (ConnectionError, TimeoutError):
            pass  # the browser has gone while it was answered, or the viewer does not read its keys
        finally:
            showing.cancel()
            await asyncio.gather(showing, return_exceptions=True)
            await tab.end()

    async def end(self) -> None:
        """Close all tabs, saying why, and wait until their processes have ended."""
        views = dict(self._views)
        await asyncio.gather(*(_close(browser, ENDS) for browser in views.values()))
        await asyncio.gather(*views, return_exceptions=True)


async def _close(browser: web.WebSocketResponse, words: str) -> None:
    """Say why, and close, if the browser is still there."""
    with contextlib.suppress(ConnectionError):
        await browser.send_str(json.dumps(["end", words]))
        await browser.close()


async def _show(tab: Tab, browser: web.WebSocketResponse) -> None:
    """Send the browser what the viewer draws, as fast as it takes it, until the viewer ends."""
    while data := await tab.read():
        await browser.send_bytes(data)
    code = await asyncio.to_thread(tab.process.wait)
    await _close(browser, NOT_LEFT if code else LEFT)


async def _listen(tab: Tab, browser: web.WebSocketResponse) -> None:
    """Send the viewer what comes from the browser, until that goes; a message that makes no sense ends it."""
    async for message in browser:
        if message.type is not WSMsgType.TEXT:
            return
        match _said(message.data):
            case ["stdin", str(keys)]:
                async with asyncio.timeout(SECONDS_OF_A_KEY):
                    await tab.write(keys.encode("utf-8", "replace"))
            case ["resize", {"width": int(columns), "height": int(lines)}]:
                tab.resize(Size.of(columns, lines))
            case ["alive"]:
                await browser.send_str('["alive"]')
            case ["ping" | "focus" | "blur", *_]:
                pass  # the terminal itself reports its focus
            case _:
                return


def _said(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


class PageServer:
    """Serves a site on this machine alone, until `end`."""

    def __init__(self, site: Site, port: int) -> None:
        self._site = site
        self._listener = socket.create_server(("127.0.0.1", port))
        self.port: int = self._listener.getsockname()[1]
        self._runner = web.ServerRunner(Door(site.token, site.answer))

    async def begin(self) -> None:
        """Start answering."""
        await self._runner.setup()
        await web.SockSite(self._runner, self._listener).start()

    async def end(self) -> None:
        """Stop; no process of a tab is left."""
        await self._site.end()
        await self._runner.cleanup()
