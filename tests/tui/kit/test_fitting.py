"""Texts on narrow lines: whole parts, in order, the most important kept longest."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from echornn.diagnosis.cases import Sentence
from tui.kit.fitting import LinePart, fitted, in_two_lines, joined, shortened, wrapped

SPIKE = "spike: the first 3 targets of each row echo the row above, which a zero state cannot know (floor 0.111)"


@pytest.mark.parametrize(
    ("width", "text"),
    [
        (120, SPIKE),
        (100, "spike: the first 3 targets of each row echo the row above, which a zero state cannot know..."),
        (78, "spike: the first 3 targets of each row echo the row above..."),
        (40, "spike: the first 3 targets of each..."),
        (8, "spike..."),
        (2, ".."),
        (0, ""),
    ],
)
def test_a_sentence_is_left_off_at_a_clause_or_at_a_word(width: int, text: str) -> None:
    assert shortened(SPIKE, width) == text
    assert len(text) <= width


WORDS = st.text("abcde", min_size=1, max_size=12)
TEXTS = st.lists(WORDS, min_size=1, max_size=30).map(" ".join)
PARTS = st.lists(st.builds(LinePart, WORDS, st.integers(0, 3), st.sampled_from("abc"), st.booleans()), min_size=1)


@given(PARTS, st.integers(0, 120))
def test_parts_are_there_as_a_whole_in_their_order_and_the_least_goes_first(parts: list[LinePart], width: int) -> None:
    line = fitted(parts, width)
    assert len(line) <= width
    if len(joined(parts)) <= width:
        assert line == joined(parts)
        return
    most = max(part.matters for part in parts)
    first = next(part for part in parts if part.matters == most)
    if len(first.text) + 4 <= width:
        words = line.removesuffix(" ...").replace(" · ", ", ").split(", ")
        texts = iter(part.text for part in parts)
        assert all(word in texts for word in words), "whole parts, in order"
        assert first.text in words, "what matters most stays"


@given(TEXTS, st.integers(1, 90), st.integers(1, 3))
def test_wrapped_text_fits_and_keeps_its_words(text: str, width: int, lines: int) -> None:
    pieces = wrapped(text, width, lines)
    assert 1 <= len(pieces) <= lines
    assert all(len(piece) <= width for piece in pieces)
    if width > 12 and not pieces[-1].endswith("..."):
        assert " ".join(pieces) == text


@given(TEXTS, st.just("") | TEXTS, st.integers(12, 90))
def test_what_happens_and_the_key_have_a_line_each(text: str, key: str, width: int) -> None:
    lines = in_two_lines(Sentence("case", text, key), width)
    assert lines == [shortened(part, width) for part in (text, key) if part]


def test_a_line_is_broken_between_its_parts_where_that_takes_no_more_lines() -> None:
    assert wrapped("a window · median 0.1 · seed 7: 0.2, 3% wrong", 36, 2) == [
        "a window · median 0.1",
        "seed 7: 0.2, 3% wrong",
    ]
    assert wrapped("a · bb cc dd", 7, 2) == ["a · bb", "cc dd"]
    assert wrapped("no parts at all", 8, 2) == ["no parts", "at all"]
    assert wrapped("", 8, 2) == []
