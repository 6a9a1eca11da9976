"""``echornn-tui probe``: what a run's network held at a moment, and how far its error travelled."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from echornn import quiet
from echornn.readings import MINUS_INFINITY, Question, Readings
from echornn.runs import run_dir
from echornn.session.probing import examine, why_unread
from echornn.session.specimen_of_run import specimen_of_run
from tui import printed
from tui.commands import record
from tui.exit_code import ExitCode
from tui.tty import terminal

QUESTION = Question(frozenset({"memory", "units", "gradient", "weights", "lyapunov"}))

BAR = 40
"""Letters of the longest bar."""

DECADES = 4
"""That the bars of the gradient span."""

LITTLE_BIAS = 0.1


def probe(name: str, at: int | None, as_json: bool) -> int:
    """Print what the probes read of the run of this name. Returns the exit code.

    Args:
        at: after how many windows along the run's path; where it stands, unless given.

    Raises:
        RunError: there is no such run, or nothing was saved of it, or its path is not so long.
    """
    run = run_dir.read(record.find(name))
    for note in run.notes:
        printed.complain(f"echornn-tui: {note}")
    run.moment(at)
    terminal.keep_native_stderr_off_the_screen()
    quiet.import_tensorflow()
    try:
        readings = examine(specimen_of_run(run, at), QUESTION)
    except MemoryError as error:
        printed.complain(f"echornn-tui: {why_unread(error)}")
        return ExitCode.FAILED
    if readings.memory is None:
        printed.complain(f"echornn-tui: the weights are not finite after window {readings.window}: nothing to read")
        return ExitCode.FAILED
    printed.lines([json.dumps(record_of(readings))] if as_json else lines(readings))
    return ExitCode.DONE


def record_of(readings: Readings) -> dict[str, Any]:
    """The readings as plain numbers.

    Keys: window, along the path; memory, r2 by lag, and memory_total, numbers held, of memory_size; gradient_by_lag,
    nats for a unit of state; truncation_bias, of each error followed through T steps, truncation_bias_by_steps, through
    1, 2, ..., and truncation_bias_of_windows, of windows of T steps as trained, all over the size of the gradient, null
    where there is none;
    spectral_radius, the largest of spectral_radii, those of the recurrent matrices by name; saturated, the share of the
    top layer's states, 0 to 1; lyapunov, exponents in nats a step. What each is, `echornn.readings` says.
    """
    memory, units, gradient, weights, exponents = _all_of(readings)
    radii = {one.name: one.spectral_radius for one in weights.recurrent}
    steps = min(readings.config.truncated_backprop_length, len(gradient.bias))
    return {
        "window": readings.window,
        "memory": _plain(memory.by_lag),
        "gradient_by_lag": _numbers(gradient.by_lag),
        "truncation_bias": _numbers(gradient.bias)[steps - 1],
        "spectral_radius": max(radii.values()),
        "saturated": units.share_saturated,
        "lyapunov": _plain(exponents),
        "memory_total": memory.total,
        "memory_size": memory.size,
        "truncation_bias_by_steps": _numbers(gradient.bias),
        "truncation_bias_of_windows": _number(gradient.bias_of_windows),
        "spectral_radii": radii,
    }


def lines(readings: Readings) -> Iterator[str]:
    """The readings for people, within 80 columns."""
    memory, units, gradient, weights, exponents = _all_of(readings)
    config = readings.config
    marks = {config.echo_step: "echo", config.truncated_backprop_length: f"T {config.truncated_backprop_length}"}
    yield f"after window {readings.window:,}"
    yield ""
    needed = memory.needed(config.echo_step)
    yield f"memory by lag, r2: {memory.total:.1f} of {memory.size} numbers used; the echo needs {needed}"
    for lag, r2 in enumerate(_plain(memory.by_lag)):
        yield _bar(lag, f"{r2:.2f}", r2, marks)
    yield ""
    yield "gradient by lag, nats for a unit of state, on a log scale"
    sizes = _plain(gradient.by_lag)
    largest = max((size for size in sizes if math.isfinite(size)), default=1.0)
    for lag, size in enumerate(sizes):
        height = 1 + math.log10(size / largest) / DECADES if 0 < size < math.inf else float(size > 0)
        yield _bar(lag, f"{size:.1e}", height, marks)
    yield ""
    yield from _bias_lines(readings)
    radii = ", ".join(f"{one.spectral_radius:.2f} ({one.name})" for one in weights.recurrent)
    yield f"spectral radius {radii}"
    yield f"saturated {units.share_saturated:.0%} of the top layer's states"
    yield f"Lyapunov exponents, nats a step: {', '.join(map(_exponent, _plain(exponents)))}"


def _bias_lines(readings: Readings) -> Iterator[str]:
    gradient, length = readings.gradient, readings.config.truncated_backprop_length
    assert gradient is not None
    if not math.isfinite(gradient.bias_of_windows):
        why = "errors of no size that float32 can hold" if gradient.travels else "no error gets even one step back"
        yield f"{why}: nothing tells what T {length} cuts off"
        return
    bias = _plain(gradient.bias)[min(length, len(gradient.bias)) - 1]
    enough = gradient.enough(LITTLE_BIAS)
    would_do = "" if enough is None else f"; {enough} would do for {LITTLE_BIAS:.0%}"
    yield f"T {length} biases the gradient by {bias:.1%}{would_do}"
    yield f"windows of {length} steps, whose first targets reach less far: {gradient.bias_of_windows:.1%}"


def _exponent(value: float) -> str:
    return "-inf" if value <= MINUS_INFINITY else f"{value:.2f}"


def _bar(lag: int, value: str, height: float, marks: dict[int, str]) -> str:
    bar = "#" * round(BAR * min(1.0, max(0.0, height)))
    return f"{lag:>5}  {value:>8}  {bar:<{BAR}}  {marks.get(lag, '')}".rstrip()


def _all_of(readings: Readings) -> tuple[Any, ...]:
    """What `QUESTION` asks for."""
    return readings.memory, readings.units, readings.gradient, readings.weights, readings.lyapunov


def _plain(numbers: np.ndarray[Any, np.dtype[np.float32]]) -> list[float]:
    """Float32 as the shortest numbers that tell them apart."""
    return [float(str(number)) for number in numbers]


def _numbers(numbers: np.ndarray[Any, np.dtype[np.float32]]) -> list[float | None]:
    return [_number(number) for number in _plain(numbers)]


def _number(number: float) -> float | None:
    """The same, or None where it is not finite: JSON has no such number."""
    return number if math.isfinite(number) else None
