"""The signs of groups of targets."""

from __future__ import annotations

import numpy as np

from echornn.data.target_groups import groups_of
from echornn.tasks.task import Numbers, Symbols
from tui.app.drawings.group_signs import signs_of_groups

NOTHING = np.zeros(0, np.uint8)


def signs(form: Symbols | Numbers, targets: np.ndarray, ascii_only: bool = False) -> str:
    return "".join(sign for sign, _ in signs_of_groups(form, groups_of(form, targets), ascii_only))


def test_symbols_have_digits_or_the_first_letters_of_their_names() -> None:
    assert signs(Symbols(3), NOTHING) == "012"
    assert signs(Symbols(2, names=("up", "down")), NOTHING) == "ud"
    assert len(signs(Symbols(200), NOTHING)) == 200, "one character each, of which some come again"


def test_combinations_have_letters_and_ranges_shades() -> None:
    bits = np.array([[-1, -1, -1], [1, 1, 1]], np.float32)
    assert signs(Numbers(3), bits) == "abcdefgh"
    assert signs(Numbers(1), bits[:, :1]) == "ab"
    targets = np.linspace(0, 2, 9, dtype=np.float32)[:, np.newaxis]
    assert signs(Numbers(1), targets) == "░▒▓█"
    assert signs(Numbers(1), targets, ascii_only=True).isascii()
