"""Python, and imports that no app of this kind can do without, alone."""

from __future__ import annotations

import resource
import subprocess
import sys

from tests.benchmarks.speed.programs.prepared import Waits

IMPORTS = {"picture": "import numpy, textual.app", "window": "import numpy, textual.app, tensorflow"}
"""By what is waited for."""


def prepare(until: str, keeps_programs: bool = False) -> Waits:
    """Ready to be started."""
    command = [sys.executable, "-c", IMPORTS[until]]

    def wait() -> float:
        before = seconds_of_children()
        subprocess.run(command, check=True, stderr=subprocess.DEVNULL)
        return seconds_of_children() - before

    return Waits(wait, {})


def seconds_of_children() -> float:
    """What the processes that ended have used of the processors."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
