"""Runs the command ``echornn-tui`` with standard input as its controlling terminal; for ``python -m``."""

from __future__ import annotations

import fcntl
import termios
from typing import NoReturn

from tui.__main__ import main as run


def main() -> NoReturn:
    """Take the terminal, so that its changes of size and its end reach this process; then run the command."""
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)
    run()


if __name__ == "__main__":
    main()
