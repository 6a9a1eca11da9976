"""Fits texts into lines, and says in words what is in many places the same."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import numpy as np
import numpy.typing as npt

from echornn.config import EchoConfig
from echornn.diagnosis.cases import Sentence
from echornn.diagnosis.loss_stats import ladder_position
from echornn.levels import (
    MOST_AT_CHANCE,
    boundary_floor,
    chance_width,
    ladder_of,
    solved_level,
)
from echornn.progress import Floats
from echornn.readings import POINT_KINDS, Cycle, FixedPoints
from echornn.tasks.task import Level, Numbers, Symbols
from tui.text.targets import is_echo

CLAUSE_ENDS = (", ", "; ", ": ", " (", " · ", " | ")
LEFT_OUT = "..."
LONGEST = 78  # characters of the text about a cursor: the line of an 80-column terminal
MOST_VALUES = 3  # of a time step in a text

DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"


def digits_of(count: int) -> Sequence[str]:
    """A digit or letter for each symbol, or two hexadecimal digits from symbol 36 on."""
    return [*DIGITS[:count], *(f"{symbol:02x}" for symbol in range(len(DIGITS), count))]


def symbol_name(form: Symbols, symbol: int) -> str:
    names = form.names or digits_of(form.count)
    return names[symbol]


def uncapitalized(sentence: str) -> str:
    return sentence[:1].lower() + sentence[1:]


@dataclass(frozen=True)
class LinePart:
    text: str
    matters: int  # the part that matters least is left out first, and among equals the last
    group: str = ""
    missed: bool = False  # whether dots show that it was left out


def fitted(parts: Sequence[LinePart], width: int) -> str:
    """The parts that fit on a line, in their order; at least the most important part."""
    kept = list(parts)
    dots = ""
    while True:
        groups = groupby(kept, key=lambda part: part.group)
        line = " · ".join(", ".join(part.text for part in group) for _, group in groups) + dots
        if len(line) <= width or len(kept) < 2:
            return shortened(line, width)
        least = min(range(len(kept)), key=lambda index: (kept[index].matters, -index))
        if kept.pop(least).missed:
            dots = f" {LEFT_OUT}"


def shortened(text: str, width: int) -> str:
    """The text cut to ``width``: as many clauses as fit, otherwise as many words; dots stand for
    the rest."""
    if len(text) <= width:
        return text
    room = max(0, width - len(LEFT_OUT))
    last_clause = max(text.rfind(end, 0, room + len(end)) for end in CLAUSE_ENDS)
    last_word = text.rfind(" ", 0, room + 1)
    for end in (last_clause, last_word):
        if end >= room // 3:
            return text[:end] + LEFT_OUT[:width]
    return text[:room] + LEFT_OUT[:width]


def wrapped(text: str, width: int, lines: int) -> list[str]:
    parts = textwrap.wrap(text, max(1, width), break_on_hyphens=False)
    if len(parts) <= lines:
        return parts
    rest = " ".join(parts[lines - 1 :])
    return [*parts[: lines - 1], shortened(rest, width)]


def aligned(
    rows: Sequence[Sequence[str]], gap: str, align: Callable[[str, int], str] = str.rjust
) -> Iterator[str]:
    """A line for each row of a table, whose columns are as wide as their longest text."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        yield gap.join(map(align, row, widths))


def in_a_line(line: Sentence, width: int) -> str:
    key = ""
    if line.key:
        key = f" · {line.key}"
    return shortened(line.text, max(0, width - len(key))) + key[:width]


def source_name(config: EchoConfig) -> str:
    if is_echo(config):
        return "echo"
    return "source"


def percent(share: float) -> str:
    if not math.isfinite(share):
        return "? %"
    if 0 < share < 0.0005:
        return "under 0.1 %"
    decimals = 1 if 0 < share < 0.0095 else 0
    return f"{100 * max(0.0, share):.{decimals}f} %"


def value_words(form: Symbols | Numbers, values: npt.NDArray[Any]) -> str:
    if isinstance(form, Symbols):
        return symbol_name(form, int(values))
    numbers = []
    for value in values.tolist():
        decimals = 0 if value.is_integer() else 2
        numbers.append(f"{value:.{decimals}f}")
    if form.names and 1 < form.count < MOST_VALUES:
        return ", ".join(map(" ".join, zip(form.names, numbers, strict=True)))
    if form.count > MOST_VALUES:
        numbers[MOST_VALUES - 1 :] = [f"{numbers[MOST_VALUES - 1]}{LEFT_OUT}"]
    return " ".join(numbers)


def network_words(form: Symbols | Numbers, outputs: Floats, target: npt.NDArray[Any]) -> str:
    """The prediction: numbers; or the probability of the target, which is the loss, and of the
    likeliest others."""
    if isinstance(form, Numbers):
        return f"network {value_words(form, outputs)}"
    symbols = [0, 1]
    if form.count > 2:
        wanted = int(target)
        others = [symbol for symbol in np.argsort(outputs)[::-1].tolist() if symbol != wanted]
        symbols = [wanted, *others[: MOST_VALUES - 1]]
    return ", ".join(f"p({symbol_name(form, symbol)}) {outputs[symbol]:.3f}" for symbol in symbols)


def levels_of(config: EchoConfig, ladder: Sequence[Level]) -> list[tuple[str, float]]:
    """The losses that are known before training, by name, as the curve and its figure show them."""
    levels = [(level.name, level.loss) for level in ladder]
    if not is_echo(config):
        return levels
    levels = levels[:1]
    floor = boundary_floor(config)
    if floor:
        levels.append(("least at epoch starts", floor))
    return levels


def rung_text(config: EchoConfig, loss: float, unsure: float = 0.0) -> str:
    """What a learner with such a mean loss knows, as "at knows t-3" if the loss is unsure by the
    distance; otherwise below which level it is. Empty if the ladder is not known."""
    ladder = ladder_of(config)
    place = ladder_position(ladder, loss, unsure, solved_level(config))
    if place is None:
        return ""
    chance = ladder[0]
    far = MOST_AT_CHANCE * chance_width(config) * chance.loss
    distance = (loss - chance.loss) / far
    if distance > 1:
        word, level = "above", chance
    elif distance >= -1:
        word, level = "at", chance
    elif place.at:
        word, level = "at", place.at
    else:
        word, level = "below", place.above
    return f"{word} {shortened(level.name, 24)}"


def eigenvalue_text(value: complex) -> str:
    """A real one with its sign, else its size and angle, as 0.95 +-120°."""
    if value.imag == 0:
        return f"{value.real:.3f}"
    return f"{abs(value):.3f} +-{abs(np.angle(value, deg=True)):.0f}°"


def cycle_text(cycle: Cycle, form: Symbols | Numbers) -> str:
    outputs = [output_text(form, values) for values in cycle.outputs]
    return (
        f"{cycle.kind} cycle of {len(cycle.states)}, largest eigenvalue "
        f"{eigenvalue_text(cycle.eigenvalues[0])}: {', '.join(outputs)}"
    )


def output_text(form: Symbols | Numbers, values: Floats) -> str:
    """The numbers, or the likeliest symbol with its probability."""
    if isinstance(form, Numbers):
        # No -0.00
        return " ".join(f"{round(value, 2) + 0.0:5.2f}" for value in values.tolist())
    symbol = int(values.argmax())
    name = form.names[symbol] if form.names else symbol
    return f"{name} (p {values[symbol]:.3f})"


def point_counts(points: FixedPoints) -> list[str]:
    """How many fixed points there are of each kind that there is, and how many cycles."""
    counts: list[tuple[int, str]] = [(points.count(kind), kind) for kind in POINT_KINDS]
    counts.append((len(points.cycles), "cycle"))
    return [point_count(count, kind) for count, kind in counts if count]


def point_count(count: int, kind: str) -> str:
    """2 saddles; the other kinds are adjectives."""
    plural = "s" if kind in ("saddle", "cycle") and count > 1 else ""
    return f"{count} {kind}{plural}"
