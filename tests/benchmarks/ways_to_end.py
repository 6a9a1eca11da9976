"""Tries every way to end the app in every state: exit code, terminal, seconds, windows saved.

`python -m tests.benchmarks.ways_to_end [word]...` tries only states and ways whose names contain one of the words.
"""

from __future__ import annotations

import os
import re
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from echornn.errors import RunError
from echornn.runs.run_dir import Run
from tests.program import Program, gone, running

ENDLESS = "1000000"
PER_EPOCH = 666


@dataclass(frozen=True)
class State:
    """A state of the app in which it is ended: flags, a word on the screen, and a key that leads to the state."""

    flags: tuple[str, ...]
    word: str
    key: str = ""
    trains: bool = True


STATES = {
    "loading": State((), "loading TensorFlow", trains=False),
    "compiling": State((), "compiling", trains=False),
    "running, 100 a second": State(("--speed", "100"), "running"),
    "running, full speed": State(("--speed", "max", "--num-epochs", ENDLESS), "running"),
    "paused": State(("--speed", "100"), "paused", key=" "),
    "finished": State(("--speed", "max", "--num-epochs", "3"), "finished"),
}

Way = Callable[[Program], None]


WAYS: dict[str, Way] = {
    "SIGHUP": lambda program: os.kill(program.pid, signal.SIGHUP),
    "SIGTERM": lambda program: os.kill(program.pid, signal.SIGTERM),
    "SIGINT": lambda program: os.kill(program.pid, signal.SIGINT),
    "SIGTERM to both": lambda program: os.killpg(program.pid, signal.SIGTERM),
    "terminal closed": Program.close_terminal,
    "terminal closed, hangup ignored": Program.close_terminal,
    "kill -9 of the app": lambda program: os.kill(program.app, signal.SIGKILL),
    "kill -9 of its guardian": lambda program: os.kill(program.guardian, signal.SIGKILL),
}


def saved(folder: Path) -> int:
    """The number of windows that a resumed run would have."""
    try:
        return Run.read(folder).trained
    except RunError:
        return 0


def shown(text: str) -> int:
    """The number of windows on the status line."""
    epoch, window = (int(re.findall(rf"{name} +(\d+)/", text)[0]) for name in ("epoch", "window"))
    return (epoch - 1) * PER_EPOCH + window


def measure(state: State, way: str, folder: Path) -> tuple[str, ...]:
    """End a new run in this state in this way; returns exit code, terminal, seconds, windows saved and windows
    shown.
    """
    ignored, under_a_shell = "ignored" in way, "guardian" in way
    arguments = ("--run", str(folder), *state.flags)
    with running(*arguments, ignore_hangup=ignored, under_a_shell=under_a_shell) as program:
        if state.key:
            program.until(lambda text: "running" in text and saved(folder))
            program.press(state.key)
        program.until(lambda text: state.word in text and (saved(folder) or not state.trains))
        app, count = program.app, shown(program.text)
        begun = time.perf_counter()
        WAYS[way](program)
        if "closed" in way:
            code, mended = str(program.ended()), "gone"
        elif "guardian" in way:
            program.until(lambda _: b"code " in program.output and gone(app))
            code, mended = program.output.split(b"code ")[1][:3].decode(), "mended" if program.mended else "LEFT"
        else:
            code, mended = str(program.ended()), "mended" if program.mended else "LEFT"
        seconds = time.perf_counter() - begun
        if not gone(app):
            mended += ", APP STILL THERE"
    return code, mended, f"{seconds:.2f}", f"{saved(folder):,}", f"{count:,}"


def main() -> None:
    words = sys.argv[1:] or [""]
    print("state | ended by | exit code | terminal | seconds | windows saved | windows shown just before")
    with tempfile.TemporaryDirectory() as name:
        for state in STATES:
            for way in WAYS:
                if any(word in f"{state} {way}" for word in words):
                    row = measure(STATES[state], way, Path(name) / f"{state}-{way}")
                    print(state, way, *row, sep=" | ", flush=True)


if __name__ == "__main__":
    main()
