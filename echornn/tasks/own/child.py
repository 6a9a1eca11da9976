"""The process in which a user's task is checked first: reads an order from its input, and answers on its output."""

from __future__ import annotations

import faulthandler
import importlib.machinery
import io
import json
import os
import re
import resource
import sys
import threading
import warnings
from typing import Any, NoReturn

from echornn.tasks.own.check import Limits, examine
from echornn.tasks.own.own_file import OwnFile
from echornn.tasks.task import TaskError

REFUSED = ("socket.", "subprocess.", "os.", "shutil.", "ctypes.", "urllib.", "ftplib.", "pty.")
"""Events of Python (its audit events) of which none belongs into a task, but for those of `ALLOWED`."""

ALLOWED = (
    "os.listdir",
    "os.scandir",
    "os.putenv",
    "os.unsetenv",
    "os.add_dll_directory",
    "ctypes.dlopen",
    "ctypes.dlsym",
)
"""Events of importing a module."""

MODULES = (*importlib.machinery.all_suffixes(), ".pyc")
"""How the names of files end that may be read: those of Python's modules."""


class NoScreen(io.TextIOBase):
    """Takes the place of the terminal, which belongs to the app."""

    def write(self, text: str) -> NoReturn:
        raise PermissionError("it writes to the terminal: use print, which writes to the log")


def main() -> NoReturn:
    """Check the task of the order."""
    order = json.load(sys.stdin)
    own, limits = OwnFile(**order["own"]), Limits(**order["limits"])
    answers = os.dup(1)
    nothing = os.open(os.devnull, os.O_RDWR)
    for number in (0, 1):
        os.dup2(nothing, number)
    leave = os._exit
    os._exit = _refuse_exit
    _limit_memory(limits.bytes)
    warnings.simplefilter("ignore")
    warnings.filterwarnings("error", module=f"{re.escape(own.module)}$")
    sys.dont_write_bytecode = True
    sys.stdout = sys.stderr = NoScreen()
    sys.addaudithook(_refuse)
    faulthandler.enable(answers)
    faulthandler.dump_traceback_later(limits.seconds, exit=True, file=answers)
    try:
        answer = {"digest": examine(own, order["values"], order["rows"], order["steps"])}
        if threading.active_count() > 1:
            raise TaskError(f"{own.file}: it starts a thread, which could keep the program from ending")
    except TaskError as error:
        answer = {"error": str(error)}
    faulthandler.cancel_dump_traceback_later()
    os.write(answers, json.dumps(answer).encode())
    leave(0)


def _refuse_exit(status: int) -> NoReturn:
    raise SystemExit(status)


def _limit_memory(more: int) -> None:
    """Let this process have only so many bytes more than it has, where the system says how many it has."""
    try:
        with open("/proc/self/statm") as file:
            pages = int(file.read().split()[0])
    except OSError:
        return
    most = pages * resource.getpagesize() + more
    resource.setrlimit(resource.RLIMIT_AS, (most, most))


def _refuse(event: str, arguments: tuple[Any, ...]) -> None:
    """Raise an error at what makes data depend on more than the rng, or changes something outside."""
    if event == "open":
        path, _, flags = arguments
        if flags & os.O_ACCMODE != os.O_RDONLY or not str(path).endswith(MODULES):
            raise PermissionError(f"it opens {path!r}, but data has to come from the rng alone")
    elif event.startswith(REFUSED) and event not in ALLOWED:
        raise PermissionError(f"it uses {event}, but data has to come from the rng alone")


if __name__ == "__main__":
    main()
