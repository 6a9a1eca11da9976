"""Measures rows: the programs of a row in turn, after checking that their losses are equal."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from tests.benchmarks.speed.machine import load, machine
from tests.benchmarks.speed.network import Network
from tests.benchmarks.speed.processes import ROOT, Worker, started
from tests.benchmarks.speed.programs.prepared import CannotError
from tests.benchmarks.speed.record import Record, Result
from tests.benchmarks.speed.rows import BEFORE, PROGRAMS, Program, Row

READY_SECONDS = 120.0
"""A program that is not ready after this time is left out: JAX compiles many networks for minutes."""

ANSWER_SECONDS = 300.0

ALLOWED_DIFFERENCE = 1e-3
"""The largest allowed difference of the first losses of two programs, in nats: rounding errors grow with each
window.
"""


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
        write_problems({name: row.network for name, row in rows.items() if row.network}, Path(folder))
        for name, row in rows.items():
            loads.append(load())
            settings.say(f"{time.perf_counter() - begun:.0f} s: {name}")
            problem = str(Path(folder) / f"{name}.npz") if row.network else ""
            results[name] = measure_row(row, problem, settings, versions)
            for program, result in results[name].items():
                settings.say(f"    {program}: {in_words(result)}")
            found = {made_of: " and ".join(each) for made_of, each in versions.items()}
            yield Record(machine(), found, tuple(loads), dict(results))


def in_words(result: Result) -> str:
    """A result as text, for the progress."""
    if result.left_out:
        return result.left_out
    compared = "" if result.difference is None else f", losses within {result.difference:.0e}"
    processors = f" ({in_us(result.processors)} of the processors)" if result.processors else ""
    return f"{in_us(result.clock)} us{processors}{compared}"


def in_us(seconds: Iterable[float]) -> str:
    """Times as text, in microseconds."""
    return ", ".join(f"{one * 1e6:,.2f}" for one in seconds)


def write_problems(networks: Mapping[str, Network], folder: Path) -> None:
    """Write a file for each network."""
    subprocess.run(
        [sys.executable, "-m", "tests.benchmarks.speed.make_problems", str(folder)],
        input=json.dumps({name: asdict(network) for name, network in networks.items()}),
        text=True,
        cwd=ROOT,
        check=True,
    )


def measure_row(row: Row, problem: str, settings: Settings, versions: dict[str, dict[str, None]]) -> dict[str, Result]:
    """Measure one row; adds the versions of its programs to ``versions``."""
    every = {**PROGRAMS, **settings.before}
    programs = {name: every[name] for own in row.programs for name in (own, own + BEFORE) if name in every}
    results: dict[str, Result] = {}
    with ExitStack() as ended:
        workers = {}
        for name, program in programs.items():
            request = {"module": program.module, "problem": problem, "options": {**row.options, **program.options}}
            interpreter = settings.peers if program.is_peer else sys.executable
            workers[name] = ended.enter_context(started(interpreter, request, dict(program.environment)))
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
    """The result of a program from its first answer. If its losses differ from ours, the program is left out."""
    if "losses" not in answer:
        return Result()
    difference = largest_difference(answer["losses"], ours["losses"])
    other = "" if difference <= ALLOWED_DIFFERENCE else f"its losses differ from ours by {difference:.2g} nats"
    return Result(left_out=other, difference=difference, digest=answer["digest"])


def largest_difference(losses: Iterable[Any], ours: Iterable[Any]) -> float:
    """The largest difference between two lists of losses; infinite if shapes differ or a loss is NaN."""
    one, other = np.array(losses, np.float64), np.array(ours, np.float64)
    if one.shape != other.shape:
        return float("inf")
    difference = float(abs(one - other).max())
    return difference if np.isfinite(difference) else float("inf")


def measured_once_more(result: Result, worker: Worker) -> Result:
    """The result with one more measurement; without any if the program fails."""
    worker.ask()
    try:
        cost = worker.answer(ANSWER_SECONDS)
    except CannotError as error:
        return replace(result, clock=(), processors=(), left_out=str(error))
    clock, processors = (*result.clock, cost["clock"]), (*result.processors, cost["processors"])
    return replace(result, clock=clock, processors=processors)
