"""The first run of a user's file, in another process, where it may loop, crash or fork.

This protects from mistakes, not from malice: the file has all rights of its user.
"""

from __future__ import annotations

import faulthandler
import json
import os
import pkgutil
import re
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, NoReturn

from echornn.errors import OwnError
from echornn.runtime import quiet

SECONDS = 20.0  # of a trial; chosen by eye
START_SECONDS = 60.0  # beside it, to import TensorFlow, and to report where it was at the end


def failure_of(noun: str, function: str, request: Mapping[str, Any]) -> str:
    """Why MODULE:NAME fails with a user's file, in a line that names the place; empty if it does
    not.

    Args:
        noun: what the file defines.
        request: the arguments by name, as JSON values, among them ``file`` and ``text``.
    """
    answer = _answer({"function": function, "request": request, "seconds": SECONDS})
    if answer.startswith("{"):
        return str(json.loads(answer)["error"])

    # The process has ended by itself, or by the traceback of `faulthandler`
    place = file = request["file"]
    line = re.search(rf'File "{re.escape(file)}", line (\d+)', answer)
    if line:
        place = f"{file}:{line[1]}"
    if answer.startswith("Timeout"):
        return f"{place}: the {noun} was still busy after {SECONDS:g} s"
    return f"{place}: the {noun} ended its process"


def _answer(order: Mapping[str, Any]) -> str:
    """What `main` answers in another process; none of the processes that it has started is left."""
    path = str(Path(__file__).parents[2])
    if os.environ.get("PYTHONPATH"):
        path += os.pathsep + os.environ["PYTHONPATH"]

    # Not in a pipe, which whatever the file has started could keep open
    with tempfile.TemporaryFile() as answers:
        with subprocess.Popen(
            [sys.executable, "-P", "-W", "ignore", "-m", __name__],
            stdin=subprocess.PIPE,
            stdout=answers,
            env={**os.environ, "PYTHONPATH": path},
            start_new_session=True,  # Ctrl+C ends this process, which then ends the others
        ) as process:
            assert process.stdin is not None
            try:
                with suppress(BrokenPipeError):
                    process.stdin.write(f"{json.dumps(order)}\n".encode())
                    process.stdin.flush()  # and it stays open: see `_end_with_parent`
                process.wait(SECONDS + START_SECONDS)
            except subprocess.TimeoutExpired:
                return "Timeout"
            finally:
                # As a rule none is left; macOS gives no permission if only zombies are
                with suppress(ProcessLookupError, PermissionError):
                    os.killpg(process.pid, signal.SIGKILL)
        answers.seek(0)
        return answers.read().decode(errors="replace")


def prepare_for(text: str) -> None:
    """Import TensorFlow without its log lines, if the text may do so."""
    if "import tensorflow" in text:
        quiet.import_tensorflow()


# ---- in the other process


def main() -> NoReturn:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # so a KeyboardInterrupt is the file's own
    order = json.loads(sys.stdin.readline())
    threading.Thread(target=_end_with_parent, args=[os.dup(0)], daemon=True).start()
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what the file writes is no answer

    function = pkgutil.resolve_name(order["function"])
    prepare_for(order["request"]["text"])
    faulthandler.dump_traceback_later(order["seconds"], exit=True, file=answers)
    sys.addaudithook(_refuse_to_fork)
    error_text = ""
    try:
        function(**order["request"])
    except OwnError as error:
        error_text = str(error)
    faulthandler.cancel_dump_traceback_later()

    json.dump({"error": error_text}, answers)
    answers.flush()
    os._exit(0)  # threads of the file do not keep the process


def _refuse_to_fork(event: str, _: object) -> None:
    """The copy would go on as the app, and hold its run's lock; `subprocess` starts others."""
    if event in ("os.fork", "os.forkpty"):
        raise PermissionError("it must not fork: the copy would be this program a second time")


def _end_with_parent(stdin: int) -> NoReturn:
    os.read(stdin, 1)  # nothing comes but the end, when the process that has asked is gone
    os.killpg(0, signal.SIGKILL)
    os._exit(1)


if __name__ == "__main__":
    main()
