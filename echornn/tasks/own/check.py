"""The first check of a user's task, in a process with limits, so that whatever the file does harms nothing here.

Limits of time and memory need another process: nothing can stop a loop in this one, and too much memory would end it.
Exits end only that process. This is a guard against mistakes, not against malice: a task's file is a program, run with
all rights of its user, and after the check in this process too.
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
from echornn.tasks.blame import blaming_method
from echornn.tasks.door import draw_rows, known_lags, ladder, solved_level, trial_length
from echornn.tasks.own.own_file import OwnFile
from echornn.tasks.task import Batch, Task, TaskError

START_SECONDS = 60.0
"""The most that the other process may take to start, and to say where it was busy at its limit."""


@dataclass(frozen=True)
class Limits:
    """What a check may use: seconds by the clock, and bytes of memory beyond those of Python and NumPy."""

    seconds: float = 20.0
    bytes: int = 1 << 31


def check(
    own: OwnFile,
    values: Mapping[str, object] | None = None,
    rows: int = 5,
    steps: int = 1000,
    limits: Limits | None = None,
) -> Task:
    """The task of a file that was not used before, with these values of its settings.

    Args:
        own: the file.
        values: its settings that differ from their defaults.
        rows, steps: the form of the data that is drawn as a try, as it will be drawn later if that is known; a row has
            at least one trial.
        limits: of the other process.

    Raises:
        TaskError: one line with the place in the file.
    """
    values, limits = values or {}, limits or Limits()
    order = {"own": asdict(own), "values": dict(values), "rows": rows, "steps": steps, "limits": asdict(limits)}
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
        raise TaskError(f"{own.file}: it was still busy after {error.timeout:g} s") from error
    said = done.stdout.decode(errors="replace")
    if not said.startswith("{"):
        raise TaskError(_without_answer(own, said, done.returncode, limits))
    answer = json.loads(said)
    if "error" in answer:
        raise TaskError(answer["error"])
    task = own.task(values)
    steps = max(steps, trial_length(task) or 1)
    if digest_of(first_data(task, rows, steps)) != answer["digest"]:
        with blaming_method(type(task), "draw"):
            raise TaskError("draw gives other data in another process: the order of a set, or a hash, may decide it")
    return task


def examine(own: OwnFile, values: Mapping[str, object], rows: int, steps: int) -> str:
    """The digest of what the task draws first, after all that can be checked in one process.

    Raises:
        TaskError: something is wrong.
    """
    task = own.task(values)
    steps = max(steps, trial_length(task) or 1)
    batch = first_data(task, rows, steps)
    digest = digest_of(batch)
    draw_rows(task, seeding.stream(1, seeding.DATA, 0, 1), rows + 1, steps + 1)
    with blaming_method(type(task), "draw"):
        if digest_of(batch) != digest:
            raise TaskError("draw changes the arrays that it returned before: make new ones each time")
        if digest_of(first_data(task, rows, steps)) != digest:
            raise TaskError("draw gives other data for the same rng: let all chance come from the rng that it gets")
    ladder(task, rows, steps)
    solved_level(task, rows, steps)
    for t in range(trial_length(task) or steps):
        known_lags(task, t)
    return digest


def first_data(task: Task, rows: int, steps: int) -> Batch:
    """The data that is drawn as a try."""
    return draw_rows(task, seeding.stream(0, seeding.DATA, 0, 0), rows, steps)


def digest_of(batch: Batch) -> str:
    """Names this data."""
    return hashlib.sha256(b"".join(a.tobytes() for a in (batch.x, batch.y, batch.scored))).hexdigest()


def _without_answer(own: OwnFile, said: str, status: int, limits: Limits) -> str:
    """Why the process gave no answer; if it could, it wrote where it was (`faulthandler`), newest call first."""
    file = own.file.encode("ascii", "backslashreplace").decode()
    where = re.search(rf'File "{re.escape(file)}", line (\d+)', said)
    place = f"{own.file}:{where[1]}" if where else own.file
    if said.startswith("Timeout"):
        return f"{place}: it was still busy after {limits.seconds:g} s"
    how = f"signal {signal.Signals(-status).name}" if status < 0 else f"exit status {status}"
    return f"{place}: it ended the process in which it was checked ({how})"
