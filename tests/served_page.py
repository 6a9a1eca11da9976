"""A server of pages on a loopback socket, whose tabs run a shell, and what a browser does with it."""

from __future__ import annotations

import asyncio
import json
import re
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

import pytest
from aiohttp import ClientResponse, ClientSession, ClientWebSocketResponse, WSMsgType
from yarl import URL

from tests.patience import PATIENCE
from tui.web import server as serving
from tui.web.guard import new_token
from tui.web.pages import page
from tui.web.server import PageServer, Site

ECHO = 'stty -echo; echo $$ $(stty size); while read -r line; do echo "got $line $(stty size)"; done; exit 3'
"""Prints its process and the size of its terminal, then every line with the size; ends as the terminal does."""

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
    take = "import fcntl, os, sys, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0); os.execv('/bin/sh', sys.argv[1:])"
    return [sys.executable, "-S", "-c", take, "sh", "-c", script]


@asynccontextmanager
async def served(script: str = ECHO) -> AsyncIterator[tuple[Site, Client]]:
    site = Site(page(TITLE, "dark"), new_token(), on_own_terminal(script))
    server = PageServer(site, 0)
    await server.begin()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(serving, "HEARTBEAT_SECONDS", PATIENCE)  # a tab answers only while a test receives from it
        try:
            async with ClientSession() as session:
                yield site, Client(server.port, session)
                await site.end()
        finally:
            await server.end()


async def opened(site: Site, client: Client, size: str = "?width=90&height=20") -> ClientWebSocketResponse:
    origin = f"http://127.0.0.1:{client.port}"
    return await client.session.ws_connect(f"{origin}/{site.token}/viewer{size}", headers={"Origin": origin})


async def drawn(tab: ClientWebSocketResponse, pattern: str) -> re.Match[str]:
    """What a tab has drawn, once it matches the pattern."""
    drawn = b""
    while not (found := re.search(pattern, drawn.decode(errors="ignore"))):  # half a letter may have come
        message = await asyncio.wait_for(tab.receive(), PATIENCE)
        assert message.type is WSMsgType.BINARY, (message, drawn)
        drawn += message.data
    return found


async def came(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(PATIENCE):
        while not condition():
            await asyncio.sleep(0.01)


async def last_words(tab: ClientWebSocketResponse) -> str:
    while (message := await asyncio.wait_for(tab.receive(), PATIENCE)).type is WSMsgType.BINARY:
        pass
    kind, words = json.loads(message.data)
    assert kind == "end"
    assert (await asyncio.wait_for(tab.receive(), PATIENCE)).type in (WSMsgType.CLOSE, WSMsgType.CLOSING)
    return str(words)
