"""Characters drawn as shapes fill the part of the cell that the character stands for."""

from __future__ import annotations

import pytest

from tests.tui.drawn_cells import path, rects


def area(character: str) -> float:
    return sum(wide * high for _, _, wide, high in rects(character))


def test_blocks_fill_their_part() -> None:
    assert [area(chr(0x2580 + eighth)) for eighth in range(1, 9)] == pytest.approx([n / 8 for n in range(1, 9)])
    assert [area(chr(0x2590 - eighth)) for eighth in range(1, 8)] == pytest.approx([n / 8 for n in range(1, 8)])


def test_each_braille_dot_is_a_square_within_its_cell() -> None:
    assert [len(rects(chr(0x2800 + bits))) for bits in range(256)] == [bits.bit_count() for bits in range(256)]
    for left, top, wide, high in rects("⣿"):
        assert 0 < left < left + wide < 1
        assert 0 < top < top + high < 1
    assert len(set(rects("⣿"))) == 8


def test_letters_are_left_to_the_font() -> None:
    assert [rects(character) for character in "a0>·◆"] == [[]] * 5


def test_cells_side_by_side_are_one_shape_without_a_seam() -> None:
    assert path("██", 10, 20, 12, 24) == "M10.0 20.0H34.0V44.0H10.0z"
    assert path("█▄", 10, 20, 12, 24).count("z") == 2
