"""The files of the page, in memory: its own, and the terminal emulator of textual-serve. All come from this server."""

from __future__ import annotations

import html
from dataclasses import dataclass
from importlib.resources import files

from aiohttp import web

from tui.app.theme import Theme

OWN = files("tui.web") / "static"

FOREIGN = files("textual_serve") / "static"

SECONDS_KEPT = 86_400
"""How long a browser may keep the files that do not change; a page that connects again over SSH comes sooner."""

SAFE_HEADERS = {
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), clipboard-read=(), geolocation=(), microphone=()",
    "Referrer-Policy": "no-referrer",  # the address has the token
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
"""Headers of every answer."""


@dataclass(frozen=True)
class File:
    """Something that the server answers with.

    Attributes:
        kind: its media type.
        changes: whether a browser has to ask for it each time.
    """

    data: bytes
    kind: str
    changes: bool = False


def policy(host: str) -> str:
    """What the page may load, and from where: nothing but what this server sends. The host has been checked."""
    own = "; ".join(f"{kind}-src 'self'" for kind in ("script", "style", "font", "img"))
    nothing = "; ".join(f"{use} 'none'" for use in ("default-src", "base-uri", "form-action", "frame-ancestors"))
    return f"{nothing}; {own}; connect-src 'self' ws://{host}"


def page(title: str, theme: Theme) -> File:
    """The page with a terminal."""
    text = (OWN / "page.html").read_text(encoding="utf-8")
    text = text.replace("TITLE", html.escape(title)).replace("THEME", theme)
    return File(text.encode("utf-8", "replace"), "text/html; charset=utf-8", changes=True)


def line(text: str) -> File:
    """A page of one line."""
    return File(f"{text}\n".encode("utf-8", "replace"), "text/plain; charset=utf-8", changes=True)


def static_files() -> dict[str, File]:
    """The files that the page names, by name."""
    script, style, font = "text/javascript; charset=utf-8", "text/css; charset=utf-8", "font/ttf"
    return {
        "page.js": File((OWN / "page.js").read_bytes(), script),
        "page.css": File((OWN / "page.css").read_bytes(), style),
        "icon.svg": File((OWN / "icon.svg").read_bytes(), "image/svg+xml"),
        "terminal.js": File((FOREIGN / "js" / "textual.js").read_bytes(), script),
        "terminal.css": File((FOREIGN / "css" / "xterm.css").read_bytes(), style),
        "upright.ttf": File((FOREIGN / "fonts" / "RobotoMono-VariableFont_wght.ttf").read_bytes(), font),
        "italic.ttf": File((FOREIGN / "fonts" / "RobotoMono-Italic-VariableFont_wght.ttf").read_bytes(), font),
    }


def sent(file: File, status: int = 200) -> web.Response:
    """The answer that sends a file."""
    kept = "no-store" if file.changes else f"private, max-age={SECONDS_KEPT}"
    headers = {**SAFE_HEADERS, "Cache-Control": kept, "Content-Type": file.kind}
    response = web.Response(body=file.data, status=status, headers=headers)
    response.enable_compression()
    return response
