"""``evaluate``: how well a run's networks do on data that training never saw; ``sample``: what they
write."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Annotated, Any

import numpy as np
from cyclopts import Parameter
from cyclopts.validators import Number

from echornn import Position
from echornn.arrays.evaluated import LeftOut, evaluated
from echornn.arrays.numbers import network_at
from echornn.arrays.run_arrays import RunArrays
from echornn.config import EchoConfig, fields_text
from echornn.data import check_own_files, held_out_config
from echornn.readings import SAMPLE_LENGTH, TaskSettings
from echornn.runtime import quiet
from echornn.sweeps.grid import sizes_of
from echornn.tasks.task import Symbols
from tui.cli.parameters import At, Branch, Json, Replica, RunName, Trust
from tui.cli.probe import BAR
from tui.cli.rows import Record, emit, opened
from tui.term import printed, terminal
from tui.term.exit_code import FailedError
from tui.term.waiting_line import WaitingLine
from tui.text.held_out import chance_text, heads, score_line, scores_of
from tui.text.lines import symbol_name

LINES = 20  # the most groups of steps


def evaluate_run(
    run: RunName,
    /,
    *,
    settings: dict[str, Any] | None = None,
    sizes: str | None = None,
    trials: Annotated[int | None, Parameter(validator=Number(gte=1))] = None,
    at: At = None,
    branch: Branch = None,
    replica: Replica = None,
    json: Json = False,
    trust: Trust = False,
) -> int:
    """Print how well each network of a run does on data that training never saw, also with other
    settings of its task.

    Args:
        sizes: Evaluate at each of several sizes: SETTING=VALUES, as length=50,100,200, 3..9 or
            10..1000@5, of one setting of the task.
        trials: Fresh trials, 512 by default; of a stream rows, 64 by default.
    """
    line = WaitingLine()
    stored = opened(run, trust, line.say)
    position = stored.run.position_at(at, branch)
    network = network_at(stored.run, position, replica)
    check_own_files(network.config)
    settings = settings or {}
    asked = held_out_config(network.config, settings, trials)
    each_size: tuple[TaskSettings, ...] = (tuple(settings.items()),)
    if sizes is not None:
        each_size = sizes_of(network.config, sizes, settings)
    terminal.keep_native_stderr_off_the_screen()
    with line:
        rows = _evaluated(stored, position, replica, each_size, trials)
    if not rows:
        raise FailedError("nothing to evaluate")
    title = f"after window {position.window:,}: {rows[0]['trials']:,} fresh "
    title += "rows" if asked.is_stream else "trials"
    networks = len(rows) // len(each_size)
    if sizes is None:
        title += f" of {rows[0]['steps']:,} steps"
    elif networks > 1:
        title += f", mean of {networks} networks"
    if settings:
        title += f", {fields_text(settings)}"
    lines = _lines(asked, rows) if sizes is None else _lines_by_size(asked, each_size, rows)
    return emit(rows, json, lambda _: [title, *lines])


def _evaluated(
    stored: RunArrays,
    position: Position,
    replica: int | None,
    sizes: Sequence[TaskSettings],
    trials: int | None,
) -> list[Record]:
    """A row for each size of each network there, or of one."""
    rows: list[Record] = []
    for network in evaluated(stored, position, replica, sizes, trials):
        if isinstance(network, LeftOut):
            stored.progress("")  # the line for what is printed
            printed.complain(f"echornn-tui: {network}")
            continue
        held_out = network.held_out
        rows.append(
            {
                **dict(network.size),
                "window": position.window,
                "replica": network.replica,
                "seed": network.seed,
                "as_recorded": network.as_recorded,
                "trials": held_out.rows,
                "steps": held_out.steps,
                **scores_of(held_out),
                "loss_by_step": held_out.loss_by_step,
                "accuracy_by_step": 1 - held_out.wrong_by_step,
                "accuracy_by_target": 1 - held_out.wrong_by_target,
            }
        )
    return rows


def _lines_by_size(
    asked: EchoConfig, sizes: Sequence[TaskSettings], rows: Sequence[Record]
) -> Iterator[str]:
    """A line for each size, of all networks together."""
    yield heads(asked, sizes[0][-1][0])
    for number, size in enumerate(sizes):
        networks = rows[number :: len(sizes)]
        scores = networks[0] if len(networks) == 1 else _means(networks)
        yield score_line(asked, size[-1][1], scores)


def _lines(asked: EchoConfig, rows: list[Record]) -> Iterator[str]:
    """A line for each network, one for their mean, and one for each group of steps, of all networks
    together."""
    yield heads(asked, "replica  seed") + chance_text(asked)
    for row in rows:
        yield score_line(asked, f"{row['replica']:>7} {row['seed']:>5}", row)
    if len(rows) > 1:
        yield score_line(asked, f"mean of {len(rows):>5}", _means(rows))
    what, form = ("accuracy", ".1%") if asked.has_classes else ("loss", ".4f")
    if asked.resets_state:  # else all steps are alike
        by_step = np.mean([row[f"{what}_by_step"] for row in rows], axis=0)
        scored = np.flatnonzero(np.isfinite(by_step))
        groups = np.array_split(scored, min(LINES, len(scored)))
        names = [" to ".join(map(str, sorted({steps[0] + 1, steps[-1] + 1}))) for steps in groups]
        means = [float(by_step[steps].mean()) for steps in groups]
        most = 1.0 if asked.has_classes else by_step[scored].max(initial=0) or 1.0
        yield from _bars(f"{what} by step", names, means, form, most)
    symbols = asked.the_task.outputs
    if isinstance(symbols, Symbols) and 2 < symbols.count <= LINES:
        by_target = np.mean([row["accuracy_by_target"] for row in rows], axis=0)
        names = [symbol_name(symbols, symbol) for symbol in range(symbols.count)]
        yield from _bars("accuracy by target", names, by_target.tolist(), form, 1.0)


def _means(rows: Sequence[Record]) -> Record:
    """Over the networks, with twice their standard errors."""
    means: Record = {}
    for name in ("loss", "accuracy"):
        values = np.array([row[name] for row in rows])
        means[name] = values.mean()
        means[f"{name}_spread"] = 2 * values.std(ddof=1) / math.sqrt(len(values))
    return means


def _bars(
    title: str, names: Sequence[str], values: Sequence[float], form: str, most: float
) -> Iterator[str]:
    yield from ("", title)
    for name, value in zip(names, values, strict=True):
        if math.isfinite(value):
            yield f"{name:>14}  {value:>8{form}}  {'#' * round(BAR * value / most)}".rstrip()


def sample_run(
    run: RunName,
    /,
    *,
    temperature: Annotated[float, Parameter(validator=Number(gte=0))] = 1.0,
    prime: str = "",
    length: Annotated[int, Parameter(validator=Number(gte=1, lte=1_000_000))] = SAMPLE_LENGTH,
    at: At = None,
    branch: Branch = None,
    replica: Replica = None,
    json: Json = False,
    trust: Trust = False,
) -> int:
    """Print what a run's network writes, if it predicts the next character, as of the task text.

    Args:
        temperature: Divides the logits: below 1 the likely is likelier, and 0 takes the likeliest.
        prime: How the text begins.
        length: Characters in all.
    """
    line = WaitingLine()
    stored = opened(run, trust, line.say)
    terminal.keep_native_stderr_off_the_screen()
    with line:
        quiet.import_tensorflow(stored.run.about.threshold, line.say)
        from echornn import sample

        snapshot = stored.snapshot(at, branch, replica, retrain=True)
        if not snapshot.state.is_finite:
            raise FailedError(
                f"the weights are not finite after window {snapshot.window}: nothing is written"
            )
        line.say("writing")
        text = sample(snapshot, length, temperature, prime)
    record = {
        "window": snapshot.window,
        "seed": snapshot.state.config.seed,
        "temperature": temperature,
        "text": text,
    }
    return emit([record], json, lambda _: text.split("\n"))
