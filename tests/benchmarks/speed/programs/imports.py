"""Starts Python with only the imports that every app of this kind needs."""

from __future__ import annotations

import resource
import subprocess
import sys

from tests.benchmarks.speed.programs.prepared import Waits

IMPORTS = {"picture": "import numpy, textual.app", "window": "import numpy, textual.app, tensorflow"}
"""The import statement, by the event that is waited for."""


def prepare(until: str, keeps_programs: bool = False) -> Waits:
    """A program that is ready to be started."""
    command = [sys.executable, "-c", IMPORTS[until]]

    def wait() -> float:
        before = seconds_of_children()
        subprocess.run(command, check=True, stderr=subprocess.DEVNULL)
        return seconds_of_children() - before

    return Waits(wait, {})


def seconds_of_children() -> float:
    """Processor seconds of all child processes that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
