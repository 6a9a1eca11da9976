"""Which hosts and pages are taken for this machine's own, among those that only look like them."""

from __future__ import annotations

import random
from typing import Any

import pytest

from tui.term.browser import why_refused

TOKEN = "t" * 43


def refused(**asked: Any) -> str:
    page = {
        "method": "GET",
        "path": f"/{TOKEN}/",
        "hosts": ("127.0.0.1:8123",),
        "origins": (),
        "steers": False,
    }
    return why_refused(**{**page, **asked}, token=TOKEN)


@pytest.mark.parametrize(
    "hosts",
    [
        *(
            (),
            ("",),
            ("evil.example:8123",),
            ("127.0.0.1.evil.example:8123",),
            ("localhost.evil.example",),
        ),
        *(
            ("127.0.0.1:8123@evil.example",),
            ("evil.example/127.0.0.1",),
            ("127.0.0.2:8123",),
            ("0.0.0.0:8123",),
        ),
        *(
            ("[::]:8123",),
            ("localhost:",),
            ("localhost:８",),
            ("localhost:8123\n",),
            ("localhost:8123 ",),
        ),
        *(("localhost:8123", "evil.example"), ("localhost:8123", "localhost:8123")),
    ],
)
def test_another_host_is_refused(hosts: tuple[str, ...]) -> None:
    assert refused() == ""
    assert refused(hosts=hosts) != ""


@pytest.mark.parametrize(
    "origin",
    [
        *(
            "null",
            "",
            "http://127.0.0.1:8124",
            "http://127.0.0.1",
            "http://localhost:8123",
            "http://x@127.0.0.1:8123",
        ),
        *(
            "http://127.0.0.1:8123.evil.example",
            "http://evil.example#127.0.0.1:8123",
            "http://[",
            "file://",
        ),
        *(
            "http://127.0.0.1:8123@evil.example",
            "ftp://127.0.0.1:8123",
            "chrome-extension://127.0.0.1:8123",
        ),
    ],
)
def test_another_page_is_refused_even_if_it_knows_the_token(origin: str) -> None:
    for origins in ((origin,), ("http://127.0.0.1:8123", origin)):
        assert refused(origins=origins) != ""
    for scheme in ("http", "https"):  # the latter behind a forwarder that encrypts
        assert refused(origins=(f"{scheme}://127.0.0.1:8123",), steers=True) == ""


def test_whatever_is_asked_it_is_refused_in_a_line_without_the_token() -> None:
    chance = random.Random(7)
    known = [
        "GET",
        "127.0.0.1",
        "localhost:1",
        f"/{TOKEN[:-1]}/",
        f"/{TOKEN}é/",
        "/",
        "http://localhost:1",
        "[",
        "",
    ]

    def word() -> str:
        noise = "".join(chr(chance.randrange(0x20000)) for _ in range(chance.randrange(20)))
        return chance.choice([noise, *known, chance.choice(known) + noise])

    def several() -> list[str]:
        return [word() for _ in range(chance.randrange(3))]

    for _ in range(1000):
        said = why_refused(word(), word(), several(), several(), chance.random() < 0.5, TOKEN)
        assert said.startswith("refused: ")
        assert (len(said.splitlines()), TOKEN in said) == (1, False)
