"""The data view of the tasks that are not the echo: its cursor, what it lights, and what it says."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from echornn.config import EchoConfig
from echornn.session.pictures.frame import Frame, State
from echornn.tasks.adding import Adding
from echornn.tasks.flip_flop import FlipFlop
from echornn.tasks.table import TASKS
from echornn.tasks.temporal_order import TemporalOrder
from echornn.tasks.two_coins import TwoCoins
from tests.any_task import progress_of
from tests.examples import examples
from tui.app.views.data import Data
from tui.app.views.data_of_task import about_data, rows_shown
from tui.kit.cells import Cells

COINS = EchoConfig(task=TwoCoins(lag=2, far_lag=5), truncated_backprop_length=10)


def view_of(config: EchoConfig, window: int = 0, trained: bool = True, ascii_only: bool = False) -> Data:
    """The view of a paused frame at this window of the first epoch."""
    view = Data(ascii_only)
    progress = progress_of(config, 0, window) if trained else None
    view._frame = Frame(State.PAUSED, config, epoch=1, window=window + trained, progress=progress)
    return view


def drawn(view: Data, width: int = 78, height: int = 16) -> Cells:
    cells = Cells(width, height, view.STYLES)
    view.draw(cells)
    return cells


def lit(cells: Cells, style: str) -> list[tuple[int, int]]:
    """The lines and columns of the cells in a style, two for each time step."""
    found = cells.styles == cells.names.index(style)
    return [(y, x) for y in range(cells.height) for x in range(cells.width) if found[y, x]][::2]


def test_the_cursor_lights_a_target_and_the_inputs_that_it_hangs_on() -> None:
    view = view_of(COINS, window=1)
    assert view.reading == ""
    view._cursor = (0, 7)
    cells = drawn(view)
    assert lit(cells, "data--source") == [(5, 7 + 2 * 2), (5, 7 + 2 * 5)]
    assert lit(cells, "data--cursor") == [(5, 7 + 2 * 7), (6, 7 + 2 * 7)]
    x, y = progress_of(COINS, 0, 1).x[0], progress_of(COINS, 0, 1).y[0]
    assert view.reading == f"row 1, step 8: input {x[7]}; target {y[7]} depends on t-2 ({x[5]}), t-5 ({x[2]})"
    view._cursor = (0, 3)
    assert view.reading.endswith(f"depends on t-2 ({x[1]}), t-5 (before the window)")
    assert lit(drawn(view), "data--source") == [(5, 7 + 2 * 1)]


def test_a_step_that_does_not_count_is_said_and_a_target_that_counts_is_on_the_screen() -> None:
    view = view_of(EchoConfig(task=TemporalOrder()))
    lines = [drawn(view).text(y).rstrip() for y in range(16)]
    assert lines[4] == "row 1: 1 of 60 targets count, from step 26 of 60"
    assert lines[5].endswith(" B")
    assert lines[6][-2:] in ("XX", "XY", "YX", "YY")
    view._cursor = (0, 0)
    assert view.reading == "row 1, step 1: input E; no target counts here"
    assert drawn(view).text(4).rstrip() == "row 1: 1 of 60 targets count"
    assert drawn(view).text(6).startswith("target - ")
    view._cursor = (0, 59)
    assert view.reading.startswith("row 1, step 60: input B; target ")
    assert view.reading.endswith(", it counts")


def test_numbers_have_their_value_under_the_cursor_and_a_line_for_each_channel() -> None:
    view = view_of(EchoConfig(task=FlipFlop(bits=3)))
    view._cursor = (0, 0)
    lines = [drawn(view).text(y) for y in range(16)]
    assert [line[:12].strip() for line in lines[5:11]] == [
        f"{part} bit {n}" for part in ("input", "target") for n in (1, 2, 3)
    ]
    assert {line[13:15] for line in lines[5:11]} <= {"+1", "-1"}
    adding = view_of(EchoConfig(task=Adding(length=10)))
    adding._cursor = (4, 9)
    assert adding.reading.startswith("row 5, step 10: input value 0.")


def test_the_cursor_moves_over_all_rows_and_steps_also_before_the_first_window(monkeypatch: pytest.MonkeyPatch) -> None:
    view = view_of(COINS, trained=False)
    monkeypatch.setattr(Data, "redraw", lambda _: None)
    view.action_move(-1, 0)
    assert view._cursor == (0, 9), "the first key shows the cursor, at the end if it points back"
    view.action_move(-3, 0)
    for _ in range(9):
        view.action_move(0, 1)
    assert view._cursor == (4, 6)
    data = progress_of(COINS)
    assert view.reading.startswith(f"row 5, step 7: input {data.x[4, 6]}; target {data.y[4, 6]} depends on t-2 (")
    assert view._first_row == 4
    view.action_leave()
    assert view.reading == ""
    assert view._frame is not None
    view._cursor = (0, 0)
    view._frame = replace(view._frame, state=State.RUNNING)
    assert view.reading == ""


@examples(60)
@given(
    st.sampled_from([name for name in TASKS if name != "echo"]),
    st.integers(1, 200),
    st.integers(1, 40),
    st.booleans(),
    st.booleans(),
    st.integers(0, 5),
    st.integers(0, 200),
)
def test_any_task_is_drawn_on_any_screen(
    task: str, width: int, height: int, ascii_only: bool, trained: bool, row: int, step: int
) -> None:
    view = view_of(EchoConfig(task=task), 1 if trained else 0, trained, ascii_only)
    view._cursor = (row, step)
    cells = drawn(view, width, height)
    text = "".join(cells.text(y) for y in range(height))
    assert not ascii_only or text.isascii()
    assert len(view.reading) <= 78
    assert rows_shown(EchoConfig(task=task), height) >= 1


@pytest.mark.parametrize(
    ("config", "sources"),
    [
        (COINS, "a target depends on the inputs t-2, t-5"),
        (EchoConfig(task="copy_memory"), "10 of a trial's 120 targets depend on the input t-110"),
        (EchoConfig(task="adding"), "not known, or different from one target to the next"),
    ],
)
def test_the_inputs_that_targets_hang_on_are_named(config: EchoConfig, sources: str) -> None:
    assert [fact.text for fact in about_data(config) if fact.about == "sources"] == [sources]
