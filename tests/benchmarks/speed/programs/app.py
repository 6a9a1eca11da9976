"""The app on a terminal, from its start to the first picture or to the first trained window."""

from __future__ import annotations

import os
import re
import tempfile

from tests.benchmarks.speed.programs.ours import use
from tests.benchmarks.speed.programs.prepared import CannotError, Waits

SHOWN = {"picture": r"loading", "window": r"window +[1-9]"}
"""What the screen shows by then."""


def prepare(until: str, checkout: str = "") -> Waits:
    """Ready to be started.

    Args:
        until: picture or window.
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

    def wait() -> None:
        with tempfile.TemporaryDirectory() as folder, running(environment={"XDG_STATE_HOME": folder}) as program:
            program.until(lambda text: re.search(SHOWN[until], text))

    return Waits(wait, {"Textual": textual.__version__})
