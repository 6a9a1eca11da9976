"""Signed blocks: the character shows sign and size, also for NaN and infinity, and in ASCII."""

from __future__ import annotations

import numpy as np

from tui.views.blocks import NEGATIVE, NOTHING, POSITIVE, SATURATED, UNKNOWN, scale_of, signed_blocks
from tui.views.inks import in_ascii

VALUES = np.array([-np.inf, -1, -0.6, -0.4, -0.1, -0.01, 0, 0.01, 0.1, 0.4, 0.6, 1, np.inf, np.nan], np.float32)


def test_glyphs() -> None:
    glyphs, styles = signed_blocks(VALUES, 1.0)
    assert "".join(glyphs) == "▄▄▃▂▁···░▒▓██?"
    assert styles.tolist() == [2, 2, 2, 2, 2, 0, 0, 0, 1, 1, 1, 1, 1, 0]
    assert in_ascii("".join(glyphs)) == "%%=~_...:+*##?"


def test_saturated_units_are_arrows() -> None:
    glyphs, styles = signed_blocks(np.array([1, -1, 0.2]), 1.0, np.array([True, True, False]))
    assert "".join(glyphs) == "▲▼░"
    assert styles.tolist() == [3, 3, 1]


def test_the_scale_is_the_largest_finite_size() -> None:
    assert scale_of(VALUES) == 1
    assert scale_of(np.array([0.0, -3, np.nan])) == 3
    assert scale_of(np.zeros(3)) == scale_of(np.zeros(0)) == scale_of(np.array([np.nan])) == 1


def test_no_two_things_look_the_same() -> None:
    glyphs = POSITIVE + NEGATIVE + NOTHING + SATURATED + UNKNOWN
    for text in (glyphs, in_ascii(glyphs)):
        assert len(set(text)) == len(glyphs)
    assert in_ascii("⠁⣿漢é│").isascii()
    assert in_ascii("⠁⣿漢é│") == ".:???|"
