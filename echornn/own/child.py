"""The process that first checks a user's file: it reads a request from its input, and writes an answer to its
output.
"""

from __future__ import annotations

import faulthandler
import importlib
import importlib.machinery
import io
import json
import os
import re
import resource
import signal
import sys
import threading
import warnings
from collections.abc import Mapping
from functools import partial
from typing import Any, NoReturn

from echornn.own.errors import OwnError

REFUSED = ("socket.", "subprocess.", "os.", "shutil.", "ctypes.", "urllib.", "ftplib.", "pty.")
"""Prefixes of Python's audit events that a file must not cause, except those in `ALLOWED`."""

ALLOWED = (
    "os.listdir",
    "os.scandir",
    "os.putenv",
    "os.unsetenv",
    "os.add_dll_directory",
    "ctypes.dlopen",
    "ctypes.dlsym",
)
"""Audit events of importing a module."""

FRAMEWORKS = frozenset({"tensorflow", "keras", "torch", "jax", "flax"})
"""Modules that a file cannot import: their values cannot be used, and to import them takes long and opens files."""

MODULES = (*importlib.machinery.all_suffixes(), ".pyc")
"""The suffixes of files that may be read: those of Python modules."""


class NoScreen(io.TextIOBase):
    """Replaces the standard streams, since the terminal belongs to the app."""

    def __init__(self, noun: str) -> None:
        self._noun = noun

    def write(self, text: str) -> NoReturn:
        raise PermissionError(f"the {self._noun} writes to the terminal: use print, which writes to the log")


def main() -> NoReturn:
    """Check the file in the request."""
    order = json.load(sys.stdin)
    about, limits = order["about"], order["limits"]
    module, _, name = order["examine"].partition(":")
    examine = getattr(importlib.import_module(module), name)
    answers = os.dup(1)
    nothing = os.open(os.devnull, os.O_RDWR)
    for number in (0, 1):
        os.dup2(nothing, number)
    leave = os._exit
    os._exit = _refuse_exit
    _limit_memory(limits["bytes"])
    warnings.simplefilter("ignore")
    warnings.filterwarnings("error", module=f"{re.escape(about['module'])}$")
    sys.dont_write_bytecode = True
    sys.stdout = sys.stderr = NoScreen(about["noun"])
    sys.addaudithook(partial(_refuse, about))
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a KeyboardInterrupt is the file's
    faulthandler.enable(answers)
    faulthandler.dump_traceback_later(limits["seconds"], exit=True, file=answers)
    try:
        answer = {"says": examine(order["request"])}
        if threading.active_count() > 1:
            why = "starts a thread, which could keep the program from ending"
            answer = {"error": f"{about['file']}: the {about['noun']} {why}"}
    except OwnError as error:
        answer = {"error": str(error)}
    faulthandler.cancel_dump_traceback_later()
    os.write(answers, json.dumps(answer).encode())
    leave(0)


def _refuse_exit(status: int) -> NoReturn:
    raise SystemExit(status)


def _limit_memory(more: int) -> None:
    """Limit this process to ``more`` bytes beyond the memory that it uses now, if the system reports how much that
    is.
    """
    try:
        with open("/proc/self/statm") as file:
            pages = int(file.read().split()[0])
    except OSError:
        return
    most = pages * resource.getpagesize() + more
    resource.setrlimit(resource.RLIMIT_AS, (most, most))


def _refuse(about: Mapping[str, str], event: str, arguments: tuple[Any, ...]) -> None:
    """Raise an error for an audit event that makes a value depend on more than it may, or that changes something
    outside.
    """
    noun, only = about["noun"], about["only"]
    if event == "import":
        module = str(arguments[0]).partition(".")[0]
        if module in FRAMEWORKS:
            raise PermissionError(f"the {noun} imports {module}, but {about['computes']}")
    elif event == "open":
        path, _, flags = arguments
        if flags & os.O_ACCMODE != os.O_RDONLY or not str(path).endswith(MODULES):
            raise PermissionError(f"the {noun} opens {path!r}, but {only}")
    elif event.startswith(REFUSED) and event not in ALLOWED:
        raise PermissionError(f"the {noun} uses {event}, but {only}")


if __name__ == "__main__":
    main()
