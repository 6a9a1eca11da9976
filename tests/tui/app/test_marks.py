"""Marks on the curve: every command keeps its word, and the words find room."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from echornn.analysis.loss_history import LossHistory
from tests.tui.app.test_loss_plot import drawn
from tui.app.widgets.marks import WORDS, Mark, labels, place_label


def history(*pieces: list[float] | str) -> LossHistory:
    """Losses, and commands between them; ``edit`` and ``regenerate`` go on with the weights."""
    kept = LossHistory()
    kept.begin("start", 0, 0, 1000)
    for piece in pieces:
        if isinstance(piece, str):
            kept.begin(piece, 0, 0, 1000, piece in ("edit", "regenerate"))  # type: ignore[arg-type]
        else:
            kept.append(np.array(piece, np.float32), np.full(len(piece), 0.25, np.float32))
    return kept


def is_joined(lines: list[str]) -> bool:
    """Whether something is drawn half-way between a loss of 0.1 and one of 0.9."""
    return any(mark in line[7:] for line in lines[8:13] for mark in "*.")


async def test_no_line_leads_across_what_begins_anew() -> None:
    high, low = [0.9] * 40, [0.1] * 40
    for command in ("reset", "redraw", "preset", "undo"):
        assert not is_joined(await drawn(history(low, command, high), width=100, height=20)), command
    assert is_joined(await drawn(history(low, "edit", high), width=100, height=20)), "the weights go on"


async def test_nor_where_many_windows_share_a_column() -> None:
    many = history([0.1] * 1237, "reset", [0.9] * 1111)
    assert not is_joined(await drawn(many, width=60, height=20))
    assert is_joined(await drawn(history([0.1] * 1237, [0.9] * 1111), width=60, height=20))


async def test_all_commands_at_a_window_keep_their_word_in_order() -> None:
    low = [0.1] * 60
    stacked = history([0.9], low[:30], "edit", "reset", "redraw", "redraw", "undo", low, "preset", low[:9])
    lines = await drawn(stacked, width=100, height=16)
    assert "|edit,reset,redrawx2,undo" in lines[0]
    assert "|preset" in lines[0]
    lines = await drawn(stacked, width=40, height=16)
    for line, word in zip(lines, ["edit", "reset", "redrawx2", "undo"], strict=False):
        assert f"|{word} " in line


def test_labels_are_the_longest_that_has_room() -> None:
    assert labels(["edit"], False) == [["edit"], ["edit"]]
    assert labels(["edit", "reset", "reset", "edit"], False) == [
        ["edit,reset×2,edit"],
        ["edit", "reset×2", "edit"],
        ["…reset×2,edit"],
        ["…edit"],
    ]
    room = np.ones((1, 12), np.bool_)
    mark = Mark(8, "mark", labels(["redraw", "undo"], True))
    assert place_label(mark, room) == [(2, 0, "..undo")]
    assert place_label(mark, room) == []


@given(
    st.lists(st.tuples(st.integers(0, 40), st.lists(st.sampled_from(sorted(WORDS.values())), min_size=1, max_size=9))),
    st.integers(1, 5),
)
def test_words_never_overlap_and_stay_inside(marks: list[tuple[int, list[str]]], lines: int) -> None:
    room = np.ones((lines, 41), np.bool_)
    taken = np.zeros((lines, 41), int)
    for column, words in marks:
        for x, line, text in place_label(Mark(column, "mark", labels(words, True)), room):
            assert x >= 0
            assert x + len(text) <= 41
            assert not x <= column < x + len(text)
            taken[line, x : x + len(text)] += 1
    assert taken.max(initial=0) <= 1
