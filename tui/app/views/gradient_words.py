"""Texts of the gradient view: what training leaves out of the gradient, and what predictions use."""

from __future__ import annotations

import math

import numpy as np

from echornn.config import EchoConfig
from echornn.readings import Effects, Gradient, OfRows, Reliance
from tui.app.drawings.row_panel import is_read

MOST_NAMED = 3
"""The most lags that are named."""

LONGEST = 78
"""The most characters of a reading."""

UNDECIDED = 0.2
"""If the probabilities move by less than this for each prediction that changes, the predictions were near a tie. That
is also so in a network that has learned nothing yet, whatever it remembers.
"""

ACCEPTED_BIAS = 0.1
"""The bias that is accepted when the text says how many steps are enough."""


def percent(share: float) -> str:
    """A share as text: 21 %, 0.3 %, under 0.1 %."""
    if not math.isfinite(share):
        return "? %"
    if share <= 0:
        return "0 %"
    if share < 0.0005:
        return "under 0.1 %"
    return f"{share * 100:.1f} %" if share < 0.0095 else f"{share:.0%}".replace("%", " %")


def at_most(share: float) -> str:
    """An upper bound of a share as text: at most 21 %, under 0.1 %."""
    text = percent(share)
    return text if text.startswith("under") else f"at most {text}"


def words_of(
    config: EchoConfig, gradient: Gradient, kept: float | None = None, reliance: Reliance | None = None
) -> tuple[str, str]:
    """The text about the part of the gradient that training leaves out, and the part that it would leave out if all
    errors went back T steps; if the cut is before the echo's source, about what the state still keeps of the source.

    The gradient is that of the present network: an echo that is not learned has no part in it. So the text says how
        many
    steps are enough only if errors reach the echo.

    Args:
        kept: r2 of the echo's source in the state; None if unknown.
        reliance: what predictions use; None if unknown.
    """
    steps, echo, followed = config.truncated_backprop_length, config.echo_step, len(gradient.bias)
    if echo >= steps and kept is not None:
        return f"no error gets {echo} steps back, to the echo's source: T is {steps}", kept_words(echo, kept, reliance)
    if not gradient.travels:
        return (
            "no error travels back: nothing is left of it after one step",
            "saturated units can do that: s sets a smaller learning_rate, then R",
        )
    if not followed:
        return "there is no gradient", ""
    if not np.isfinite(gradient.by_lag).all():
        return f"the error grows on its way back, too large to tell what T {steps} cuts off", ""
    if math.isnan(gradient.bias_of_windows):
        if steps >= followed:
            return f"errors were followed through {followed} steps; T is {steps}", ""
        return "too little gradient to tell what training leaves out", ""
    training = f"training {left_out(gradient.bias_of_windows)}"
    now = f"{training} of the gradient as it is now"
    if echo >= steps:
        return f"no error gets {echo} steps back, to the echo's source: T is {steps}", now
    if not reaches_the_echo(echo, gradient):
        return (
            now,
            f"few errors reach {echo} steps back, to the echo, so far: too early to judge T",
        )
    first = f"{training}: errors stop at their window's start"
    if steps >= followed:
        return first, f"errors were followed through {followed} steps; T is {steps}"
    bias, spread = gradient.through(steps)
    share = at_most(bias + spread) if spread >= bias and spread > 0 else percent(bias)
    second = f"if errors went back {steps} steps: {share} left out"
    least = gradient.enough(ACCEPTED_BIAS)
    if least is None:
        return first, f"{second}; {percent(ACCEPTED_BIAS)} takes {followed} or more"
    return first, second if least == steps else f"{second}; with {least}: at most {percent(ACCEPTED_BIAS)}"


def kept_words(echo: int, kept: float, reliance: Reliance | None) -> str:
    """The text about what the state keeps of a source that no error reaches, and how many predictions use it."""
    text = f"only what the state keeps is used: x[t-{echo}], r2 {kept:.2f}"
    if reliance is None or echo >= len(reliance.turned):
        return text
    return f"{text}; its flip turns {percent(float(reliance.turned[echo]))}"


def relied_on(reliance: Reliance | None) -> tuple[str, ...]:
    """The share of all predictions that change with the input at each lag, as texts, the longest first."""
    if reliance is None or not len(reliance.turned):
        return ("",)
    count, shares = f"{reliance.samples:,}", reliance.turned
    order = [lag for lag in np.argsort(-shares, kind="stable").tolist() if shares[lag] > 0]
    if not order:
        return f"no input flipped alone turns any of {count} predictions", "no flip turns a prediction"
    first, undecided = order[0], ""
    if reliance.moved[first] < UNDECIDED * shares[first]:
        undecided = f"; p moves {reliance.moved[first]:.2f}: they were undecided"
    each = [f"{input_name(lag)} turns {percent(float(shares[lag]))}" for lag in order[:MOST_NAMED]]
    others = "" if len(order) > MOST_NAMED else "; no other lag does"
    if undecided:
        seen = f"flipped, {each[0]} of {count} predictions"
        return f"{seen}{undecided}", seen, f"flipping {each[0]}", each[0]
    return (
        f"flipped alone, {', '.join(each)} of {count} predictions{others}",
        f"flipped, {each[0]} of {count} predictions",
        f"flipping {each[0]}",
        each[0],
    )


def input_name(lag: int) -> str:
    """The name of the input so many steps ago."""
    return f"x[t-{lag}]" if lag else "x[t]"


def read(config: EchoConfig, rows: OfRows, row: int, step: int) -> str:
    """Which inputs a prediction uses, in words, the strongest first; at most 78 characters.

    If the row was only just asked for, nothing is read yet.
    """
    strengths, at_step = rows.of_row(row), step - rows.first_step
    text = f"row {row + 1}, step {step + 1}: "
    if not is_read(strengths):
        return f"{text}computing"
    strength = strengths[at_step, : at_step + 1]
    if isinstance(rows, Effects):
        turned = rows.turned[row - rows.first_row, at_step]
        sizes = [f"{size:.2f}{' (turns)' if turns else ''}" for size, turns in zip(strength, turned, strict=False)]
        text += "source before the window; " if step < config.echo_step else ""
        text += "flips move p:"
    else:
        sizes = [size_text(size) for size in strength.tolist()]
        text += "local derivative by"
    for number, at in enumerate(np.argsort(np.nan_to_num(-strength), kind="stable").tolist()):
        entry = f"{',' if number else ''} {input_name(at_step - at)} {sizes[at]}"
        if len(text) + len(entry) > LONGEST:
            break
        text += entry
    return text


def size_text(value: float) -> str:
    """A size above zero in four characters: .043, 2e-4; empty for zero."""
    if not math.isfinite(value):
        return "?"
    if value <= 0:
        return "0"
    if 1e-2 <= value < 10:
        return f"{value:.3f}".removeprefix("0")[:4]
    return f"{value:.0e}".replace("e-0", "e-").replace("e+0", "e").replace("e+", "e")


def reaches_the_echo(echo: int, gradient: Gradient) -> bool:
    """Whether something would be missing if errors were followed just short of the echo."""
    return not echo or echo > len(gradient.bias) or bool(gradient.bias[echo - 1] > ACCEPTED_BIAS)


def left_out(share: float) -> str:
    """How far the gradient is from the whole gradient, in words; the distance can exceed the whole gradient's
    length.
    """
    return f"leaves out {percent(share)}" if not share >= 1 else f"is off by {percent(share)}"
