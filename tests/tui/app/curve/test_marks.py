"""The marks on the curve: every command keeps its label, and labels find free cells."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from echornn.config import EchoConfig
from echornn.history.curve import Cause
from echornn.timeline.branch import STARTS_OVER
from echornn.timeline.timeline import Timeline
from tests.trees import branch_off, grow
from tests.tui.app.curve.test_loss_plot import drawn
from tui.app.curve.marks import WORDS, CurveMark, labels, place_label

LONG_EPOCHS = EchoConfig(total_series_length=1000 * 15 * 5)


def story(*pieces: list[float] | Cause) -> Timeline:
    """A timeline of losses; between them, the cause of a new branch at the end of the previous one."""
    timeline = Timeline()
    number = branch_off(timeline, LONG_EPOCHS)
    for piece in pieces:
        if isinstance(piece, str):
            window = 0 if piece in STARTS_OVER else timeline.end(number).window
            number = branch_off(timeline, LONG_EPOCHS, piece, (number, window))
        else:
            grow(timeline, number, piece)
    return timeline


def is_joined(lines: list[str]) -> bool:
    """Whether something is drawn half-way between the losses 0.1 and 0.9."""
    return any(mark in line[7:] for line in lines[8:13] for mark in "*.")


def shows(lines: list[str], loss: float) -> bool:
    """Whether the line is drawn at this loss, 0.1 or 0.9, on a plot of 18 lines with a top of 1."""
    return "*" in lines[{0.9: 1, 0.1: 16}[loss]][7:]


@pytest.mark.parametrize("command", ["reset", "redraw", "preset"])
@pytest.mark.parametrize("windows", [40, 1237])
async def test_what_begins_anew_begins_at_the_left(command: Cause, windows: int) -> None:
    lines = await drawn(story([0.1] * windows, command, [0.9] * windows, "edit", [0.9]), width=100, height=20)
    assert shows(lines, 0.9)
    assert not shows(lines, 0.1), "the curve before lies under it, as a ghost"
    assert not is_joined(lines)
    column = lines[1][7:].index("*")
    assert column <= 1
    assert not any(word in lines[0] for word in ("reset", "redraw", "preset"))


@pytest.mark.parametrize("command", ["edit", "regenerate", "back"])
async def test_the_line_leads_across_what_goes_on_with_the_weights(command: Cause) -> None:
    lines = await drawn(story([0.1] * 40, command, [0.9] * 40), width=100, height=20)
    assert shows(lines, 0.1)
    assert shows(lines, 0.9)
    assert is_joined(lines)
    assert f"|{WORDS[command]}" in lines[0]


async def test_also_where_many_windows_share_a_column() -> None:
    lines = await drawn(story([0.1] * 1237, "edit", [0.9] * 1111), width=60, height=20)
    assert shows(lines, 0.1)
    assert shows(lines, 0.9)
    assert is_joined(lines)


async def test_all_commands_at_a_window_keep_their_word_in_order() -> None:
    low = [0.1] * 60
    stacked = story([0.9], low[:30], "edit", "regenerate", "back", "back", "edit", low, "back", low[:9])
    lines = await drawn(stacked, width=100, height=16)
    assert "|edit,data,backx2,edit" in lines[0]
    assert lines[0].endswith("|back")
    lines = await drawn(stacked, width=30, height=16)
    for line, word in zip(lines, ["edit", "data", "backx2", "edit"], strict=False):
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
    mark = CurveMark(8, "mark", labels(["redraw", "undo"], True))
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
        for x, line, text in place_label(CurveMark(column, "mark", labels(words, True)), room):
            assert x >= 0
            assert x + len(text) <= 41
            assert not x <= column < x + len(text)
            taken[line, x : x + len(text)] += 1
    assert taken.max(initial=0) <= 1
