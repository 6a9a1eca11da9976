"""Texts of the gradient view: what a cut at T leaves out of the gradient, and which inputs predictions use."""

from __future__ import annotations

import math

import numpy as np

from echornn.config import EchoConfig
from echornn.data.coverage import lags_beyond, source_lags
from echornn.diagnosis.phrases import CUTTING, change_words, gradient_cut_off, source_name, steps_text, uncut
from echornn.readings import Effects, Gradient, Reliance, RowDependence
from tui.app.drawings.panel_lines import is_of_symbols, is_read

MOST_NAMED = 3
"""The most lags that a text names."""

LONGEST = 78
"""The longest text about the cursor's position, in characters."""

MOST_USE = 0.8
"""If flipping a source turns more than this share of the predictions, most are said to use it."""

UNDECIDED = 0.2
"""If the probabilities move by less than this per changed prediction, the text says that the predictions were nearly
tied. This is also so in a network that has not learned anything yet, whatever it remembers.
"""

ACCEPTED_BIAS = 0.1
"""A text calls a number of steps enough if the bias of the gradient is at most this (a share, 0 to 1)."""


def percent(share: float) -> str:
    """A share (0 to 1) as text: 21 %, 0.3 %, under 0.1 %."""
    if not math.isfinite(share):
        return "? %"
    if share <= 0:
        return "0 %"
    if share < 0.0005:
        return "under 0.1 %"
    return f"{share * 100:.1f} %" if share < 0.0095 else f"{share:.0%}".replace("%", " %")


def at_most(share: float) -> str:
    """A share (0 to 1) that is an upper bound, as text: at most 21 %, under 0.1 %."""
    text = percent(share)
    return text if text.startswith("under") else f"at most {text}"


def words_of(
    config: EchoConfig, gradient: Gradient, kept: float | None = None, reliance: Reliance | None = None
) -> tuple[str, str]:
    """Two texts: the share of the gradient that truncation leaves out, and the share that it would leave out if every
    error were followed T steps back. If truncation cuts off a target's source, the text is about how well the state
    still holds the source. If the learning rule goes past T, the texts say so, and what truncation would leave out.

    The gradient is that of the current network: an echo that is not learned yet adds nothing to it. So the text names a
    sufficient number of steps only if errors reach the farthest source.

    Args:
        kept: r2 of the nearest source beyond truncation read from the state; None if unknown.
        reliance: how many predictions change with each input; None if unknown.
    """
    steps, followed = config.truncated_backprop_length, len(gradient.bias)
    beyond, sources = lags_beyond(config), source_lags(config)
    too_far = f"{gradient_cut_off(config)}, {source_words(config)} (T {steps:,})" if beyond else ""
    if beyond and kept is not None:
        return too_far, kept_words(beyond[0], kept, reliance)
    if not gradient.travels:
        return (
            "no error travels back: nothing is left of it after one step",
            "saturated units can do that: «settings» sets a smaller learning_rate, then «redraw»",
        )
    if not followed:
        return "there is no gradient", ""
    if not np.isfinite(gradient.by_lag).all():
        return f"the error grows on its way back, too large to tell what {CUTTING} leaves out", ""
    if gradient.complete and steps >= config.window_steps:
        return f"errors reach a trial's start, {config.window_steps} steps back: nothing is cut off", ""
    if math.isnan(gradient.bias_of_windows):
        if steps >= followed:
            return f"errors were followed through {steps_text(followed)}; T is {steps}", ""
        unknown = f"the mean gradient is within its noise: unknown what {CUTTING} leaves out"
        return (uncut(config), unknown) if config.is_uncut else (unknown, "")
    left = f"{CUTTING} {left_out(gradient.bias_of_windows)}"
    now = f"{uncut(config)}; {left}" if config.is_uncut else f"{left} of the gradient as it is now"
    if beyond:
        return too_far, now
    if sources and not reaches(sources[-1], gradient):
        name = source_words(config).removesuffix("'s source")
        few = f"few errors reach {steps_text(sources[-1])} back, to {name}"
        used = reliance is not None and sources[-1] < len(reliance.turned) and reliance.turned[sources[-1]] > MOST_USE
        early = "" if config.is_uncut else ": too early to judge T"
        return now, f"{few}: most predictions use it already" if used else f"{few}, so far{early}"
    if not sources or config.is_uncut:
        first = now
    elif config.is_stream:
        first = f"{left}: errors stop at their window's start"
    else:
        first = f"{left}: errors stop at each step that T = {steps} divides"
    if steps >= followed:
        return first, f"errors were followed through {steps_text(followed)}; T is {steps}"
    bias, spread = gradient.through(steps)
    share = at_most(bias + spread) if spread >= bias and spread > 0 else percent(bias)
    off = f"{share} left out" if not bias >= 1 else f"off by {share}"
    second = f"if each error went back {steps_text(steps)}: {off}"
    least = gradient.enough(ACCEPTED_BIAS)
    if least is None:
        return first, f"{second}; for {percent(ACCEPTED_BIAS)}: {followed} or more"
    return first, second if least == steps else f"{second}; {steps_text(least)}: at most {percent(ACCEPTED_BIAS)}"


def kept_words(echo: int, kept: float, reliance: Reliance | None) -> str:
    """A text about what the state keeps of a source that no error reaches, and how many predictions use it."""
    text = f"only what the state keeps is used: x[t-{echo}], r2 {kept:.2f}"
    if reliance is None or echo >= len(reliance.turned):
        return text
    return f"{text}; its flip turns {percent(float(reliance.turned[echo]))}"


def relied_on(reliance: Reliance | None) -> tuple[str, ...]:
    """Texts of different lengths, longest first: for each lag, the share of predictions that the input changes."""
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
    whole, one = f"flipped alone, {', '.join(each)} of {count} predictions{others}", each[0]
    alike = [lag for lag in order[1:MOST_NAMED] if 2 * shares[lag] >= shares[first]]
    if alike:
        both = f"{one}, {input_name(alike[0])} {percent(float(shares[alike[0]]))}"
        return whole, f"flipped, {both} of {count} predictions", f"flipping {both}", both, one
    return whole, f"flipped, {one} of {count} predictions", f"flipping {one}", one


def moved_words(config: EchoConfig, reliance: Reliance | None) -> str:
    """A text about the input that moves predictions most, for inputs or outputs that are numbers."""
    if reliance is None or not len(reliance.moved) or not np.isfinite(reliance.moved).all():
        return ""
    lag, change = int(reliance.moved.argmax()), change_words(config)
    size = size_text(float(reliance.moved[lag]))
    return f"one input {change} moves predictions most at {input_name(lag)}, on average by {size}"


def outside(config: EchoConfig, step: int) -> str:
    """A text which says that the source of this step's target is before the window; empty if it is not so, or if there
    are several sources, or none.
    """
    match source_lags(config):
        case [lag] if config.is_stream and lag > step:
            return f"{input_name(lag)} is before the window"
    return ""


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
    if isinstance(rows, Effects) and not is_of_symbols(config.the_task.outputs):
        sizes = [size_text(size) for size in strength.tolist()]
        text += f"{'flips' if is_of_symbols(config.the_task.inputs) else 'inputs raised'} move it:"
    elif isinstance(rows, Effects):
        turned = rows.turned[row - rows.first_row, at_step]
        sizes = [f"{size:.2f}{' (turns)' if turns else ''}" for size, turns in zip(strength, turned, strict=False)]
        text += "source before the window; " if config.is_echo and step < config.echo_step else ""
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


def read_lag(config: EchoConfig, gradient: Gradient, lag: int) -> str:
    """The text about a bar: the size of the gradient that reaches so many steps back, and whether it is cut off."""
    if lag >= len(gradient.by_lag):
        return ""
    what = f", the {source_name(config)}" if lag in source_lags(config) else ""
    size = size_text(float(gradient.by_lag[lag])) or "0"
    return f"lag {lag}{what}: gradient {size} of the loss by the state so many steps before{_followed(config, lag)}"


def _followed(config: EchoConfig, lag: int) -> str:
    """A text on whether the learning rule follows errors so many steps back; empty if all are followed."""
    steps = config.truncated_backprop_length
    if not config.is_stream and (lag < steps or steps >= config.window_steps):
        return ""
    if config.reach is None:
        return f"; {config.rule} follows it" if lag >= steps else ""
    if lag >= steps:
        return f"; {config.rule} with T {steps} cuts it off"
    return f"; {config.rule} follows {steps - lag} of {steps}" if lag else ""


def size_text(value: float) -> str:
    """A size of 0 or more in four characters, such as .043 or 2e-4; empty for zero."""
    if not math.isfinite(value):
        return "?"
    if value <= 0:
        return "0"
    if 1e-2 <= value < 10:
        return f"{value:.3f}".removeprefix("0")[:4]
    return f"{value:.0e}".replace("e-0", "e-").replace("e+0", "e").replace("e+", "e")


def source_words(config: EchoConfig) -> str:
    """The words for what targets depend on."""
    return "the echo's source" if config.is_echo else "a target's source"


def reaches(lag: int, gradient: Gradient) -> bool:
    """Whether a gradient truncated just before a source would miss a notable part."""
    return not lag or lag > len(gradient.bias) or bool(gradient.bias[lag - 1] > ACCEPTED_BIAS)


def left_out(share: float) -> str:
    """A distance from the whole gradient in words. As a share of the whole gradient's length it can exceed 1."""
    return f"leaves out {percent(share)}" if not share >= 1 else f"is off by {percent(share)}"
