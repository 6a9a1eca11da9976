"""What the server answers, on a loopback socket, and what it refuses."""

from __future__ import annotations

import asyncio
import random
import re
from pathlib import Path

import pytest
from aiohttp import ClientResponse, WSServerHandshakeError

from tests.patience import PATIENCE
from tests.served_page import served
from tui.web import server as serving
from tui.web.pages import static_files


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
        assert b"://" not in static_files()["terminal.js"].data + static_files()["page.js"].data


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
            try:
                answer = await asyncio.wait_for(reader.read(1 << 16), PATIENCE)
            except ConnectionError:  # refused before all of it was sent
                answer = b""
            assert not answer or re.match(rb"HTTP/1\.[01] (400|403) ", answer), answer
            assert site.token.encode() not in answer
            writer.close()
        assert (await client.get(f"/{site.token}/")).status == 200
    assert capfd.readouterr() == ("", "")


def test_the_files_of_the_page_are_the_packages_own() -> None:
    own = Path(serving.__file__).parent / "static"
    assert {path.name for path in own.iterdir()} == {"icon.svg", "page.css", "page.html", "page.js"}
