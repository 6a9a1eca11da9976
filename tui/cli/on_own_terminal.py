"""Runs the command ``echornn-tui`` with standard input as its controlling terminal; for ``python -m``."""

from __future__ import annotations

import fcntl
import signal
import termios
from typing import NoReturn

from tui.__main__ import main as run
from tui.term.exit_code import ENDING_SIGNALS


def main() -> NoReturn:
    """Take the terminal, so that its changes of size and its end reach this process; then run the command.

    Signals that the server ignores (``nohup``, ``&`` in a script) are about its own terminal, and not about this one.
    """
    for number in ENDING_SIGNALS:
        signal.signal(number, signal.SIG_DFL)
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)
    run()


if __name__ == "__main__":
    main()
