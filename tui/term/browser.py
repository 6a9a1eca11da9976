"""Serves attached apps to browsers on this machine: each tab is a viewer, a process on a
pseudo-terminal of its own.

The terminal emulator in the page (xterm.js), its font and its style sheet are those of
textual-serve. Its server is not used: it has no token, starts a shell, and names fixed addresses,
so that a forwarded port does not work.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import hmac
import html
import json
import logging
import os
import re
import secrets
import signal
import socket
import struct
import subprocess
import termios
from collections.abc import Callable, Mapping, Sequence
from importlib.resources import files
from typing import Any

from aiohttp import WSMsgType, web

from tui.term import terminal

# what a browser on this machine names as the host; the port may be any: that of a forwarded port is
# another
LOCAL_HOST = re.compile(r"(localhost|127\.0\.0\.1|\[::1\])(:[0-9]{1,5})?", re.IGNORECASE)

# Anybody on this machine can send bad requests
SILENT = logging.Logger("silent", logging.CRITICAL + 1)

SAFE_HEADERS = {
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), clipboard-read=(), geolocation=(), microphone=()",
    "Referrer-Policy": "no-referrer",  # the address has the token
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}

# The policy of what is sent: what no page may do, and what ours loads from this server
FORBIDDEN = ("default-src", "base-uri", "form-action", "frame-ancestors")
LOADED = ("script", "style", "font", "img")

OWN, FOREIGN = files("tui.term") / "page", files("textual_serve") / "static"
SCRIPT, STYLE, FONT = "text/javascript; charset=utf-8", "text/css; charset=utf-8", "font/ttf"
FILES = {
    "page.js": (OWN / "page.js", SCRIPT),
    "page.css": (OWN / "page.css", STYLE),
    "icon.svg": (OWN / "icon.svg", "image/svg+xml"),
    "terminal.js": (FOREIGN / "js" / "textual.js", SCRIPT),
    "terminal.css": (FOREIGN / "css" / "xterm.css", STYLE),
    "upright.ttf": (FOREIGN / "fonts" / "RobotoMono-VariableFont_wght.ttf", FONT),
    "italic.ttf": (FOREIGN / "fonts" / "RobotoMono-Italic-VariableFont_wght.ttf", FONT),
}
"""The files that the page names, and their media types."""

# That a browser may keep these files; a page that connects again over SSH comes sooner
SECONDS_KEPT = 86_400
HEARTBEAT_SECONDS = 15.0  # between signs of life that a browser is asked for
CLOSE_SECONDS = 2.0  # for a browser to agree that the connection is closed
KEY_SECONDS = 10.0  # that a viewer may leave keys unread; then it is ended
END_SECONDS = 5.0  # for a viewer to end after its terminal is gone; usually a tenth of this
MOST_BYTES = 1 << 20  # of a message from a browser, such as a pasted text
READ_BYTES = 1 << 16  # at a time, of what a terminal shows: as much as a pipe holds


def why_refused(
    method: str, path: str, hosts: Sequence[str], origins: Sequence[str], steers: bool, token: str
) -> str:
    """Why a request is refused, in a line that tells nothing else; empty if it shows the token,
    under an address of this machine, from its own page. A web page from anywhere can make the
    user's browser send requests to this machine, and so can any user of the machine.

    ``hosts`` and ``origins`` are the values of these headers; ``steers`` says that it opens a
    WebSocket.
    """
    if len(hosts) != 1 or not LOCAL_HOST.fullmatch(hosts[0]):
        # A name may point here only to fool the browser
        return "refused: only localhost and 127.0.0.1 are served"
    if not hmac.compare_digest(
        path[1:].partition("/")[0].encode("utf-8", "replace"), token.encode()
    ):
        return (
            "refused: the address has no valid token; open the address that echornn-tui serve has "
            "printed"
        )
    own_page = [f"{scheme}://{hosts[0]}".lower() for scheme in ("http", "https")]
    if any(origin.lower() not in own_page for origin in origins):
        return "refused: another page asks"
    if steers and not origins:
        return "refused: no page asks"
    if method not in ("GET", "HEAD"):
        return "refused: nothing can be sent here"
    return ""


def _answer(
    data: bytes, kind: str, kept: str = "no-store", status: int = 200, host: str = ""
) -> web.Response:
    """An answer; what the page may load comes from this server, whose name is ``host``."""
    policy = "; ".join(f"{use} 'none'" for use in FORBIDDEN)
    if host:
        own = "; ".join(f"{kind}-src 'self'" for kind in LOADED)
        policy += f"; {own}; connect-src 'self' ws://{host}"
    headers = {
        **SAFE_HEADERS,
        "Content-Security-Policy": policy,
        "Cache-Control": kept,
        "Content-Type": kind,
    }
    response = web.Response(body=data, status=status, headers=headers)
    response.enable_compression()
    return response


def _line(text: str, status: int) -> web.Response:
    return _answer(f"{text}\n".encode(), "text/plain; charset=utf-8", status=status)


class BrowserServer:
    """Serves a page with a terminal on this machine alone, until `end`; in it runs ``command``,
    which has to make standard input its controlling terminal; in ``most_tabs`` at once.
    """

    def __init__(
        self,
        title: str,
        theme: str,
        command: Sequence[str],
        environment: Mapping[str, str],
        port: int,
        most_tabs: int | None = None,
    ) -> None:
        page = (OWN / "page.html").read_text(encoding="utf-8")
        page = page.replace("TITLE", html.escape(title)).replace("THEME", theme)
        self._page = page.encode("utf-8", "replace")
        self._command, self._environment = command, environment
        self._most_tabs = most_tabs
        self.views: dict[asyncio.Task[None], web.WebSocketResponse] = {}
        self._opened = 0
        self._listener = socket.create_server(("127.0.0.1", port))
        self._runner = web.ServerRunner(web.Server(self._let_in, access_log=None, logger=SILENT))
        self.token = secrets.token_urlsafe(32)
        self.port: int = self._listener.getsockname()[1]

    async def begin(self) -> None:
        await self._runner.setup()
        await web.SockSite(self._runner, self._listener).start()

    async def end(self) -> None:
        """Close all tabs, saying why; no process of one is left."""
        views = dict(self.views)
        await asyncio.gather(
            *(_close(browser, "echornn-tui serve has ended.") for browser in views.values())
        )
        await asyncio.gather(*views, return_exceptions=True)
        await self._runner.cleanup()

    async def _let_in(self, request: web.BaseRequest) -> web.StreamResponse:
        path, steers = request.rel_url.raw_path, "Upgrade" in request.headers
        hosts, origins = (request.headers.getall(name, []) for name in ("Host", "Origin"))
        why_not = why_refused(request.method, path, hosts, origins, steers, self.token)
        if why_not:
            refusal = _line(why_not, 403)
            refusal.force_close()
            return refusal
        name = path[1:].partition("/")[2]
        if name == "viewer" and steers:
            return await self._connect(request)
        if not name:
            return _answer(self._page, "text/html; charset=utf-8", host=hosts[0])
        if name in FILES:
            file, kind = FILES[name]
            return _answer(
                file.read_bytes(), kind, f"private, max-age={SECONDS_KEPT}", host=hosts[0]
            )
        return _line("there is no such page", 404)

    async def _connect(self, request: web.BaseRequest) -> web.WebSocketResponse:
        browser = web.WebSocketResponse(
            heartbeat=HEARTBEAT_SECONDS, timeout=CLOSE_SECONDS, max_msg_size=MOST_BYTES
        )
        await browser.prepare(request)
        # a task of its own: whatever becomes of the request, the viewer is ended
        view = asyncio.create_task(
            self._view(browser, request.query.get("width"), request.query.get("height"))
        )
        self.views[view] = browser
        view.add_done_callback(self.views.pop)
        await asyncio.shield(view)
        return browser

    async def _view(self, browser: web.WebSocketResponse, width: object, height: object) -> None:
        if self._most_tabs is not None and len(self.views) > self._most_tabs:  # with this one
            await _close(browser, f"Full: there is room for {self._most_tabs}. Try again later.")
            return
        self._opened += 1
        try:
            tab = Tab(
                self._command,
                {**self._environment, terminal.NAME: f"browser {self._opened}"},
                width,
                height,
            )
        except OSError as error:
            await _close(browser, f"No screen can be opened: {error.strerror or error}")
            return
        showing = asyncio.create_task(_show(tab, browser))
        try:
            await _listen(tab, browser)
        except (ConnectionError, TimeoutError):
            pass  # the browser has gone while it was answered, or the viewer does not read its keys
        finally:
            showing.cancel()
            await asyncio.gather(showing, return_exceptions=True)
            await tab.end()


async def _close(browser: web.WebSocketResponse, words: str) -> None:
    with contextlib.suppress(ConnectionError):
        await browser.send_str(json.dumps(["end", words]))
        await browser.close()


async def _show(tab: Tab, browser: web.WebSocketResponse) -> None:
    while data := await tab.read():
        await browser.send_bytes(data)
    code = await asyncio.to_thread(tab.process.wait)
    await _close(
        browser,
        "The screen could not be shown; its last lines say why."
        if code
        else "This screen has ended.",
    )


async def _listen(tab: Tab, browser: web.WebSocketResponse) -> None:
    """Send the viewer what comes from the browser, until that goes; a message that makes no sense
    ends it."""
    async for message in browser:
        match _decoded(message.data) if message.type is WSMsgType.TEXT else None:
            case ["stdin", str(keys)]:
                async with asyncio.timeout(KEY_SECONDS):
                    await tab.write(_one_paste(keys.encode("utf-8", "replace")))
            case ["resize", {"width": int(columns), "height": int(lines)}]:
                tab.resize(columns, lines)
            case ["alive"]:
                await browser.send_str('["alive"]')
            case ["ping" | "focus" | "blur", *_]:
                pass  # the terminal itself reports its focus
            case _:
                return


def _one_paste(keys: bytes) -> bytes:
    """What the page sends, unless it is a paste: the terminal in the page lets a text end its own
    brackets, so that the rest would be keys."""
    begin, end = terminal.PASTE_BEGINS, terminal.PASTE_ENDS
    if not (keys.startswith(begin) and keys.endswith(end)):
        return keys
    text = keys.removeprefix(begin).removesuffix(end)
    return begin + text.replace(b"\x1b", b"") + end


def _decoded(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


class Tab:
    """A process on a pseudo-terminal. It ends with its terminal, also when this process is
    killed."""

    def __init__(
        self, command: Sequence[str], environment: Mapping[str, str], width: object, height: object
    ) -> None:
        self._terminal, far_end = os.openpty()
        try:
            os.set_blocking(self._terminal, False)
            self.resize(width, height)
            self.process = subprocess.Popen(
                command,
                stdin=far_end,
                stdout=far_end,
                stderr=far_end,
                start_new_session=True,
                env=dict(environment),
            )
        except OSError:
            os.close(self._terminal)
            raise
        finally:
            os.close(far_end)

    def resize(self, width: object, height: object) -> None:
        """Give the terminal the size that a browser has sent, within what can be drawn; 80x24 if it
        makes no sense."""
        try:
            columns, lines = int(str(width)), int(str(height))
        except ValueError:
            columns, lines = 80, 24
        most_columns, most_lines = terminal.MOST
        columns, lines = min(max(columns, 1), most_columns), min(max(lines, 1), most_lines)
        fcntl.ioctl(self._terminal, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))

    async def read(self) -> bytes:
        loop = asyncio.get_running_loop()
        with contextlib.suppress(OSError):
            await self._is_ready(loop.add_reader, loop.remove_reader)
            return os.read(self._terminal, READ_BYTES)
        return b""

    async def write(self, data: bytes) -> None:
        """Send the process keys, as fast as it reads them."""
        loop = asyncio.get_running_loop()
        with contextlib.suppress(OSError):
            while data:
                await self._is_ready(loop.add_writer, loop.remove_writer)
                data = data[os.write(self._terminal, data) :]

    async def _is_ready(
        self,
        watch: Callable[[int, Callable[[], None]], None],
        leave: Callable[[int], object],
    ) -> None:
        """Wait until the terminal can be read, or written to; these are functions of the loop."""
        ready = asyncio.Event()
        watch(self._terminal, ready.set)
        try:
            await ready.wait()
        finally:
            leave(self._terminal)

    async def end(self) -> None:
        """Hang up, and wait until the process has ended. Nothing may read or write any more."""
        os.close(self._terminal)
        try:
            await asyncio.to_thread(self.process.wait, END_SECONDS)
        except subprocess.TimeoutExpired:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            await asyncio.to_thread(self.process.wait)
