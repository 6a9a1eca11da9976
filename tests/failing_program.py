"""The program with one function that fails, as if by a bug or a disk error, on all threads except the first.

`python -m tests.failing_program ARGUMENT ...` works like `python -m tests.scripted_program ARGUMENT ...`. The
environment variable `FAILING` names the function as ``package.module:Class.method``; with ``!disk`` after it, the error
is a full disk.
"""

from __future__ import annotations

import errno
import os
import pkgutil
import threading
from typing import Any, NoReturn
from unittest.mock import patch

from tests.scripted_program import main as run_program


def main() -> NoReturn:
    """Run the command, and exit."""
    name, _, disk = os.environ["FAILING"].partition("!")
    real = pkgutil.resolve_name(name)

    def failing(*arguments: Any, **named: Any) -> Any:
        if threading.current_thread() is threading.main_thread():
            return real(*arguments, **named)
        if disk:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "results/KEY.json")
        raise TypeError("a fault of the program")

    with patch(name.replace(":", "."), failing):
        run_program()


if __name__ == "__main__":
    main()
