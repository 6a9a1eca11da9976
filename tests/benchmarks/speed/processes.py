"""Starts a program in a separate process, and communicates with it."""

from __future__ import annotations

import contextlib
import json
import os
import select
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from tests.benchmarks.speed.programs.prepared import CannotError

ROOT = Path(__file__).parents[3]


@contextmanager
def started(interpreter: str, request: dict[str, Any], environment: dict[str, str]) -> Iterator[Worker]:
    """A process of `tests.benchmarks.speed.worker`; it is ended when the context is left.

    Args:
        interpreter: the Python interpreter, with the libraries that the program needs.
        request: what to prepare.
        environment: additional environment variables.
    """
    command = [interpreter, "-m", "tests.benchmarks.speed.worker", json.dumps(request)]
    variables = {**os.environ, "PYTHONPATH": str(ROOT), **environment}
    variables.pop("PYTHONDONTWRITEBYTECODE", None)  # without compiled modules, imports take twice as long
    pipe = subprocess.PIPE
    with (
        tempfile.TemporaryFile() as errors,
        subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=errors, cwd=ROOT, env=variables) as process,
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
        with contextlib.suppress(BrokenPipeError):  # the process has ended; the missing answer will show this
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
            if not select.select([self.process.stdout], [], [], max(0.0, deadline - time.monotonic()))[0]:
                raise CannotError(f"not ready within {seconds:.0f} s")
            part = os.read(self.process.stdout.fileno(), 1 << 16)
            if not part:
                raise CannotError(f"failed: {self._last_words()}")
            line += part
        answer: dict[str, Any] = json.loads(line)
        if "left_out" in answer:
            raise CannotError(answer["left_out"])
        return answer

    def _last_words(self) -> str:
        self.errors.seek(0)
        return (self.errors.read().decode(errors="replace").strip().splitlines() or ["killed"])[-1]
