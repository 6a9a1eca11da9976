"""The real program serves a run in the background to browsers."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import product
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from echornn.remote.connection import viewers_of
from tests.detached import detached
from tests.patience import PATIENCE, PAUSE, wait_for
from tests.program import children_of, gone
from tests.sockets import own_sockets

pytestmark = pytest.mark.slow


@contextmanager
def serving(*arguments: str, before: tuple[str, ...] = ()) -> Iterator[tuple[subprocess.Popen[str], dict[str, Any]]]:
    """``serve`` in a process of its own, and what it prints with ``--json``; a command may be before it."""
    command = [*before, sys.executable, "-m", "tui", "serve", *arguments, "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield process, json.loads(process.stdout.readline())
        finally:
            process.kill()


class Tab:
    """A tab of a browser, which reads all the time: the server takes a browser that answers no heartbeat for gone."""

    def __init__(self, browser: aiohttp.ClientSession, address: str) -> None:
        self._browser = browser
        self._address = address
        self._drawn = b""

    async def open(self) -> None:
        origin = {"Origin": self._address[: self._address.index("/", 7)]}
        size = "?width=80&height=24"
        self._socket = await self._browser.ws_connect(f"{self._address}viewer{size}", headers=origin)
        self._reading = asyncio.create_task(self._read())

    async def _read(self) -> None:
        async for message in self._socket:
            if message.type is aiohttp.WSMsgType.BINARY:
                self._drawn += message.data.replace(b"\x1b[6n", b"")
                await self.press("\x1b[1;1R")  # the terminal has drawn the frame

    async def until(self, words: str) -> None:
        """Wait until these words were drawn, at any time since the tab was opened."""
        async with asyncio.timeout(PATIENCE):
            while words.encode() not in self._drawn:
                assert not self._reading.done(), self._drawn[-1000:]
                await asyncio.sleep(PAUSE)

    async def press(self, keys: str) -> None:
        await self._socket.send_json(["stdin", keys])


def children(process: int) -> list[int]:
    return [one for child in children_of(process) for one in (child, *children(child))]


async def test_tabs_steer_or_look_and_no_process_outlives_the_server(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    with own_sockets(monkeypatch, tmp_path_factory), detached(tmp_path / "run") as folder:
        run = str(folder)
        with serving(run) as (first, said), serving(run, "--read-only", before=("nohup",)) as (second, of_second):
            async with aiohttp.ClientSession() as browser:
                looks, steers = Tab(browser, of_second["address"]), Tab(browser, said["address"])
                await looks.open()
                await looks.until("running")
                assert viewers_of(folder, PATIENCE) == (("browser 1",), "")
                await looks.press(" ")
                await looks.until("only looks")
                await steers.open()
                await steers.until("running")
                second.send_signal(signal.SIGHUP)
                await steers.press(" ")
                await steers.until("paused")
                await looks.until("paused")
                processes = children(first.pid), children(second.pid)
                assert all(processes)
                taken = ["serve", run, "--port", str(said["port"])]
                why_not = await asyncio.to_thread(refused, taken)
                assert f"port {said['port']} cannot be used: Address already in use" in why_not
                require_secret(said["address"].split("/")[3], [first.pid, *processes[0]])
                os.kill(second.pid, signal.SIGKILL)
                wait_for(lambda: all(map(gone, processes[1])))
                first.terminate()
                assert await asyncio.to_thread(first.wait, PATIENCE) == 0
                wait_for(lambda: all(map(gone, processes[0])))
        assert (said["port"], said["run"], said["read_only"]) == (int(said["address"][17:].split("/")[0]), run, False)
        wait_for(lambda: viewers_of(folder, PATIENCE) == ((), ""))


def require_secret(token: str, processes: list[int]) -> None:
    """The token is in nothing that other users can read of these processes."""
    for process, name in product(processes, ("cmdline", "environ", "comm")):
        with suppress(FileNotFoundError, ProcessLookupError):  # what a tab had started for a moment
            assert token.encode() not in Path(f"/proc/{process}/{name}").read_bytes()


@pytest.mark.parametrize(
    ("arguments", "why_not"),
    [
        (["nowhere"], "nowhere is not trained now, or by a program that cannot be attached to"),
        (["--port", "70000"], "port = 70000 cannot be used: 0 to 65535"),
        ([], "no run is trained that can be attached to: start one with --detach, or see list"),
    ],
)
def test_what_cannot_be_served_is_refused_in_a_line(arguments: list[str], why_not: str, tmp_path: Path) -> None:
    assert why_not in refused(["serve", *arguments], XDG_STATE_HOME=str(tmp_path))


def refused(arguments: list[str], **environment: str) -> str:
    """What the program says when it refuses a command line."""
    command = [sys.executable, "-m", "tui", *arguments]
    done = subprocess.run(command, env={**os.environ, **environment}, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert "Traceback" not in done.stderr
    return done.stderr
