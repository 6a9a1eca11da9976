"""Python, and imports that no app of this kind can do without, alone."""

from __future__ import annotations

import os
import subprocess
import sys

from tests.benchmarks.speed.programs.prepared import Waits

IMPORTS = {"picture": "import numpy, textual.app", "window": "import numpy, textual.app, tensorflow"}
"""By what is waited for."""


def prepare(until: str) -> Waits:
    """Ready to be started."""
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"}
    command = [sys.executable, "-c", IMPORTS[until]]

    def wait() -> None:
        subprocess.run(command, check=True, env=environment, stderr=subprocess.DEVNULL)

    return Waits(wait, {})
