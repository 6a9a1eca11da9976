"""The signs and colours of groups of targets."""

from __future__ import annotations

from echornn.tasks.task import Numbers, Symbols
from tui.app.drawings.blocks import CLASS_COLOURS
from tui.app.drawings.signed import POSITIVE
from tui.app.drawings.signs import DIGITS, signs_of
from tui.kit.target_groups import TargetGroups

LETTERS = "abcdefgh"


def signs_of_groups(form: Symbols | Numbers, groups: TargetGroups) -> list[tuple[str, str]]:
    """Of each group its sign, a single character, and its style: symbols have their own signs, combinations of numbers
    letters, and ranges shades.
    """
    if groups.are_ordered:
        return [(sign, "view--bar") for sign in POSITIVE]
    signs = signs_of(form, 1) if isinstance(form, Symbols) else LETTERS
    return [
        (sign if len(sign) == 1 else DIGITS[number % len(DIGITS)], f"view--class{number % CLASS_COLOURS}")
        for number, sign in enumerate(signs[: len(groups.names)])
    ]
