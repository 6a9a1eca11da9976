"""Serves the attached app to a browser on this machine, until Ctrl+C."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from collections.abc import Mapping
from pathlib import Path

from echornn.errors import RunError
from echornn.remote.client import AddressError, viewers_of
from tui.cli.front_ends.attachable import folder_of
from tui.commands.front_end import UsageError
from tui.preferences.chosen import Preferences
from tui.term import printed
from tui.term.exit_code import ENDING_SIGNALS, ExitCode
from tui.term.printed import quoted
from tui.term.terminal import LoopSignals

OF_THE_TERMINAL = ("COLUMNS", "LINES", "NO_COLOR", "TERM_PROGRAM", "TERM_PROGRAM_VERSION", "TMUX", "STY")
"""Variables that describe the terminal of this process, and not that of a tab."""


def serve(name: str | None, port: int, read_only: bool, chosen: Preferences, as_json: bool) -> int:
    """Serve the app on the session of a run until a signal comes; returns the exit code.

    Args:
        port: on which port; 0 takes a free one.
    """
    try:
        import aiohttp
        import textual_serve

        del aiohttp, textual_serve
    except ImportError as error:
        raise UsageError("serve cannot be used without textual-serve: install echornn-tui[browser]") from error
    folder = folder_of(name).absolute()
    try:
        viewers_of(folder)
    except AddressError as error:
        raise RunError(str(error)) from error
    return asyncio.run(_serve(folder, port, read_only, chosen, as_json))


async def _serve(folder: Path, port: int, read_only: bool, chosen: Preferences, as_json: bool) -> int:
    from tui.term.browser import BrowserServer  # imported late: its packages are optional

    ended = asyncio.Event()
    heard = [number for number in ENDING_SIGNALS if signal.getsignal(number) is not signal.SIG_IGN]  # nohup
    signals = LoopSignals(dict.fromkeys(heard, ended.set))
    # nothing is imported from the current folder (-P)
    command = [sys.executable, "-P", "-m", "tui.cli.on_own_terminal", "attach", str(folder)]
    command += ["--read-only"] * read_only
    command += chosen.flags
    title = f"{folder.name} · echornn-tui"
    try:
        server = BrowserServer(title, chosen.theme, command, _environment(os.environ), port)
    except OSError as error:
        raise RunError(f"port {port} cannot be used: {os.strerror(error.errno or 0)}") from error
    await server.begin()
    try:
        address = f"http://127.0.0.1:{server.port}/{server.token}/"
        if as_json:
            printed.lines([json.dumps(record_of(folder, address, server.port, read_only))])
        else:
            printed.lines(_words(folder, address, server.port, read_only))
        printed.finish()
        await ended.wait()
    finally:
        await server.end()
        signals.end()
    return ExitCode.DONE


def record_of(folder: Path, address: str, port: int, read_only: bool) -> dict[str, str | int | bool]:
    """The JSON record of what is served."""
    return {"address": address, "port": port, "run": str(folder), "read_only": read_only}


def _words(folder: Path, address: str, port: int, read_only: bool) -> list[str]:
    """The lines that are printed at the start. The address names no host: ``localhost`` might be another user's."""
    return [
        address,
        f"shows {quoted(folder)}; whoever knows the address may {'look' if read_only else 'look and steer'}",
        f"from another machine: ssh -L {port}:127.0.0.1:{port} HOST, then open the same address there",
        "Ctrl+C ends this; the training goes on",
    ]


def _environment(own: Mapping[str, str]) -> dict[str, str]:
    """The environment of a viewer in a tab: that of this process, with the terminal in the page."""
    kept = {name: value for name, value in own.items() if name not in OF_THE_TERMINAL}
    return {**kept, "TERM": "xterm-256color", "COLORTERM": "truecolor"}
