"""Measures rows: the programs of a row in turn, each in a process of its own, after checking that
their losses are equal.
"""

from __future__ import annotations

import json
import os
import platform
import re
import select
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory, TemporaryFile
from typing import IO, Any

import numpy as np

from tests.benchmarks.speed.program import CannotError
from tests.benchmarks.speed.record import Record, Result
from tests.benchmarks.speed.rows import BEFORE, Program, Row

ROOT = Path(__file__).parents[3]

READY_SECONDS = 300.0
"""A program that is not ready after this time is left out: JAX and PyTorch compile some networks
for minutes."""

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
        programs: those that can be measured, by name.
        say: called with texts about the progress.
    """

    repeats: int
    peers: str
    programs: Mapping[str, Program]
    say: Callable[[str], None]


def measure(rows: Mapping[str, Row], settings: Settings) -> Iterator[Record]:
    """Measure these rows; yields the results so far after each row."""
    results: dict[str, dict[str, Result]] = {}
    versions: dict[str, list[str]] = {}
    loads: list[float] = []
    begun = time.perf_counter()
    with TemporaryDirectory() as folder:
        write_problems(rows, folder)
        for name, row in rows.items():
            loads.append(os.getloadavg()[0])
            settings.say(f"{time.perf_counter() - begun:.0f} s: {name}")
            problem = f"{folder}/{name}.npz" if row.network else ""
            results[name] = measure_row(row, problem, settings, versions)
            for program, result in results[name].items():
                settings.say(f"    {program}: {in_words(result)}")
            texts = {library: " and ".join(several) for library, several in versions.items()}
            yield Record(machine(), texts, tuple(loads), dict(results))


def machine() -> dict[str, str]:
    """The machine's processor, instruction sets, cores, memory and system, as far as Linux tells
    them."""
    facts = {"system": f"{platform.system()} {platform.machine()}", "cores": str(os.cpu_count())}
    with suppress(OSError):
        processor = Path("/proc/cpuinfo").read_text()
        for name in re.findall(r"^model name\s*:\s*(.*)", processor, re.MULTILINE):
            facts["processor"] = name
        sets = [name for name in SHOWN_SETS if name in processor.split()]
        facts["instructions"] = ", ".join(sets)
        memory = re.findall(r"MemTotal:\s*(\d+)", Path("/proc/meminfo").read_text())
        facts["memory"] = f"{int(memory[0]) / 2**20:.0f} GiB"
        facts["cores"] = str(len(os.sched_getaffinity(0)))
    return facts


def in_words(result: Result) -> str:
    """A result as text, for the progress."""
    if result.left_out:
        return result.left_out
    times = ", ".join(f"{seconds * 1e6:,.2f}" for seconds in result.clock)
    if result.processor:
        times += f" (processor {min(result.processor) * 1e6:,.2f})"
    if result.difference is None:
        return f"{times} us"
    return f"{times} us, losses within {result.difference:.0e}"


def write_problems(rows: Mapping[str, Row], folder: str) -> None:
    """Write the problem of each row that trains, in a process that has TensorFlow."""
    networks = {}
    for name, row in rows.items():
        if row.network:
            networks[name] = asdict(row.network)
    command = [sys.executable, "-m", "tests.benchmarks.speed.problem", folder]
    subprocess.run(command, input=json.dumps(networks), text=True, cwd=ROOT, check=True)


def measure_row(
    row: Row, problem: str, settings: Settings, versions: dict[str, list[str]]
) -> dict[str, Result]:
    """Measure one row; adds the versions of its programs to ``versions``."""
    results: dict[str, Result] = {}
    workers: dict[str, Worker] = {}
    with ExitStack() as stack:
        for column in row.programs:
            for name in (column, column + BEFORE):
                if name not in settings.programs:
                    continue
                program = settings.programs[name]
                options = {**row.options, **program.options}
                interpreter = settings.peers if program.is_peer else sys.executable
                process = started(interpreter, program, {"problem": problem, "options": options})
                workers[name] = stack.enter_context(process)
        answers: dict[str, dict[str, Any]] = {}
        for name, worker in workers.items():
            try:
                answers[name] = worker.answer(READY_SECONDS)
            except CannotError as error:
                results[name] = Result(left_out=str(error))
        for name, answer in answers.items():
            results[name] = compared(answer, answers.get(row.programs[0], answer))
            for library, version in answer["versions"].items():
                several = versions.setdefault(library, [])
                if version not in several:
                    several.append(version)
        for _ in range(settings.repeats):
            for name, worker in workers.items():
                if not results[name].left_out:
                    results[name] = measured_once_more(results[name], worker)
    return {name: results[name] for name in workers}


def compared(answer: dict[str, Any], ours: dict[str, Any]) -> Result:
    """The result of a program from its first answer.

    If its losses differ from ours, the program is left out.
    """
    if "losses" not in answer:
        return Result()
    difference = largest_difference(answer["losses"], ours["losses"])
    result = Result(difference=difference, digest=answer["digest"])
    if difference <= ALLOWED_DIFFERENCE:
        return result
    return replace(result, left_out=f"its losses differ from ours by {difference:.2g} nats")


def largest_difference(losses: Iterable[Any], ours: Iterable[Any]) -> float:
    """The largest difference between two lists of losses; infinite if shapes differ or a loss is
    NaN."""
    theirs = np.array(losses, np.float64)
    own = np.array(ours, np.float64)
    if theirs.shape != own.shape:
        return np.inf
    difference = float(abs(theirs - own).max())
    return difference if np.isfinite(difference) else np.inf


def measured_once_more(result: Result, worker: Worker) -> Result:
    """The result with one more measurement; without any if the program fails."""
    worker.ask()
    try:
        cost = worker.answer(ANSWER_SECONDS)
    except CannotError as error:
        return replace(result, clock=(), processor=(), left_out=str(error))
    processor = (*result.processor, cost["processor"])
    return replace(result, clock=(*result.clock, cost["clock"]), processor=processor)


@contextmanager
def started(interpreter: str, program: Program, request: dict[str, Any]) -> Iterator[Worker]:
    """A process of `tests.benchmarks.speed.program`; it is ended when the context is left."""
    run = "from tests.benchmarks.speed.program import main; main()"
    request = {"prepare": program.prepare, **request}
    command = [interpreter, "-c", run, json.dumps(request)]
    variables = {**os.environ, "PYTHONPATH": str(ROOT), **program.environment}
    # Without compiled modules, imports take twice as long
    variables.pop("PYTHONDONTWRITEBYTECODE", None)
    pipe = subprocess.PIPE
    with (
        TemporaryFile() as errors,
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
        with suppress(BrokenPipeError):
            self.process.stdin.write(b"measure\n")
            self.process.stdin.flush()

    def answer(self, seconds: float) -> dict[str, Any]:
        """The next answer of the process.

        Raises:
            CannotError: the program cannot run, has ended, or has not answered within ``seconds``.
        """
        assert self.process.stdout is not None
        out = self.process.stdout.fileno()
        deadline = time.monotonic() + seconds
        line = b""
        while not line.endswith(b"\n"):
            ready, _, _ = select.select([out], [], [], max(0.0, deadline - time.monotonic()))
            if not ready:
                raise CannotError(f"not ready within {seconds:.0f} s")
            part = os.read(out, 1 << 16)
            if not part:
                raise CannotError(f"failed: {self.last_error()}")
            line += part
        answer: dict[str, Any] = json.loads(line)
        if "left_out" in answer:
            raise CannotError(answer["left_out"])
        return answer

    def last_error(self) -> str:
        """The last line of its standard error."""
        self.errors.seek(0)
        lines = self.errors.read().decode(errors="replace").strip().splitlines()
        return lines[-1] if lines else "killed"
