"""Measures rows: the programs of a row in turn, each in a process of its own, after checking that
their losses are equal.
"""

from __future__ import annotations

import contextlib
import json
import os
import platform
import re
import select
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import IO, Any

import numpy as np

from tests.benchmarks.speed.problem import Network
from tests.benchmarks.speed.program import CannotError
from tests.benchmarks.speed.record import Record, Result
from tests.benchmarks.speed.rows import BEFORE, PROGRAMS, Program, Row

ROOT = Path(__file__).parents[3]

READY_SECONDS = 120.0
"""A program that is not ready after this time is left out: JAX compiles many networks for
minutes."""

ANSWER_SECONDS = 300.0

ALLOWED_DIFFERENCE = 1e-3
"""The largest allowed difference of the first losses of two programs, in nats: rounding errors grow
with each window.
"""

SHOWN_SETS = ("avx2", "avx512f", "amx_bf16", "asimd", "sve")
"""Instruction sets that affect the speed of matrix products."""


@dataclass(frozen=True)
class Settings:
    """How to measure.

    Attributes:
        repeats: how many times each program is measured.
        peers: the Python interpreter that has the other libraries.
        before: the programs of the previous version, by name.
        say: called with texts about the progress.
    """

    repeats: int
    peers: str
    before: Mapping[str, Program]
    say: Callable[[str], None]


def measure(rows: Mapping[str, Row], settings: Settings) -> Iterator[Record]:
    """Measure these rows; yields the results so far after each row."""
    results, versions, loads, begun = {}, dict[str, dict[str, None]](), [], time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        write_problems({name: row.network for name, row in rows.items() if row.network}, folder)
        for name, row in rows.items():
            loads.append(os.getloadavg()[0])
            settings.say(f"{time.perf_counter() - begun:.0f} s: {name}")
            results[name] = measure_row(
                row, f"{folder}/{name}.npz" if row.network else "", settings, versions
            )
            for program, result in results[name].items():
                settings.say(f"    {program}: {in_words(result)}")
            found = {made_of: " and ".join(each) for made_of, each in versions.items()}
            yield Record(machine(), found, tuple(loads), dict(results))


def machine() -> dict[str, str]:
    """The machine's processor, instruction sets, cores, memory and system, as far as known."""
    known = ""
    for file in ("/proc/cpuinfo", "/proc/meminfo"):
        with contextlib.suppress(OSError):
            known += Path(file).read_text()

    def first(name: str) -> str:
        found = re.search(rf"^(?:{name})\s*:\s*(.*)", known, re.MULTILINE)
        return found[1] if found else ""

    memory = first("MemTotal").split()
    facts = {
        "processor": first("model name") or platform.processor() or platform.machine(),
        "instructions": ", ".join(
            one for one in SHOWN_SETS if one in first("flags|Features").split()
        ),
        "cores": str(
            len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
        ),
        "memory": f"{int(memory[0]) / 2**20:.0f} GiB" if memory else "",
        "system": f"{platform.system()} {platform.machine()}",
    }
    return {name: value for name, value in facts.items() if value}


def in_words(result: Result) -> str:
    """A result as text, for the progress."""
    if result.left_out:
        return result.left_out
    compared = "" if result.difference is None else f", losses within {result.difference:.0e}"
    return ", ".join(f"{one * 1e6:,.2f}" for one in result.clock) + f" us{compared}"


def write_problems(networks: Mapping[str, Network], folder: str) -> None:
    subprocess.run(
        [sys.executable, "-m", "tests.benchmarks.speed.problem", folder],
        input=json.dumps({name: asdict(network) for name, network in networks.items()}),
        text=True,
        cwd=ROOT,
        check=True,
    )


def measure_row(
    row: Row, problem: str, settings: Settings, versions: dict[str, dict[str, None]]
) -> dict[str, Result]:
    """Measure one row; adds the versions of its programs to ``versions``."""
    every = {**PROGRAMS, **settings.before}
    programs = {
        name: every[name] for own in row.programs for name in (own, own + BEFORE) if name in every
    }
    results: dict[str, Result] = {}
    with ExitStack() as ended:
        workers = {}
        for name, program in programs.items():
            request = {
                "prepare": program.prepare,
                "problem": problem,
                "options": {**row.options, **program.options},
            }
            interpreter = settings.peers if program.is_peer else sys.executable
            workers[name] = ended.enter_context(started(interpreter, request, program.environment))
        told: dict[str, dict[str, Any]] = {}
        for name, worker in workers.items():
            try:
                told[name] = worker.answer(READY_SECONDS)
            except CannotError as error:
                results[name] = Result(left_out=str(error))
        for name, answer in told.items():
            results[name] = compared(answer, told.get(row.programs[0], answer))
            for made_of, version in answer["versions"].items():
                versions.setdefault(made_of, {})[version] = None
        for _ in range(settings.repeats):
            for name in programs:
                if not results[name].left_out:
                    results[name] = measured_once_more(results[name], workers[name])
    return {name: results[name] for name in programs}


def compared(answer: dict[str, Any], ours: dict[str, Any]) -> Result:
    """The result of a program from its first answer.

    If its losses differ from ours, the program is left out.
    """
    if "losses" not in answer:
        return Result()
    difference = largest_difference(answer["losses"], ours["losses"])
    other = (
        ""
        if difference <= ALLOWED_DIFFERENCE
        else f"its losses differ from ours by {difference:.2g} nats"
    )
    return Result(left_out=other, difference=difference, digest=answer["digest"])


def largest_difference(losses: Iterable[Any], ours: Iterable[Any]) -> float:
    """The largest difference between two lists of losses; infinite if shapes differ or a loss is
    NaN."""
    one, other = np.array(losses, np.float64), np.array(ours, np.float64)
    difference = float(abs(one - other).max()) if one.shape == other.shape else np.inf
    return difference if np.isfinite(difference) else np.inf


def measured_once_more(result: Result, worker: Worker) -> Result:
    """The result with one more measurement; without any if the program fails."""
    worker.ask()
    try:
        cost = worker.answer(ANSWER_SECONDS)
    except CannotError as error:
        return replace(result, clock=(), left_out=str(error))
    return replace(result, clock=(*result.clock, cost["seconds"]))


@contextmanager
def started(
    interpreter: str, request: dict[str, Any], environment: Mapping[str, str]
) -> Iterator[Worker]:
    """A process of `tests.benchmarks.speed.program`; it is ended when the context is left."""
    run = "from tests.benchmarks.speed.program import main; main()"
    variables = {**os.environ, "PYTHONPATH": str(ROOT), **environment}
    # Without compiled modules, imports take twice as long
    variables.pop("PYTHONDONTWRITEBYTECODE", None)
    command, pipe = [interpreter, "-c", run, json.dumps(request)], subprocess.PIPE
    with (
        tempfile.TemporaryFile() as errors,
        subprocess.Popen(
            command, stdin=pipe, stdout=pipe, stderr=errors, cwd=ROOT, env=variables
        ) as process,
    ):
        try:
            yield Worker(process, errors)
        finally:
            process.kill()


@dataclass(frozen=True)
class Worker:
    """The connection to a process that prepares a program, and measures it on request."""

    process: subprocess.Popen[bytes]
    errors: IO[bytes]

    def ask(self) -> None:
        """Request a measurement."""
        assert self.process.stdin is not None
        # The process has ended; the missing answer will show this
        with contextlib.suppress(BrokenPipeError):
            self.process.stdin.write(b"measure\n")
            self.process.stdin.flush()

    def answer(self, seconds: float) -> dict[str, Any]:
        """The next answer of the process.

        Raises:
            CannotError: the program cannot run, has ended, or has not answered within ``seconds``.
        """
        assert self.process.stdout is not None
        deadline, line = time.monotonic() + seconds, b""
        while not line.endswith(b"\n"):
            if not select.select(
                [self.process.stdout], [], [], max(0.0, deadline - time.monotonic())
            )[0]:
                raise CannotError(f"not ready within {seconds:.0f} s")
            part = os.read(self.process.stdout.fileno(), 1 << 16)
            if not part:
                self.errors.seek(0)
                lines = self.errors.read().decode(errors="replace").strip().splitlines()
                raise CannotError(f"failed: {(lines or ['killed'])[-1]}")
            line += part
        answer: dict[str, Any] = json.loads(line)
        if "left_out" in answer:
            raise CannotError(answer["left_out"])
        return answer
