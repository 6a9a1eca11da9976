"""Measures a tab of ``serve`` beside ``attach`` on a terminal, in turn: seconds until the first picture, milliseconds
from a key to its effect, bytes a second; and the processor time of ``serve`` itself.

`python -m tests.benchmarks.cost_of_a_tab [ROUNDS]`: by default 6 rounds of 10 keys each. A run at 20 windows a second
trains in the background, without TensorFlow. The browser is this program, which draws nothing.
"""

from __future__ import annotations

import asyncio
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Protocol

import aiohttp

from tests.detached import detached
from tui.term.browser import Tab

KEYS = 10
SIZE = (140, 38)
SECONDS = 5.0
"""How long bytes are counted in each round."""

DRAWN, ANSWER = b"\x1b[6n", "\x1b[1;1R"
"""The question whether a frame is drawn, and the terminal's answer."""

STATES = (b"paused", b"running")
TICKS = os.sysconf("SC_CLK_TCK")


class Viewer(Protocol):
    """A viewer's terminal."""

    async def read(self) -> bytes:
        """What it has drawn since."""

    async def write(self, data: bytes) -> None:
        """Send it keys."""


class PageTab:
    """A tab of a browser."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket

    async def read(self) -> bytes:
        return await self._socket.receive_bytes()

    async def write(self, data: bytes) -> None:
        await self._socket.send_json(["stdin", data.decode()])


@asynccontextmanager
async def on_a_terminal(command: list[str]) -> AsyncIterator[Tab]:
    """``attach``, with no server between."""
    tab = Tab(command, {**os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor"}, *SIZE)
    try:
        yield tab
    finally:
        await tab.end()


@asynccontextmanager
async def in_a_tab(address: str) -> AsyncIterator[PageTab]:
    """A tab of the page at this address."""
    origin = {"Origin": address[: address.index("/", len("http://"))]}
    size = f"?width={SIZE[0]}&height={SIZE[1]}"
    async with aiohttp.ClientSession() as browser, browser.ws_connect(f"{address}viewer{size}", headers=origin) as one:
        yield PageTab(one)


async def until(viewer: Viewer, words: bytes) -> None:
    """Read, and answer as a terminal does, until these words are drawn."""
    while True:
        data = await viewer.read()
        for _ in range(data.count(DRAWN)):
            await viewer.write(ANSWER.encode())
        if words in data:
            return


async def counted(viewer: Viewer, seconds: float) -> int:
    """Read for some seconds; returns the number of bytes."""
    received, end = 0, time.perf_counter() + seconds
    while (left := end - time.perf_counter()) > 0:
        try:
            data = await asyncio.wait_for(viewer.read(), left)
        except TimeoutError:
            break
        received += len(data)
        for _ in range(data.count(DRAWN)):
            await viewer.write(ANSWER.encode())
    return received


async def measured(opened: Any) -> dict[str, list[float]]:
    """One round: seconds to open, milliseconds of keys, bytes a second."""
    begun = time.perf_counter()
    async with opened as viewer:
        await until(viewer, b"epoch")
        found: dict[str, list[float]] = {"s to open": [time.perf_counter() - begun], "ms of a key": []}
        await counted(viewer, 1.0)
        for number in range(KEYS):
            begun = time.perf_counter()
            await viewer.write(b" ")
            await until(viewer, STATES[number % 2])
            found["ms of a key"].append(1000 * (time.perf_counter() - begun))
            await counted(viewer, 0.2)
        found["bytes/s"] = [await counted(viewer, SECONDS) / SECONDS]
    return found


def processor_seconds(process: int) -> float:
    """The processor time of a process so far."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


async def compare(folder: Path, rounds: int) -> None:
    """Print the table."""
    python = [sys.executable, "-m"]
    attach = [*python, "tui", "attach", "--own-terminal", str(folder)]
    serve = [*python, "tui", "serve", str(folder), "--json"]
    with subprocess.Popen(serve, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        address = json.loads(server.stdout.readline())["address"]
        found: dict[str, dict[str, list[float]]] = {"attach": {}, "serve": {}}
        shares = []
        for number in range(rounds):
            for name in sorted(found, reverse=bool(number % 2)):
                busy, begun = processor_seconds(server.pid), time.perf_counter()
                one = await measured(on_a_terminal(attach) if name == "attach" else in_a_tab(address))
                if name == "serve":
                    shares.append((processor_seconds(server.pid) - busy) / (time.perf_counter() - begun))
                for what, values in one.items():
                    found[name].setdefault(what, []).extend(values)
        server.terminate()
    for name, table in found.items():
        for what, values in table.items():
            print(f"{name:<7} {statistics.median(values):>9,.1f} {what}, at most {max(values):,.1f}")
    print(f"serve itself takes {statistics.median(shares):.1%} of a processor for a tab")


def main() -> None:
    """Measure, on a run of its own."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 6
    with TemporaryDirectory() as name, detached(Path(name) / "run") as folder:
        asyncio.run(compare(folder, rounds))


if __name__ == "__main__":
    main()
