"""How symbols and channels are shown: the signs of symbols in blocks, and names in sentences."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from echornn import progress
from echornn.progress import Bools, Floats
from echornn.tasks.task import Numbers, Symbols
from tui.views.canvas import Characters
from tui.views.targets import TargetGroups

DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"

MOST_OF_A_NAME = 8
"""The most characters of a name in the label of a line."""

Signs = Sequence[str]
"""The one or two characters of each symbol."""


def signs_of(form: Symbols, most: int = 2) -> Signs:
    """The signs of a task's symbols: their names if these are short; else the first characters of the names if they
    differ; else digits.

    Args:
        most: the most characters of a name that is a sign.
    """
    names = form.names
    if names and max(map(len, names)) <= most:
        return names
    first = [name[0] for name in names]
    return first if names and len(set(first)) == len(first) else digits_of(form.count)


def digits_of(count: int) -> Signs:
    """A digit or letter for each symbol, or two hexadecimal digits from symbol 36 on."""
    return [DIGITS[symbol] if symbol < len(DIGITS) else f"{symbol:02x}" for symbol in range(count)]


def widest(signs: Signs) -> int:
    """How many characters distinguish the symbols, 1 or 2."""
    return max(map(len, signs))


def symbol_name(form: Symbols, symbol: int) -> str:
    """The name of a symbol in a sentence, or its sign if it has no name."""
    return form.names[symbol] if form.names else digits_of(form.count)[symbol]


def names_beside(forms: Iterable[Symbols | Numbers]) -> list[str]:
    """The signs of symbols with their names, where a sign is not the name: ``0 left``, ``1 right``."""
    named: dict[str, None] = {}
    for form in (one for one in forms if isinstance(one, Symbols)):
        signs = ("▁", "█") if form.count == 2 else signs_of(form)
        named |= {f"{sign} {name}": None for sign, name in zip(signs, form.names, strict=False) if sign != name}
    return [*named]


def channel_label(form: Symbols | Numbers, channel: int) -> str:
    """The text after the word for a line: the channel's name or number; empty if there is only one channel."""
    if not isinstance(form, Numbers) or form.count == 1:
        return ""
    return f" {form.names[channel][:MOST_OF_A_NAME]}" if form.names else f" {channel + 1}"


BLOCKS = {"zero": "▁▁", "one": "██", "unsure": "▒▒", "likely": "▓▓", "maybe": "░░", "wrong": "><"}

CLASS_COLOURS = 8
"""The number of colours for symbols if there are more than two classes; further classes reuse the colours."""

Block = tuple[str, str]
"""A block: its two characters, and the name of its style."""


def predicted_blocks(
    targets: progress.Symbols, probabilities: Floats, scored: Bools | None = None, signs: Signs = ()
) -> list[Block]:
    """The blocks of a row's predictions, one per time step.

    With two classes, all blocks have the same style, except for wrong predictions: the character shows the value, and a
    long run of one style needs few bytes. With more classes, each class has its colour and sign. A wrong prediction of
    two characters has no room for a mark, but differs from the target above it.

    Args:
        targets: uint8 [T].
        probabilities: float32 [T, classes].
        scored: bool [T], the steps at which a prediction can be wrong; None for all.
        signs: see `symbol_text`.
    """
    two_classes = probabilities.shape[-1] == 2
    chosen = probabilities.argmax(axis=-1)
    wrong = chosen != targets if scored is None else (chosen != targets) & scored
    blocks: list[Block] = []
    for is_wrong, predicted, p in zip(wrong.tolist(), chosen.tolist(), probabilities.tolist(), strict=True):
        if is_wrong:
            blocks.append((BLOCKS["wrong"] if two_classes else symbol_text(predicted, "<", signs), "wrong"))
        elif two_classes:
            blocks.append((BLOCKS[shade(p[1])], "prediction"))
        else:
            blocks.append((symbol_text(predicted, signs=signs), class_style(predicted)))
    return blocks


def blocks_of_symbols(symbols: progress.Symbols, classes: int, style: str, signs: Signs = ()) -> list[Block]:
    """The blocks of symbols, uint8 [T]. With two classes all blocks have ``style``; with more, each class has its
    style.
    """
    if classes == 2:
        return [(BLOCKS["one" if symbol else "zero"], style) for symbol in symbols.tolist()]
    return [(symbol_text(symbol, signs=signs), class_style(symbol)) for symbol in symbols.tolist()]


def shade(probability: float) -> str:
    """The name of the block for a probability of class 1: darker is likelier; NaN counts as unsure."""
    for below, name in ((0.125, "zero"), (0.5, "maybe"), (0.75, "unsure"), (0.95, "likely")):
        if probability < below:
            return name
    return "one" if probability >= 0.95 else "unsure"


def class_style(symbol: int) -> str:
    """The style of a symbol, for more than two classes."""
    return f"block{symbol % CLASS_COLOURS}"


def symbol_text(symbol: int, mark: str = " ", signs: Signs = ()) -> str:
    """The two characters of a symbol, for more than two classes: its sign and a mark, or a sign of two characters.

    Args:
        signs: the signs of all symbols; digits by default.
    """
    sign = signs[symbol] if signs else digits_of(symbol + 1)[symbol]
    return f"{sign}{mark}" if len(sign) == 1 else sign


POSITIVE, NEGATIVE = "░▒▓█", "▁▂▃▄"
"""From small to large. Positive blocks fill more and more of their cell; negative ones are low bars that grow."""

NOTHING, UNKNOWN = "·", "?"
SATURATED = "▲▼"
"""The arrows for saturated values, positive and negative."""

EDGES = (0.05, 0.3, 0.55, 0.8)
"""Sizes, as shares of the scale, at which the next character begins; smaller values count as zero."""

BlockStyles = npt.NDArray[np.int16]
"""The style of each block: 0 zero or unknown, 1 positive, 2 negative, 3 saturated."""


def scale_of(values: npt.NDArray[np.floating[Any]]) -> float:
    """The largest absolute finite value, which the largest block stands for; 1 if all values are zero."""
    finite = np.abs(values[np.isfinite(values)])
    return float(finite.max()) or 1.0 if finite.size else 1.0


def signed_blocks(
    values: npt.NDArray[np.floating[Any]],
    scale: float,
    saturated: npt.NDArray[np.bool_] | None = None,
) -> tuple[Characters, BlockStyles]:
    """A character and a style number for each value; NaN is a question mark, infinity the largest block.

    Args:
        values: float [...].
        scale: the size that the largest block stands for, above 0.
        saturated: bool [...], values to draw as arrows.

    Returns:
        str [...] and int16 [...], both of the shape of ``values``.
    """
    ramp = np.array([*NEGATIVE[::-1], NOTHING, *POSITIVE, UNKNOWN])
    known = ~np.isnan(values)
    with np.errstate(over="ignore", invalid="ignore"):
        level = np.digitize(np.where(known, np.abs(values), 0) / scale, EDGES)
    sign = np.sign(np.where(known, values, 0)).astype(np.int64)
    characters = ramp[np.where(known, len(EDGES) + sign * level, len(ramp) - 1)]
    styles = np.where(level == 0, 0, np.where(sign > 0, 1, 2)).astype(np.int16)
    if saturated is not None:
        arrows = np.array([*SATURATED])
        characters = np.where(saturated & known, arrows[(sign < 0).astype(np.int64)], characters)
        styles = np.where(saturated & known, 3, styles).astype(np.int16)
    return characters, styles


LETTERS = "abcdefgh"


def signs_of_groups(form: Symbols | Numbers, groups: TargetGroups) -> list[tuple[str, str]]:
    """Of each group its sign, a single character, and its style: symbols have their own signs, combinations of numbers
    letters, and ranges shades.
    """
    if groups.are_ordered:
        return [(sign, "input") for sign in POSITIVE]
    signs = signs_of(form, 1) if isinstance(form, Symbols) else LETTERS
    return [
        (sign if len(sign) == 1 else DIGITS[number % len(DIGITS)], f"class{number % CLASS_COLOURS}")
        for number, sign in enumerate(signs[: len(groups.names)])
    ]
