"""The subcommand ``probe``: what a run's network remembers, how far its gradient reaches, where its
state rests."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import numpy as np
from cyclopts import Parameter
from cyclopts.validators import Path as FileName

from echornn import EchoConfig, Numbers, Symbols
from echornn import readings as read
from echornn.arrays.along import LAGS, NUMBERS, PANELS, records_along, series
from echornn.arrays.numbers import NetworkThere, network_at
from echornn.data import check_own_files, source_lags
from echornn.progress import Floats
from echornn.run.branch import letter_of
from echornn.solutions import DISTANCES, Distance
from tui.cli import probe_automaton
from tui.cli.parameters import Along, At, Branch, Json, Replica, RunName, Trust
from tui.cli.probe_solutions import print_solutions
from tui.cli.rows import Record, chosen_form, csv_lines, emit, finite, opened
from tui.term import terminal
from tui.term.exit_code import FailedError, UsageError
from tui.term.waiting_line import WaitingLine
from tui.text.held_inputs import HeldInput, held_input, held_inputs
from tui.text.lines import cycle_text, eigenvalue_text, output_text, point_counts, source_name

COLUMNS = 80  # of the narrowest terminal that the program promises
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
    automaton: bool = False,
    dot: bool = False,
    solutions: bool = False,
    distance: Distance | None = None,
    npz: Annotated[Path | None, Parameter(validator=FileName(ext="npz"))] = None,
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
        automaton: Print only the finite automaton that the network has become.
        dot: With --automaton: print a graph for Graphviz.
        solutions: Print only how differently the networks of several seeds move on the same trials.
        distance: With --solutions: between states; procrustes (the default), or cka.
        npz: With --solutions: write distances and the compared states to this .npz file, too.
        input: With --fixed-points: a symbol by its name or number, numbers with commas, or zeros.
        csv: With --along: print CSV.
    """
    if along is None and csv:
        raise UsageError("--csv cannot be used without --along")
    if along is not None and fixed_points:
        raise UsageError("--along cannot be used with --fixed-points")
    if automaton and (along is not None or fixed_points):
        raise UsageError("--automaton cannot be used with --along or --fixed-points")
    if dot and (json or not automaton):
        raise UsageError("--dot can be used only with --automaton, and without --json")
    if solutions and (automaton or fixed_points or replica is not None):
        raise UsageError("--solutions compares all networks: no --replica, nor other probes")
    if not solutions and (distance or npz):
        raise UsageError("--distance and --npz can be used only with --solutions")
    if input is not None and not fixed_points:
        raise UsageError(f"input = {input!r} cannot be used: only --fixed-points holds the input")

    line = WaitingLine()
    stored = opened(run, trust, line.say)
    choose = partial(chosen_form, json, csv)
    if solutions:
        where = {"distance": distance or DISTANCES[0], "at": at, "branch": branch}
        return print_solutions(stored, line, along, npz, choose, **where)
    if along is not None:
        terminal.keep_native_stderr_off_the_screen()
        records = records_along(stored, along, at=at, branch=branch, replica=replica)
        with line:
            return emit(line.between(choose(_table, _csv)(records)))
    network = network_at(stored.run, stored.run.position_at(at, branch), replica)
    check_own_files(network.config)
    held, measures = HeldInput("", ()), MEASURES
    if fixed_points:
        held = held_inputs(network.config)[0]
        if input is not None:
            held = held_input(network.config, input)
        measures = {"fixed_points": partial(_fixed_points, held.name)}
    if automaton:
        probe_automaton.require_letters(network.config)
        measures = {"automaton": probe_automaton.measured_automaton}
    terminal.keep_native_stderr_off_the_screen()
    with line:
        snapshot = stored.snapshot(at, branch, replica, retrain=True)
        readings = stored.examined(snapshot, measures, held=held.numbers)
    if not snapshot.state.is_finite:
        raise FailedError(
            f"the weights are not finite after window {readings.window}: nothing to read"
        )
    if dot:
        return emit(probe_automaton.dot_lines(readings))
    record = {
        "window": readings.window,
        "seed": readings.config.seed,
        "replica": network.number,
        "as_recorded": snapshot.unlike is None,
    }
    texts = [_title(readings, network)]
    if snapshot.unlike is not None:
        texts.append(str(snapshot.unlike))
    for kind, measure in measures.items():
        keys, lines = measure(readings, getattr(readings, kind))
        record |= keys
        texts += lines
    return emit([record], json, lambda _: texts)


def _title(readings: read.Readings, network: NetworkThere) -> str:
    title = f"after window {readings.window:,}"
    if readings.branch:
        title += f" of branch {letter_of(readings.branch)}"
    if network.config.replicas > 1:
        title += f", replica {network.number}: seed {readings.config.seed}"
    return title


def _csv(records: Iterable[Record]) -> Iterator[str]:
    """A row for each window, and a column for each number."""
    finite_records = [finite(record) for record in records]
    columns = {"window": [record["window"] for record in finite_records]}
    labels = NUMBERS | {key: key for key in LAGS}
    for name, column in series(finite_records, labels).items():
        columns[name] = finite(column)
    rows_of_columns = zip(*columns.values(), strict=True)
    table = (dict(zip(columns, row, strict=True)) for row in rows_of_columns)
    return csv_lines([*columns], table)


def _table(records: Iterable[Record]) -> Iterator[str]:
    heads = "".join(f"{title:>17}" for title in PANELS)
    yield f"{'window':>9}{heads}"
    for record in records:
        line = f"{record['window']:>9,}"
        for title, labels in PANELS.items():
            numbers = [float(column[0]) for column in series([record], labels).values()]
            line += f"{_in_a_column(title, numbers):>17.3g}"
        yield line


def _in_a_column(title: str, numbers: Sequence[float]) -> float:
    """Of the radii of several matrices the largest; of all else the first; NaN if there is none."""
    if not numbers:
        return math.nan
    return max(numbers) if title == "spectral radius" else numbers[0]


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
    title = f"memory: r2 at {memory.lags_text}{_on_samples(memory.samples, 'steps')}"
    if memory.total_text:
        title += f"; {memory.total_text}"
    shares = np.maximum(memory.by_lag, 0)
    return record, ["", title, *_bars(readings.config, shares, shares, ".2f")]


def _reliance(readings: read.Readings, reliance: read.Reliance) -> Measured:
    config, turned, moved = readings.config, reliance.turned, reliance.moved
    change = "changed"
    if isinstance(config.the_task.inputs, Numbers):
        change = f"raised by {read.RAISED:g}"
    title = f"only the input at that lag is {change}{_on_samples(reliance.samples)}"
    shares: Any = [None] * len(turned)
    if isinstance(config.the_task.outputs, Symbols):
        shares = turned
        lines = [f"predictions that turn when {title}", *_bars(config, turned, turned, ".1%")]
    else:
        most = max(moved[np.isfinite(moved)], default=0.0) or 1.0
        heights = np.nan_to_num(moved / most, nan=1.0)
        lines = [f"how far outputs move if {title}", *_bars(config, moved, heights, ".1e")]
    record = {"turned_by_lag": shares, "moved_by_lag": moved, "turned_samples": reliance.samples}
    return record, ["", *lines]


def _gradient(readings: read.Readings, gradient: read.Gradient) -> Measured:
    config = readings.config
    length = config.truncated_backprop_length
    bias, spread = gradient.through(length)
    bias_of_windows, spread_of_windows = gradient.bias_of_windows, gradient.bias_of_windows_spread
    slope = gradient.slope
    record = {
        "gradient_by_lag": gradient.by_lag,
        "gradient_slope": np.float32(math.nan if slope is None else slope.decades),
        "truncation_bias": np.float32(bias),
        "truncation_bias_spread": np.float32(spread),
        "truncation_bias_by_steps": gradient.bias,
        "truncation_bias_by_steps_spread": np.broadcast_to(
            gradient.bias_spread, gradient.bias.shape
        ),
        "truncation_bias_of_windows": np.float32(bias_of_windows),
        "truncation_bias_of_windows_spread": np.float32(spread_of_windows),
        "gradient_samples": gradient.samples,
    }
    unit = "nats for" if config.the_task.outputs.unit else config.the_task.outputs.loss
    samples = _on_samples(gradient.samples, "losses")
    lines = ["", f"gradient by lag, {unit} a unit of state, on a log scale{samples}"]
    sizes = gradient.by_lag.astype(float)
    is_finite = np.isfinite(sizes)
    with np.errstate(divide="ignore", invalid="ignore"):
        heights = 1 + np.log10(sizes / max(sizes[is_finite], default=0.0)) / DECADES
    lines += _bars(config, sizes, np.where(is_finite, heights, 1.0), ".1e")
    lines.append("")
    if slope is not None:
        lags = f"lags {slope.first} to {slope.last}"
        lines.append(f"slope {slope.decades:+.2f} decades a lag ({lags})")
    if math.isfinite(bias):
        lines.append(_missing(f"if each error goes back {length} steps", bias, spread))
    if math.isfinite(bias_of_windows):
        windows = f"in windows of {length} steps"
        lines.append(_missing(windows, bias_of_windows, spread_of_windows))
    return record, lines


def _missing(where: str, bias: float, spread: float) -> str:
    return f"missing from the gradient {where}: {bias:.1%} (+- {spread:.1%})"


def _weights(_: read.Readings, weights: read.Matrices) -> Measured:
    radii = {matrix.name: matrix.spectral_radius for matrix in weights.recurrent}
    record = {
        "spectral_radius": np.float32(max(radii.values(), default=math.nan)),
        "spectral_radii": {name: np.float32(radius) for name, radius in radii.items()},
    }
    texts = [f"{radius:.2f} ({name})" for name, radius in radii.items()]
    return record, [f"spectral radius {', '.join(texts) or '-'}"]


def _units(_: read.Readings, units: read.Units) -> Measured:
    share = units.share_saturated
    record: dict[str, Any] = {"saturated": np.float32(share), "saturated_samples": units.samples}
    lines = []
    steps = _on_samples(units.samples, "steps")
    if math.isfinite(share):
        lines.append(f"saturated {share:.0%} of the top layer's states{steps}")
    if units.hidden:
        record["hidden_by_unit"] = dict(units.hidden)
    for name, correlations in units.hidden.items():
        unit = int(np.abs(correlations).argmax())
        lines.append(f"{name}: unit {unit + 1} follows it most, r {correlations[unit]:.2f}")
    return record, lines


def _lyapunov(readings: read.Readings, exponents: Floats) -> Measured:
    spreads = readings.lyapunov_spread
    assert spreads is not None
    record = {
        "lyapunov": exponents,
        "lyapunov_samples": readings.lyapunov_samples,
        "lyapunov_spread": spreads,
    }
    rates = []
    for exponent, spread in zip(exponents.tolist(), spreads.tolist(), strict=True):
        if exponent <= read.MINUS_INFINITY:
            rates.append("-inf")
        else:
            rates.append(f"{exponent:.2f}{UNBROKEN}(+-{UNBROKEN}{spread:.2f})")
    steps = _on_samples(readings.lyapunov_samples, "steps")
    text = f"Lyapunov exponents, nats a step{steps}: {', '.join(rates)}"
    lines = textwrap.wrap(text, COLUMNS, subsequent_indent="    ", break_on_hyphens=False)
    return record, [line.replace(UNBROKEN, " ") for line in lines]


def _held_out(_: read.Readings, held_out: read.HeldOut) -> Measured:
    loss, spread = held_out.loss, held_out.loss_spread
    record = {
        "held_out_loss": loss,
        "held_out_loss_spread": spread,
        "held_out_accuracy": held_out.accuracy,
    }
    return record, [f"loss on held-out data {loss:.4f} (+- {spread:.4f})"]


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


def _on_samples(samples: int, what: str = "") -> str:
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
        line = f"{lag:>5}  {format(float(value), form):>8}  {bar:<{BAR}}  {marks.get(lag, '')}"
        yield line[:COLUMNS].rstrip()


# ---- fixed points


def _fixed_points(name: str, readings: read.Readings, points: read.FixedPoints | None) -> Measured:
    if points is None:
        raise FailedError(
            f"a network that carries more than {read.MOST_CARRIED:,} numbers is not searched"
        )
    record = {
        "input": name,
        "input_numbers": points.held.tolist(),
        "searches": points.searches,
        "points": [_point_record(points, index) for index in range(len(points.kinds))],
        "cycles": [_cycle_record(cycle) for cycle in points.cycles],
    }
    found = ", ".join(point_counts(points)) or "none found"
    lines = textwrap.wrap(f"fixed points while the input is {name} at every step: {found}", COLUMNS)
    lines.append(
        f"{points.searches:,} searches; {points.starts.sum():,} ended at these; a search can miss "
        "points"
    )
    outputs = readings.config.the_task.outputs
    what = "outputs" if isinstance(outputs, Numbers) else "likeliest output"
    lines += ["", f"      kind      |l| > 1    largest l residual        q  ended  {what}"]
    lines += [_point_line(points, index, outputs) for index in range(len(points.kinds))]
    if points.cycles:
        lines.append("")
    lines += [cycle_text(cycle, outputs)[:COLUMNS] for cycle in points.cycles]
    lines += ["", "l: eigenvalues of a step's Jacobian, of all steps in a cycle; each multiplies a"]
    lines.append("small disturbance, and turns it by the angle if it is not real")
    lines.append("residual: the largest move of a number in a step; q: |F(s) - s|^2 / 2")
    return record, lines


def _point_record(points: read.FixedPoints, index: int) -> Record:
    return {
        "kind": points.kinds[index],
        "residual": points.residuals[index],
        "q": points.q[index],
        "searches": int(points.starts[index]),
        "outputs": points.outputs[index],
        "state": points.states[index],
        "eigenvalues": [[value.real, value.imag] for value in points.eigenvalues[index]],
    }


def _cycle_record(cycle: read.Cycle) -> Record:
    return {
        "kind": cycle.kind,
        "period": len(cycle.states),
        "residual": cycle.residual,
        "outputs": cycle.outputs,
        "states": cycle.states,
        "eigenvalues": [[value.real, value.imag] for value in cycle.eigenvalues],
    }


def _point_line(points: read.FixedPoints, index: int, outputs: Symbols | Numbers) -> str:
    eigenvalues = points.eigenvalues[index]
    pushing = f"{int((np.abs(eigenvalues) > 1 + read.MARGIN).sum())} of {len(eigenvalues)}"
    largest = eigenvalue_text(eigenvalues[0])
    line = (
        f"{index + 1:>4}  {points.kinds[index]:<8}{pushing:>9} {largest:>12} "
        f"{points.residuals[index]:>8.1e}  {points.q[index]:>7.1e}  {points.starts[index]:>5}"
    )
    return f"{line}  {output_text(outputs, points.outputs[index])}"[:COLUMNS].rstrip()
