"""`serve`: the app in a browser, for whoever has the token, from this machine."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import product
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import ClientResponse, WSServerHandshakeError

from tests.detached import detached
from tests.door.remote import viewers
from tests.door.remote.viewers import viewers_of
from tests.patience import PATIENCE, PAUSE, wait_for
from tests.program import children_of, gone
from tests.served_page import came, drawn, last_words, opened, served

EVIL = "http://evil.example"


def refused_requests(page: str, own: str) -> list[tuple[str, str, dict[str, str], int]]:
    """(method, path, headers, status): nothing of the site is answered to these."""
    return [
        ("GET", "/", {}, 403),
        ("GET", "/viewer", {"Origin": own}, 403),
        ("GET", f"/{'x' * 43}/", {}, 403),
        ("GET", f"{page[:-2]}/", {}, 403),
        ("GET", f"{page[:-1]}x/", {}, 403),
        ("GET", f"{page.upper()}", {}, 403),
        ("GET", f"/?{page[1:-1]}", {}, 403),
        ("GET", page, {"Host": "evil.example"}, 403),
        ("GET", page, {"Host": "127.0.0.1.evil.example"}, 403),
        ("GET", page, {"Host": "192.168.1.7:8123"}, 403),
        ("GET", page, {"Origin": EVIL}, 403),
        ("GET", page, {"Origin": "null"}, 403),
        ("GET", page, {"Origin": "http://127.0.0.1:1"}, 403),
        ("POST", page, {}, 403),
        ("POST", page, {"Origin": own}, 403),
        ("OPTIONS", page, {"Origin": EVIL}, 403),
        ("GET", f"{page}viewer", {"Origin": own}, 404),
        ("GET", f"{page}%2e%2e/%2e%2e/etc/passwd", {}, 404),
        ("GET", f"{page}../", {}, 404),
        ("GET", f"{page}download/1", {}, 404),
    ]


def require_safe(answer: ClientResponse) -> None:
    headers = answer.headers
    assert (headers["Referrer-Policy"], headers["X-Frame-Options"]) == ("no-referrer", "DENY")
    assert (headers["X-Content-Type-Options"], headers["Cross-Origin-Resource-Policy"]) == ("nosniff", "same-origin")
    assert "Access-Control-Allow-Origin" not in headers


async def test_only_its_own_page_on_this_machine_with_the_token_is_answered() -> None:
    async with served() as (site, client):
        page, own = f"/{site.token}/", f"http://127.0.0.1:{client.port}"
        assert len(site.token) >= 43
        for host in (f"127.0.0.1:{client.port}", "localhost:9000", "LOCALHOST", "[::1]:8123"):  # a forwarded port
            answer = await client.get(page, Host=host)
            assert answer.status == 200
            require_safe(answer)
            assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
        text = await answer.text()
        assert site.token not in text
        assert "//" not in text, "it loads nothing from anywhere else"
        for method, path, headers, status in refused_requests(page, own):
            answer = await client.get(path, method, **headers)
            said = await answer.text()
            assert (answer.status, len(said.splitlines())) == (status, 1), (method, path, headers, said)
            assert site.token not in said
            require_safe(answer)
        for origin, path in product((EVIL, "http://127.0.0.1:1", "null", None, own), (f"{page}viewer", "/viewer")):
            if (origin, path) != (own, f"{page}viewer"):
                headers = {} if origin is None else {"Origin": origin}
                with pytest.raises(WSServerHandshakeError) as refused:
                    await client.session.ws_connect(f"{own}{path}", headers=headers)
                assert refused.value.status == 403
        assert site.tabs == 0


async def test_each_tab_has_a_process_of_its_own_size_which_ends_with_it() -> None:
    async with served() as (site, client):
        wide, narrow = await opened(site, client, "?width=200&height=50"), await opened(site, client)
        first, second = [int((await drawn(tab, r"(\d+) \d+ \d+\r\n"))[1]) for tab in (wide, narrow)]
        await wide.send_json(["stdin", "hello é\n"])
        await drawn(wide, "got hello é 50 200")
        await narrow.send_json(["resize", {"width": 33, "height": 7}])
        await narrow.send_json(["stdin", "small\n"])
        await drawn(narrow, "got small 7 33")
        await wide.close()
        await came(lambda: site.tabs == 1)
        assert (gone(first), gone(second)) == (True, False)
        cut = await opened(site, client)
        third = int((await drawn(cut, r"(\d+) 20 90\r\n"))[1])
        connection = cut._response.connection
        assert connection is not None
        assert connection.transport is not None
        connection.transport.abort()
        await came(lambda: gone(third))
        for text in ("", "[", "null", '["stdin", 7]', '["resize", {"width": "9"}]'):
            other = await opened(site, client)
            await other.send_str(text)
            while not other.closed:
                await asyncio.wait_for(other.receive(), PATIENCE)
        await narrow.send_json(["stdin", "still\n"])
        await drawn(narrow, "got still")
    assert gone(second), "the end of the server ends all"


@pytest.mark.parametrize("script", ["echo bye", "echo no; exit 2"])
async def test_a_tab_is_told_that_its_viewer_has_ended(script: str) -> None:
    async with served(script) as (site, client):
        tab = await opened(site, client)
        assert await last_words(tab)
        assert tab.closed
        await came(lambda: site.tabs == 0)


@pytest.mark.slow
def test_a_port_that_is_taken_is_named(tmp_path: Path) -> None:
    with viewers.served(tmp_path), socket.create_server(("127.0.0.1", 0)) as other:
        port = str(other.getsockname()[1])
        command = [sys.executable, "-m", "tui", "serve", str(tmp_path), "--port", port]
        done = subprocess.run(command, capture_output=True, text=True)
    assert (done.returncode, done.stdout, port in done.stderr.splitlines()[0]) == (2, "", True)


@contextmanager
def serving(*arguments: str, before: tuple[str, ...] = ()) -> Iterator[tuple[subprocess.Popen[str], dict[str, Any]]]:
    """``serve`` in a process of its own, and what it prints with ``--json``; a command may be before it."""
    command = [*before, sys.executable, "-m", "tui", "serve", *arguments, "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield process, json.loads(process.stdout.readline())
        finally:
            process.kill()


class Tab:
    """A tab of a browser, which reads all the time: the server takes a browser that answers no heartbeat for gone."""

    def __init__(self, browser: aiohttp.ClientSession, address: str) -> None:
        self._browser = browser
        self._address = address
        self._drawn = b""

    async def open(self) -> None:
        origin = {"Origin": self._address[: self._address.index("/", 7)]}
        size = "?width=80&height=24"
        self._socket = await self._browser.ws_connect(f"{self._address}viewer{size}", headers=origin)
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


def descendants(process: int) -> list[int]:
    return [one for child in children_of(process) for one in (child, *descendants(child))]


@pytest.mark.slow
async def test_tabs_steer_or_look_and_no_process_outlives_the_server(tmp_path: Path) -> None:
    with detached(tmp_path / "run") as folder:
        run = str(folder)
        with serving(run) as (first, said), serving(run, "--read-only", before=("nohup",)) as (second, of_second):
            async with aiohttp.ClientSession() as browser:
                looks, steers = Tab(browser, of_second["address"]), Tab(browser, said["address"])
                await looks.open()
                await looks.until("running")
                assert (len(viewers_of(folder)[0]), viewers_of(folder)[1]) == (1, "")
                await looks.press(" ")
                await looks.until("only looks")
                await steers.open()
                await steers.until("running")
                second.send_signal(signal.SIGHUP)
                await steers.press(" ")
                await steers.until("paused")
                await looks.until("paused")
                processes = descendants(first.pid), descendants(second.pid)
                assert all(processes)
                require_loopback_only(said["port"])
                require_secret(said["address"].split("/")[3], [first.pid, *processes[0]])
                os.kill(second.pid, signal.SIGKILL)
                wait_for(lambda: all(map(gone, processes[1])))
                first.terminate()
                assert await asyncio.to_thread(first.wait, PATIENCE) == 0
                wait_for(lambda: all(map(gone, processes[0])))
        assert re.fullmatch(rf"http://127\.0\.0\.1:{said['port']}/[\w-]{{43,}}/", said["address"])
        assert (said["run"], said["read_only"], of_second["read_only"]) == (run, False, True)
        assert said["address"].split("/")[3] != of_second["address"].split("/")[3]
        wait_for(lambda: viewers_of(folder) == ((), ""))


def require_loopback_only(port: int) -> None:
    """It listens on 127.0.0.1: not on this machine's other addresses, of which Linux has more on the loopback."""
    with socket.socket() as other:
        assert other.connect_ex(("127.0.0.2", port)) != 0


def require_secret(token: str, processes: list[int]) -> None:
    """The token is in nothing that other users can read of these processes."""
    for process, name in product(processes, ("cmdline", "environ", "comm")):
        with suppress(FileNotFoundError, ProcessLookupError):  # what a tab had started for a moment
            assert token.encode() not in Path(f"/proc/{process}/{name}").read_bytes()
