"""Tries a user's file once in another process with a time limit, so that a mistake in it does no harm here.

This protects against mistakes, not against malice: the file is a program with all rights of its user, and afterwards it
runs in this process too.
"""

from __future__ import annotations

import faulthandler
import json
import os
import pkgutil
import re
import subprocess
import sys
from pathlib import Path
from typing import Any, NoReturn

from echornn.errors import OwnError
from echornn.own.own_file import OwnFile

SECONDS = 20.0
"""The most seconds of a try."""

START_SECONDS = 60.0
"""The most seconds that the other process may take to start, and to report where it was when its time was over."""


def try_apart(own: OwnFile, function: str, **request: Any) -> None:
    """Call a function with a file in another process.

    Args:
        function: MODULE:NAME; it gets the file's path, name and text, and the request, and raises an `OwnError` if the
            file cannot be used.
        request: JSON values.

    Raises:
        OwnError: the function raised it, the process gave no answer, or the text is not trusted; one line that names
            the place in the file.
    """
    own.require_trusted()
    order = {"function": function, "request": {**own.as_record(), **request}, "seconds": SECONDS}
    path = [str(Path(__file__).parents[2]), *filter(None, [os.environ.get("PYTHONPATH")])]
    try:
        done = subprocess.run(
            [sys.executable, "-P", "-W", "ignore", "-m", "echornn.own.worker"],
            input=json.dumps(order).encode(),
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(path)},
            start_new_session=True,  # Ctrl+C ends this process, which then ends the other
            timeout=SECONDS + START_SECONDS,
        )
    except subprocess.TimeoutExpired as error:
        raise own.error(f"{own.file}: the {own.noun} was still busy after {SECONDS:g} s", is_placed=True) from error
    answer = done.stdout.decode(errors="replace")
    if not answer.startswith("{"):
        where = re.search(rf'File "{re.escape(own.file)}", line (\d+)', answer)
        place = f"{own.file}:{where[1]}" if where else own.file
        why = f"was still busy after {SECONDS:g} s" if answer.startswith("Timeout") else "ended its process"
        raise own.error(f"{place}: the {own.noun} {why}", is_placed=True)
    if error_text := json.loads(answer)["error"]:
        raise own.error(error_text, is_placed=True)


def main() -> NoReturn:
    """Carry out the order that is read from the input, in the other process."""
    order = json.load(sys.stdin)
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what the file writes is no answer
    function = pkgutil.resolve_name(order["function"])
    faulthandler.dump_traceback_later(order["seconds"], exit=True, file=answers)
    error_text = ""
    try:
        function(**order["request"])
    except OwnError as error:
        error_text = str(error)
    faulthandler.cancel_dump_traceback_later()
    json.dump({"error": error_text}, answers)
    answers.flush()
    os._exit(0)  # threads of the file do not keep the process


if __name__ == "__main__":
    main()
