"""Runs the program from its start to the first frame, to the first trained window, or to the end of a sweep."""

from __future__ import annotations

import os
import re
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.benchmarks.speed.program import CannotError, Waits
from tests.benchmarks.speed.programs.ours import use

SHOWN = {"picture": r"loading", "window": r"window +[1-9]"}
"""The text on the app's screen that ends the waiting."""

SWEEP = [
    *("--grid", "echo_step=1..20", "--grid", "cell=rnn,gru,lstm"),
    *("--state-size", "16", "--init", "glorot", "--num-epochs", "3", "--seed", "0"),
]

IMPORTS = {"picture": "import numpy, textual.app", "window": "import numpy, textual.app, tensorflow"}
"""What every app of this kind has to import, by the event that is waited for."""


def imports(until: str, keeps_programs: bool = False) -> Waits:
    """Python with only these imports."""
    command = [sys.executable, "-c", IMPORTS[until]]

    def wait() -> float:
        before = seconds_of_children()
        subprocess.run(command, check=True, stderr=subprocess.DEVNULL)
        return seconds_of_children() - before

    return Waits(wait, {})


def prepare(until: str, keeps_programs: bool = False, checkout: str = "") -> Waits:
    """A program that is ready to be started.

    Args:
        until: picture, window, or map (the end of a sweep).
        keeps_programs: whether to use the compiled program that an earlier start has left on disk.
        checkout: the folder of the version to measure; by default this version.
    """
    use(checkout)
    if checkout:
        os.environ["PYTHONPATH"] = checkout
        os.chdir(checkout)
    if until == "map":
        return Waits(sweep, {}, warms=False)
    try:
        import textual

        from tests.program import running
    except ImportError as error:
        raise CannotError(f"{error.name} is not installed") from None

    home = tempfile.TemporaryDirectory()
    environment = {
        "XDG_STATE_HOME": f"{home.name}/state",
        "XDG_CACHE_HOME": f"{home.name}/cache",
        "ECHORNN_KEEP_PROGRAMS": str(int(keeps_programs)),
    }

    def wait() -> float:
        with running(environment=environment) as program:
            program.until(lambda text: re.search(SHOWN[until], text))
            return seconds_of_processors(program.pid)

    return Waits(wait, {"Textual": textual.__version__}, home)


def sweep() -> float:
    """Train echo steps 1 to 20 with three cells and 16 seeds, with a worker per processor; returns processor
    seconds.
    """
    before = seconds_of_children()
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "XDG_CACHE_HOME": f"{folder}/cache"}
        command = [sys.executable, "-m", "tui", "sweep", "--headless", "--out", f"{folder}/sweep", *SWEEP]
        subprocess.run(command, check=True, env=environment, stdout=subprocess.DEVNULL)
    return seconds_of_children() - before


def seconds_of_children() -> float:
    """Processor seconds of all child processes that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def seconds_of_processors(pid: int) -> float:
    """Processor seconds of a process and of all that it has started, in steps of 10 ms."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    # of the process and of its ended children, in user and in system mode
    ticks = sum(int(field) for field in fields[11:15])
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return ticks / os.sysconf("SC_CLK_TCK") + sum(seconds_of_processors(int(child)) for child in children)
