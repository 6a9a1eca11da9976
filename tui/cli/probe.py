"""The subcommand ``probe``: what a run's network remembers, how far its gradient reaches, where its
state rests."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Annotated, Any

import numpy as np
from cyclopts import Parameter

from echornn import EchoConfig, Numbers, Symbols
from echornn import readings as read
from echornn.arrays.along import LAGS, NUMBERS, PANELS, records_along, series
from echornn.arrays.numbers import network_at
from echornn.data.series import check_own_files, source_lags
from echornn.progress import Floats
from echornn.run.branch import letter_of
from tui.cli.rows import (
    Along,
    At,
    Branch,
    Json,
    Record,
    Replica,
    RunName,
    Trust,
    csv_lines,
    emit,
    finite,
    opened,
)
from tui.term import terminal
from tui.term.exit_code import FailedError, UsageError
from tui.views.targets import HeldInput, held_input, held_inputs
from tui.views.text import source_name

COLUMNS = 80
BAR = 40  # characters of the longest bar
UNBROKEN = "\N{NO-BREAK SPACE}"  # where a line must not end, until it is printed
DECADES = 4  # powers of ten that the bars of the gradient span

Measured = tuple[Record, Iterable[str]]
"""What was measured, as JSON has it, by the keys in docs/cli.md; and as lines of text."""


def probe_run(
    run: RunName,
    /,
    *,
    at: At = None,
    branch: Branch = None,
    replica: Replica = None,
    fixed_points: bool = False,
    input: Annotated[str | None, Parameter(allow_leading_hyphen=True)] = None,
    along: Along = None,
    csv: bool = False,
    json: Json = False,
    trust: Trust = False,
) -> int:
    """Print what a run's network remembers and how far its gradient reaches: memory and gradient by
    lag, and more.

    Args:
        fixed_points: Print only the fixed points: the states at which the network rests while one
            input is repeated.
        input: The constant input of the fixed points: a symbol by its name or number, numbers with
            commas, or zeros.
        csv: With --along: print CSV.
    """
    if along is None and csv:
        raise UsageError("--csv cannot be used without --along")
    if along is not None and fixed_points:
        raise UsageError("--along cannot be used with --fixed-points")
    if input is not None and not fixed_points:
        raise UsageError(f"input = {input!r} cannot be used: only --fixed-points holds the input")

    stored = opened(run, trust)
    if along is not None:
        terminal.keep_native_stderr_off_the_screen()
        return _along(
            records_along(stored, along, at=at, branch=branch, replica=replica), json, csv
        )
    network = network_at(stored.run, stored.run.position_at(at, branch), replica)
    config = network.config
    check_own_files(config)
    held, measures = HeldInput("", ()), MEASURES
    if fixed_points:
        held = held_inputs(config)[0] if input is None else held_input(config, input)
        measures = {"fixed_points": partial(_fixed_points, held.name)}
    terminal.keep_native_stderr_off_the_screen()
    snapshot = stored.snapshot(at, branch, replica, retrain=True)
    found = stored.examined(snapshot, measures, held=held.numbers)
    if not snapshot.state.is_finite:
        raise FailedError(
            f"the weights are not finite after window {found.window}: nothing to read"
        )
    record = {
        "window": found.window,
        "seed": found.config.seed,
        "replica": network.number,
        "as_recorded": snapshot.unlike is None,
    }
    title = f"after window {found.window:,}"
    if found.branch:
        title += f" of branch {letter_of(found.branch)}"
    if config.replicas > 1:
        title += f", replica {network.number}: seed {found.config.seed}"
    texts = [title]
    if snapshot.unlike is not None:
        texts.append(str(snapshot.unlike))
    for kind, measure in measures.items():
        keys, more = measure(found, getattr(found, kind))
        record |= keys
        texts += more
    return emit([record], json, lambda _: texts)


def _along(records: Iterable[Record], json: bool, csv: bool) -> int:
    if not csv:
        return emit(records, json, _table)
    rows = [finite(record) for record in records]
    table = {"window": [row["window"] for row in rows]}
    table |= {
        name: finite(column)
        for name, column in series(rows, NUMBERS | {key: key for key in LAGS}).items()
    }
    return emit(
        csv_lines(
            [*table],
            (dict(zip(table, row, strict=True)) for row in zip(*table.values(), strict=True)),
        )
    )


def _table(records: Iterable[Record]) -> Iterator[str]:
    yield f"{'window':>9}{''.join(f'{title:>17}' for title in PANELS)}"
    for record in records:
        found = {
            title: [one[0] for one in series([record], labels).values()]
            for title, labels in PANELS.items()
        }
        # Of several matrices the largest; of all else the first
        found["spectral radius"].sort(reverse=True)
        firsts = (next(iter(numbers), math.nan) for numbers in found.values())
        yield f"{record['window']:>9,}{''.join(f'{first:>17.3g}' for first in firsts)}"


def _memory(readings: read.Readings, memory: read.Memory) -> Measured:
    sources = source_lags(readings.config)
    record = {
        "rule": readings.config.rule,
        "memory": memory.by_lag,
        "memory_total": memory.total,
        "memory_size": memory.size,
        "shift_register": memory.shift_register(sources[-1]) if sources else None,
        "memory_samples": memory.samples,
        "memory_total_spread": memory.total_spread,
    }
    used = memory.total_text and f"; {memory.total_text}"
    title = f"memory: r2 at {memory.lags_text}{_of(memory.samples, 'steps')}{used}"
    shares = np.maximum(memory.by_lag, 0)
    return record, ["", title, *_bars(readings.config, shares, shares, ".2f")]


def _reliance(readings: read.Readings, reliance: read.Reliance) -> Measured:
    task, turned, moved = readings.config.the_task, reliance.turned, reliance.moved
    change = f"raised by {read.RAISED:g}" if isinstance(task.inputs, Numbers) else "changed"
    title = f"only the input at that lag is {change}{_of(reliance.samples)}"
    if isinstance(task.outputs, Symbols):
        shares: Any = turned
        lines = [
            f"predictions that turn when {title}",
            *_bars(readings.config, turned, turned, ".1%"),
        ]
    else:
        shares, most = [None] * len(turned), max(moved[np.isfinite(moved)], default=0.0) or 1.0
        bars = _bars(readings.config, moved, np.nan_to_num(moved / most, nan=1.0), ".1e")
        lines = [f"how far outputs move if {title}", *bars]
    return {"turned_by_lag": shares, "moved_by_lag": moved, "turned_samples": reliance.samples}, [
        "",
        *lines,
    ]


def _gradient(readings: read.Readings, gradient: read.Gradient) -> Measured:
    config, sizes = readings.config, gradient.by_lag.astype(float)
    length, of_windows = (
        config.truncated_backprop_length,
        (gradient.bias_of_windows, gradient.bias_of_windows_spread),
    )
    through = gradient.through(length)
    record = {
        "gradient_by_lag": gradient.by_lag,
        "truncation_bias": np.float32(through[0]),
        "truncation_bias_spread": np.float32(through[1]),
        "truncation_bias_by_steps": gradient.bias,
        "truncation_bias_by_steps_spread": np.broadcast_to(
            gradient.bias_spread, gradient.bias.shape
        ),
        "truncation_bias_of_windows": np.float32(of_windows[0]),
        "truncation_bias_of_windows_spread": np.float32(of_windows[1]),
        "gradient_samples": gradient.samples,
    }
    unit = "nats for" if config.the_task.outputs.unit else config.the_task.outputs.loss
    title = (
        f"gradient by lag, {unit} a unit of state, on a log scale{_of(gradient.samples, 'losses')}"
    )
    with np.errstate(divide="ignore", invalid="ignore"):
        heights = 1 + np.log10(sizes / max(sizes[np.isfinite(sizes)], default=0.0)) / DECADES
    biases = {
        f"if each error goes back {length} steps": through,
        f"in windows of {length} steps": of_windows,
    }
    missing = [
        f"missing from the gradient {where}: {bias:.1%} (+- {doubt:.1%})"
        for where, (bias, doubt) in biases.items()
        if math.isfinite(bias)
    ]
    bars = _bars(config, sizes, np.where(np.isfinite(sizes), heights, 1.0), ".1e")
    return record, ["", title, *bars, "", *missing]


def _weights(_: read.Readings, weights: read.Matrices) -> Measured:
    radii = {one.name: one.spectral_radius for one in weights.recurrent}
    record = {
        "spectral_radius": np.float32(max(radii.values(), default=math.nan)),
        "spectral_radii": {name: np.float32(radius) for name, radius in radii.items()},
    }
    return record, [
        "spectral radius "
        f"{', '.join(f'{radius:.2f} ({name})' for name, radius in radii.items()) or '-'}"
    ]


def _units(_: read.Readings, units: read.Units) -> Measured:
    record = {"saturated": np.float32(units.share_saturated), "saturated_samples": units.samples}
    line = (
        f"saturated {units.share_saturated:.0%} of the top layer's "
        f"states{_of(units.samples, 'steps')}"
    )
    return record, [line] if math.isfinite(units.share_saturated) else []


def _lyapunov(readings: read.Readings, exponents: Floats) -> Measured:
    spreads = readings.lyapunov_spread
    assert spreads is not None
    record = {
        "lyapunov": exponents,
        "lyapunov_samples": readings.lyapunov_samples,
        "lyapunov_spread": spreads,
    }
    rates = []
    for value, spread in zip(exponents.tolist(), spreads.tolist(), strict=True):
        if value <= read.MINUS_INFINITY:
            rates.append("-inf")
        else:
            rates.append(f"{value:.2f}{UNBROKEN}(+-{UNBROKEN}{spread:.2f})")
    of = _of(readings.lyapunov_samples, "steps")
    text = f"Lyapunov exponents, nats a step{of}: {', '.join(rates)}"
    lines = textwrap.wrap(text, COLUMNS, subsequent_indent="    ", break_on_hyphens=False)
    return record, [line.replace(UNBROKEN, " ") for line in lines]


def _held_out(_: read.Readings, found: read.HeldOut) -> Measured:
    record = {
        "held_out_loss": found.loss,
        "held_out_loss_spread": found.loss_spread,
        "held_out_accuracy": found.accuracy,
    }
    return record, [f"loss on held-out data {found.loss:.4f} (+- {found.loss_spread:.4f})"]


MEASURES: dict[read.Kind, Callable[[read.Readings, Any], Measured]] = {
    "memory": _memory,
    "reliance": _reliance,
    "gradient": _gradient,
    "weights": _weights,
    "units": _units,
    "lyapunov": _lyapunov,
    "held_out": _held_out,
}
"""What is printed without ``--fixed-points``, in this order."""


def _of(samples: int, what: str = "") -> str:
    """On how many samples something was measured; empty if it is unknown."""
    return f", of {samples:,} {what}".rstrip() if samples else ""


def _bars(
    config: EchoConfig, values: Iterable[float], heights: Iterable[float], form: str
) -> Iterator[str]:
    """A line for each lag: the value, a bar of this height, 0 to 1, and what is at this lag."""
    length = config.truncated_backprop_length
    marks = {length: f"T {length}", **dict.fromkeys(source_lags(config), source_name(config))}
    for lag, (value, height) in enumerate(zip(values, heights, strict=True)):
        bar = "#" * round(BAR * min(1.0, max(0.0, float(height))))
        yield f"{lag:>5}  {format(float(value), form):>8}  {bar:<{BAR}}  {marks.get(lag, '')}"[
            :COLUMNS
        ].rstrip()


def _fixed_points(name: str, readings: read.Readings, points: read.FixedPoints | None) -> Measured:
    if points is None:
        raise FailedError(
            f"a network that carries more than {read.MOST_CARRIED:,} numbers is not searched"
        )
    each = [
        {
            "kind": kind,
            "residual": points.residuals[index],
            "searches": int(points.starts[index]),
            "outputs": points.outputs[index],
            "state": points.states[index],
            "eigenvalues": [[one.real, one.imag] for one in points.eigenvalues[index]],
        }
        for index, kind in enumerate(points.kinds)
    ]
    record = {
        "input": name,
        "input_numbers": points.held.tolist(),
        "searches": points.searches,
        "points": each,
    }
    counts = [(points.count(kind), kind) for kind in read.POINT_KINDS]
    texts = [
        f"{count} {kind}{'s' if kind == 'saddle' and count > 1 else ''}"
        for count, kind in counts
        if count
    ]
    found = ", ".join(texts) or "none found"
    lines = textwrap.wrap(f"fixed points while the input is {name} at every step: {found}", COLUMNS)
    lines.append(
        f"{points.searches:,} searches; {points.starts.sum():,} ended at these; a search can miss "
        "points"
    )
    form = readings.config.the_task.outputs
    outputs = "outputs" if isinstance(form, Numbers) else "likeliest output"
    lines += ["", f"      kind      |l| > 1  largest |l|  residual  searches  {outputs}"]
    for index, kind in enumerate(points.kinds):
        sizes, values = np.abs(points.eigenvalues[index]), points.outputs[index]
        pushing = f"{int((sizes > 1 + read.MARGIN).sum())} of {len(sizes)}"
        numbers = (
            f"{pushing:>9}  {sizes[0]:>11.4f}  {points.residuals[index]:>8.1e}  "
            f"{points.starts[index]:>8}"
        )
        if isinstance(form, Numbers):
            # No -0.00
            output = " ".join(f"{round(value, 2) + 0.0:5.2f}" for value in values.tolist())
        else:
            symbol = int(values.argmax())
            output = f"{form.names[symbol] if form.names else symbol} (p {values[symbol]:.3f})"
        lines.append(f"{index + 1:>4}  {kind:<8}{numbers}  {output}"[:COLUMNS].rstrip())
    return record, [
        *lines,
        "",
        "l: eigenvalues of a step's Jacobian; each multiplies a small disturbance",
    ]
