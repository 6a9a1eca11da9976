"""Shows a session in a browser on this machine, or gives each tab a network of its own."""

from __future__ import annotations

import asyncio
import importlib
import os
import signal
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from echornn import ConfigError, EchoConfig, RunError
from echornn.remote.client import viewers_of
from echornn.runtime.user_folders import state_folder
from echornn.runtime.visitor import VISITOR
from echornn.training.memory import bytes_needed, usable_bytes
from tui.cli.attach import folder_of
from tui.cli.do import lesson_in
from tui.cli.flags import ScreenFlags
from tui.cli.preferences import Preferences, preferences
from tui.cli.rows import Record, emit
from tui.term import printed, terminal
from tui.term.exit_code import ENDING_SIGNALS, ExitCode, UsageError
from tui.text.command_line import flags_text

# Variables that describe the terminal of this process, and not that of a tab
OF_THE_TERMINAL = {
    "COLUMNS",
    "LINES",
    "NO_COLOR",
    "TERM_PROGRAM",
    "TERM_PROGRAM_VERSION",
    "TMUX",
    "STY",
}
# Measured on two cores, for a tour with TensorFlow and all views: 0.77 GB resident, of which
# 0.43 GB are files that visitors share
BYTES_OF_A_TOUR = 700 << 20
SEEDS = 64  # of the tutorial's network, for which a visitor has room: as the key for seeds trains


@dataclass(frozen=True)
class Shown:
    """What each tab shows."""

    folder: Path  # of the run, or of the runs of all visitors
    title: str
    words: list[str]  # of the command that shows it
    room: int | None = None  # for so many visitors


def serve(
    run: str | None = None,
    /,
    *,
    each: Path | None = None,
    out: Path | None = None,
    port: int = 0,
    read_only: bool = False,
    json: bool = False,
    screen: ScreenFlags | None = None,
) -> int:
    """Show a run that another program of yours trains in a browser on this machine, under a secret
    address.

    Args:
        run: Folder or name of the run; by default the newest that can be attached to.
        each: Instead, give each tab a network of its own, with this lesson (see tour).
        out: With --each: the folder for all their runs and answers, new or empty; by default in
            your state folder.
        port: The port to listen on, 0 to 65535; 0 takes a free one.
        read_only: Only look: the session refuses every command from these tabs.
        json: Print the address as a JSON line.
    """
    if not 0 <= port <= 65535:
        raise ConfigError("port", port, "0 to 65535")
    chosen = preferences(screen)
    try:
        importlib.import_module("tui.term.browser")
    except ImportError as error:
        raise UsageError(
            "serve cannot be used without textual-serve: install echornn-tui[browser]"
        ) from error
    if each is not None:
        if run is not None or read_only:
            raise UsageError("--each shows no run: it cannot be used with RUN or --read-only")
        shown = _lesson_for_each(each, out)
    elif out is not None:
        raise UsageError("--out is for the runs of --each")
    else:
        shown = _shown_run(run, read_only)
    asyncio.run(_serve(shown, chosen, port, read_only, json))
    return ExitCode.DONE


def _shown_run(run: str | None, read_only: bool) -> Shown:
    folder = folder_of(run).absolute()
    viewers_of(folder)  # an AddressError if there is no session
    flags = flags_text({"own_terminal": True, "read_only": read_only})
    return Shown(folder, folder.name, ["attach", str(folder), *flags])


def _lesson_for_each(lesson: Path, out: Path | None) -> Shown:
    """A lesson, for as many visitors as there is memory. From here on this process and theirs read
    no file that the lesson or a visitor names."""
    networks = bytes_needed(EchoConfig(), SEEDS)
    room = usable_bytes() // (BYTES_OF_A_TOUR + networks)
    os.environ[VISITOR] = str(networks)
    lesson_in(lesson)  # a UsageError before anything is made
    folder = out or state_folder() / "visits" / time.strftime("%Y-%m-%d_%H-%M-%S")
    folder.mkdir(parents=True, exist_ok=True)
    if any(folder.iterdir()):
        raise UsageError(f"out = {str(folder)!r} cannot be used: it is not empty")
    folder = folder.absolute()
    return Shown(folder, lesson.name, ["tour", str(lesson), "--visits", str(folder)], room)


async def _serve(
    shown: Shown, chosen: Preferences, port: int, read_only: bool, as_json: bool
) -> None:
    """Serve until a signal comes."""
    from tui.term.browser import BrowserServer

    ended = asyncio.Event()
    # One that is ignored stays so: under nohup, a hangup
    heard = [number for number in ENDING_SIGNALS if signal.getsignal(number) is not signal.SIG_IGN]
    signals = terminal.LoopSignals(dict.fromkeys(heard, ended.set))
    command = [*terminal.PROGRAM, *shown.words, *chosen.as_flags]
    kept = {name: value for name, value in os.environ.items() if name not in OF_THE_TERMINAL}
    environment = {**kept, "TERM": "xterm-256color", "COLORTERM": "truecolor"}
    title = f"{shown.title} · echornn-tui"
    try:
        server = BrowserServer(title, chosen.theme, command, environment, port, shown.room)
    except OSError as error:
        reason = os.strerror(error.errno or 0)
        raise RunError(f"port {port} cannot be used: {reason}") from error
    await server.begin()
    record: Record = {
        # it names no host: ``localhost`` might be another user's
        "address": f"http://127.0.0.1:{server.port}/{server.token}/",
        "port": server.port,
        "run": str(shown.folder),
        "read_only": read_only,
    }
    if shown.room is not None:
        record["room"] = shown.room
    try:
        emit([record], as_json, _address_lines)
        printed.finish()
        await ended.wait()
    finally:
        await server.end()
        signals.end()


def _address_lines(records: Iterable[Record]) -> Iterator[str]:
    for record in records:
        port, folder = record["port"], printed.quoted(record["run"])
        yield record["address"]
        if "room" in record:
            goes_on = f"see the runs with: echornn-tui list {folder}"
            yield f"gives each tab a network of its own, in {folder}; room for {record['room']}"
        else:
            goes_on = "the training goes on"
            may = "look" if record["read_only"] else "look and steer"
            yield f"shows {folder}; whoever knows the address may {may}"
        yield (
            f"from another machine: ssh -L {port}:127.0.0.1:{port} HOST, then open the same "
            "address there"
        )
        yield f"Ctrl+C ends this; {goes_on}"
