"""A server of pages on a loopback socket, whose tabs run a shell, or the real one, and what a
browser does with it."""

from __future__ import annotations

import asyncio
import json
import os
import re
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import Any

import aiohttp
import pytest
from aiohttp import ClientResponse, ClientSession, ClientWebSocketResponse, WSMsgType
from yarl import URL

from tests.patience import PATIENCE, PAUSE
from tui.term.browser import BrowserServer

ECHO = (
    "stty -echo; echo $$ $(stty size); "
    'while read -r line; do echo "got $line $(stty size)"; done; exit 3'
)
"""Prints its process and the size of its terminal, then every line with the size; ends as the
terminal does."""

TITLE = 'a <b> & "c" · echornn-tui'


@dataclass
class Client:
    """A browser, as far as it sends requests."""

    port: int
    session: ClientSession

    async def get(self, path: str, method: str = "GET", **headers: str) -> ClientResponse:
        # an address that is taken as it is
        return await self.session.request(
            method, URL(f"http://127.0.0.1:{self.port}{path}", encoded=True), headers=headers
        )


def on_own_terminal(script: str) -> list[str]:
    take = (
        "import fcntl, os, sys, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0); "
        "os.execv('/bin/sh', sys.argv[1:])"
    )
    return [sys.executable, "-S", "-c", take, "sh", "-c", script]


@asynccontextmanager
async def served(
    script: str = ECHO, most_tabs: int | None = None
) -> AsyncIterator[tuple[BrowserServer, Client]]:
    server = BrowserServer(TITLE, "dark", on_own_terminal(script), os.environ, 0, most_tabs)
    await server.begin()
    with pytest.MonkeyPatch.context() as patch:
        # a tab answers only while a test receives from it
        patch.setattr("tui.term.browser.HEARTBEAT_SECONDS", PATIENCE)
        try:
            async with ClientSession() as session:
                yield server, Client(server.port, session)
                await server.end()
        finally:
            await server.end()


async def opened(
    site: BrowserServer, client: Client, size: str = "?width=90&height=20"
) -> ClientWebSocketResponse:
    origin = f"http://127.0.0.1:{client.port}"
    return await client.session.ws_connect(
        f"{origin}/{site.token}/viewer{size}", headers={"Origin": origin}
    )


async def drawn(tab: ClientWebSocketResponse, pattern: str) -> re.Match[str]:
    """What a tab has drawn, once it matches the pattern."""
    drawn = b""
    # Half a letter may have come
    while not (found := re.search(pattern, drawn.decode(errors="ignore"))):
        message = await asyncio.wait_for(tab.receive(), PATIENCE)
        assert message.type is WSMsgType.BINARY, (message, drawn)
        drawn += message.data
    return found


async def came(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(PATIENCE):
        while not condition():
            await asyncio.sleep(0.01)


@contextmanager
def serving(
    *arguments: str, before: tuple[str, ...] = ()
) -> Iterator[tuple[subprocess.Popen[str], dict[str, Any]]]:
    """``serve`` in a process of its own, and what it prints with ``--json``; a command may be
    before it."""
    command = [*before, sys.executable, "-m", "tui", "serve", *arguments, "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield process, json.loads(process.stdout.readline())
        finally:
            process.kill()


class BrowserTab:
    """A tab of a browser, which reads all the time: the server takes a browser that answers no
    heartbeat for gone."""

    def __init__(self, browser: aiohttp.ClientSession, address: str) -> None:
        self._browser = browser
        self._address = address
        self._drawn = b""

    async def open(self) -> None:
        origin = {"Origin": self._address[: self._address.index("/", 7)]}
        size = "?width=80&height=24"
        self._socket = await self._browser.ws_connect(
            f"{self._address}viewer{size}", headers=origin
        )
        self._reading = asyncio.create_task(self._read())

    async def _read(self) -> None:
        async for message in self._socket:
            if message.type is aiohttp.WSMsgType.BINARY:
                self._drawn += message.data.replace(b"\x1b[6n", b"")
                await self.press("\x1b[1;1R")  # the terminal has drawn the frame

    async def until(self, words: str) -> None:
        """Wait until these words were drawn, at any time since the tab was opened."""
        async with asyncio.timeout(PATIENCE):
            while words.encode() not in self._drawn:
                assert not self._reading.done(), self._drawn[-1000:]
                await asyncio.sleep(PAUSE)

    async def press(self, keys: str) -> None:
        await self._socket.send_json(["stdin", keys])
