"""Where the curve begins anew: no line and no bucket leads across, and no command is left out."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from echornn.analysis import loss_history
from echornn.analysis.loss_history import Cause, LossHistory

CAUSES: list[Cause] = ["reset", "redraw", "regenerate", "edit", "preset", "undo"]

stories = st.lists(st.tuples(st.sampled_from(CAUSES), st.booleans(), st.integers(0, 90)), max_size=12)


def told(first: int, story: list[tuple[Cause, bool, int]]) -> tuple[LossHistory, npt.NDArray[np.float32]]:
    """A history of ``first`` windows, then commands (cause, whether the weights go on, windows after), and its losses:
    each is its window's number."""
    kept = LossHistory()
    kept.begin("start", 0, 0, 10)
    trained = 0
    for command in (None, *story):
        if command is not None:
            kept.begin(command[0], 0, 0, 10, command[1])
        count = first if command is None else command[2]
        losses = np.arange(trained, trained + count, dtype=np.float32)
        kept.append(losses, np.full(count, 0.5, np.float32))
        trained += count
    return kept, np.arange(trained, dtype=np.float32)


@settings(max_examples=200)
@given(st.integers(0, 50), stories, st.integers(1, 60), st.integers(0, 200), st.integers(0, 400))
def test_lines_hold_every_window_in_order_and_end_where_the_curve_begins_anew(
    first: int, story: list[tuple[Cause, bool, int]], columns: int, begin: int, length: int
) -> None:
    kept, losses = told(first, story)
    curve = kept.curve(columns, begin, begin + length)
    lines = curve.lines()
    assert len(curve.starts) <= 2 * (columns + 1)
    stop = None
    for line in lines:
        for start, end, low, high, mean in zip(line.starts, line.stops, line.low, line.high, line.mean, strict=True):
            assert stop in (None, start)
            stop = int(end)
            windows = losses[start : min(stop, len(losses))]
            assert (low, high) == (windows.min(), windows.max())
            assert mean == pytest.approx(windows.mean(), rel=1e-6)
    begun = {int(line.starts[0]) for line in lines[1:]}
    anew = {one.at for one in curve.segments if not one.goes_on and one.at < curve.last}
    newest_of_a_bucket = {max(one for one in anew if one // curve.width == at // curve.width) for at in anew}
    at_the_edge = {at for at in anew if at % curve.width == 0}
    if lines[0].starts.size:
        assert begun == {at for at in newest_of_a_bucket | at_the_edge if at > int(lines[0].starts[0])}


def test_what_goes_on_is_one_line() -> None:
    kept, _ = told(30, [("edit", True, 20), ("regenerate", True, 20)])
    assert len(kept.curve(200).lines()) == 1
    kept, _ = told(30, [("reset", False, 20), ("edit", False, 20), ("undo", False, 20), ("preset", False, 1)])
    assert [int(line.starts[0]) for line in kept.curve(200).lines()] == [0, 30, 50, 70, 90]
    assert [int(line.starts[0]) for line in kept.curve(7).lines()] == [0, 30, 50, 70, 90]


def test_every_command_at_a_window_is_told_in_order() -> None:
    kept, _ = told(
        12, [("edit", True, 0), ("reset", False, 0), ("redraw", False, 0), ("undo", False, 5), ("edit", True, 0)]
    )
    for first in (0, 3, 12):
        marks = [one.cause for one in kept.curve(50, first).segments if one.at == 12]
        assert marks == ["edit", "reset", "redraw", "undo"]


def test_it_begins_anew_also_where_the_finest_levels_have_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loss_history, "KEPT_BUCKETS", 256)
    kept = LossHistory()
    kept.begin("start", 0, 0, 10)
    for number in range(100):
        kept.append(np.full(100, 0.5, np.float32), np.zeros(100, np.float32))
        kept.begin("reset", 0, 0, 10)
        kept.append(np.full(1, 0.9, np.float32), np.zeros(1, np.float32))
        assert np.nanmax(kept.curve(20).high) == np.float32(0.9), number
    curve = kept.curve(20)
    assert len(curve.lines()) > 10
    assert curve.stops[-1] >= curve.last == 10_100
    assert (curve.starts[1:] == curve.stops[:-1]).all()
