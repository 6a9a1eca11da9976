"""`serve`: the app in a browser, for whoever has the token, from this machine."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from itertools import product
from pathlib import Path

import aiohttp
import pytest
from aiohttp import ClientResponse, ClientWebSocketResponse, WSServerHandshakeError

from tests.door.remote import viewers
from tests.door.remote.viewers import viewers_of
from tests.patience import PATIENCE, wait_for
from tests.program import children_of, detached, gone
from tests.served_page import BrowserTab, Client, came, drawn, opened, served, serving

EVIL = "http://evil.example"


def refused_requests(page: str, own: str) -> Iterator[tuple[str, str, dict[str, str], int]]:
    """(method, path, headers, status): nothing of the site is answered to these."""
    token = page.strip("/")
    for path in (
        "",
        f"{'x' * 43}/",
        f"{token[:-1]}/",
        f"{token}x/",
        f"{token.upper()}/",
        f"?{token}",
    ):
        yield "GET", f"/{path}", {}, 403
    for host in ("evil.example", "127.0.0.1.evil.example", "192.168.1.7:8123"):
        yield "GET", page, {"Host": host}, 403
    for origin in (EVIL, "null", "http://127.0.0.1:1"):
        yield "GET", page, {"Origin": origin}, 403
    for method, origin in (("POST", own), ("PUT", own), ("OPTIONS", EVIL)):
        yield method, page, {"Origin": origin}, 403
    for name in ("viewer", "%2e%2e/%2e%2e/etc/passwd", "../", "download/1"):
        yield "GET", f"{page}{name}", {"Origin": own}, 404


def require_safe(answer: ClientResponse) -> None:
    headers = answer.headers
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert "Access-Control-Allow-Origin" not in headers


async def test_only_its_own_page_on_this_machine_with_the_token_is_answered() -> None:
    async with served() as (site, client):
        page = f"/{site.token}/"
        own = f"http://127.0.0.1:{client.port}"
        assert len(site.token) >= 43
        # A forwarded port
        for host in (f"127.0.0.1:{client.port}", "localhost:9000", "LOCALHOST", "[::1]:8123"):
            answer = await client.get(page, Host=host)
            assert answer.status == 200
            require_safe(answer)
            assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
        text = await answer.text()
        assert site.token not in text
        assert "//" not in text, "it loads nothing from anywhere else"
        for method, path, headers, status in refused_requests(page, own):
            answer = await client.get(path, method, **headers)
            text = await answer.text()
            assert answer.status == status, (method, path, headers)
            assert len(text.splitlines()) == 1
            assert site.token not in text
            require_safe(answer)
        for headers in ({"Origin": EVIL}, {"Origin": "http://127.0.0.1:1"}, {"Origin": "null"}, {}):
            await require_no_viewer(client, f"{own}{page}viewer", headers)
            await require_no_viewer(client, f"{own}/viewer", headers)
        await require_no_viewer(client, f"{own}/viewer", {"Origin": own})
        assert not site.views


async def require_no_viewer(client: Client, address: str, headers: dict[str, str]) -> None:
    with pytest.raises(WSServerHandshakeError) as refused:
        await client.session.ws_connect(address, headers=headers)
    assert refused.value.status == 403


async def process_of(tab: ClientWebSocketResponse, size: str = r"\d+ \d+") -> int:
    """The id of the process of a tab, which it draws with its size."""
    return int((await drawn(tab, rf"(\d+) {size}\r\n"))[1])


async def test_each_tab_has_a_process_of_its_own_size_which_ends_with_it() -> None:
    async with served() as (site, client):
        wide = await opened(site, client, "?width=200&height=50")
        narrow = await opened(site, client)
        first = await process_of(wide)
        second = await process_of(narrow)
        await wide.send_json(["stdin", "hello é\n"])
        await drawn(wide, "got hello é 50 200")
        await narrow.send_json(["resize", {"width": 33, "height": 7}])
        await narrow.send_json(["stdin", "small\n"])
        await drawn(narrow, "got small 7 33")
        await wide.close()
        await came(lambda: len(site.views) == 1)
        assert gone(first)
        assert not gone(second)
        cut = await opened(site, client)
        third = await process_of(cut, "20 90")
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


async def test_a_text_that_is_pasted_cannot_end_its_own_brackets() -> None:
    async with served() as (site, client):
        tab = await opened(site, client)
        await drawn(tab, r"\d+ 20 90\r\n")
        await tab.send_json(["stdin", "\x1b[200~a text\x1b[201~q\x1b[201~"])
        await tab.send_json(["stdin", "\n"])
        await drawn(tab, r"got \x1b\[200~a text\[201~q\x1b\[201~ 20 90")


@pytest.mark.slow
def test_a_port_that_is_taken_is_named(tmp_path: Path) -> None:
    with viewers.served(tmp_path), socket.create_server(("127.0.0.1", 0)) as other:
        _, port = other.getsockname()
        command = [sys.executable, "-m", "tui", "serve", str(tmp_path), "--port", str(port)]
        done = subprocess.run(command, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (2, "")
    assert str(port) in done.stderr.splitlines()[0]


def descendants(process: int) -> list[int]:
    processes = []
    for child in children_of(process):
        processes += [child, *descendants(child)]
    return processes


@pytest.mark.slow
async def test_tabs_steer_or_look_and_no_process_outlives_the_server(tmp_path: Path) -> None:
    with ExitStack() as stack:
        folder = stack.enter_context(detached(tmp_path / "run"))
        first, page = stack.enter_context(serving(str(folder)))
        second, read_only = stack.enter_context(
            serving(str(folder), "--read-only", before=("nohup",))
        )
        _, _, _, token, _ = page["address"].split("/")
        assert re.fullmatch(rf"http://127\.0\.0\.1:{page['port']}/[\w-]{{43,}}/", page["address"])
        assert token not in read_only["address"]
        assert page["run"] == str(folder)
        assert not page["read_only"]
        assert read_only["read_only"]
        async with aiohttp.ClientSession() as browser:
            looks = BrowserTab(browser, read_only["address"])
            await looks.open()
            await looks.until("running")
            names, steering = viewers_of(folder)
            assert len(names) == 1
            assert steering == ""
            await looks.press(" ")
            await looks.until("only looks")
            steers = BrowserTab(browser, page["address"])
            await steers.open()
            await steers.until("running")
            second.send_signal(signal.SIGHUP)
            await steers.press(" ")
            await steers.until("paused")
            await looks.until("paused")
            of_first = descendants(first.pid)
            of_second = descendants(second.pid)
            assert of_first
            assert of_second
            require_loopback_only(page["port"])
            require_secret(token, [first.pid, *of_first])
            os.kill(second.pid, signal.SIGKILL)
            wait_for(lambda: all(map(gone, of_second)))
            first.terminate()
            assert await asyncio.to_thread(first.wait, PATIENCE) == 0
            wait_for(lambda: all(map(gone, of_first)))
        wait_for(lambda: viewers_of(folder) == ((), ""))


def require_loopback_only(port: int) -> None:
    """It listens on 127.0.0.1: not on this machine's other addresses, of which Linux has more on
    the loopback."""
    with socket.socket() as other:
        assert other.connect_ex(("127.0.0.2", port)) != 0


def require_secret(token: str, processes: list[int]) -> None:
    """The token is in nothing that other users can read of these processes."""
    for process, name in product(processes, ("cmdline", "environ", "comm")):
        with suppress(FileNotFoundError, ProcessLookupError):  # what a tab had started for a moment
            assert token.encode() not in Path(f"/proc/{process}/{name}").read_bytes()
