"""Which requests are answered, and which are refused, whoever sends them."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from tui.web.guard import Asked, new_token, why_refused

TOKEN = "t" * 43

PAGE = Asked("GET", f"/{TOKEN}/", ("127.0.0.1:8123",), ())

SOCKET = replace(PAGE, path=f"/{TOKEN}/viewer", origins=("http://127.0.0.1:8123",), steers=True)


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "127.0.0.1:8123", "localhost:9000", "LOCALHOST", "[::1]:8123", "localhost:65535"]
)
@pytest.mark.parametrize("asked", [PAGE, SOCKET, replace(PAGE, method="HEAD")])
def test_the_page_under_any_address_of_this_machine_is_answered(host: str, asked: Asked) -> None:
    """The port may be another: that of a forwarded port."""
    origins = tuple(f"http://{host}" for _ in asked.origins)
    assert why_refused(replace(asked, hosts=(host,), origins=origins), TOKEN) == ""


@pytest.mark.parametrize(
    "hosts",
    [
        (),
        ("",),
        ("evil.example",),
        ("evil.example:8123",),
        ("127.0.0.1.evil.example:8123",),
        ("localhost.evil.example",),
        ("127.0.0.1:8123@evil.example",),
        ("evil.example/127.0.0.1",),
        ("192.168.1.7:8123",),
        ("127.0.0.2:8123",),
        ("0.0.0.0:8123",),
        ("[::]:8123",),
        ("localhost:",),
        ("localhost:８",),
        ("localhost:8123\n",),
        ("localhost:8123 ",),
        ("localhost:8123", "evil.example"),
        ("localhost:8123", "localhost:8123"),
    ],
)
def test_another_host_is_refused(hosts: tuple[str, ...]) -> None:
    """A page may give its own name this machine's address, so that the browser takes both for one (rebinding)."""
    assert "only localhost" in why_refused(replace(PAGE, hosts=hosts), TOKEN)
    assert "only localhost" in why_refused(replace(SOCKET, hosts=hosts, origins=("http://evil.example",)), TOKEN)


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "",
        "*",
        "//",
        f"//{TOKEN}/",
        "/viewer",
        f"/{TOKEN[1:]}/",
        f"/{TOKEN}x/",
        f"/{TOKEN.upper()}/",
        f"/x/{TOKEN}/",
        f"/%74{TOKEN[1:]}/",
        f"/\udcff{TOKEN}/",
        f"/é{TOKEN}/",
        f"http://127.0.0.1:8123/{TOKEN}/",
        f"/?{TOKEN}",
    ],
)
def test_nothing_is_answered_without_the_token(path: str) -> None:
    assert "no valid token" in why_refused(replace(PAGE, path=path), TOKEN)
    assert "no valid token" in why_refused(replace(SOCKET, path=path), TOKEN)


@pytest.mark.parametrize(
    "origin",
    [
        "null",
        "",
        "http://evil.example",
        "http://127.0.0.1:8124",
        "http://127.0.0.1",
        "http://localhost:8123",
        "http://127.0.0.1:8123.evil.example",
        "http://evil.example#127.0.0.1:8123",
        "http://127.0.0.1:8123@evil.example",
        "http://x@127.0.0.1:8123",
        "ftp://127.0.0.1:8123",
        "file://",
        "http://[",
        "chrome-extension://127.0.0.1:8123",
    ],
)
def test_another_page_is_refused_even_if_it_knows_the_token(origin: str) -> None:
    assert why_refused(replace(PAGE, origins=(origin,)), TOKEN) == "refused: another page asks"
    assert why_refused(replace(SOCKET, origins=(origin,)), TOKEN) == "refused: another page asks"
    assert why_refused(replace(SOCKET, origins=(*SOCKET.origins, origin)), TOKEN) == "refused: another page asks"


def test_a_page_behind_a_forwarder_that_encrypts_is_answered() -> None:
    assert why_refused(replace(SOCKET, origins=("https://127.0.0.1:8123",)), TOKEN) == ""


def test_a_websocket_that_no_page_opens_is_refused() -> None:
    assert why_refused(replace(SOCKET, origins=()), TOKEN) == "refused: no page asks"


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "PATCH", "CONNECT", "TRACE", "get", "X"])
def test_nothing_can_be_sent(method: str) -> None:
    assert why_refused(replace(PAGE, method=method), TOKEN) == "refused: nothing can be sent here"


def test_whatever_is_asked_it_is_refused_in_a_line_without_the_token() -> None:
    chance = random.Random(7)
    known = ["GET", "127.0.0.1", "localhost:1", f"/{TOKEN[:-1]}/", f"/{TOKEN}é/", "/", "http://localhost:1", "[", ""]

    def word() -> str:
        noise = "".join(chr(chance.randrange(0x20000)) for _ in range(chance.randrange(20)))
        return chance.choice([noise, *known, chance.choice(known) + noise])

    def several() -> list[str]:
        return [word() for _ in range(chance.randrange(3))]

    for _ in range(1000):
        refused = why_refused(Asked(word(), word(), several(), several(), chance.random() < 0.5), TOKEN)
        assert refused.startswith("refused: ")
        assert len(refused.splitlines()) == 1
        assert TOKEN not in refused


def test_tokens_are_long_and_differ() -> None:
    tokens = {new_token() for _ in range(100)}
    assert len(tokens) == 100
    assert all(len(token) >= 43 and "/" not in token for token in tokens)
