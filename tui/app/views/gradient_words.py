"""Texts of the gradient view: what a cut at T leaves out of the gradient, and which inputs predictions use."""

from __future__ import annotations

import math

import numpy as np

from echornn.config import RULES, EchoConfig
from echornn.data.series import source_lags
from echornn.readings import Effects, Gradient, Reliance, RowDependence
from tui.app.drawings.panel_lines import is_of_symbols, is_read
from tui.kit.phrases import percent, source_name

MOST_NAMED = 3
"""The most lags that a text names."""

LONGEST = 78
"""The longest text about the cursor's position, in characters."""


def relied_on(reliance: Reliance | None, of_symbols: bool) -> tuple[str, ...]:
    """Texts of different lengths, longest first: for each lag, the share of predictions that the input turns; of
    numbers, the input that moves them most.
    """
    if reliance is None or not len(reliance.turned):
        return ("",)
    if not of_symbols:
        lag = int(np.nan_to_num(reliance.moved).argmax())
        return (f"all move most with {input_name(lag)}, by {size_text(float(reliance.moved[lag]))}",)
    order = [lag for lag in np.argsort(-reliance.turned, kind="stable").tolist() if reliance.turned[lag] > 0]
    if not order:
        return ("no flip turns a prediction",)
    each = [f"{input_name(lag)} {percent(float(reliance.turned[lag]))}" for lag in order[:MOST_NAMED]]
    whole = f"of {reliance.samples:,} predictions flips turn: {', '.join(each)}"
    return whole, f"flips turn: {', '.join(each[:2])}", f"flips turn: {each[0]}", each[0]


def input_name(lag: int) -> str:
    """The name of the input ``lag`` steps ago, such as "x[t-3]"."""
    return f"x[t-{lag}]" if lag else "x[t]"


def read(config: EchoConfig, rows: RowDependence, row: int, step: int) -> str:
    """The inputs that a prediction uses, in words, the strongest first; at most 78 characters.

    The text says so if the strengths of this row are not computed yet.
    """
    strengths, at_step = rows.of_row(row), step - rows.first_step
    text = f"row {row + 1}, step {step + 1}: "
    if not is_read(strengths):
        return f"{text}computing"
    strength = strengths[at_step, : at_step + 1]
    sizes = [size_text(size) for size in strength.tolist()]
    if not isinstance(rows, Effects):
        text += "local derivative by"
    else:
        text += "source before the window; " if config.value("task") == "echo" and step < config.echo_step else ""
        text += "depends on"
        if is_of_symbols(config.the_task.outputs):
            sizes = [f"{size:.2f}" for size in strength]
    for number, at in enumerate(np.argsort(np.nan_to_num(-strength), kind="stable").tolist()):
        entry = f"{',' if number else ''} {input_name(at_step - at)} {sizes[at]}"
        if len(text) + len(entry) > LONGEST:
            break
        text += entry
    return text


def read_lag(config: EchoConfig, gradient: Gradient, lag: int) -> str:
    """The text about a bar: the size of the gradient that reaches so many steps back."""
    if lag >= len(gradient.by_lag):
        return ""
    what = f", the {source_name(config)}" if lag in source_lags(config) else ""
    return f"lag {lag}{what}: gradient {size_text(float(gradient.by_lag[lag])) or '0'}"


def size_text(value: float) -> str:
    """A size of 0 or more in four characters, such as .043 or 2e-4; empty for zero."""
    if not math.isfinite(value):
        return "?"
    if value <= 0:
        return "0"
    if 1e-2 <= value < 10:
        return f"{value:.3f}".removeprefix("0")[:4]
    return f"{value:.0e}".replace("e-0", "e-").replace("e+0", "e").replace("e+", "e")


def missed_words(config: EchoConfig, gradient: Gradient) -> str:
    """The share of the gradient that a cut at T misses; for a rule without a cut, what a cut would miss."""
    cut = f"{next(name for name, rule in RULES.items() if rule.cuts)} with T {config.truncated_backprop_length}"
    share = gradient.bias_of_windows
    if not gradient.travels:
        return "no error travels back"
    if not np.isfinite(gradient.by_lag).all():
        return "the error grows too large on its way back"
    if gradient.complete and config.truncated_backprop_length >= config.window_steps:
        return f"errors reach a trial's start, {config.window_steps} steps back"
    if math.isnan(share):
        return f"what {cut} misses is within the noise"
    misses = ("would miss" if config.is_uncut else "misses") if share < 1 else "is off by"
    return f"{config.rule} misses nothing; " * config.is_uncut + f"{cut} {misses} {percent(share)}"
