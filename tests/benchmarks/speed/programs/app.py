"""The app on a terminal, from its start to the first picture or to the first trained window."""

from __future__ import annotations

import os
import re
import tempfile
from pathlib import Path

from tests.benchmarks.speed.programs.ours import use
from tests.benchmarks.speed.programs.prepared import CannotError, Waits

SHOWN = {"picture": r"loading", "window": r"window +[1-9]"}
"""What the screen shows by then."""


def prepare(until: str, keeps_programs: bool = False, checkout: str = "") -> Waits:
    """Ready to be started.

    Args:
        until: picture or window.
        keeps_programs: start with the compiled program that the start before has left on disk, else compile.
        checkout: the folder of the version to be measured; unset, this one.
    """
    use(checkout)
    if checkout:
        os.environ["PYTHONPATH"] = checkout
        os.chdir(checkout)
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


def seconds_of_processors(pid: int) -> float:
    """What a process has used with all that it has started, in steps of 10 ms."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    ticks = sum(int(field) for field in fields[11:15])  # its own, in user and in system mode, and of those that ended
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return ticks / os.sysconf("SC_CLK_TCK") + sum(seconds_of_processors(int(child)) for child in children)
