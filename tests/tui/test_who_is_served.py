"""Which hosts and pages are taken for this machine's own, among those that only look like them."""

from __future__ import annotations

import random
from typing import Any

import pytest

from tui.term.browser import why_refused

TOKEN = "t" * 43
PAGE = {
    "method": "GET",
    "path": f"/{TOKEN}/",
    "hosts": ("127.0.0.1:8123",),
    "origins": (),
    "steers": False,
}


def refused(**changes: Any) -> str:
    asked: dict[str, Any] = {**PAGE, **changes}
    return why_refused(**asked, token=TOKEN)


HOSTS = [
    "",
    "evil.example:8123",
    "127.0.0.1.evil.example:8123",
    "localhost.evil.example",
    "127.0.0.1:8123@evil.example",
    "evil.example/127.0.0.1",
    "127.0.0.2:8123",
    "0.0.0.0:8123",
    "[::]:8123",
    "localhost:",
    "localhost:８",
    "localhost:8123\n",
    "localhost:8123 ",
]


def test_this_machine_is_served() -> None:
    assert refused() == ""


@pytest.mark.parametrize("host", HOSTS)
def test_another_host_is_refused(host: str) -> None:
    assert refused(hosts=(host,)) != ""


@pytest.mark.parametrize("other", ["evil.example", "localhost:8123"])
def test_a_second_host_is_refused(other: str) -> None:
    assert refused(hosts=("localhost:8123", other)) != ""


def test_no_host_is_refused() -> None:
    assert refused(hosts=()) != ""


ORIGINS = [
    "null",
    "",
    "http://127.0.0.1:8124",
    "http://127.0.0.1",
    "http://localhost:8123",
    "http://x@127.0.0.1:8123",
    "http://127.0.0.1:8123.evil.example",
    "http://evil.example#127.0.0.1:8123",
    "http://[",
    "file://",
    "http://127.0.0.1:8123@evil.example",
    "ftp://127.0.0.1:8123",
    "chrome-extension://127.0.0.1:8123",
]


@pytest.mark.parametrize("origin", ORIGINS)
def test_another_page_is_refused_even_if_it_knows_the_token(origin: str) -> None:
    assert refused(origins=(origin,)) != ""
    assert refused(origins=("http://127.0.0.1:8123", origin)) != ""


@pytest.mark.parametrize("scheme", ["http", "https"])  # the latter behind a forwarder that encrypts
def test_a_page_of_this_machine_may_steer(scheme: str) -> None:
    assert refused(origins=(f"{scheme}://127.0.0.1:8123",), steers=True) == ""


WORDS = [
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


def any_word(dice: random.Random) -> str:
    noise = "".join(chr(dice.randrange(0x20000)) for _ in range(dice.randrange(20)))
    return dice.choice([noise, *WORDS, dice.choice(WORDS) + noise])


def any_words(dice: random.Random) -> list[str]:
    return [any_word(dice) for _ in range(dice.randrange(3))]


def test_whatever_is_asked_it_is_refused_in_a_line_without_the_token() -> None:
    dice = random.Random(7)
    for _ in range(1000):
        method, path = any_word(dice), any_word(dice)
        hosts, origins = any_words(dice), any_words(dice)
        reason = why_refused(method, path, hosts, origins, dice.random() < 0.5, TOKEN)
        assert reason.startswith("refused: ")
        assert len(reason.splitlines()) == 1
        assert TOKEN not in reason
