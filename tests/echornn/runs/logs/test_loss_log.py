"""A loss log with one or several networks, compared with a log that is written row by row."""

from __future__ import annotations

import tempfile
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from echornn.history.kept_windows import LOST
from echornn.runs.logs import loss_log
from echornn.runs.logs.loss_layout import OF_ONE, LossLayout, row_bytes
from echornn.runs.logs.loss_log import read_windows

STRETCHES = st.lists(st.tuples(st.integers(0, 5), st.sampled_from([1, 1, 2, 3, 64])), min_size=1, max_size=8)
"""Stretches of (windows, networks)."""


def layout_of(stretches: list[tuple[int, int]]) -> tuple[LossLayout, list[int]]:
    """The layout as a recorder builds it, and the number of networks of each window."""
    layout, rows = OF_ONE, list[int]()
    for windows, replicas in stretches:
        layout = layout.since(len(rows), replicas)
        rows += [replicas] * windows
    return layout, rows


@given(STRETCHES)
def test_each_window_lies_behind_those_before_it(stretches: list[tuple[int, int]]) -> None:
    layout, rows = layout_of(stretches)
    offsets = [0]
    for replicas in rows:
        offsets.append(offsets[-1] + row_bytes(replicas))
    assert [layout.offset(window) for window in range(len(rows) + 1)] == offsets
    for windows, (here, after) in enumerate(pairwise(offsets)):
        assert {layout.windows(length) for length in (here, after - 1)} == {windows}
    for first in range(len(rows) + 1):
        for last in range(first, len(rows) + 1):
            told = [(one, part.replicas) for part in layout.rows(first, last) for one in range(part.first, part.last)]
            assert told == [(window, rows[window]) for window in range(first, last)]
            assert all(part.offset == offsets[part.first] for part in layout.rows(first, last))


@given(STRETCHES)
def test_a_layout_tells_each_change_once(stretches: list[tuple[int, int]]) -> None:
    layout, _ = layout_of(stretches)
    assert all(one != after for (_, one), (_, after) in pairwise(layout.changes))
    assert LossLayout(layout.changes) == layout


@pytest.mark.parametrize(
    "changes", [(), ((1, 1),), ((0, 1), (0, 2)), ((0, 1), (5, 2), (4, 1)), ((0, 0),), ((0, 10**7),)]
)
def test_what_is_no_layout_is_refused(changes: tuple[tuple[int, int], ...]) -> None:
    with pytest.raises(ValueError, match="layout"):
        LossLayout(changes)


@given(STRETCHES, st.integers(0, 2000), st.data())
def test_windows_are_read_as_they_were_written_and_what_is_not_there_is_lost(
    stretches: list[tuple[int, int]], length: int, data: st.DataObject
) -> None:
    layout, rows = layout_of(stretches)
    numbers = np.random.default_rng(0)
    log = [numbers.bytes(row_bytes(replicas)) for replicas in rows]
    first = data.draw(st.integers(0, len(rows)))
    last = data.draw(st.integers(first, len(rows)))
    replicas = data.draw(st.sampled_from([1, 2, 3, 64]))
    with tempfile.TemporaryDirectory() as name:
        file = Path(name) / "losses.bin"
        file.write_bytes(b"".join(log)[:length])
        windows = read_windows(file, layout, first, last, replicas)
    whole = layout.windows(length)
    expected = [
        log[window] if rows[window] == replicas and window < whole else LOST * row_bytes(replicas)
        for window in range(first, last)
    ]
    assert windows.tobytes() == b"".join(expected)
    assert windows.shape == (last - first, replicas)


def test_at_most_some_megabytes_are_read_at_once() -> None:
    for replicas in (1, 64, 4096, 10**6):
        assert loss_log.windows_at_a_time(replicas) * row_bytes(replicas) <= max(1 << 21, row_bytes(replicas))
