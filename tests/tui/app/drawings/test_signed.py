"""Signed blocks: the character shows sign and size, also in ASCII."""

from __future__ import annotations

from tui.views.blocks import NEGATIVE, NOTHING, POSITIVE, SATURATED, UNKNOWN
from tui.views.inks import in_ascii


def test_no_two_things_look_the_same() -> None:
    glyphs = POSITIVE + NEGATIVE + NOTHING + SATURATED + UNKNOWN
    for text in (glyphs, in_ascii(glyphs)):
        assert len(set(text)) == len(glyphs)
    assert in_ascii("⠁⣿漢é│").isascii()
    assert in_ascii("⠁⣿漢é│") == ".:???|"
