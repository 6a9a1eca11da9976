"""Blocks: symbols and numbers as two characters per time step that differ in shape as well as in
colour."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from echornn.progress import Bools, Floats
from echornn.tasks.task import Numbers, Symbols
from tui.text.lines import DIGITS, digits_of
from tui.text.targets import TargetGroups
from tui.views.canvas import Characters, Styles
from tui.views.inks import NUMBER

Form = Symbols | Numbers
Signs = Sequence[str]  # the one or two characters of each symbol
MOST_OF_A_NAME = 8  # characters, in the label of a line
CLASS_COLOURS = 8  # more symbols take them in turn

# ---- the signs of symbols


def signs_of(form: Symbols, most: int = 2) -> Signs:
    """The names of the symbols if all are this short; else their first characters if these differ;
    else digits."""
    names = form.names
    if not names:
        return digits_of(form.count)
    if widest(names) <= most:
        return names
    initials = [name[0] for name in names]
    if len(set(initials)) < len(initials):
        return digits_of(form.count)
    return initials


def widest(signs: Signs) -> int:
    return max(map(len, signs))


def names_beside(forms: Iterable[Form]) -> list[str]:
    """The signs of symbols with their names, where a sign is not the name: ``0 left``, ``▁
    down``."""
    named: dict[str, None] = {}  # in their order, each once
    for form in forms:
        if not isinstance(form, Symbols):
            continue
        signs = "▁█" if form.count == 2 else signs_of(form)
        for sign, name in zip(signs, form.names, strict=False):
            if sign != name:
                named[f"{sign} {name}"] = None
    return [*named]


def signs_of_groups(form: Form, groups: TargetGroups) -> list[tuple[str, str]]:
    """A character and an ink for each group: of symbols their signs, of combinations letters, of
    ranges shades."""
    if groups.are_ordered:
        return [(sign, "input") for sign in POSITIVE]
    signs = signs_of(form, 1) if isinstance(form, Symbols) else DIGITS[10:18]
    looks = []
    for number, sign in enumerate(signs[: len(groups.names)]):
        if len(sign) > 1:
            sign = DIGITS[number % len(DIGITS)]
        looks.append((sign, f"class{number % CLASS_COLOURS}"))
    return looks


def channel_label(form: Form, channel: int) -> str:
    """The channel's name or number, after the word for a line; empty if there is only one."""
    if isinstance(form, Symbols) or form.count == 1:
        return ""
    if form.names:
        return f" {form.names[channel][:MOST_OF_A_NAME]}"
    return f" {channel + 1}"


# ---- blocks of symbols and of numbers

ZERO, ONE, WRONG = "▁▁", "██", "><"
# Of the probability of class 1: darker is likelier. Edges chosen by eye, but for 0.5, from which on
# class 1 is predicted
SHADES = np.array([ZERO, "░░", "▒▒", "▓▓", ONE])
# Shares at which the next shade begins; chosen by eye
SHADE_EDGES = (0.125, 0.5, 0.75, 0.95)


class Blocks(NamedTuple):
    """Texts of two characters, "<U2" [..., T], and their inks."""

    texts: Characters
    inks: Styles

    def where(self, chosen: Bools, text: str | None, ink: str) -> Blocks:
        texts = self.texts if text is None else np.where(chosen, text, self.texts)
        return Blocks(texts, np.where(chosen, np.int16(NUMBER[ink]), self.inks))

    def line(self, row: int, begin: int, end: int) -> tuple[Characters, Styles]:
        """The characters and their inks of some steps of a row, as a line to stamp, [1, 2 *
        steps]."""
        steps = np.s_[row : row + 1, begin:end]
        texts = np.ascontiguousarray(self.texts[steps])
        return texts.view("<U1"), self.inks[steps].repeat(2, axis=1)


def in_one_ink(texts: Characters, ink: str) -> Blocks:
    return Blocks(texts, np.full(texts.shape, NUMBER[ink], np.int16))


def value_blocks(
    form: Form, values: npt.NDArray[Any], ink: str, channel: int = 0, scale: float = 1.0
) -> Blocks:
    """Of symbols [..., T], or one of the numbers [..., T, count].

    Each of more than two symbols has its own ink.
    """
    if isinstance(form, Numbers):
        characters, _ = signed_blocks(values[..., channel], scale)
        return in_one_ink(np.char.add(characters, characters), ink)
    if form.count == 2:
        return in_one_ink(np.array([ZERO, ONE])[values], ink)
    texts = np.array([f"{sign:<2}" for sign in signs_of(form)])
    inks = NUMBER["block0"] + values % CLASS_COLOURS
    return Blocks(texts[values], inks.astype(np.int16))


def predicted_blocks(
    form: Symbols, targets: npt.NDArray[Any], probabilities: Floats, scored: Bools
) -> Blocks:
    """Of predictions, float32 [..., T, classes]. Of two classes the character shows the
    probability; of more, the likeliest has its sign and ink. Wrong ones are marked, but where a
    sign takes both characters.
    """
    predicted = probabilities.argmax(axis=-1)
    wrong = (predicted != targets) & scored
    if form.count == 2:
        of_class_1 = np.nan_to_num(probabilities[..., 1], nan=0.5)
        shades = SHADES[np.digitize(of_class_1, SHADE_EDGES)]
        return in_one_ink(shades, "prediction").where(wrong, WRONG, "wrong")
    texts, inks = value_blocks(form, predicted, "")
    marked = np.array([f"{sign:<2}".replace(" ", "<") for sign in signs_of(form)])[predicted]
    return Blocks(np.where(wrong, marked, texts), inks).where(wrong, None, "wrong")


# ---- a character for each number

# Positive ones fill more and more of their cell; negative ones are low bars
POSITIVE, NEGATIVE = "░▒▓█", "▁▂▃▄"
NOTHING, UNKNOWN = "·", "?"
SATURATED = "▲▼"  # positive and negative
EDGES = (0.05, 0.3, 0.55, 0.8)  # shares of the scale at which the next character begins, by eye
RAMP = np.array([*NEGATIVE[::-1], NOTHING, *POSITIVE, UNKNOWN])


def scale_of(values: npt.NDArray[Any]) -> float:
    finite = np.abs(values[np.isfinite(values)])
    return float(finite.max(initial=0)) or 1.0


def signed_blocks(
    values: npt.NDArray[np.floating[Any]], scale: float, saturated: Bools | None = None
) -> tuple[Characters, Styles]:
    """A character for each value, and its kind: 0 zero or unknown, 1 positive, 2 negative, 3
    saturated."""
    is_known = ~np.isnan(values)
    numbers = np.where(is_known, values, 0)
    is_negative = numbers < 0
    with np.errstate(over="ignore", invalid="ignore"):
        level = np.digitize(np.abs(numbers) / scale, EDGES)
    place = len(NEGATIVE) + np.where(is_negative, -level, level)
    characters = RAMP[np.where(is_known, place, len(RAMP) - 1)]
    kinds = np.where(level == 0, 0, np.where(is_negative, 2, 1))
    if saturated is not None:
        is_marked = saturated & is_known
        marks = np.array([*SATURATED])[is_negative.astype(np.int64)]
        characters = np.where(is_marked, marks, characters)
        kinds = np.where(is_marked, 3, kinds)
    return characters, kinds.astype(np.int16)
