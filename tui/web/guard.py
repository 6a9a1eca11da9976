"""Decides which requests are answered: those with the token, under an address of this machine, from its own page.

A web page from anywhere can make the user's browser send requests to this machine, and so can any user of the machine.
"""

from __future__ import annotations

import hmac
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

LOCAL_HOST = re.compile(r"(localhost|127\.0\.0\.1|\[::1\])(:[0-9]{1,5})?", re.IGNORECASE)
"""What a browser on this machine names as the host. The port may be any: that of a forwarded port is another."""

READING = ("GET", "HEAD")


@dataclass(frozen=True)
class Asked:
    """A request, as far as it decides whether it is answered.

    Attributes:
        path: the path of the address, as it was sent.
        hosts: the values of its headers named ``Host``.
        origins: the values of its headers named ``Origin``: the page that asks, for requests other than the first.
        steers: whether it opens a WebSocket, over which keys come.
    """

    method: str
    path: str
    hosts: Sequence[str]
    origins: Sequence[str]
    steers: bool = False

    @property
    def token(self) -> str:
        return self.path[1:].partition("/")[0]

    @property
    def name(self) -> str:
        """What is asked for, behind the token; the page itself has no name."""
        return self.path[1:].partition("/")[2]


def new_token() -> str:
    """A token that nobody can guess."""
    return secrets.token_urlsafe(32)


def why_refused(asked: Asked, token: str) -> str:
    """Why a request is refused, in a line that tells nothing else; empty if it is answered."""
    if len(asked.hosts) != 1 or not LOCAL_HOST.fullmatch(asked.hosts[0]):
        return "refused: only localhost and 127.0.0.1 are served"  # a name may point here only to fool the browser
    if not hmac.compare_digest(asked.token.encode("utf-8", "replace"), token.encode()):
        return "refused: the address has no valid token; open the address that echornn-tui serve has printed"
    if any(not _is_page_of(origin, asked.hosts[0]) for origin in asked.origins):
        return "refused: another page asks"
    if asked.steers and not asked.origins:
        return "refused: no page asks"
    if asked.method not in READING:
        return "refused: nothing can be sent here"
    return ""


def _is_page_of(origin: str, host: str) -> bool:
    try:
        parts = urlsplit(origin)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and parts.netloc.lower() == host.lower()
