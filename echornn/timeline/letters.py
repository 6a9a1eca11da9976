"""The letters of branches on the screen and on the command line."""

from __future__ import annotations

import re

LETTERS = re.compile(r"[a-z]{1,12}")
"""Matches a letter of any branch number that a record may have."""

DIGITS = re.compile(r"[0-9]{1,18}")


def letter_of(number: int) -> str:
    """The letter of a branch: a to z, then aa, ab, ..."""
    letters = ""
    number += 1
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(ord("a") + rest) + letters
    return letters


def number_of(name: str) -> int | None:
    """The number of the branch with this letter, or with this number as digits; None for any other text."""
    if DIGITS.fullmatch(name):
        return int(name)
    if not LETTERS.fullmatch(name):
        return None
    number = 0
    for letter in name:
        number = number * 26 + ord(letter) - ord("a") + 1
    return number - 1
