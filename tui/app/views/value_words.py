"""Inputs, targets and predictions of a time step in words, in forms from long to short."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from echornn.progress import Floats
from echornn.tasks.task import Numbers, Symbols
from tui.app.drawings.signs import symbol_name

LONGEST = 78
"""The most characters of the text about a cursor."""

MOST_SYMBOLS = 4
"""The most symbols whose probabilities are given."""

BREVITIES = range(6)
"""The brevity of a text: 0 names all channels, 1 only those of inputs, 2 none; larger values give fewer numbers."""


def first_that_fits(text: Callable[[int], str]) -> str:
    """The longest form of a text, a function of its brevity, that fits on a line; the shortest if none fits."""
    return next((form for form in map(text, BREVITIES) if len(form) <= LONGEST), text(BREVITIES[-1]))


def input_words(form: Symbols | Numbers, values: npt.NDArray[Any], brevity: int) -> str:
    """An input in words."""
    return value_words(form, values, 0 if brevity == 1 else brevity)


def value_words(form: Symbols | Numbers, values: npt.NDArray[Any], brevity: int) -> str:
    """The name of a symbol, or the numbers of a time step, the first of them if it has to be short."""
    if isinstance(form, Symbols):
        return symbol_name(form, int(values))
    if brevity == 0 and form.names and form.count > 1:
        return ", ".join(f"{name} {_number(value)}" for name, value in zip(form.names, values.tolist(), strict=True))
    shown = form.count if brevity < 3 else min(form.count, BREVITIES[-1] + 1 - brevity)
    more = "" if shown == form.count else " ..." if brevity == BREVITIES[-1] else f" and {form.count - shown} more"
    return " ".join(map(_number, values[:shown].tolist())) + more


def network_words(form: Symbols | Numbers, said: Floats, target: npt.NDArray[Any], brevity: int) -> str:
    """The prediction: numbers; or the probabilities of some symbols: the target's, which determines the loss, and the
    likeliest, which show the mistake.
    """
    if isinstance(form, Numbers):
        return f"network {value_words(form, said, brevity)}"
    symbols = list(range(form.count))
    most = MOST_SYMBOLS - max(0, brevity - 2)
    if form.count > most:
        likeliest = [symbol for symbol in np.argsort(said)[::-1].tolist() if symbol != int(target)]
        symbols = [int(target), *likeliest[: most - 1]]
    return ", ".join(f"p({symbol_name(form, symbol)}) {said[symbol]:.3f}" for symbol in symbols)


def _number(value: float) -> str:
    return f"{value:.0f}" if value.is_integer() else f"{value:.2f}"
