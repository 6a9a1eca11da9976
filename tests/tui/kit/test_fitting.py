"""Texts on narrow lines: whole parts, in order, the most important kept longest."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from echornn.diagnosis.sentence import Sentence
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
def test_cause_and_advice_have_a_line_each_and_lose_nothing_that_fits(cause: str, advice: str, width: int) -> None:
    told = Sentence(cause, advice)
    lines = in_two_lines(told, width)
    assert len(lines) <= 2
    assert all(len(line) <= width for line in lines)
    if len(cause) <= width and len(advice) <= width:
        assert lines == [part for part in (cause, advice) if part]
    elif len(str(told)) <= width:
        assert " ".join(lines) == str(told)


def test_a_cause_that_is_too_long_shares_both_lines_with_its_advice() -> None:
    told = Sentence("at chance (0.693) after 1,200 windows: 7% of errors reach their source", "u goes back")
    assert in_two_lines(told, 60) == [
        "at chance (0.693) after 1,200 windows: 7% of errors reach",
        "their source; u goes back",
    ]


def test_more_is_said_where_a_line_is_long_enough_for_it() -> None:
    told = Sentence("solved", "l shows powers", "; 99% sure", " of ten")
    assert in_two_lines(told, 16) == ["solved; 99% sure", "l shows powers"]
    assert in_two_lines(told, 21) == ["solved; 99% sure", "l shows powers of ten"]
    assert in_two_lines(Sentence("solved", "", "", " of ten"), 80) == ["solved"]


def test_a_line_is_broken_between_its_parts_where_that_takes_no_more_lines() -> None:
    assert wrapped("a window · median 0.1 · seed 7: 0.2, 3% wrong", 36, 2) == [
        "a window · median 0.1",
        "seed 7: 0.2, 3% wrong",
    ]
    assert wrapped("a · bb cc dd", 7, 2) == ["a · bb", "cc dd"]
    assert wrapped("no parts at all", 8, 2) == ["no parts", "at all"]
    assert wrapped("", 8, 2) == []
