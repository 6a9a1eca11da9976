"""The first check of a user's file, in another process with limits, so that the file can do no harm here.

Limits of time and memory need another process: nothing can stop a loop in this one, and using too much memory would end
it. An exit ends only that process. This protects against mistakes, not against malice: the file is a program with all
rights of its user, and after the check it runs in this process too.
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from echornn.own.own_file import OwnFile

START_SECONDS = 60.0
"""The most seconds that the other process may take to start, and to report where it was when it reached a limit."""


@dataclass(frozen=True)
class Limits:
    """The limits of a check: seconds of elapsed time, and bytes of memory beyond those of Python and NumPy."""

    seconds: float = 20.0
    bytes: int = 1 << 31


def answer_of(own: OwnFile, examine: str, request: Mapping[str, Any], limits: Limits) -> str:
    """What a function says about a file in another process.

    Args:
        own: the file.
        examine: the function, MODULE:NAME; it gets the request, and returns text or raises an `OwnError`.
        request: JSON values.
        limits: the limits of the other process.

    Raises:
        OwnError: the function raised it, the process gave no answer, or the text is not trusted; one line that names
            the place in the file.
    """
    own.require_trusted()
    about = {"file": own.file, "module": own.module, "noun": own.noun, "only": own.only, "computes": own.computes}
    order = {"about": about, "examine": examine, "request": dict(request), "limits": asdict(limits)}
    command = [sys.executable, "-P", "-m", "echornn.own.child"]
    path = [str(Path(__file__).parents[2]), *filter(None, [os.environ.get("PYTHONPATH")])]
    try:
        done = subprocess.run(
            command,
            input=json.dumps(order).encode(),
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(path), "PYTHONHASHSEED": "random"},
            start_new_session=True,
            timeout=limits.seconds + START_SECONDS,
        )
    except subprocess.TimeoutExpired as error:
        says = f"{own.file}: the {own.noun} was still busy after {error.timeout:g} s"
        raise own.error(says, is_placed=True) from error
    said = done.stdout.decode(errors="replace")
    if not said.startswith("{"):
        raise own.error(_without_answer(own, said, done.returncode, limits), is_placed=True)
    answer = json.loads(said)
    if "error" in answer:
        raise own.error(answer["error"], is_placed=True)
    return str(answer["says"])


def _without_answer(own: OwnFile, said: str, status: int, limits: Limits) -> str:
    """The message if the process gave no answer; it says where the process was, if that was written
    (`faulthandler`).
    """
    file = own.file.encode("ascii", "backslashreplace").decode()
    where = re.search(rf'File "{re.escape(file)}", line (\d+)', said)
    place = f"{own.file}:{where[1]}" if where else own.file
    if said.startswith("Timeout"):
        return f"{place}: the {own.noun} was still busy after {limits.seconds:g} s"
    how = f"signal {signal.Signals(-status).name}" if status < 0 else f"exit status {status}"
    return f"{place}: the {own.noun} ended the process in which it was checked ({how})"
