"""A run that trains in the background, without TensorFlow."""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tests.patience import wait_for
from tests.program import gone, running


@contextmanager
def detached(folder: Path, speed: float = 20, *arguments: str) -> Iterator[Path]:
    """Train a run in this folder in the background, at so many windows a second, until the end of the block."""
    command = ("--detach", "--run", str(folder), "--speed", f"{speed:g}", *arguments)
    with running(*command, width=200, scripted=True) as program:
        text = program.until(lambda text: "end it with" in text)
        assert program.ended() == 0
    process = int(re.findall(r"process (\d+)", text)[0])
    try:
        yield folder
    finally:
        with suppress(ProcessLookupError):
            os.kill(process, signal.SIGKILL)
        wait_for(lambda: gone(process))
