"""The subcommand ``probe --fixed-points``: prints the states at which a run's network rests."""

from __future__ import annotations

import json
import math
import textwrap
from collections.abc import Iterator
from typing import Any

import numpy as np

from echornn.config import EchoConfig
from echornn.progress import Floats
from echornn.readings import MARGIN, MOST_CARRIED, POINT_KINDS, FixedPoints, Question
from echornn.tasks.task import Numbers
from tui.commands.kept_runs.examined import ChosenNetwork, Examined, examined, heading
from tui.term import printed
from tui.term.exit_code import ExitCode
from tui.views.targets import HeldInput, held_input, held_inputs

COLUMNS = 80

MOST_LINES = 60
"""The most points that are printed as lines."""


def print_fixed_points(network: ChosenNetwork, as_json: bool, text: str | None) -> int:
    """Print the fixed points of a network under a constant input; returns the exit code. Errors as in `examined`.

    Args:
        text: the input, see `held_input`; by default the usual one of the task.
    """

    def question(config: EchoConfig) -> Question:
        return Question(frozenset({"fixed_points"}), held=_input(config, text).numbers)

    found = examined(network, question)
    if found is None:
        return ExitCode.FAILED
    if found.readings.fixed_points is None:
        printed.complain(f"echornn-tui: a network that carries more than {MOST_CARRIED:,} numbers is not searched")
        return ExitCode.FAILED
    name = _input(found.readings.config, text).name
    if as_json:
        printed.lines([json.dumps(record_of(found, name))])
    else:
        printed.lines(lines(found, name))
    return ExitCode.DONE


def _input(config: EchoConfig, text: str | None) -> HeldInput:
    return held_inputs(config)[0] if text is None else held_input(config, text)


def record_of(found: Examined, name: str) -> dict[str, Any]:
    """The points under the constant input of this name as numbers for JSON, by the keys in docs/cli.md."""
    points = _points(found)
    return {
        "window": found.readings.window,
        "seed": found.readings.config.seed,
        "replica": found.replica,
        "as_recorded": found.unlike is None,
        "input": name,
        "input_numbers": points.held.tolist(),
        "searches": points.searches,
        "points": [
            {
                "kind": points.kinds[index],
                "residual": float(str(points.residuals[index])),
                "searches": int(points.starts[index]),
                "outputs": _plain(points.outputs[index]),
                "state": [one if math.isfinite(one) else None for one in points.states[index].tolist()],
                "eigenvalues": [_plain(np.array([one.real, one.imag])) for one in points.eigenvalues[index]],
            }
            for index in range(len(points.kinds))
        ],
    }


def lines(found: Examined, name: str) -> Iterator[str]:
    """The points as lines of text, at most 80 columns wide."""
    points, config = _points(found), found.readings.config
    yield from heading(found.readings, found.replica if found.is_one_of_many else None, found.unlike)
    counts = [
        f"{count} {kind}{'s' if kind == 'saddle' and count > 1 else ''}"
        for kind in POINT_KINDS
        if (count := points.count(kind))
    ]
    held = f"while the input is {name} at every step"
    yield from textwrap.wrap(f"fixed points {held}: {', '.join(counts) or 'none found'}", COLUMNS)
    yield f"{points.searches:,} searches; {points.starts.sum():,} ended at these; a search can miss points"
    if not counts:
        return
    yield ""
    yield f"      kind      |l| > 1  largest |l|  residual  searches  {_heading(config)}"[:COLUMNS]
    for index, kind in enumerate(points.kinds[:MOST_LINES]):
        sizes = np.abs(points.eigenvalues[index])
        pushing = f"{int((sizes > 1 + MARGIN).sum())} of {len(sizes)}"
        numbers = f"{pushing:>9}  {sizes[0]:>11.4f}  {points.residuals[index]:>8.1e}  {points.starts[index]:>8}"
        yield f"{index + 1:>4}  {kind:<8}{numbers}  {_output(config, points.outputs[index])}"[:COLUMNS].rstrip()
    if len(points.kinds) > MOST_LINES:
        yield f"and {len(points.kinds) - MOST_LINES} more: --json prints all"
    yield ""
    yield "l: eigenvalues of a step's Jacobian; each multiplies a small disturbance"


def _points(found: Examined) -> FixedPoints:
    points = found.readings.fixed_points
    assert points is not None
    return points


def _heading(config: EchoConfig) -> str:
    return "outputs" if isinstance(config.the_task.outputs, Numbers) else "likeliest output"


def _output(config: EchoConfig, outputs: Floats) -> str:
    """The numbers that the network says, or the likeliest symbol with its probability."""
    form = config.the_task.outputs
    if isinstance(form, Numbers):
        return " ".join(f"{round(value, 2) + 0.0:5.2f}" for value in outputs.tolist())  # no -0.00
    symbol = int(outputs.argmax())
    return f"{form.names[symbol] if form.names else symbol} (p {outputs[symbol]:.3f})"


def _plain(numbers: Floats) -> list[float | None]:
    """The shortest decimal numbers that identify float32; None for those that are not finite."""
    return [float(str(np.float32(one))) if math.isfinite(one) else None for one in numbers.tolist()]
