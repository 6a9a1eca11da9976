"""Targets in groups: symbols, bits, and ranges of numbers."""

from __future__ import annotations

import numpy as np

from echornn.data.target_groups import groups_of
from echornn.tasks.task import Numbers, Symbols

NOTHING = np.zeros(0, np.uint8)


def test_symbols_are_their_own_groups() -> None:
    groups = groups_of(Symbols(3), NOTHING)
    assert (groups.names, groups.of) == (("0", "1", "2"), "target")
    assert groups.numbered(np.array([2, 0], np.uint8)).tolist() == [2, 0]
    assert groups.said(np.array([[0.1, 3.0, 0.2]])).tolist() == [1]
    assert groups.border(2, 0, "|") == "2|0"


def test_symbols_have_their_names() -> None:
    assert groups_of(Symbols(2, names=("up", "down")), NOTHING).names == ("up", "down")
    assert len(groups_of(Symbols(200), NOTHING).names) == 200


def test_bits_have_a_letter_for_each_combination() -> None:
    bits = np.array([[-1, -1, -1], [1, -1, -1], [-1, 1, 1], [1, 1, 1]], np.float32)
    groups = groups_of(Numbers(3), bits)
    assert groups.names == ("---", "+--", "-+-", "++-", "--+", "+-+", "-++", "+++")
    assert groups.numbered(bits).tolist() == [0, 1, 6, 7]
    assert groups.said(np.array([[0.2, -0.1, -3.0]])).tolist() == [1], "the nearest of the two values"
    assert [groups.border(3, other, "|") for other in (2, 7, 0)] == ["number 1", "number 3", ""]


def test_of_many_bits_the_first_three_are_told_apart() -> None:
    bits = np.array([[0, 0, 0, 0, 0], [1, 1, 1, 1, 1]], np.float32)
    groups = groups_of(Numbers(5), bits)
    assert (groups.of, groups.names[1]) == ("target, numbers 1 to 3", "100")


def test_other_numbers_are_in_four_ranges_of_the_first() -> None:
    targets = np.linspace(0, 2, 9, dtype=np.float32)[:, np.newaxis]
    groups = groups_of(Numbers(1), targets)
    assert groups.names == ("to 0.5", "to 1", "to 1.5", "to 2")
    assert groups.numbered(targets).tolist() == [0, 0, 0, 1, 1, 2, 2, 3, 3]
    assert groups.said(np.array([[-7.0], [9.0]])).tolist() == [0, 3]
    assert groups_of(Numbers(2, names=("sum", "rest")), targets.repeat(2, axis=1)).of == "target, sum"


def test_a_single_value_is_in_some_range() -> None:
    groups = groups_of(Numbers(1), np.zeros((4, 1), np.float32))
    assert set(groups.numbered(np.zeros((4, 1), np.float32)).tolist()) <= set(range(4))
