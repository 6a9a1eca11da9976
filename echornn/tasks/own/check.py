"""The first check of a user's task, in another process with limits, so that the file can do no harm here.

Limits of time and memory need another process: nothing can stop a loop in this one, and using too much memory would end
it. An exit ends only that process. This protects against mistakes, not against malice: the file is a program with all
rights of its user, and after the check it runs in this process too.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from echornn import seeding
from echornn.tasks.checked_task import draw_rows, ladder, lags_of_steps, solved_level, trial_length
from echornn.tasks.own.own_file import OwnFile
from echornn.tasks.task import Batch, Task, TaskError
from echornn.tasks.task_errors import blaming_method

START_SECONDS = 60.0
"""The most seconds that the other process may take to start, and to report where it was when it reached a limit."""


@dataclass(frozen=True)
class Limits:
    """The limits of a check: seconds of elapsed time, and bytes of memory beyond those of Python and NumPy."""

    seconds: float = 20.0
    bytes: int = 1 << 31


def check(
    own: OwnFile,
    values: Mapping[str, object] | None = None,
    rows: int = 5,
    steps: int = 1000,
    limits: Limits | None = None,
) -> Task:
    """The task of a file that was not used before, checked, with these values of its settings.

    Args:
        own: the file.
        values: the settings that differ from their defaults.
        rows, steps: the shape of the data that is drawn as a test, if possible the same as in training; a row has at
            least one trial.
        limits: the limits of the other process.

    Raises:
        TaskError: the task is invalid; the message is one line that names the place in the file.
    """
    values, limits = values or {}, limits or Limits()
    order = {"own": own.as_record(), "values": dict(values), "rows": rows, "steps": steps, "limits": asdict(limits)}
    command = [sys.executable, "-P", "-m", "echornn.tasks.own.child"]
    path = [str(Path(__file__).parents[3]), *filter(None, [os.environ.get("PYTHONPATH")])]
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
        raise TaskError(f"{own.file}: the task was still busy after {error.timeout:g} s") from error
    said = done.stdout.decode(errors="replace")
    if not said.startswith("{"):
        raise TaskError(_without_answer(own, said, done.returncode, limits))
    answer = json.loads(said)
    if "error" in answer:
        raise TaskError(answer["error"])
    task = own.task(values)
    steps = max(steps, trial_length(task) or 1)
    if digest_of(first_data(task, rows, steps)) != answer["digest"]:
        with blaming_method(task, "draw"):
            raise TaskError(
                "draw returns different data in another process: it may depend on the order of a set, or on a hash"
            )
    return task


def examine(own: OwnFile, values: Mapping[str, object], rows: int, steps: int) -> str:
    """A digest of the data that the task draws first, after all checks that one process can do.

    Raises:
        TaskError: a check has failed.
    """
    task = own.task(values)
    steps = max(steps, trial_length(task) or 1)
    batch = first_data(task, rows, steps)
    digest = digest_of(batch)
    draw_rows(task, seeding.stream(1, seeding.DATA, 0, 1), rows + 1, steps + 1)
    with blaming_method(task, "draw"):
        if digest_of(batch) != digest:
            raise TaskError("draw changes the arrays that it returned before: make new ones each time")
        if digest_of(first_data(task, rows, steps)) != digest:
            raise TaskError("draw returns different data for the same rng: all random numbers must come from that rng")
    ladder(task, rows, steps)
    solved_level(task, rows, steps)
    lags_of_steps(task, 0, trial_length(task) or steps)
    return digest


def first_data(task: Task, rows: int, steps: int) -> Batch:
    """The data that is drawn as a test."""
    return draw_rows(task, seeding.stream(0, seeding.DATA, 0, 0), rows, steps)


def digest_of(batch: Batch) -> str:
    """A hash of the data."""
    return hashlib.sha256(b"".join(a.tobytes() for a in (batch.x, batch.y, batch.scored))).hexdigest()


def _without_answer(own: OwnFile, said: str, status: int, limits: Limits) -> str:
    """The message if the process gave no answer; it says where the process was, if that was written
    (`faulthandler`).
    """
    file = own.file.encode("ascii", "backslashreplace").decode()
    where = re.search(rf'File "{re.escape(file)}", line (\d+)', said)
    place = f"{own.file}:{where[1]}" if where else own.file
    if said.startswith("Timeout"):
        return f"{place}: the task was still busy after {limits.seconds:g} s"
    how = f"signal {signal.Signals(-status).name}" if status < 0 else f"exit status {status}"
    return f"{place}: the task ended the process in which it was checked ({how})"
