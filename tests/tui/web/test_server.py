"""A server on a loopback socket: what it answers, and that no process of a tab is left; the tabs run shells."""

from __future__ import annotations

import asyncio
import json
import random
import re
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from aiohttp import ClientResponse, ClientSession, ClientWebSocketResponse, WSMsgType, WSServerHandshakeError
from yarl import URL

from tests.patience import PATIENCE
from tests.program import gone
from tui.web import server as serving
from tui.web.door import MOST_STRANGERS
from tui.web.guard import new_token
from tui.web.pages import page, static_files
from tui.web.server import FULL, LEFT, NOT_LEFT, PageServer, Site

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
    text = ""
    while not (found := re.search(pattern, text)):
        message = await asyncio.wait_for(tab.receive(), PATIENCE)
        assert message.type is WSMsgType.BINARY, (message, text)
        text += message.data.decode()
    return found


async def came(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(PATIENCE):
        while not condition():
            await asyncio.sleep(0.01)


async def test_the_page_and_its_files_are_answered_and_name_no_other_place() -> None:
    async with served() as (site, client):
        for name in ("", *static_files()):
            answer = await client.get(f"/{site.token}/{name}")
            assert answer.status == 200
            require_safe(answer)
            policy = answer.headers["Content-Security-Policy"]
            assert f"connect-src 'self' ws://127.0.0.1:{client.port}" in policy
            assert "default-src 'none'" in policy
            assert "unsafe" not in policy
        text = await (await client.get(f"/{site.token}/")).text()
        assert "<title>a &lt;b&gt; &amp; &quot;c&quot; · echornn-tui</title>" in text
        assert site.token not in text
        named = set(re.findall(r'(?:src|href|url)="([^"]+)"', text))
        named |= set(re.findall(r'url\("([^"]+)"\)', static_files()["page.css"].data.decode()))
        assert named <= {*static_files(), "viewer"}
        assert "//" not in text
        styles = b"".join(static_files()[name].data for name in ("page.css", "terminal.css"))
        assert not re.search(rb"@import|url\(.*//", styles)


def require_safe(answer: ClientResponse) -> None:
    headers = answer.headers
    assert (headers["Referrer-Policy"], headers["X-Frame-Options"]) == ("no-referrer", "DENY")
    assert (headers["X-Content-Type-Options"], headers["Cross-Origin-Resource-Policy"]) == ("nosniff", "same-origin")
    assert "Access-Control-Allow-Origin" not in headers
    assert "Set-Cookie" not in headers


async def test_what_is_not_for_this_page_is_refused_in_a_line() -> None:
    async with served() as (site, client):
        page, own = f"/{site.token}/", f"http://127.0.0.1:{client.port}"
        asked: list[tuple[str, str, dict[str, str], int]] = [
            ("GET", "/", {}, 403),
            ("GET", "/viewer", {"Origin": own}, 403),
            ("GET", "/static/", {}, 403),
            ("GET", f"/{'x' * 43}/", {}, 403),
            ("GET", page, {"Host": "evil.example"}, 403),
            ("GET", page, {"Origin": "http://evil.example"}, 403),
            ("POST", page, {}, 403),
            ("POST", page, {"Origin": own}, 403),
            ("OPTIONS", page, {"Origin": "http://evil.example"}, 403),
            ("GET", f"{page}viewer", {"Origin": own}, 404),
            ("GET", f"{page}static/", {}, 404),
            ("GET", f"{page}page.js/", {}, 404),
            ("GET", f"{page}%2e%2e/%2e%2e/etc/passwd", {}, 404),
            ("GET", f"{page}../", {}, 404),
            ("GET", f"{page}..%2fpage.js", {}, 404),
            ("GET", f"{page}download/1", {}, 404),
        ]
        for method, path, headers, status in asked:
            answer = await client.get(path, method, **headers)
            text = await answer.text()
            assert (answer.status, len(text.splitlines())) == (status, 1), (method, path, headers, text)
            assert site.token not in text
            require_safe(answer)
        assert site.tabs == 0


@pytest.mark.parametrize("origin", ["http://evil.example", "http://127.0.0.1:1", "null", None])
async def test_another_page_gets_no_websocket(origin: str | None) -> None:
    async with served() as (site, client):
        headers = {} if origin is None else {"Origin": origin}
        for path in (f"/{site.token}/viewer", "/viewer", f"/{site.token}x/viewer"):
            with pytest.raises(WSServerHandshakeError) as refused:
                await client.session.ws_connect(f"http://127.0.0.1:{client.port}{path}", headers=headers)
            assert refused.value.status == 403
        assert site.tabs == 0


async def test_random_bytes_harm_nobody(capfd: pytest.CaptureFixture[str]) -> None:
    chance = random.Random(7)
    parts = [b"GET / HTTP/1.1\r\n", b"Host: localhost\r\n", b"Upgrade: websocket\r\n", b"\r\n\r\n", b"GET /", b": "]
    async with served() as (site, client):
        for number in range(200):
            noise = [chance.randbytes(chance.randrange(40)), *chance.choices(parts, k=chance.randrange(5))]
            chance.shuffle(noise)
            if number % 50 == 0:
                noise = [b"GET / HTTP/1.1\r\nHost: localhost\r\nX: ", b"x" * 100_000]
            reader, writer = await asyncio.open_connection("127.0.0.1", client.port)
            writer.write(b"".join(noise) + b"\r\n\r\n")
            writer.write_eof()
            answer = await asyncio.wait_for(reader.read(1 << 16), PATIENCE)
            assert not answer or re.match(rb"HTTP/1\.[01] (400|403) ", answer), answer
            assert site.token.encode() not in answer
            writer.close()
        assert (await client.get(f"/{site.token}/")).status == 200
    assert capfd.readouterr() == ("", "")


async def test_connections_without_the_token_are_few_and_cost_others_nothing() -> None:
    async with served() as (site, client):
        tab = await opened(site, client)
        await drawn(tab, "20 90")
        others = [await asyncio.open_connection("127.0.0.1", client.port) for _ in range(3 * MOST_STRANGERS)]
        ends = [asyncio.create_task(reader.read()) for reader, _ in others]
        await came(lambda: sum(end.done() for end in ends) >= 2 * MOST_STRANGERS)
        assert (await client.get(f"/{site.token}/")).status == 200
        await tab.send_json(["stdin", "still\n"])
        await drawn(tab, "got still")
        for _, writer in others:
            writer.close()
        await asyncio.gather(*ends)


async def test_each_tab_is_a_process_of_its_own_size_and_closing_it_ends_only_that() -> None:
    async with served() as (site, client):
        wide, narrow = await opened(site, client, "?width=200&height=50"), await opened(site, client)
        first, second = [int((await drawn(tab, r"(\d+) \d+ \d+\r\n"))[1]) for tab in (wide, narrow)]
        await wide.send_json(["stdin", "hello é\n"])
        await drawn(wide, "got hello é 50 200")
        await narrow.send_json(["resize", {"width": 33, "height": 7}])
        await narrow.send_json(["stdin", "small\n"])
        await drawn(narrow, "got small 7 33")
        assert site.tabs == 2
        await wide.close()
        await came(lambda: site.tabs == 1)
        assert (gone(first), gone(second)) == (True, False)
        await narrow.send_json(["stdin", "still\n"])
        await drawn(narrow, "got still")
    assert gone(second), "the end of the server ends all"


async def test_a_connection_that_is_cut_ends_its_process() -> None:
    async with served() as (site, client):
        tab = await opened(site, client)
        process = int((await drawn(tab, r"(\d+) 20 90\r\n"))[1])
        connection = tab._response.connection
        assert connection is not None
        assert connection.transport is not None
        connection.transport.abort()
        await came(lambda: site.tabs == 0)
        assert gone(process)
        await tab.close()


async def test_a_process_that_ignores_the_end_of_its_terminal_is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tui.web.tab.SECONDS_TO_END", 0.2)
    async with served("trap '' HUP; echo $$ here; while :; do sleep 0.1; done") as (site, client):
        tab = await opened(site, client)
        process = int((await drawn(tab, r"(\d+) here"))[1])
        await tab.close()
        await came(lambda: site.tabs == 0)
        assert gone(process)


@pytest.mark.parametrize(("script", "words"), [("echo bye", LEFT), ("echo no; exit 2", NOT_LEFT)])
async def test_a_tab_is_told_that_its_viewer_has_ended(script: str, words: str) -> None:
    async with served(script) as (site, client):
        tab = await opened(site, client)
        said = await last_words(tab)
        assert said == words
        assert tab.closed
        await came(lambda: site.tabs == 0)


async def last_words(tab: ClientWebSocketResponse) -> str:
    while (message := await asyncio.wait_for(tab.receive(), PATIENCE)).type is WSMsgType.BINARY:
        pass
    kind, words = json.loads(message.data)
    assert kind == "end"
    assert (await asyncio.wait_for(tab.receive(), PATIENCE)).type in (WSMsgType.CLOSE, WSMsgType.CLOSING)
    return str(words)


async def test_a_command_that_cannot_be_started_is_said() -> None:
    async with served() as (site, client):
        site.command = ["/nowhere/at/all"]
        assert await last_words(await opened(site, client)) == "No screen can be opened: No such file or directory"
        await came(lambda: site.tabs == 0)


async def test_no_more_tabs_than_a_machine_can_bear(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serving, "MOST_TABS", 1)
    async with served() as (site, client):
        tab = await opened(site, client)
        await drawn(tab, "20 90")
        answer = await client.get(f"/{site.token}/")
        assert (answer.status, await answer.text()) == (503, f"{FULL}\n")
        assert await last_words(await opened(site, client)) == FULL
        await tab.close()
        await came(lambda: site.tabs == 0)
        assert (await client.get(f"/{site.token}/")).status == 200


@pytest.mark.parametrize(
    "text",
    ["", "[", "null", "[]", "{}", '["stdin"]', '["stdin", 7]', '["resize", {"width": "9"}]', '["open"]', "[" * 9999],
)
async def test_a_message_that_makes_no_sense_ends_its_own_tab(text: str) -> None:
    async with served() as (site, client):
        tab = await opened(site, client)
        await drawn(tab, "20 90")
        await tab.send_str(text)
        while not tab.closed:
            await asyncio.wait_for(tab.receive(), PATIENCE)
        await came(lambda: site.tabs == 0)


async def test_any_size_is_made_one_that_can_be_drawn() -> None:
    async with served() as (site, client):
        tab = await opened(site, client, "?width=999999999&height=-3")
        await drawn(tab, "1 1000")
        for size in ({"width": 10**400, "height": 0}, {"width": 0, "height": -(10**9)}):
            await tab.send_json(["resize", size])
        await tab.send_json(["stdin", "x\n"])
        await drawn(tab, "got x 1 1\r\n")
        other = await opened(site, client, "?width=a&width=7")
        await drawn(other, "24 80")


def test_the_files_of_the_page_are_the_packages_own() -> None:
    own = Path(serving.__file__).parent / "static"
    assert {path.name for path in own.iterdir()} == {"icon.svg", "page.css", "page.html", "page.js"}
