"""Runs the program from its start to the first frame, to the first trained window, or to the end of
a sweep."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile

from tests.benchmarks.speed.program import CannotError, Waits
from tests.benchmarks.speed.programs.ours import use

SHOWN = {"picture": r"loading", "window": r"window +[1-9]"}
"""The text on the app's screen that ends the waiting."""

SWEEP = [
    *("--grid", "echo_step=1..20", "--grid", "cell=rnn,gru,lstm"),
    *("--state-size", "16", "--init", "glorot", "--num-epochs", "3", "--seed", "0"),
]

IMPORTS = {
    "picture": "import numpy, textual.app",
    "window": "import numpy, textual.app, tensorflow",
}
"""What every app of this kind has to import, by the event that is waited for."""


def imports(until: str, keeps_programs: bool = False) -> Waits:
    """Python with only these imports."""
    command = [sys.executable, "-c", IMPORTS[until]]
    return Waits(lambda: subprocess.run(command, check=True, stderr=subprocess.DEVNULL), {})


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

    def wait() -> None:
        with running(environment=environment) as program:
            program.matches(SHOWN[until])

    return Waits(wait, {"Textual": textual.__version__}, home)


def sweep() -> None:
    """Train echo steps 1 to 20 with three cells and 16 seeds, with a worker per processor."""
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "XDG_CACHE_HOME": f"{folder}/cache"}
        command = [sys.executable, "-m", "tui", "sweep", "--headless", "--out", f"{folder}/sweep"]
        subprocess.run([*command, *SWEEP], check=True, env=environment, stdout=subprocess.DEVNULL)
