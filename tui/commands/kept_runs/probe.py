"""The subcommand ``probe``: prints what a run's network remembers, and how far its gradient reaches back."""

from __future__ import annotations

import json
import math
import textwrap
from collections.abc import Iterator
from typing import Any

import numpy as np

from echornn.data.series import source_lags
from echornn.readings import MINUS_INFINITY, RAISED, Question, Readings
from echornn.state import UnlikeRecord
from echornn.tasks.task import Numbers, Symbols
from tui.commands.kept_runs.examined import ChosenNetwork, examined, heading
from tui.term import printed
from tui.term.exit_code import ExitCode
from tui.views.text import source_name

QUESTION = Question(frozenset({"memory", "units", "gradient", "reliance", "weights", "lyapunov"}))

COLUMNS = 80

BAR = 40
"""The length of the longest bar, in characters."""

DECADES = 4
"""The powers of ten that the bars of the gradient span."""

MOST_CHANNELS = 3
"""The most numbers of an input whose own r2 is printed behind the bar."""


def probe(network: ChosenNetwork, as_json: bool) -> int:
    """Print the probe readings of a network; returns the exit code. Errors as in `examined`."""
    found = examined(network, lambda _: QUESTION)
    if found is None:
        return ExitCode.FAILED
    if as_json:
        printed.lines([json.dumps(record_of(found.readings, found.replica, found.unlike))])
    else:
        printed.lines(lines(found.readings, found.replica if found.is_one_of_many else None, found.unlike))
    return ExitCode.DONE


def record_of(readings: Readings, replica: int = 0, unlike: UnlikeRecord | None = None) -> dict[str, Any]:
    """The readings as numbers for JSON, by the keys in docs/cli.md; None for a number that is unknown, NaN or
    infinite.
    """
    memory, units, gradient, reliance, weights, exponents = _all_of(readings)
    radii = {one.name: one.spectral_radius for one in weights.recurrent}
    sources = source_lags(readings.config)
    says_symbols = isinstance(readings.config.the_task.outputs, Symbols)
    bias, spread = gradient.through(readings.config.truncated_backprop_length)
    spreads = np.broadcast_to(gradient.bias_spread, gradient.bias.shape)
    return {
        "window": readings.window,
        "memory": _plain(memory.by_lag),
        "gradient_by_lag": _plain(gradient.by_lag),
        "truncation_bias": _number(bias),
        "spectral_radius": _number(max(radii.values(), default=math.nan)),
        "saturated": _number(units.share_saturated),
        "lyapunov": _plain(exponents),
        "memory_total": memory.total,
        "memory_size": memory.size,
        "truncation_bias_spread": _number(spread),
        "truncation_bias_by_steps": _plain(gradient.bias),
        "truncation_bias_by_steps_spread": _plain(spreads),
        "truncation_bias_of_windows": _number(gradient.bias_of_windows),
        "truncation_bias_of_windows_spread": _number(gradient.bias_of_windows_spread),
        "spectral_radii": {name: _number(radius) for name, radius in radii.items()},
        "seed": readings.config.seed,
        "replica": replica,
        "rule": readings.config.rule,
        "as_recorded": unlike is None,
        "shift_register": memory.shift_register(sources[-1]) if sources else None,
        "turned_by_lag": _plain(reliance.turned) if says_symbols else [None] * len(reliance.turned),
        "moved_by_lag": _plain(reliance.moved),
        "memory_samples": memory.samples,
        "gradient_samples": gradient.samples,
        "turned_samples": reliance.samples,
        "saturated_samples": units.samples,
        "lyapunov_samples": readings.lyapunov_samples,
    }


def lines(readings: Readings, replica: int | None = None, unlike: UnlikeRecord | None = None) -> Iterator[str]:
    """The readings as lines of text, at most 80 columns wide.

    Args:
        replica: the number of the network; None if there is only one.
        unlike: the first window that was trained again with another loss than recorded; None if there is none.
    """
    memory, units, gradient, reliance, weights, exponents = _all_of(readings)
    config, length = readings.config, readings.config.truncated_backprop_length
    marks = {length: f"T {length}", **dict.fromkeys(source_lags(config), source_name(config))}
    yield from heading(readings, replica, unlike)
    yield ""
    used = memory.total_text and f"; {memory.total_text}"
    yield f"memory by lag: r2{_on(memory.samples, 'steps')}{used}"
    for lag, r2 in enumerate(memory.by_lag.tolist()):
        channels = " ".join(f"{one:.2f}" for one in memory.channels[lag : lag + 1, :MOST_CHANNELS].flat)
        yield _bar(lag, f"{r2:.2f}", r2, marks, channels)
    change = f"raised by {RAISED:g}" if isinstance(config.the_task.inputs, Numbers) else "changed"
    if isinstance(config.the_task.outputs, Symbols):
        yield ""
        yield f"predictions that turn when only the input at that lag is {change}{_on(reliance.samples, '')}"
        for lag, share in enumerate(reliance.turned.tolist()):
            yield _bar(lag, f"{share:.1%}", share, marks)
    else:
        yield ""
        yield f"how far outputs move if only the input at that lag is {change}{_on(reliance.samples, '')}"
        most = max(filter(math.isfinite, reliance.moved.tolist()), default=0.0) or 1.0
        for lag, size in enumerate(reliance.moved.tolist()):
            yield _bar(lag, f"{size:.1e}", size / most if math.isfinite(size) else 1.0, marks)
    unit = "nats for" if config.the_task.outputs.unit else config.the_task.outputs.loss
    yield ""
    yield f"gradient by lag, {unit} a unit of state, on a log scale{_on(gradient.samples, 'losses')}"
    sizes = gradient.by_lag.tolist()
    largest = max((size for size in sizes if math.isfinite(size)), default=0.0)
    for lag, size in enumerate(sizes):
        yield _bar(lag, f"{size:.1e}", _height(size, largest), marks)
    yield ""
    bias, spread = gradient.through(length)
    for value, doubt, where in (
        (bias, spread, f"if each error goes back {length} steps"),
        (gradient.bias_of_windows, gradient.bias_of_windows_spread, f"in windows of {length} steps"),
    ):
        if math.isfinite(value):
            yield f"missing from the gradient {where}: {value:.1%} (+- {doubt:.1%})"
    radii = ", ".join(f"{one.spectral_radius:.2f} ({one.name})" for one in weights.recurrent)
    yield f"spectral radius {radii or '-'}"
    if math.isfinite(units.share_saturated):
        yield f"saturated {units.share_saturated:.0%} of the top layer's states{_on(units.samples, 'steps')}"
    rates = ", ".join("-inf" if value <= MINUS_INFINITY else f"{value:.2f}" for value in exponents.tolist())
    text = f"Lyapunov exponents, nats a step{_on(readings.lyapunov_samples, 'steps')}: {rates}"
    yield from textwrap.wrap(text, COLUMNS, subsequent_indent="    ", break_on_hyphens=False)


def _on(samples: int, what: str) -> str:
    """The number of samples of a reading as text; empty if it is unknown."""
    return f", of {samples:,} {what}".rstrip() if samples else ""


def _height(size: float, largest: float) -> float:
    """The height of a gradient's bar, from 0 to 1."""
    if not math.isfinite(size):
        return 1.0
    return 1 + math.log10(size / largest) / DECADES if size else 0.0


def _bar(lag: int, value: str, height: float, marks: dict[int, str], channels: str = "") -> str:
    bar = "#" * round(BAR * min(1.0, max(0.0, height)))
    marked = "  ".join(text for text in (marks.get(lag, ""), channels) if text)
    return f"{lag:>5}  {value:>8}  {bar:<{BAR}}  {marked}"[:COLUMNS].rstrip()


def _all_of(readings: Readings) -> tuple[Any, ...]:
    """The readings of all kinds in `QUESTION`."""
    return (
        readings.memory,
        readings.units,
        readings.gradient,
        readings.reliance,
        readings.weights,
        readings.lyapunov,
    )


def _plain(numbers: np.ndarray[Any, np.dtype[np.float32]]) -> list[float | None]:
    return [_number(number) for number in numbers.tolist()]


def _number(value: float) -> float | None:
    """The shortest decimal number that identifies a float32; None for NaN and infinity, which JSON does not have."""
    return float(str(np.float32(value))) if math.isfinite(value) else None
