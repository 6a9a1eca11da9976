"""Names of branches: a letter or a number, on the screen and on the command line."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from echornn.timeline.branch import letter_of, number_of


def test_letters_go_on_after_z() -> None:
    assert [letter_of(number) for number in (0, 1, 25, 26, 27, 51, 52, 701, 702)] == [
        *("a", "b", "z", "aa", "ab", "az", "ba", "zz", "aaa")
    ]


@given(st.integers(0, 10**12))
def test_a_branch_is_found_by_its_letter_and_by_its_number(number: int) -> None:
    assert number_of(letter_of(number)) == number_of(str(number)) == number


@pytest.mark.parametrize("name", ["", "B", "1.0", "-1", "1e3", "a1", " b", "é", "٣", "z" * 13, "9" * 5000])
def test_what_is_neither(name: str) -> None:
    assert number_of(name) is None
